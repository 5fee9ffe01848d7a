"""Compares a message with the pattern of a case."""

from .strict import Number

KINDS = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, Number),
    "integer": lambda value: isinstance(value, Number) and value == value.to_integral_value(),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "value": lambda value: True,
}


class Pattern:
    """A pattern is JSON; an object with one key that begins with `$` is a placeholder."""

    def __init__(self, server):
        self.server = server
        self.placeholders = {
            "$any": lambda kind, value: KINDS[kind](value),
            "$spelled": lambda text, value: isinstance(value, Number) and value.spelling == text,
            "$either": lambda choices, value: any(self.fits(each, value) for each in choices),
            "$unordered": self._unordered,
            "$each": lambda each, value: isinstance(value, list) and value != [] and all(self.fits(each, one) for one in value),
            "$has": self._has,
        }

    def fits(self, pattern, value):
        if isinstance(pattern, dict):
            return self._object(pattern, value)
        if isinstance(pattern, list):
            return isinstance(value, list) and self._in_order(pattern, value)
        if isinstance(pattern, bool) or pattern is None or isinstance(pattern, str):
            return type(value) is type(pattern) and value == pattern
        return isinstance(value, Number) and value == pattern

    def _object(self, pattern, value):
        if "$result" in pattern:
            result = self.server.operation(pattern["$result"])["result"]
            return self._object({"jsonrpc": "2.0", "id": pattern["id"], "result": result}, value)
        if "$error" in pattern:
            return self._error(pattern, value)
        if len(pattern) == 1:
            (key, argument), = pattern.items()
            if key.startswith("$"):
                return self.placeholders[key](argument, value)
        return isinstance(value, dict) and set(value) == set(pattern) and self._members(pattern, value)

    def _error(self, pattern, value):
        if not isinstance(value, dict) or not isinstance(value.get("error"), dict):
            return False
        # "If there was an error in detecting the id": a server that detected the id may include it, which helps the
        # caller.
        expected = {"$any": "value"} if pattern["$error"] == -32700 and pattern["id"] is None else pattern["id"]
        error = {"code": pattern["$error"], "message": {"$any": "string"}}
        if "data" in value["error"] or "data" in pattern:
            error["data"] = pattern.get("data", {"$any": "value"})
        return self._object({"jsonrpc": "2.0", "id": expected, "error": error}, value)

    def _members(self, pattern, value):
        return all(key in value and self.fits(each, value[key]) for key, each in pattern.items())

    def _has(self, members, value):
        return isinstance(value, dict) and self._members(members, value)

    def _in_order(self, patterns, values):
        return len(patterns) == len(values) and all(map(self.fits, patterns, values))

    def _unordered(self, patterns, values):
        """Returns whether each value can be assigned its own pattern."""
        if not isinstance(values, list) or len(patterns) != len(values):
            return False
        if not patterns:
            return True
        return any(
            self.fits(patterns[0], value) and self._unordered(patterns[1:], values[:place] + values[place + 1:])
            for place, value in enumerate(values))


def alternatives(expect):
    """Returns the sequences of messages that a case accepts, each as (patterns, whether their order matters)."""
    if isinstance(expect, list):
        return [(expect, True)]
    match expect:
        case {"$either": choices}:
            return [found for each in choices for found in alternatives(each)]
        case {"$unordered": patterns}:
            return [(patterns, False)]
    raise ValueError(f"no list of messages: {expect}")


def length(expect):
    """Returns the least and the greatest number of messages that can arrive."""
    counts = [len(patterns) for patterns, _ in alternatives(expect)]
    return min(counts), max(counts)


def satisfied(pattern, expect, values):
    return any(
        pattern.fits(patterns if is_ordered else {"$unordered": patterns}, values)
        for patterns, is_ordered in alternatives(expect))
