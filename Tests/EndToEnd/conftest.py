import shutil

import pytest

from harness import Cluster, Crew, Postgres, World, binary


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def end(world, failed):
    """Closes a world. If its test failed, keeps its directory and prints the end of the daemon's log."""
    if not failed:
        world.close()
        return
    print(f"\nlogs: {world.directory}\naurad's last words:\n{world.daemon.log_tail()}")
    world.abandon()


@pytest.fixture
def worlds(request):
    """Returns a function that makes worlds for one test."""
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
    """Returns a world: a fast cloud with servers that are database rows only, and a daemon."""
    return worlds()


@pytest.fixture(scope="module")
def kept_world():
    """Holds the world that a module's tests share, as a list of one; it is empty when the next test needs a new world."""
    kept = []
    yield kept
    for world in kept:
        end(world, failed=False)


@pytest.fixture
def shared_world(request, kept_world):
    """Returns one world for all tests of a module, which leave nothing behind. A failed test's world is not used again."""
    if not kept_world:
        kept_world.append(World())
    yield kept_world[0]
    report = getattr(request.node, "report_call", None)
    if report is None or report.failed:
        end(kept_world.pop(), failed=True)


@pytest.fixture(scope="module")
def module_worlds():
    """Returns a function that makes worlds for all tests of a module."""
    made = []

    def make(*arguments, **options):
        made.append(World(*arguments, **options))
        return made[-1]

    yield make
    for world in made:
        end(world, failed=False)


@pytest.fixture(scope="module")
def crew():
    """Returns a crew of worlds that run a matrix of cases, several at a time."""
    crew = Crew(World)
    yield crew
    crew.close()


@pytest.fixture(scope="module")
def server():
    """Starts a PostgreSQL server, in which every cluster has its own database."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def cluster(request, worlds):
    """Returns a function that makes clusters for one test: `count` daemons on one database, by default in PostgreSQL."""
    made = []

    def make(count, database="postgres", settings=None, environment=None, **sandbox):
        server = request.getfixturevalue("server") if database == "postgres" else None
        made.append(Cluster(worlds(start_daemon=False, **sandbox), count, server, settings, environment))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


@pytest.fixture
def keys(tmp_path):
    """Returns a function that writes a key file."""
    def write(*lines):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.key"
        path.write_text("".join(line + "\n" for line in lines))
        path.chmod(0o600)
        return path
    return write


@pytest.fixture(scope="session", autouse=True)
def programs():
    """Fails early if a program that every test needs is missing."""
    for name in ("aurad", "aura-sandbox"):
        binary(name)
    assert shutil.which("ssh-keygen"), "ssh-keygen is missing: run make setup"
