"""Leftovers in the cloud and on this machine."""

import pathlib

from .places import eventually


def children(pid):
    """Returns the living children of a process; an empty list if it ends meanwhile."""
    found = []
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            found += task.read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        pass
    return [int(child) for child in found]


def describe(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def processes_of(directory, but=()):
    """Returns the processes whose command line, environment or working directory names a path below `directory`."""
    mark = str(directory).encode()
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid in but:
            continue
        try:
            texts = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes(), bytes((entry / "cwd").readlink())
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX" and any(mark in text for text in texts):
            found.append(f"{pid} {describe(pid)}")
    return found


def files_below(directory):
    """Returns the files below a directory, except the locks with which living daemons mark their directories."""
    directory = pathlib.Path(directory)
    if not directory.exists():
        return []
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file() and path.name != "lock")


def run_directories(state):
    """Returns the temporary directories of child processes that were not removed."""
    return sorted(str(path) for path in pathlib.Path(state).glob("*/*/r*"))


def cloud_leftovers(sandbox):
    """Returns all resources that still cost money or grant access; the shared firewall remains on purpose."""
    state = sandbox.state()
    left = {kind: [thing.get("name", thing) if isinstance(thing, dict) else thing for thing in state[kind]]
            for kind in ("servers", "sshKeys", "devices", "containers")}
    left["authKeys"] = [key["id"] for key in state["authKeys"] if not (key["used"] or key["revoked"] or key["expired"])]
    return {kind: things for kind, things in left.items() if things}


def local_leftovers(daemon):
    left = {"files": [name for name in files_below(daemon.state) if name != "ledger.json"], "directories": run_directories(daemon.state),
            "temporary": files_below(daemon.temporary)}
    if daemon.is_running:
        left["children"] = [f"{pid} {describe(pid)}" for pid in children(daemon.pid)]
    left["processes"] = processes_of(daemon.state)
    return {kind: things for kind, things in left.items() if things}


def assert_nothing_left(sandbox, daemon, seconds=3):
    """Checks that nothing is left in the cloud now, and on this machine within `seconds`, since children may need a
    moment to end."""
    left = cloud_leftovers(sandbox)
    assert not left, f"left in the cloud: {left}"
    last = {}

    def is_clean():
        nonlocal last
        last = local_leftovers(daemon)
        return not last

    try:
        eventually(is_clean, seconds)
    except AssertionError:
        raise AssertionError(f"left on this machine: {last}") from None
