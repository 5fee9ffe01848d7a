#!/usr/bin/env python3
"""Writes each target's first inputs, from the conformance suite's messages and the methods' examples: seeds.py DIRECTORY."""

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The values of the suite's placeholders in the connection target's daemon (TestDaemon.swift).
PLACEHOLDERS = {"<ping>": "ping", "<named>": "sum", "<named.params>": '{"left":1,"right":2}', "<named.positions>": "[1,2]"}
CALLS = [
    '{"jsonrpc":"2.0","id":1,"method":"follow","params":{"count":3}}',
    '{"jsonrpc":"2.0","id":"w","method":"wait","params":[200]}',
    '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"w"}}',
    '[{"jsonrpc":"2.0","id":-1,"method":"change","params":[1]},{"jsonrpc":"2.0","id":2.0,"method":"ask","params":{}}]',
    '{"jsonrpc":"2.0","id":3,"method":"long","params":[255]}',
    '{"jsonrpc":"2.0","id":1e99999,"method":"breaks"}',
]
# Controls and choices for the targets that have a plan (Plan.swift).
PLANS = [b"\x00", b"\x20\x11", b"\x03\x3c\x04\x2d\x06\x35", b"\x1b\x04\x07\x33"]


def encoded(form):
    """Returns the bytes of one of the suite's forms (Tests/Conformance/README.md)."""
    if isinstance(form, str):
        for placeholder, meaning in PLACEHOLDERS.items():
            form = form.replace(placeholder, meaning)
        return form.encode("utf-8", "surrogatepass")
    if isinstance(form, list):
        return b"".join(map(encoded, form))
    if "json" in form:
        return encoded(json.dumps(form["json"], ensure_ascii=False, separators=(",", ":")))
    if "verbatim" in form:
        return form["verbatim"].encode()
    if "hex" in form:
        return bytes.fromhex(form["hex"])
    if "raw" in form:
        return encoded(form["raw"])
    for repeated in ("repeat", "join"):
        if repeated in form:
            return (b"," if repeated == "join" else b"").join([encoded(form[repeated])] * min(form["times"], 40))
    raise ValueError(f"an unknown form: {form}")


def conformance():
    """Yields the messages of each case of the conformance suite, step by step, and each of its JSON texts as one step."""
    for path in sorted((ROOT / "Tests/Conformance/cases").glob("*.json")):
        document = json.loads(path.read_text())
        for case in document.get("cases", []):
            yield [encoded(step) for step in case.get("send", [])]
        for text in document.get("texts", []):
            yield [encoded(text["text"])]


def parameters():
    """Yields the example of each method, followed by the method's index in ParametersTarget.swift."""
    listing = (ROOT / "Fuzz/Sources/fuzz/ParametersTarget.swift").read_text()
    places = {name.lower(): place for place, name in enumerate(re.findall(r"check\(Methods\.(\w+)\)", listing))}
    for method in json.loads((ROOT / "docs/openrpc.json").read_text())["methods"]:
        place = places[method["name"].replace(".", "").lower()]
        for example in method.get("examples", []):
            named = {given["name"]: given["value"] for given in example["params"]}
            for value in (named, list(named.values()), example["result"]["value"]):
                yield json.dumps(value, separators=(",", ":")).encode() + bytes([place])


def frame(opcode, data, is_last=True, mask=bytes(4)):
    """Returns a frame of a WebSocket client (RFC 6455 §5.2)."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return bytes([opcode | 0x80 * is_last]) + length + mask + bytes(
        byte ^ mask[place % 4] for place, byte in enumerate(data))


def websocket_streams():
    """Yields streams of messages in one frame and in several, with control frames between them; some end with a close frame."""
    calls = [call.encode() for call in CALLS]
    end = frame(8, (1000).to_bytes(2, "big") + b"bye")
    yield b"".join(frame(1, call) for call in calls) + end
    yield b"".join(frame(1, call, mask=b"\x11\x80\xfe\x05") for call in calls) + frame(9, b"there?") + frame(10, b"")
    for call in calls:
        half = len(call) // 2
        yield frame(1, call[:half], False) + frame(9, b"") + frame(0, b"", False) + frame(0, call[half:]) + end
    yield frame(1, b"x" * 90, False) + frame(0, b"x" * 20)
    yield frame(1, "\u0159".encode()[:1], False) + frame(0, "\u0159".encode()[1:]) + frame(1, b"\xff")
    yield frame(2, b"binary")


def write(directory, inputs):
    directory.mkdir(parents=True, exist_ok=True)
    for data in set(inputs):
        (directory / hashlib.sha1(data).hexdigest()).write_bytes(data)


def main():
    target = Path(sys.argv[1])
    steps = [case for case in conformance() if sum(map(len, case)) < 4000] + [[call.encode()] for call in CALLS]
    messages = [text.strip(b"\n") for case in steps for text in case]
    streams = [b"\n".join(case) + b"\n" for case in steps] + ["\n".join(CALLS).encode()]
    streams += [b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(text), text) for text in case) for case in steps[-len(CALLS):]]
    planned = [stream + PLANS[place % len(PLANS)] for place, stream in enumerate(streams)]
    write(target / "json", messages)
    write(target / "messages", messages)
    sockets = [stream + PLANS[place % len(PLANS)] for place, stream in enumerate(websocket_streams())]
    write(target / "framing", planned + sockets)
    write(target / "connection", planned)
    write(target / "parameters", parameters())


main()
