#!/usr/bin/env python3
"""Writes each target's first inputs, from the conformance suite's messages, the methods' examples and signed texts:
seeds.py DIRECTORY."""

import base64
import hashlib
import hmac
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


RESTRICTIONS = [
    "method=status.*,job.get", "scope=instances:read,*:read", "tenant=alice", "instance=0199-id,0200-id",
    "before=1800000000", "peer=192.0.2.0/24,2001:db8::/32,192.0.2.7,unix:1000", "rate=60/60"]


def hmac_256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def tokens():
    """Yields genuine tokens of the key in TokenTarget.swift, with a growing list of restrictions, and a forged one."""
    identifier = bytes(range(16))
    tag = hmac_256(hmac_256(identifier, bytes(range(32))), b"aura/token/1/k1\x01")  # HKDF, RFC 5869
    text = ""
    for restriction in ["", *RESTRICTIONS]:
        if restriction:
            tag = hmac_256(tag, restriction.encode())
            text += f"~{restriction}"
        parts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (identifier, tag)]
        yield f"aura1_k1_{'_'.join(parts)}{text}".encode()
    yield f"aura1_k2_{'_'.join(parts)}{text}".encode()


def signatures():
    """Yields headers of each format in SignatureTarget.swift, genuine and forged, with the byte that selects it."""
    standard = "v1," + base64.b64encode(hmac_256(bytes(range(24)), b"m.1800000000.{}")).decode()
    stripe = "v1=" + hmac_256(b"whsec_fuzz", b"1800000000.{}").hex()
    key = hmac_256(hmac_256(bytes(32), bytes(range(32))), b"aura/callback/1/j/1\x01")
    callback = "job=j,epoch=1,n=7,t=1800000000,v1=" + hmac_256(key, b"7.1800000000.{}").hex()
    for text in (standard, f"{standard} {standard}", f"v1a,AAAA {standard}", "v1," + "A" * 43 + "="):
        yield text.encode() + b"\x00"
    for text in (f"t=1800000000,{stripe}", f"t=1,v0=ab,{stripe},{stripe}", "t=1800000000,v1=" + "0" * 64):
        yield text.encode() + b"\x01"
    for text in (callback, callback.replace("n=7", "n=8")):
        yield text.encode() + b"\x02"


def notes():
    """Yields notes without a genuine signature, heads to sign, and changes of a genuine note (CheckpointTarget.swift)."""
    digest = base64.b64encode(bytes([7] * 32)).decode()
    note = f"aura/i1\n12\n{digest}\n\n\u2014 aura/i1 {base64.b64encode(bytes(68)).decode()}\n"
    yield note.encode() + b"\x00"
    yield bytes(range(64)) + b"\x00"
    yield b"\x01"
    yield b"\x00\x08\x01" + b"\x01"


def key_files():
    """Yields key files with one key and with several, with comments and empty lines."""
    lines = [f"aura-key-1 k{number} {base64.b64encode(bytes(range(number, number + 32))).decode()}" for number in range(3)]
    yield lines[0].encode()
    yield ("# the keys\n\n" + "\n".join(lines) + "\n").encode()
    yield (lines[0] + "\r\n" + lines[0]).encode()
    yield b"aura-key-1 k1 " + base64.b64encode(bytes(32))


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
    write(target / "token", tokens())
    write(target / "restriction", (text.encode() for text in RESTRICTIONS))
    write(target / "signature", signatures())
    write(target / "checkpoint", notes())
    write(target / "keyfile", key_files())


main()
