"""A scripted daemon: a Unix socket that replies to each method as a test specifies."""

import json
import os
import socket
import threading


class Refusal:
    """An error as the daemon would send it."""

    def __init__(self, number, code, message, retryable=False, **data):
        self.error = {"code": number, "message": message, "data": {"code": code, "retryable": retryable, **data}}


class Silence:
    """No reply; the connection stays open."""


class Drop:
    """The connection ends without a reply."""


class Stream:
    """A subscription: its events, then how it continues: "end" (of itself), "drop" (of the connection) or "hold"."""

    def __init__(self, events, then="end", head=None, before=None):
        self.events = events
        self.then = then
        self.head = head
        self.before = before

    def head_for(self, params):
        """Returns the newest `seq` at the time of the call: the events of a stream from now on come later."""
        if self.head is not None or not self.events:
            return self.head or 0
        return self.events[0]["seq"] - 1 if params.get("from") == "now" else self.events[-1]["seq"]


class FakeDaemon:
    """Replies from `script`: method → list of replies. Each is used once, the last one for all further calls.

    A reply is a result, a `Refusal`, `Silence`, `Drop`, a `Stream`, or a function from the parameters to one of
    these. `calls` has each (method, params) in the order of arrival; `connections` counts the connections.
    """

    def __init__(self, path):
        self.path = str(path)
        self.script = {}
        self.calls = []
        self.connections = 0
        self.changed = threading.Condition()
        self.sockets = []
        self.listener = None
        self.listen()

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def on(self, method, *replies):
        self.script[method] = list(replies)
        return self

    def methods(self):
        return [method for method, _ in self.calls]

    def params(self, method):
        return [params for called, params in self.calls if called == method]

    def wait_for(self, method, count=1, seconds=20):
        """Waits until `method` was called `count` times."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.methods().count(method) >= count, seconds), self.calls

    def stop(self):
        """Stops listening and ends every connection, like a killed daemon."""
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(self.path)
        for connection in self.sockets:
            close(connection)
        self.sockets = []

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.sockets.append(connection)
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            for line in connection.makefile("rb"):
                message = json.loads(line)
                if "id" in message:
                    self.answer(connection, message)
        except OSError:
            pass

    def answer(self, connection, message):
        method, params = message["method"], message.get("params")
        with self.changed:
            self.calls.append((method, params))
            replies = self.script.get(method, [Refusal(-32601, "methodNotFound", f"no method is called {method}")])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            self.changed.notify_all()
        if callable(reply):
            reply = reply(params)
        self.send_reply(connection, message["id"], params, reply)

    def send_reply(self, connection, request, params, reply):
        if isinstance(reply, Silence):
            return
        if isinstance(reply, Drop):
            close(connection)
        elif isinstance(reply, Refusal):
            send(connection, {"jsonrpc": "2.0", "id": request, "error": reply.error})
        elif isinstance(reply, Stream):
            result = {"subscription": "s1", "head": reply.head_for(params)}
            send(connection, {"jsonrpc": "2.0", "id": request, "result": result})
            play(connection, reply)
        else:
            send(connection, {"jsonrpc": "2.0", "id": request, "result": reply})


def play(connection, stream):
    for event in stream.events:
        if stream.before:
            stream.before(event)
        notify(connection, event)
    if stream.then == "drop":
        close(connection)
    elif stream.then == "end":
        last = stream.events[-1]["seq"] if stream.events else stream.head or 0
        notify(connection, {"type": "subscription.ended", "reason": "terminal", "seq": last})


def notify(connection, result):
    params = {"subscription": "s1", "result": result}
    send(connection, {"jsonrpc": "2.0", "method": "status.event", "params": params})


def send(connection, message):
    connection.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")


def close(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
