"""Errors: the daemon's own, and those of the connection to it."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping


class AuraError(Exception):
    """An error reply of the daemon. Its subclasses, one for each `code`, are in `aura_client.errors`."""

    number: int = 0
    code: str = ""
    known: ClassVar[dict[str, type[AuraError]]] = {}

    def __init__(self, number: int, code: str, message: str, data: Mapping[str, Any]):
        super().__init__(message)
        self.number = number
        self.code = code
        self.message = message
        self.data = data
        # True if the same call may succeed later.
        self.retryable = bool(data.get("retryable", False))

    @classmethod
    def from_json(cls, error: Mapping[str, Any]) -> AuraError:
        data = error.get("data") or {}
        code = data.get("code", "")
        # A daemon that is newer than this client may have other codes.
        kind = cls.known.get(code, AuraError)
        return kind(error.get("code", 0), code, error.get("message", ""), data)


class ConnectionLost(ConnectionError):
    """The daemon could not be reached within the client's `patience`."""


class ClientClosed(ConnectionLost):
    """The client was closed; it makes no new connection."""


class CannotSend(ValueError):
    """The call was not sent, since every daemon refuses its message: it is too long, or a value in it is out of range."""


class ProtocolError(Exception):
    """The daemon sent data that is not JSON-RPC, or a message that is longer than the client accepts."""


class JobFailed(Exception):
    """A job did not reach the requested state; `job` has the reason."""

    def __init__(self, job: Any):
        failure = job.failure.message if job.failure else job.state
        super().__init__(f"{job.kind} {job.state}: {failure}")
        self.job = job
