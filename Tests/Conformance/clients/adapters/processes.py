"""The adapter protocol for clients that start a process for each command: command-line programs, shell functions.

A client's adapter gives `Adapter` three functions. Each returns how a command is run: `(arguments, environment,
standard input or None)`.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading

_writing = threading.Lock()


def say(**message):
    with _writing:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


class Run:
    """A command's process, in its own process group."""

    def __init__(self, how):
        arguments, environment, text = how
        self.was_given_up = False
        self.has_left = False
        self.process = subprocess.Popen(
            arguments, env={**os.environ, **environment}, stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0)
        self._complaints = []
        self._reader = threading.Thread(target=lambda: self._complaints.extend(self.process.stderr), daemon=True)
        self._reader.start()
        if text is not None:
            try:
                with self.process.stdin as stdin:
                    stdin.write(text)
            except BrokenPipeError:
                pass

    def complaints(self):
        self._reader.join(5)
        return "".join(self._complaints)

    def give_up(self):
        """Ends the whole process group, as a supervisor does."""
        self.was_given_up = True
        self.end(signal.SIGTERM)

    def end(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def lines(self):
        """Yields the output lines of the process, until it ends or the reader leaves. The pipe is closed then, and the
        process notices it by itself."""
        rest = b""
        with self.process.stdout.detach() as pipe:
            while not self.has_left:
                if select.select([pipe], [], [], 0.05)[0]:
                    piece = os.read(pipe.fileno(), 1 << 16)
                    if not piece:
                        return
                    *lines, rest = (rest + piece).split(b"\n")
                    yield from lines


class Adapter:
    """`how_to_call(client, method, params)`, `how_to_wait(client, job)`, `how_to_subscribe(client, params)`; `client` is the `open` command.

    `error_of(status, complaints)` makes the error of a process that failed.
    """

    def __init__(self, how_to_call, how_to_wait, how_to_subscribe, error_of):
        self._how = {"call": how_to_call, "wait": how_to_wait, "subscribe": how_to_subscribe}
        self._error_of = error_of
        self._clients = {}
        self._runs = {}
        self._started = {}

    def serve(self):
        for line in sys.stdin:
            command = json.loads(line)
            self._started[command["as"]] = threading.Event()
            threading.Thread(target=self._carry_out, args=(command,), daemon=True).start()
        for run in list(self._runs.values()):
            run.end(signal.SIGKILL)
        os._exit(0)

    def _carry_out(self, command):
        try:
            result = getattr(self, f"_{command['do']}")(command)
        except Exception as failure:
            result = {"error": {"kind": "failed", "message": f"{type(failure).__name__}: {failure}"}}
        say(**{"as": command["as"], **(result if "error" in result else {"result": result["result"]})})

    def _open(self, command):
        self._clients[command["client"]] = command
        return {"result": {}}

    def _run(self, command, *arguments):
        run = self._runs[command["as"]] = Run(self._how[command["do"]](self._clients[command["client"]], *arguments))
        self._started[command["as"]].set()
        return run

    def _end_of(self, run, make):
        status = run.process.wait()
        if run.was_given_up:
            return {"error": {"kind": "cancelled", "message": "the process was ended"}}
        if status != 0:
            return {"error": self._error_of(status, run.complaints())}
        return {"result": make()}

    def _call(self, command):
        run = self._run(command, command["method"], command["params"])
        text = run.process.stdout.read()
        return self._end_of(run, lambda: json.loads(text))

    def _wait(self, command):
        run = self._run(command, command["job"])
        text = run.process.stdout.read()
        return self._end_of(run, lambda: json.loads(text)["job"])

    def _subscribe(self, command):
        run = self._run(command, command["params"])
        count = 0
        for line in run.lines():
            event = json.loads(line)
            if not event["type"].startswith("subscription."):
                count += 1
                say(**{"as": command["as"], "event": event})
        if run.has_left:
            run.process.wait()
            return {"result": {"reason": None}}
        # The process does not report the reason. It ends only with its subscription, so the number of events shows it.
        reason = "maxEvents" if count == command["params"].get("maxEvents") else "terminal"
        return self._end_of(run, lambda: {"reason": reason})

    def _cancel(self, command):
        self._started[command["call"]].wait(20)
        run = self._runs[command["call"]]
        run.give_up()
        run.process.wait()
        return {"result": {}}

    def _leave(self, command):
        self._started[command["call"]].wait(20)
        self._runs[command["call"]].has_left = True
        return {"result": {}}
