"""The framings that separate messages in a stream of bytes."""


class Malformed(Exception):
    """The server's bytes break the framing."""


class Lines:
    """One message per line, ended by LF; so a message must not contain one."""

    carries_line_ends = False

    @staticmethod
    def frame(message):
        return message + b"\n"

    @staticmethod
    def take(buffer):
        """Returns the first message and the rest, or None while the message is incomplete."""
        line, end, rest = buffer.partition(b"\n")
        return (line, rest) if end else None


class ContentLength:
    """Headers with the message's length, an empty line, the message: the base protocol of the Language Server Protocol."""

    carries_line_ends = True

    @staticmethod
    def frame(message):
        return b"Content-Length: %d\r\n\r\n%s" % (len(message), message)

    @staticmethod
    def take(buffer):
        head, end, rest = buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        lengths = [
            value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
            if name.lower() == b"content-length"]
        if len(lengths) != 1 or not lengths[0].isdigit():
            raise Malformed(f"headers without one Content-Length: {head!r}")
        count = int(lengths[0])
        return (rest[:count], rest[count:]) if len(rest) >= count else None


BY_NAME = {"lines": Lines, "content-length": ContentLength}
