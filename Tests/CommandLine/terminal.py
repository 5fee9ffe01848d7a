"""The program at a terminal of its own."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from screen import Screen


class Terminal:
    """Runs a command with its input and output at a pseudo-terminal, and keeps what stands on its screen."""

    def __init__(self, command, environment, columns=80, rows=24):
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.screen = Screen(columns)
        self.raw = ""
        self.frames = []
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.2):
        """Takes what was written; returns False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        if not data:
            return False
        text = data.decode(errors="replace")
        self.raw += text
        self.screen.feed(text)
        self.frames.append(self.screen.text)
        return True

    def until(self, condition, seconds=20):
        """Reads until `condition(screen)` holds."""
        end = time.monotonic() + seconds
        while not condition(self.screen):
            assert time.monotonic() < end, f"the screen shows:\n{self.screen.text}"
            assert self.read(), f"the program ended, the screen shows:\n{self.screen.text}"

    def interrupt(self):
        """^C, as the terminal sends it: to the whole foreground group."""
        os.write(self.master, b"\x03")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """Reads to the end and returns the exit code."""
        end = time.monotonic() + seconds
        while self.read():
            assert time.monotonic() < end, f"the program does not end, the screen shows:\n{self.screen.text}"
        return self.process.wait(max(end - time.monotonic(), 1))

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
