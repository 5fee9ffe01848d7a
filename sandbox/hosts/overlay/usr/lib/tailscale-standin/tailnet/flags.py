"""Command line flags as Go's flag package reads them: one dash or two, `-x=v` or `-x v`, `-x` alone for a switch."""


class FlagError(Exception):
    """The command line cannot be understood."""


def parse(words, defaults):
    """(values, given names, the other words). `defaults` holds each known flag; a default's type is its flag's."""
    values, given = dict(defaults), []
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        name, has_value, text = word.lstrip("-").partition("=")
        if name not in defaults:
            raise FlagError(f"flag provided but not defined: -{name}")
        if isinstance(defaults[name], bool):
            values[name] = switch(name, text) if has_value else True
        elif has_value:
            values[name] = text
        elif rest:
            values[name] = rest.pop(0)
        else:
            raise FlagError(f"flag needs an argument: -{name}")
        if name not in given:
            given.append(name)
    return values, given, rest


def switch(name, text):
    if text.lower() in ("1", "t", "true"):
        return True
    if text.lower() in ("0", "f", "false"):
        return False
    raise FlagError(f'invalid boolean value "{text}" for -{name}')


def seconds(text):
    """A Go duration such as 60s, 1m30s or 500ms, in seconds; 0 stands for "no limit"."""
    total, number = 0.0, ""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    rest = text
    while rest:
        number = rest[: len(rest) - len(rest.lstrip("0123456789."))]
        rest = rest[len(number):]
        unit = rest[: len(rest) - len(rest.lstrip("hms"))]
        rest = rest[len(unit):]
        if number == "0" and not unit and not rest:
            return 0.0
        if unit not in units or number.count(".") > 1 or not number.strip("."):
            raise FlagError(f'invalid value "{text}" for flag -timeout: parse error')
        total += float(number) * units[unit]
    return total


def written(name, value):
    """A flag as one would type it."""
    if value is True:
        return f"--{name}"
    return f"--{name}={str(value).lower() if value is False else value}"
