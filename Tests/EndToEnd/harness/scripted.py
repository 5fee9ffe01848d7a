"""A daemon that sends a subscription prepared events, for cases that a real daemon produces only by chance."""

import json
import socket
import threading


class ScriptedSubscriptions:
    """Serves one connection at a time: replies to its `status.subscribe`, sends the results of its story, and closes
    it."""

    def __init__(self, path, stories, head=0):
        self.path = str(path)
        # The parameters of each subscription, in the order of arrival.
        self.asked = []
        self._stories = stories
        self._head = head
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self):
        self._listener.bind(self.path)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Wakes the thread if it still waits for a connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listener.close()

    def _serve(self):
        for story in self._stories:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            with connection, connection.makefile("rwb") as stream:
                call = json.loads(stream.readline())
                self.asked.append(call["params"])
                messages = [{"id": call["id"], "result": {"subscription": "s1", "head": self._head}}]
                messages += [
                    {"method": "status.event", "params": {"subscription": "s1", "result": result}} for result in story]
                for message in messages:
                    stream.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def half_a_snapshot(instance):
    """Returns the stories of a snapshot that breaks off after its first page, starts again, and after another break
    continues with events."""
    def page(name, complete):
        return {
            "type": "subscription.snapshot", "seq": 7, "instances": [{**instance, "name": name}], "complete": complete}

    end = {"type": "subscription.ended", "reason": "terminal", "seq": 8}
    return [[page("lost", False)], [page("one", False), page("two", True)], [_event(8, "job.queued"), end]]


def a_newer_daemon():
    """Returns the story of events and of an end reason that this version does not know."""
    events = [_event(8, "step.dreamt", mood="blue", step={"depth": 3}), _event(9, "job.queued")]
    return [[*events, {"type": "subscription.ended", "reason": "tired", "seq": 9}]]


def _event(seq, type, **more):
    return {"seq": seq, "at": "2026-11-20T12:00:00.123Z", "type": type, "tenant": "default", "message": "on it", **more}
