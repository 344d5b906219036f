"""The report of a live check, for somebody else to read: built from what may be told, never by taking out what may not.

Addresses, numbers, search words, sentences and values are not put in at all. What comes from a registry, such as a header's
name or an unknown field, is put in only as long as it looks like one.
"""

from __future__ import annotations

import platform
import re
import ssl
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tracker.model.live import Exchange, LiveCheck
from tracker.model.source import Issue

WITHHELD = "withheld"

_HEADER = re.compile(r"(?=.{1,40}\Z)[a-z]+[0-9]?(-[a-z]+[0-9]?){0,5}\Z", re.ASCII)
_FIELD = re.compile(r"(?=.{1,120}\Z)[A-Za-z_]{1,50}\d?(\[\])?(\.[A-Za-z_]{1,50}\d?(\[\])?){0,12}\Z", re.ASCII)
_WORD = re.compile(r"[A-Z][A-Z_]{0,40}\Z|[A-Za-z]{1,20}(,? [a-z]{1,20}){0,4}\Z", re.ASCII)
_MOST_ISSUES = 50


def report(checks: Sequence[LiveCheck], at: datetime, program: str) -> bytes:
    """The report as JSON, to be read by people as well; ``program`` is our version."""
    made = {
        "report": "tracker doctor --live, version 1",
        "holds": "statuses, names of headers and fields, timings; no address, name, number, search or secret",
        "made_on": at.date().isoformat(),
        "program": program,
        "python": platform.python_version(),
        "tls_library": ssl.OPENSSL_VERSION,
        "system": platform.system(),
        "sources": [_source(one) for one in checks],
    }
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def _source(one: LiveCheck) -> dict[str, object]:
    return {
        "source": one.source,
        "at_its_own_address": one.own_address,
        "well": one.is_well,
        "tls_profiles": [{"profile": profile, "answer": got} for profile, got in one.profiles],
        "clock_ahead_seconds": one.clock_ahead,
        "data_version": _shape(one.version),
        "record": {
            "state": one.record,
            "anchors_found": one.anchors_found,
            "anchors_missing": one.anchors_missing,
            "not_read": _issues(one),
        },
        "search": {"state": one.search, "criteria": [_told(_FIELD, name) for name in one.criteria], "misread": one.misread}
        | {"total": one.total},
        "requests": [_exchange(exchange) for exchange in one.exchanges],
    }


def _exchange(one: Exchange) -> dict[str, object]:
    names = [name for name in one.headers if _HEADER.match(name)]
    return {
        "for": one.step,
        "method": one.method,
        "status": one.status,
        "error": one.error,
        "seconds": one.seconds,
        "bytes": one.size,
        "headers": names,
        "headers_withheld": len(one.headers) - len(names),
    }


def _issues(one: LiveCheck) -> list[dict[str, object]]:
    """What could not be read, each kind once with how often; the text of pages is never told."""
    told = Counter(_issue(issue, page=one.kind == "page") for issue in one.issues)
    return [
        {"what": code, "field": field, "word": word, "times": times}
        for (code, field, word), times in sorted(told.items())[:_MOST_ISSUES]
    ]


def _issue(issue: Issue, *, page: bool) -> tuple[str, str, str]:
    """Its code; the field, where it is named as fields are; the value, where it is a word that a table lacks."""
    field = WITHHELD if page else _told(_FIELD, issue.path)
    word = _told(_WORD, issue.value) if issue.code == "unknown_word" and not page else ""
    return issue.code, field, word


def _told(shape: re.Pattern[str], text: str) -> str:
    return text if shape.match(text) else WITHHELD


def _shape(day: str) -> str:
    """A day as it is; anything else is not told."""
    return day if re.fullmatch(r"\d{4}-\d{2}-\d{2}", day, re.ASCII) else ""
