"""The program at its own terminal."""

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
    """Runs a command with its input and output at a pseudo-terminal, and keeps the contents of its screen."""

    def __init__(self, command, environment, columns=80, rows=24):
        self.master, slave = pty.openpty()
        self.set_size(columns, rows)
        self.screen = Screen(columns)
        self.raw = ""
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.set_size(columns, rows)
        self.screen.resize(columns)

    def read(self, seconds=0.2):
        """Reads the output into the screen; returns False at the end."""
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
        return True

    def until(self, condition, seconds=20):
        """Reads until `condition(screen)` holds."""
        end = time.monotonic() + seconds
        while not condition(self.screen):
            assert time.monotonic() < end, f"the screen shows:\n{self.screen.text}"
            assert self.read(), f"the program ended, the screen shows:\n{self.screen.text}"

    def until_stopped(self, seconds=20):
        """Waits until the kernel has stopped the program."""
        end = time.monotonic() + seconds
        while True:
            with open(f"/proc/{self.process.pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                    return
            assert time.monotonic() < end and self.read(0.05)

    def interrupt(self):
        """Sends ^C as the terminal does: to the whole foreground group."""
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
