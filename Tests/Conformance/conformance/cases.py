"""The cases in the form that is run: read from files, with JSON texts made into frames."""

import dataclasses
import json
import pathlib

from . import texts
from .material import Material

PROFILES = ("spec", "strict-json", "aura")
KEYS = {
    "name", "profile", "rule", "from", "send", "expect", "framings", "packetBytes", "onePacket", "opening", "halfClose", "ending"}
ENDINGS = {"lives", "closed", "either"}


@dataclasses.dataclass(frozen=True)
class Case:
    subject: str
    name: str
    rule: str
    source: str
    profile: str
    # The pieces to send, in order; a raw piece is sent unchanged, any other is framed.
    pieces: tuple
    expect: object
    framings: tuple = ()
    packet_bytes: int = 0
    one_packet: bool = False
    opening: bool = True
    half_close: bool = False
    ending: str = "lives"

    @property
    def title(self):
        return f"{self.subject}: {self.name}"

    @property
    def needs_stream(self):
        return self.half_close or self.packet_bytes > 0 or self.one_packet or any(is_raw for is_raw, _ in self.pieces)

    def suits(self, channel):
        """Returns whether a channel can carry the case."""
        if self.framings and channel.framing not in self.framings:
            return False
        if self.needs_stream and not channel.is_stream:
            return False
        return channel.carries_any_bytes or all(_is_utf8(data) for _, data in self.pieces)


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read(path, server):
    """Returns all cases of a file, in its order."""
    document = json.loads(pathlib.Path(path).read_text())
    if "texts" in document:
        found = [texts.Text.read(document, written) for written in document["texts"]]
        made = [case for text in found for case in texts.cases(text, Case)]
    else:
        material = Material(server)
        made = [_case(document, written, material) for written in document["cases"]]
    names = [case.name for case in made]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{path}: names that are not unique: {', '.join(sorted(twice))}")
    return made


def _case(document, written, material):
    merged = {**document.get("common", {}), **written}
    unknown = set(merged) - KEYS
    ending = merged.get("ending", "closed" if merged.get("halfClose") else "lives")
    if unknown or merged["profile"] not in PROFILES or ending not in ENDINGS:
        raise ValueError(f"{document['subject']}: {written['name']}: what is {', '.join(sorted(unknown)) or 'its profile'}?")
    return Case(
        document["subject"], merged["name"], merged["rule"], merged["from"], merged["profile"],
        tuple(_piece(each, material) for each in merged["send"]), merged["expect"], tuple(merged.get("framings", ())),
        merged.get("packetBytes", 0), merged.get("onePacket", False), merged.get("opening", True),
        merged.get("halfClose", False), ending)


def _piece(written, material):
    if isinstance(written, dict) and set(written) == {"raw"}:
        return True, material.bytes(written["raw"])
    return False, material.bytes(written)
