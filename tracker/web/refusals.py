"""What cannot be answered, as a page or as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus

import msgspec


class Refusal(Exception):
    """A request that gets no answer: its HTTP status, and a sentence for people."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Problem details of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


PROBLEM_TYPE = "application/problem+json"


def title_of(status: int) -> str:
    """The status in words."""
    return HTTPStatus(status).phrase


def problem(status: int, detail: str) -> bytes:
    """Problem details as they are served."""
    return msgspec.json.encode(Problem(title=title_of(status), status=status, detail=detail))


def is_api(path: str) -> bool:
    """Whether programs ask at this address rather than people."""
    return path.startswith("/api/")
