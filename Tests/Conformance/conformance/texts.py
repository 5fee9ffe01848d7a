"""JSON texts that a server must accept, must reject, or may accept or reject, made into cases.

Each text is sent twice. Embedded, it is the only parameter of a method that does not exist: "no such method", with
the request's id, shows that the text was read; a parse error shows that it was refused. Whole, it is the message
itself.
"""

import dataclasses

from .material import Material

# RFC 8259 section 9 lets an implementation set a limit; the refusal of a text deeper than this may have any code.
ANY_DEPTH = 32

ANY_ERROR = {"$error": {"$any": "integer"}, "id": {"$any": "value"}}
PARSE_ERROR = {"$error": -32700, "id": None}
NO_METHOD = {"$error": -32601, "id": 1}
NO_REQUEST = {"$error": -32600, "id": {"$any": "value"}}

EMBEDDED = {
    "accept": [NO_METHOD],
    "reject": [PARSE_ERROR],
    "either": {"$either": [[NO_METHOD], [ANY_ERROR]]},
    # A number out of range is an error of the parameters, and the method is looked up first.
    "parameter": [NO_METHOD],
}
WHOLE = {
    "accept": {"$either": [[NO_REQUEST], [{"$each": NO_REQUEST}]]},
    "reject": [PARSE_ERROR],
    "either": {"$either": [[ANY_ERROR], [{"$each": ANY_ERROR}]]},
    "parameter": [PARSE_ERROR],
}


@dataclasses.dataclass(frozen=True)
class Text:
    subject: str
    name: str
    rule: str
    source: str
    data: bytes
    verdict: str
    # The verdict of the profile `aura` if the other profiles leave a choice.
    stricter: str = ""

    @classmethod
    def read(cls, document, written):
        if written["verdict"] not in EMBEDDED or set(written) - {"name", "rule", "text", "verdict", "aura"}:
            raise ValueError(f"{document['subject']}: {written['name']}: no such verdict or member")
        text = written["text"]
        data = Material(None).bytes({"verbatim": text} if isinstance(text, str) else text)
        return cls(
            document["subject"], written["name"], written.get("rule", document["rule"]), document["from"], data,
            written["verdict"], written.get("aura", ""))


def cases(text, make):
    """Returns the cases of a text; `make` makes a case, as `Case` does."""
    verdicts = [("strict-json", text.verdict)] + ([("aura", text.stricter)] if text.stricter else [])
    return [case for profile, verdict in verdicts for case in _cases(text, profile, verdict, make)]


def _cases(text, profile, verdict, make):
    framings = ("content-length", "message") if b"\n" in text.data else ()
    if verdict == "reject" and _depth(text.data) > ANY_DEPTH:
        verdict = "either"
    suffix = ", by Aura" if profile == "aura" else ""

    def case(manner, data, expect, framings):
        return make(
            text.subject, f"{text.name}, {manner}{suffix}", f"{verdict}: {text.rule}", text.source, profile, ((False, data),),
            expect, framings)

    if not text.data.strip(b" \t\r\n"):
        # Embedded it would be an empty array, and a blank line is not a message.
        return [case("whole", text.data, WHOLE[verdict], ("content-length",))]
    request = b'{"jsonrpc":"2.0","id":1,"method":"no.such.method","params":[%s]}' % text.data
    return [case("embedded", request, EMBEDDED[verdict], framings), case("whole", text.data, WHOLE[verdict], framings)]


def _depth(data):
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    return deepest
