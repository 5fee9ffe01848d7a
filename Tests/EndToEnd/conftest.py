import shutil

import pytest

from harness import World


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def end(world, failed):
    """A world whose test failed keeps its directory, and shows the daemon's last words."""
    if not failed:
        world.close()
        return
    print(f"\nlogs: {world.directory}\naurad's last words:\n{world.daemon.log_tail()}")
    world.abandon()


@pytest.fixture
def worlds(request):
    """Makes worlds for one test."""
    made = []

    def make(*arguments, **options):
        made.append(World(*arguments, **options))
        return made[-1]

    yield make
    report = getattr(request.node, "report_call", None)
    for world in made:
        end(world, report is None or report.failed)


@pytest.fixture
def world(worlds):
    """A fast cloud whose servers are rows, and a daemon."""
    return worlds()


@pytest.fixture(scope="module")
def shared_world(request):
    """One world for a whole module, for tests that leave nothing behind."""
    world = World()
    before = request.session.testsfailed
    yield world
    end(world, request.session.testsfailed > before)


@pytest.fixture(scope="session", autouse=True)
def programs():
    """Fails early where a program that every test needs is missing."""
    from harness import binary
    for name in ("aurad", "aura-sandbox"):
        binary(name)
    assert shutil.which("ssh-keygen"), "ssh-keygen is missing: run make setup"
