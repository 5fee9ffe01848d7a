"""Drives an adapter: writes commands to its standard input, and sorts its output by the number of the command."""

import json
import os
import pathlib
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    """The error that ended a command."""

    def __init__(self, error):
        super().__init__(f"{error.get('kind')} {error.get('code', '')}: {error.get('message')}")
        self.kind = error.get("kind")
        self.code = error.get("code")
        self.message = error.get("message", "")


class Command:
    def __init__(self, adapter, number, words):
        self.number = number
        self.words = words
        self.events = []
        self._adapter = adapter
        self._last = None

    @property
    def is_over(self):
        return self._last is not None

    def take(self, message):
        if "event" in message:
            self.events.append(message["event"])
        else:
            self._last = message

    def result(self, seconds=30):
        """Returns the result; raises `Failed`."""
        self._adapter.until(lambda: self.is_over, f"the end of {self.words}", seconds)
        if "error" in self._last:
            raise Failed(self._last["error"])
        return self._last["result"]

    def failure(self, kind, seconds=30):
        """Returns the error, which must be of this kind, or of one of these."""
        kinds = kind.split("|")
        try:
            result = self.result(seconds)
        except Failed as failed:
            assert failed.kind in kinds, f"expected an error of kind {kind}, came {failed}"
            return failed
        raise AssertionError(f"expected an error of kind {kind}, came {result}")

    def seqs(self, count, seconds=30):
        """Returns the `seq` of each event, once there are `count` events."""
        self._adapter.until(lambda: len(self.events) >= count or self.is_over, f"{count} events of {self.words}", seconds)
        if len(self.events) < count:
            self.result()
        return [event["seq"] for event in self.events]


class Adapter:
    def __init__(self, description, environment=None):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AURA_", "XDG_RUNTIME"))}
        for kept in ("AURA_BIN_DIR", "AURA_REPO_ROOT", "AURA_CLIENT_BUILD"):
            if kept in os.environ:
                inherited[kept] = os.environ[kept]
        self._changed = threading.Condition()
        self._commands = {}
        self._errors = []
        self.process = subprocess.Popen(
            description["command"], cwd=HERE, env={**inherited, **(environment or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1)
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._listen, self._complaints)]
        for thread in self._threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        """Closes the adapter's input; the adapter must end with it."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "a kill, 20 s after its input ended"
        assert failed or status == 0, f"the adapter ended with {status}: {self.complaints}"

    @property
    def complaints(self):
        return "".join(self._errors)[-2000:]

    def do(self, do, **members):
        """Starts a command."""
        with self._changed:
            number = len(self._commands) + 1
            command = self._commands[number] = Command(self, number, f"{do} {json.dumps(members)[:200]}")
        self.process.stdin.write(json.dumps({"as": number, "do": do, **members}) + "\n")
        self.process.stdin.flush()
        return command

    def open(self, address=None, client="c", **times):
        given = {"timeoutMs": 20_000, "patienceMs": 10_000, "silenceMs": 30_000, **times}
        self.do("open", client=client, **({"address": address} if address is not None else {}), **given).result()

    def call(self, method, client="c", **params):
        return self.do("call", client=client, method=method, params=params)

    def wait(self, job, client="c"):
        return self.do("wait", client=client, job=job)

    def subscribe(self, client="c", **params):
        return self.do("subscribe", client=client, params=params)

    def cancel(self, command):
        self.do("cancel", call=command.number).result()

    def leave(self, command):
        assert command.events, "an adapter knows that it is subscribed only once an event has come: wait for one before it leaves"
        self.do("leave", call=command.number).result()

    def close(self, client="c"):
        return self.do("close", client=client).result()

    def _listen(self):
        for line in self.process.stdout:
            message = json.loads(line)
            with self._changed:
                self._commands[message["as"]].take(message)
                self._changed.notify_all()

    def _complaints(self):
        for line in self.process.stderr:
            self._errors.append(line)

    def until(self, condition, what, seconds=30):
        end = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = end - time.monotonic()
                assert left > 0, f"this did not come within {seconds} s: {what}; the adapter's complaints: {self.complaints}"
                assert self.process.poll() is None or condition(), f"the adapter ended: {self.complaints}"
                self._changed.wait(min(left, 0.2))
