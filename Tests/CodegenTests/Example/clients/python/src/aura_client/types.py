# Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.
"""What goes over the wire. Members that a later daemon adds are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Mapping

from ._codec import each, maybe, moment

JSON = Any

# The colour of a note. A daemon sends it. It is open: a newer daemon may send more.
Colour = Literal[
    "red",
    "deepBlue",
    "default",
]

# The order of a list. Only clients send it. It's open too: a newer daemon may accept more.
Order = Literal[
    "oldest",
    "in",
]


@dataclass(frozen=True)
class Author:
    """The author of a note."""

    # The full name.
    name: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Author:
        return cls(
            name=data["name"],
        )


@dataclass(frozen=True)
class Filter:
    """A choice of notes. It is closed, so clients send it."""

    # Notes of these colours.
    colours: list[Colour] | None = None
    before: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Filter:
        return cls(
            colours=data.get("colours"),
            before=maybe(moment, data.get("before")),
        )

    def to_json(self) -> dict[str, Any]:
        members = {
            "colours": self.colours,
            "before": self.before,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class Lists:
    """Lists."""

    tags: list[str]
    colours: list[Colour] | None = None
    # All authors, the newest first.
    authors: list[Author] | None = None
    marks: list[JSON] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Lists:
        return cls(
            tags=data["tags"],
            colours=data.get("colours"),
            authors=maybe(each(Author.from_json), data.get("authors")),
            marks=data.get("marks"),
        )


@dataclass(frozen=True)
class Measures:
    """Numbers and truth values."""

    # The number of pages.
    page_count: int
    weight: float
    # True if the note stays on top.
    is_pinned: bool
    # The former name of `pageCount`.
    due: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Measures:
        return cls(
            page_count=data["pageCount"],
            weight=data["weight"],
            is_pinned=data["isPinned"],
            due=data.get("due"),
        )


@dataclass(frozen=True)
class Note:
    """A note of the user's, with <marks> & "quotes" that no template may escape. This description is longer than one line of any comment."""

    id: str
    # Always "note".
    kind: str
    colour: Colour
    created_at: datetime
    # The author; absent if unknown.
    author: Author | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Note:
        return cls(
            id=data["id"],
            kind=data["kind"],
            colour=data["colour"],
            created_at=moment(data["createdAt"]),
            author=maybe(Author.from_json, data.get("author")),
        )


@dataclass(frozen=True)
class NoteList:
    """A page of notes."""

    notes: list[Note]
    next: str | None = None
    lists: Lists | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoteList:
        return cls(
            notes=each(Note.from_json)(data["notes"]),
            next=data.get("next"),
            lists=maybe(Lists.from_json, data.get("lists")),
        )


@dataclass(frozen=True)
class NoteResult:
    """A note."""

    note: Note
    measures: Measures | None = None
    others: Others | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoteResult:
        return cls(
            note=Note.from_json(data["note"]),
            measures=maybe(Measures.from_json, data.get("measures")),
            others=maybe(Others.from_json, data.get("others")),
        )


@dataclass(frozen=True)
class Others:
    """Values without a class of their own."""

    # A text, or a number of seconds.
    from_: JSON | None = None
    extra: JSON | None = None
    any: JSON | None = None
    box: JSON | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Others:
        return cls(
            from_=data.get("from"),
            extra=data.get("extra"),
            any=data.get("any"),
            box=data.get("box"),
        )


@dataclass(frozen=True)
class SubscribeResult:
    """The result of a subscription."""

    seq: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SubscribeResult:
        return cls(
            seq=data["seq"],
        )
