"""An aurad on a Unix socket that replies to status.list and status.get as a test specifies."""

from __future__ import annotations

import contextlib
import json
import socket
import threading


class AuradDouble:
    """Serves one socket until it is closed; `answer` turns a request into bytes to send, or None for no reply."""

    def __init__(self, path, answer):
        self.path = str(path)
        self.requests = []
        self._answer = answer
        self._open = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            for line in connection.makefile("rb"):
                request = json.loads(line)
                self.requests.append(request)
                reply = self._answer(request)
                if reply is not None:
                    connection.sendall(reply)

    def close(self):
        """Stops listening and closes all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def line(message):
    """Returns a message in its form on the wire."""
    return json.dumps(message).encode() + b"\n"


def result(request, value):
    """Returns the reply with this result."""
    return line({"jsonrpc": "2.0", "id": request["id"], "result": value})


def error(request, code, message):
    """Returns the reply with this error."""
    return line({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}})


def instance(number, **changes):
    """Returns an instance as aurad reports it."""
    shown = {
        "id": f"01990000-0000-7000-8000-{number:012d}", "name": f"ada{number}", "tenant": "default", "kind": "agent",
        "phase": "configuring", "desired": "running", "region": "eu-central", "size": "small", "generation": 1,
        "change": "01990000-0000-7000-8000-ffffffffffff",
        "server": {"id": str(number), "name": f"aura-ada{number}-g1", "address": f"10.89.0.{number}",
                   "location": "nbg1", "type": "cx23"},
        "tailnet": None,
    }
    return {**shown, **changes}


def serving(instances, page=100):
    """Returns an `answer` function for these instances, `page` of them per reply."""

    def answer(request):
        parameters = request["params"]
        if request["method"] == "status.get":
            wanted = parameters["instance"]
            for candidate in instances:
                if wanted in (candidate["id"], candidate["name"]):
                    return result(request, {"instance": candidate})
            return error(request, -32004, f"cannot find instance {wanted}")
        start = int(parameters.get("after", 0))
        after = start + page
        following = str(after) if after < len(instances) else None
        return result(request, {"instances": instances[start:after], "next": following})

    return answer
