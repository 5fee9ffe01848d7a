"""A small JSON-RPC server that follows the specification, except for one selectable fault."""

import json
import re
import socket
import threading

NO_ID = object()


class WrongServer:
    """Serves lines on a Unix socket, with one thread per connection, until the end of the `with` block."""

    def __init__(self, path, fault=None):
        self.path = str(path)
        self.fault = fault
        self.listener = socket.socket(socket.AF_UNIX)

    def __enter__(self):
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self.path

    def __exit__(self, *_):
        # Wakes the thread in accept(); closing the socket alone does not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            try:
                for line in stream:
                    stream.writelines(text.encode() + b"\n" for text in self.answers(line.rstrip(b"\n")))
                    stream.flush()
            except (ConnectionError, StopIteration):
                pass

    def answers(self, line):
        """Returns the reply lines to one line."""
        try:
            message = self.parse(line)
        except (ValueError, RecursionError):
            if self.fault == "closes_on_bad_json":
                raise ConnectionError from None
            return [json.dumps(failure(None, -32700))]
        answer = self.batch(message) if isinstance(message, list) else self.answer(message)
        if answer is None or self.fault == "answers_never":
            return []
        return [written(answer)] * (2 if self.fault == "answers_twice" else 1)

    def parse(self, line):
        if self.fault == "takes_lax_json":
            return json.loads(line)
        spelled = float if self.fault == "spells_numbers_anew" else Spelled
        return json.loads(line.decode(), parse_constant=refuse, parse_float=spelled, object_pairs_hook=unique)

    def batch(self, items):
        if not items:
            return [] if self.fault == "answers_empty_batches_with_arrays" else failure(None, -32600)
        found = [answer for answer in map(self.answer, items) if answer is not None]
        if self.fault == "drops_last_of_batch":
            found = found[:max(1, len(found) - 1)]
        return found or ([] if self.fault == "answers_notification_batches_with_arrays" else None)

    def answer(self, item):
        """Returns the reply to a request, or None for a notification."""
        if not isinstance(item, dict):
            return failure(None, -32600)
        identifier = item.get("id", NO_ID)
        if isinstance(identifier, (bool, list, dict)) and self.fault != "echoes_ids_of_any_kind":
            return failure(None, -32600)
        if not self.is_request(item):
            return failure(None if identifier is NO_ID else identifier, -32600)
        if identifier is NO_ID:
            return success(None, True) if self.fault == "answers_notifications" else None
        if self.fault == "changes_ids" and isinstance(identifier, str) and not identifier.startswith("probe-"):
            identifier = identifier.upper() + "?"
        return self.call(identifier, item)

    def is_request(self, item):
        is_version = item.get("jsonrpc") == "2.0" or self.fault == "takes_any_version"
        return is_version and isinstance(item.get("method"), str) and isinstance(item.get("params", {}), (list, dict))

    def call(self, identifier, item):
        match item["method"]:
            case "system.ping":
                return success(identifier, {"pong": True})
            case "status.list":
                return success(identifier, {"instances": []})
            case "status.get":
                return failure(identifier, -32602)
        answer = failure(identifier, -32601)
        return {**answer, "result": None} if self.fault == "says_null_result_with_error" else answer


class Spelled:
    """A number that is written with the text from which it was read."""

    def __init__(self, text):
        self.text = text


def written(answer):
    """Returns JSON. Python's encoder cannot write a number's original text, so marks around it are removed afterwards."""
    marked = json.dumps(answer, ensure_ascii=False, default=lambda number: f"\ue000{number.text}\ue000")
    return re.sub('"\ue000(.*?)\ue000"', r"\1", marked)


def unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def success(identifier, result):
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def failure(identifier, code):
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": "no"}}
