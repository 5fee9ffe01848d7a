"""A program of Aura as a process: started, awaited until it is ready, stopped by its process id."""

import os
import pathlib
import re
import select
import signal
import subprocess
import time


class Program:
    """One process at a time; it can be started again after it ended."""

    def __init__(self, name, command, ready, log, environment=None):
        self.name = name
        self.command = command
        self.ready_pattern = re.compile(ready)
        self.log_path = pathlib.Path(log)
        self.environment = environment or {}
        # Python ignores some signals, and by default restores them in its children. A test may need them ignored.
        self.ignores_signals = False
        self.process = None
        self.ready_line = None
        self.ready_at = None

    def start(self, seconds=60):
        """Starts the process; returns once it has reported that it is ready."""
        self.launch()
        return self._await_ready(seconds)

    def launch(self):
        """Starts the process without waiting for it."""
        assert self.process is None, f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self._environment(),
                restore_signals=not self.ignores_signals)

    def _await_ready(self, seconds):
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline().decode() if readable else ""
        self.ready_at = time.time()
        if not self.ready_pattern.match(line):
            self.kill()
            raise AssertionError(f"{self.name} did not become ready: {line!r}; log: {self.log_tail()}")
        self.ready_line = line.strip()
        return self

    def _environment(self):
        # The caller's own AURA_ settings must not reach the process.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
        return {**inherited, **self.environment}

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, characters=3000):
        return self.log_text()[-characters:]

    def kill(self):
        """Kills the process with SIGKILL, as a power cut would: nothing is cleaned up."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()
        self.process = None

    def stop(self, seconds=60):
        """Stops the process with SIGTERM, as a supervisor would; it must end by itself with exit code 0."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM; log: {self.log_tail()}")
        self.process.stdout.close()
        self.process = None
        assert code == 0, f"{self.name} ended with {code}; log: {self.log_tail()}"


def finish(command, environment=None, seconds=30, text=None):
    """Runs a command that ends by itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
    return subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=seconds, env={**inherited, **(environment or {})})
