"""Reads a server's messages as strictly as RFC 8259 and RFC 7493 allow, and keeps the spelling of each number."""

import decimal
import json


class Number(decimal.Decimal):
    """A number that is compared by its value and remembers its spelling."""

    def __new__(cls, text):
        try:
            made = super().__new__(cls, text)
        except decimal.InvalidOperation as error:
            raise ValueError(f"{text} is beyond what can be compared") from error
        made.spelling = text
        return made

    def __repr__(self):
        return self.spelling


def _members(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def read(data):
    """Returns the value of a JSON text in UTF-8; raises ValueError if it is not JSON."""
    return json.loads(
        data.decode("utf-8"), parse_int=Number, parse_float=Number, parse_constant=_refuse, object_pairs_hook=_members)
