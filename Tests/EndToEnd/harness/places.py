"""Paths of the repository and its programs, and a function that waits for a condition."""

import os
import pathlib
import shutil
import sys
import time

REPOSITORY = pathlib.Path(os.environ.get("AURA_REPO_ROOT", pathlib.Path(__file__).resolve().parents[3]))
BINARIES = pathlib.Path(os.environ.get("AURA_BIN_DIR", REPOSITORY / ".build" / "debug"))


def binary(name):
    path = BINARIES / name
    assert path.exists(), f"{path} is missing: run make build, or set AURA_BIN_DIR"
    return str(path)


def ansible_playbook():
    """Returns the repository's own ansible-playbook, or the one next to the Python that runs the tests, or the one on
    the path."""
    candidates = [REPOSITORY / ".venv" / "bin" / "ansible-playbook", pathlib.Path(sys.executable).parent / "ansible-playbook"]
    found = next((str(path) for path in candidates if path.exists()), None) or shutil.which("ansible-playbook")
    assert found, "ansible-playbook is missing: run make setup"
    return found


# The longest wait for a whole operation on a real host. It takes a minute or two on a quiet machine, and five times as
# long beside three busy processes.
REAL_HOST = 900


def eventually(check, seconds=20.0, every=0.02, what=None):
    """Returns the first true value of check(); fails the test if there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"nothing came of {what or check} within {seconds} s"
        time.sleep(every)
