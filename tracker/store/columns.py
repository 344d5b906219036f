"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. A naive one is refused: SQLite would store it and lose the offset without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in any zone, to UTC; SQLite gets it without the offset, so that times sort as text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """How a column of times is read: on SQLite its text in one step, since a log has very many."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its base's)
        """Aware UTC, whatever zone the server's session speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_WRITTEN = len("2026-01-05 06:00:00.000000")


def _from_text(text: str | None) -> datetime | None:
    """A time as this program writes it, to the microsecond and without an offset; one that others wrote may have one."""
    if text is None:
        return None
    if len(text) == _WRITTEN:
        return datetime.fromisoformat(f"{text}+00:00")
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text from outside. NUL and lone surrogates, which PostgreSQL refuses, become U+FFFD on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (its base's)
        """The text with what cannot be stored replaced."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text as `Words` stores it. A matter of the database: what a text means, and what a screen may show, are others'."""
    if "\0" not in text and (text.isascii() or _is_encodable(text)):
        return text
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
