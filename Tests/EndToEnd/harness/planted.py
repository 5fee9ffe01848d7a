"""Twelve encodings of a secret, and the search for them in files and texts."""

import base64
import gzip
import hashlib
import hmac
import json
import urllib.parse
import zlib

# The fewest bytes of an encoded part that a search accepts: shorter ones could occur by chance.
SHORTEST = 10


def inner(encode, group, bits, data):
    """Returns the encodings of data at each offset within a group of bytes, without the characters at both ends, which
    depend on the neighbours. `bits` is the number of bits of a character."""
    found = []
    for offset in range(group):
        text = encode(b"\0" * offset + data).rstrip(b"=")
        first = -(-offset * 8 // bits)
        last = (offset + len(data)) * 8 // bits
        found.append(text[first:last])
    return found


def json_escaped(data):
    return json.dumps(data.decode("utf-8", "replace"))[1:-1].encode()


def url_encoded(data):
    return urllib.parse.quote(data, safe="").encode()


def utf_16(data, order):
    return data.decode("utf-8", "replace").encode(f"utf-16-{order}")


# The forms of some bytes, by the name of their encoding. `gzip` has none: compressed parts of a content are searched in
# their decompressed form.
ENCODINGS = {
    "plain": lambda data: [data],
    "reversed": lambda data: [data[::-1]],
    "hexadecimal": lambda data: [data.hex().encode()],
    "upper hexadecimal": lambda data: [data.hex().upper().encode()],
    "base32": lambda data: inner(base64.b32encode, 5, 5, data),
    "base64": lambda data: inner(base64.b64encode, 3, 6, data),
    "base64url": lambda data: inner(base64.urlsafe_b64encode, 3, 6, data),
    "URL": lambda data: [url_encoded(data)],
    "JSON": lambda data: [json_escaped(data)],
    "UTF-16LE": lambda data: [utf_16(data, "le")],
    "UTF-16BE": lambda data: [utf_16(data, "be")],
    "gzip": lambda data: [],
}


class Planted:
    """Secrets by name. Each is searched by its halves, so that a part of it is found as well."""

    def __init__(self, **secrets):
        self.needles = {}
        for name, secret in secrets.items():
            self.add(name, secret)

    def add(self, name, secret):
        data = secret if isinstance(secret, bytes) else secret.encode()
        assert len(data) >= 2 * SHORTEST, f"{name} is too short to be recognised"
        half = len(data) // 2
        # Not within a character of several bytes.
        while half < len(data) and isinstance(secret, str) and data[half] & 0xC0 == 0x80:
            half += 1
        for part in (data[:half], data[half:]):
            for encoding, forms in ENCODINGS.items():
                for form in forms(part):
                    assert len(form) >= SHORTEST
                    self.needles.setdefault(form, f"{name} ({encoding})")

    def found(self, content):
        """Returns the names and encodings of the secrets in a content."""
        hits = {name for needle, name in self.needles.items() if needle in content}
        for piece in decompressed(content):
            hits |= {f"{name} in gzip" for needle, name in self.needles.items() if needle in piece}
        return sorted(hits)

    def assert_absent(self, places):
        """Checks that no secret appears in the values of `places`, which are bytes or text by name."""
        hits = {}
        for place, content in places.items():
            found = self.found(content if isinstance(content, bytes) else content.encode())
            if found:
                hits[place] = found
        assert not hits, f"secrets appear: {hits}"


def decompressed(content):
    """Yields the decompressed form of each gzip member and zlib stream in a content."""
    for magic, window in ((b"\x1f\x8b\x08", 31), (b"\x78\x9c", 15), (b"\x78\x01", 15), (b"\x78\xda", 15)):
        start = content.find(magic)
        while start >= 0:
            stream = zlib.decompressobj(window)
            piece = b""
            try:
                piece = stream.decompress(content[start:], 1 << 24)
            except zlib.error:
                pass
            if len(piece) >= SHORTEST:
                yield piece
            start = content.find(magic, start + 1)


def encoded(secret, encoding, neighbour):
    """Returns a content that has a secret in an encoding after `neighbour`, as a leak could have it."""
    data = secret if isinstance(secret, bytes) else secret.encode()
    whole = neighbour + data + b"#tail"
    return {
        "base32": base64.b32encode, "base64": base64.b64encode, "base64url": base64.urlsafe_b64encode,
        "gzip": gzip.compress}.get(encoding, lambda text: ENCODINGS[encoding](data)[0])(whole)


def derived(key, salt, info):
    """Returns 32 bytes by HKDF-SHA256, as the daemon derives its keys from those of the key file."""
    extracted = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\1", hashlib.sha256).digest()
