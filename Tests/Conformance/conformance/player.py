"""Runs a case against a server, and reports the fault."""

import dataclasses
import itertools
import json
import time

from . import strict
from .channels import Ended, Late
from .framings import Malformed
from .material import Material
from .patterns import Pattern, length, satisfied


@dataclasses.dataclass(frozen=True)
class Failure:
    case: object
    why: str
    sent: bytes
    came: list

    def __str__(self):
        came = [_shown(message) for message in self.came] or ["nothing"]
        return "\n".join([
            f"FAILED {self.case.title} [{self.case.profile}]", f"    {self.why}",
            f"    rule      {self.case.rule} ({self.case.source})", f"    sent      {_shown(self.sent)}",
            f"    expected  {_briefly(json.dumps(self.case.expect) if self.case.expect else 'nothing')}",
            *(f"    came      {each}" for each in came[:20])])


class Wrong(Exception):
    """The server's behaviour differs from the case's expectation."""


class Player:
    """Runs each case on its own connection. No case waits longer than `seconds` in all."""

    def __init__(self, connect, framing, server, seconds=5):
        self.connect = connect
        self.framing = framing
        self.seconds = seconds
        self.pattern = Pattern(server)
        self.material = Material(server)
        self.numbers = itertools.count(1)

    def play(self, cases):
        """Yields each case with its failure, or None if it passed; skips the cases that the channel cannot carry."""
        for case in cases:
            try:
                channel = self.connect(self.framing, self.seconds)
            except OSError as error:
                yield case, Failure(case, f"the server does not take a connection: {error}", b"", [])
                continue
            try:
                if case.suits(channel):
                    yield case, self.attempt(case, channel)
            finally:
                channel.close()

    def attempt(self, case, channel):
        exchange = Exchange(self, case, channel)
        try:
            exchange.run()
        except Wrong as wrong:
            return Failure(case, str(wrong), exchange.sent, exchange.came)
        return None


class Exchange:
    """One case on one connection."""

    def __init__(self, player, case, channel):
        self.player = player
        self.case = case
        self.channel = channel
        self.deadline = time.monotonic() + player.seconds
        self.sent = b""
        self.came = []
        self.values = []

    def run(self):
        try:
            if self.case.opening:
                self.ask("the opening call was not answered as it should be")
            self.transmit()
            self.await_least()
            if self.case.half_close or self.case.ending == "closed":
                self.until_end()
            else:
                self.ask("the call after it was not answered as it should be", self.is_content)
        except Ended:
            if self.case.ending == "lives":
                raise Wrong("the server closed the connection") from None
        except Late as late:
            raise Wrong(str(late)) from None
        except (Malformed, ValueError, RecursionError) as error:
            raise Wrong(f"what came cannot be read: {error}") from None
        if not self.is_content():
            raise Wrong("what came is not what was expected")

    def is_content(self):
        return satisfied(self.player.pattern, self.case.expect, self.values)

    def transmit(self):
        self.sent = b" ".join(data for _, data in self.case.pieces)
        if not self.channel.is_stream:
            for _, data in self.case.pieces:
                self.channel.send(data)
            return
        pieces = [data if is_raw else self.channel.codec.frame(data) for is_raw, data in self.case.pieces]
        self.sent = b"".join(pieces)
        for piece in [self.sent] if self.case.one_packet or self.case.packet_bytes else pieces:
            self.channel.send_raw(piece, self.case.packet_bytes)
        if self.case.half_close:
            self.channel.end_sending()

    def await_least(self):
        least, _ = length(self.case.expect)
        while len(self.values) < least:
            self.receive()

    def until_end(self):
        while True:
            try:
                self.receive()
            except Ended:
                return

    def ask(self, complaint, is_done=lambda: True):
        """Calls `ping` and waits for its reply; all other messages until then belong to the case."""
        identifier = f"probe-{next(self.player.numbers)}"
        self.channel.send(self.player.material.text(
            f'{{"jsonrpc":"2.0","id":"{identifier}","method":"<ping>"}}').encode())
        _, most = length(self.case.expect)
        is_answered = False
        while not is_answered or (len(self.values) < most and not is_done()):
            value = self.receive()
            if isinstance(value, dict) and value.get("id") == identifier:
                self.values.pop()
                is_answered = True
                if not self.player.pattern.fits({"$result": "ping", "id": identifier}, value):
                    raise Wrong(complaint)
                self.came.pop()

    def receive(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise Late(f"not all came within {self.player.seconds} s")
        message = self.channel.receive(remaining)
        self.came.append(message)
        self.values.append(strict.read(message))
        return self.values[-1]


def _shown(data):
    return _briefly(data.decode("utf-8", "backslashreplace").encode("unicode_escape").decode())


def _briefly(text, limit=600):
    return text if len(text) <= limit else f"{text[:limit // 2]} … {text[-limit // 2:]} ({len(text)} characters)"
