"""Records each change that a module is about to make on the host, and kills the module at the change of a plan.

/run/cut/plan has the number of the change at which to stop. If that change is a program, it also has the seconds that
the program runs before it is killed. /run/cut/log gets one line for each change: time, process, event, subject.
"""

import atexit
import os
import re
import signal
import sys
import threading
import time

# Programs that the module starts are not recorded.
os.environ.pop("PYTHONPATH", None)

FOLDER = "/run/cut"
# The time that the controller has to kill itself once the module has stopped.
CONTROLLER_SECONDS = 3
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate",
    "os.utime", "os.setxattr", "os.exec", "os.posix_spawn", "os.system", "subprocess.Popen",
}
PROGRAMS = {"os.exec", "os.posix_spawn", "os.system", "subprocess.Popen"}
# Ansible unpacks its own module here, and Python checks whether it can write to a temporary folder.
OWN = re.compile(r"/tmp/(ansible_.*|[a-z0-9_]{8}$)|ansible_.*_payload|/dev/|/proc/|" + FOLDER)


def descendants(root):
    """Returns the ids of all descendants of the process `root`."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                    children.setdefault(int(stat.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
            except OSError:
                continue
    found, left = [], [root]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


def tell(process, number):
    """Sends a signal, if the process still exists."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def end():
    """Stops here until the controller is gone, so that it cannot clean up; then kills the module's programs and the
    module."""
    below = descendants(os.getpid())
    for process in below:
        tell(process, signal.SIGSTOP)
    with open(f"{FOLDER}/stopped", "w", encoding="utf-8") as mark:
        mark.write(str(os.getpid()))
    time.sleep(CONTROLLER_SECONDS)
    for process in below:
        tell(process, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


class Watch:
    """Counts changes over all modules of a task, since a loop runs one module for each item."""

    def __init__(self):
        self.busy = False

    def hook(self, event, arguments):
        """Python's audit hook, which is called before the change."""
        if self.busy or not self.is_change(event, arguments):
            return
        self.busy = True
        try:
            self.note(event, arguments)
        finally:
            self.busy = False

    @staticmethod
    def is_change(event, arguments):
        """Returns whether this event changes something on the host."""
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, (str, bytes)) or not isinstance(flags, int) or not flags & WRITES:
                return False
        elif event not in CHANGES:
            return False
        subject = arguments[0]
        return not OWN.match(os.fsdecode(subject) if isinstance(subject, bytes) else str(subject))

    def note(self, event, arguments):
        """Records the change, and stops at the planned one."""
        program = event in PROGRAMS
        # The command line of a program; otherwise the path.
        subject = arguments[1] if program and len(arguments) > 1 else arguments[0]
        line = f"{time.time()} {os.getpid()} {event} {str(subject)[:200]!r}\n"
        with open(f"{FOLDER}/log", "a", encoding="utf-8") as log:
            log.write(line)
        try:
            with open(f"{FOLDER}/plan", encoding="utf-8") as plan:
                number, seconds = plan.read().split()
            with open(f"{FOLDER}/count", "a", encoding="utf-8") as count:
                count.write(".")
            reached = os.path.getsize(f"{FOLDER}/count") == int(number)
        except FileNotFoundError:
            return
        if reached and program:
            threading.Timer(float(seconds), end).start()
        elif reached:
            end()

    def close(self):
        """Records the end of the module, which is also the end of its last program."""
        self.busy = True
        with open(f"{FOLDER}/log", "a", encoding="utf-8") as log:
            log.write(f"{time.time()} {os.getpid()} end ''\n")


if os.path.isdir(FOLDER) and sys.argv[:1] != ["-c"]:
    watch = Watch()
    sys.addaudithook(watch.hook)
    atexit.register(watch.close)
