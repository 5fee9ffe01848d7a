"""A daemon under the control of a play: it replies by a function, keeps the received messages, and can fall silent."""

import json
import socket
import threading
import time

JOB = {
    "id": "01994c5e-7a00-7c3e-9d53-0a4c7f1b2e61", "kind": "provision", "instance": "01994c5e-7a00-7c3e-9d53-0a4c7f1b2e60", "tenant": "default",
    "change": "evt_1", "state": "succeeded", "attempt": 0, "createdAt": "2026-11-20T12:00:00.123Z", "deadline": "2026-11-20T13:00:00.123Z",
    "finishedAt": "2026-11-20T12:03:00.123Z",
}
INSTANCE = {
    "id": "01994c5e-7a00-7c3e-9d53-0a4c7f1b2e60", "name": "ada", "tenant": "default", "kind": "agent", "desired": "running", "phase": "running",
    "region": "eu-central", "size": "small", "generation": 1, "change": "evt_1", "createdAt": "2026-11-20T12:00:00.123Z",
    "updatedAt": "2026-11-20T12:03:00.123Z", "runningAt": "2026-11-20T12:03:00.123Z",
}


def event(seq, type="step.progress", **more):
    return {
        "seq": seq, "at": "2026-11-20T12:00:00.123Z", "type": type, "tenant": "default", "instance": INSTANCE["id"], "job": JOB["id"],
        "message": "on it", **more}


def ended(seq, reason="terminal"):
    return {"type": "subscription.ended", "reason": reason, "seq": seq}


def error(number, code, message="no", **data):
    return {"code": number, "message": message, "data": {"code": code, "retryable": True, **data}}


class Peer:
    """The daemon's side of a connection."""

    def __init__(self, daemon, opened, number):
        self.daemon = daemon
        self.socket = opened
        # The first connection has the number 1.
        self.number = number
        self.messages = []
        self.is_closed = False
        self._writing = threading.Lock()

    def send(self, **message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        try:
            with self._writing:
                self.socket.sendall(data)
        except OSError:
            pass

    def answer(self, call, result):
        self.send(id=call["id"], result=result)

    def refuse(self, call, error):
        self.send(id=call["id"] if call else None, error=error)

    def tell(self, result):
        """Sends an event, a snapshot's page, a bookmark or an end to the subscription."""
        self.send(method="status.event", params={"subscription": "s1", "result": result})

    def hang_up(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def called(self, method):
        """Returns the calls and notifications of this connection with that method."""
        return [message for message in list(self.messages) if message.get("method") == method]


class Scripted:
    """Listens on a Unix socket or a TCP port. Calls `answer(call, peer)` for each message, on one thread per
    connection.

    It replies to pings and `$/cancelRequest` as `aurad` does, unless `is_mute`; `answer` sees them only through
    `messages`.
    """

    def __init__(self, answer, path=None, host=None, port=0, is_mute=False):
        self._answer = answer
        self.is_mute = is_mute
        self.peers = []
        self.changed = threading.Condition()
        if path:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self.address = f"unix:{path}"
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.socket(family)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((host, port))
            self.port = self._listener.getsockname()[1]
            self.address = f"tcp:[{host}]:{self.port}" if ":" in host else f"tcp:{host}:{self.port}"
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for peer in list(self.peers):
            peer.hang_up()

    def _accept(self):
        while True:
            try:
                opened, _ = self._listener.accept()
            except OSError:
                return
            with self.changed:
                peer = Peer(self, opened, len(self.peers) + 1)
                self.peers.append(peer)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            with peer.socket, peer.socket.makefile("rb") as stream:
                for line in stream:
                    message = json.loads(line)
                    with self.changed:
                        peer.messages.append(message)
                        self.changed.notify_all()
                    self._react(message, peer)
        except (OSError, ValueError):
            pass
        finally:
            with self.changed:
                peer.is_closed = True
                self.changed.notify_all()

    def _react(self, message, peer):
        method = message.get("method")
        if method == "$/cancelRequest":
            call = {"id": message["params"]["id"]}
            if not self.is_mute:
                peer.refuse(call, error(-32010, "requestCancelled", retryable=False))
        elif method == "system.ping":
            if not self.is_mute:
                peer.answer(message, {"pong": True})
        else:
            self._answer(message, peer)

    def until(self, condition, what, seconds=30):
        """Waits until `condition()` is true; checks it whenever a message or a connection arrives or ends."""
        end = time.monotonic() + seconds
        with self.changed:
            while not condition():
                left = end - time.monotonic()
                assert left > 0, f"this did not happen within {seconds} s: {what}"
                self.changed.wait(min(left, 0.2))

    def called(self, method):
        return [message for peer in list(self.peers) for message in peer.called(method)]


class Proxy:
    """Forwards TCP connections to a port of this machine. Frozen connections stay open and forward nothing, as if
    packets were dropped."""

    def __init__(self, port):
        self._target = port
        self._pairs = []
        self._frozen = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for pair in self._pairs:
            for each in pair:
                each.close()

    def freeze(self):
        """Freezes the present connections."""
        self._frozen.update(range(len(self._pairs)))

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(len(self._pairs) - 1, source, sink), daemon=True).start()

    def _forward(self, number, source, sink):
        data = b"-"
        while data and number not in self._frozen:
            try:
                data = source.recv(1 << 16)
                if data and number not in self._frozen:
                    sink.sendall(data)
            except OSError:
                data = b""
        if number not in self._frozen:
            for each in (source, sink):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
