"""Conversion between JSON and Python."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Callable, TypeVar

Value = TypeVar("Value")


def moment(text: str) -> datetime:
    """Returns a moment in UTC from its form on the wire: `2026-11-20T12:00:00.123Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def each(decode: Callable[[Any], Value]) -> Callable[[list[Any]], list[Value]]:
    return lambda values: [decode(value) for value in values]


def maybe(decode: Callable[[Any], Value], data: Any) -> Value | None:
    return None if data is None else decode(data)


def fresh_key() -> str:
    """Returns an idempotency key for one call and its repetitions."""
    return str(uuid.uuid4())
