# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""A function for each method, for clients that wait and for those that await."""

from __future__ import annotations

from typing import Any, Callable, Mapping, TypeVar

from ._codec import fresh_key
from .types import *  # noqa: F403

Result = TypeVar("Result")
Decoder = Callable[[Mapping[str, Any]], Result]


class Methods:
    def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        raise NotImplementedError

    def note_add(self, note: str, *, for_: str | None = None, idempotency_key: str | None = None) -> NoteResult:
        """Adds a note.

        Replies at once with <the note> & its "id". The description of a method is long enough for a comment of two lines.
        """
        params: dict[str, Any] = {
            "note": note,
            "for": for_,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return self._call("note.add", params, NoteResult.from_json)

    def note_list(self, *, order: Order | None = None, filter: Filter | None = None, max: int | None = None) -> NoteList:
        """Lists the user's notes."""
        params: dict[str, Any] = {
            "order": order,
            "filter": filter,
            "max": max,
        }
        return self._call("note.list", params, NoteList.from_json)


class AsyncMethods:
    async def _call(self, method: str, params: dict[str, Any], decode: Decoder[Result]) -> Result:
        raise NotImplementedError

    async def note_add(self, note: str, *, for_: str | None = None, idempotency_key: str | None = None) -> NoteResult:
        """Adds a note.

        Replies at once with <the note> & its "id". The description of a method is long enough for a comment of two lines.
        """
        params: dict[str, Any] = {
            "note": note,
            "for": for_,
            "idempotencyKey": idempotency_key or fresh_key(),
        }
        return await self._call("note.add", params, NoteResult.from_json)

    async def note_list(self, *, order: Order | None = None, filter: Filter | None = None, max: int | None = None) -> NoteList:
        """Lists the user's notes."""
        params: dict[str, Any] = {
            "order": order,
            "filter": filter,
            "max": max,
        }
        return await self._call("note.list", params, NoteList.from_json)
