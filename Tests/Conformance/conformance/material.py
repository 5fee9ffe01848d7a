"""Converts the small language in which cases describe bytes to the bytes themselves."""

import json
import re

TOKEN = re.compile(r"<([a-z]+)(\.params|\.positions)?>")


class Material:
    """Makes bytes. `<ping>` in a text is replaced by the name of a method, `<named.params>` by its parameters as JSON."""

    def __init__(self, server):
        self.server = server

    def text(self, text):
        return TOKEN.sub(lambda found: self._meaning(found[1], found[2]), text)

    def _meaning(self, operation, part):
        described = self.server.operation(operation)
        if not part:
            # Without its quotes, so that `"method":"<ping>"` stays readable.
            return json.dumps(described["method"])[1:-1]
        return json.dumps(described[part[1:]], separators=(",", ":"))

    def bytes(self, written):
        if isinstance(written, str):
            return self.text(written).encode()
        if isinstance(written, list):
            return b"".join(map(self.bytes, written))
        match written:
            case {"verbatim": text}:
                return text.encode()
            case {"hex": digits}:
                return bytes.fromhex(digits)
            case {"json": value}:
                return self.text(json.dumps(value, separators=(",", ":"), ensure_ascii=False)).encode()
            case {"repeat": piece, "times": times}:
                return self.bytes(piece) * times
            case {"join": piece, "times": times}:
                return b",".join([self.bytes(piece)] * times)
        raise ValueError(f"no such form of bytes: {written}")
