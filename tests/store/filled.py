"""A database as it is after months: many rows in each table that grows, and figures of them for the planner."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, insert, text

from tests.store.builders import DAY_0, day
from tracker.model.event import Story
from tracker.model.views import ShownRecord
from tracker.store import Store
from tracker.store import tables as t
from tracker.store.packing import Dictionary, pack, to_json, train

TRIALS, RUNS, MESSAGES = 1500, 300, 300
EVENTS = 2 * TRIALS


_NOISE = random.Random(1)
_WORDS = [_NOISE.randbytes(20) for _ in range(60)]
_DICTIONARY = train([b"".join(_NOISE.choices(_WORDS, k=30)) for _ in range(300)]) or b""
_BODY = _NOISE.randbytes(2000)
_SHA256 = hashlib.sha256(_BODY).hexdigest()
(_BY_DICTIONARY,), (_PLAIN,) = pack([_BODY], Dictionary(_DICTIONARY)), pack([_BODY])


def key(number: int) -> str:
    return f"ctgov:NCT{number:08d}"


def fill(store: Store) -> None:
    """Trials of one source with two versions each, their events, and what was sent; written row by row, without a pass."""
    with store.writing() as connection:
        for table, rows in _rows():
            connection.execute(insert(table), list(rows))
        for statement in ("INSERT INTO search_words (rowid, names) SELECT snapshot, 'word' FROM searchable", "ANALYZE"):
            connection.execute(text(statement))


def _rows() -> Iterable[tuple[Table, Iterable[dict[str, Any]]]]:
    story = to_json(Story(id="s", trial=key(1), severity="minor", parts=("e1",)))
    shown = to_json(ShownRecord(trial=key(1)))
    yield t.watches, ({"name": name, "active": True, "created_at": DAY_0} for name in ("all", "few"))
    yield t.runs, (_run(number) for number in range(1, RUNS + 1))
    yield t.trials, (_trial(number) for number in range(TRIALS))
    yield t.memberships, (_member("all", number) for number in range(TRIALS))
    yield t.memberships, (_member("few", number) for number in range(20))
    yield t.source_state, [{"source": "ctgov", "run": RUNS, "accepted_at": day(RUNS)}]
    yield t.dictionaries, [{"id": 1, "source": "ctgov", "created_at": DAY_0, "body": _DICTIONARY}]
    yield t.snapshots, (_version(number) for number in range(2 * TRIALS))
    yield (
        t.kept_fields,
        (
            {"snapshot": 2 * number + 2, "field": "sites", "earlier": 2 * number + 1, "why": "doubted", "since": DAY_0}
            for number in range(0, TRIALS, 10)
        ),
    )
    yield t.present, (_plain(number) | {"shown": shown} for number in range(TRIALS))
    yield t.searchable, (_plain(number, trial=False) for number in range(TRIALS))
    yield (
        t.due_dates,
        (
            {"snapshot": 2 * number + 2, "trial": key(number), "kind": kind, "due": day(number).date(), "severity": 1}
            | {"true_from": day(number).date()}
            for number in range(TRIALS)
            for kind in ("results_overdue", "milestone_passed")
        ),
    )
    yield (
        t.links,
        (
            {
                "snapshot": 2 * number + 2,
                "trial": key(number),
                "other": f"euctr:2019-{number:06}-12",
                "type": "",
                "evidence": "",
            }
            for number in range(TRIALS)
        ),
    )
    yield t.events, (_event(number) for number in range(EVENTS))
    yield (
        t.changed_values,
        (
            {"run": 1 + number % RUNS, "event": f"e{number}", "position": at, "path": "sites"}
            for number in range(EVENTS)
            for at in range(2)
        ),
    )
    yield (
        t.stories,
        (
            {"run": 1 + number % RUNS, "id": f"s{number}", "accepted": True, "trial": key(number % TRIALS), "body": story}
            for number in range(EVENTS)
        ),
    )
    yield (
        t.checks,
        (
            {"run": 1 + number % RUNS, "trial": key(number), "status": "failed", "checked_at": day(1), "has_validators": False}
            for number in range(TRIALS)
        ),
    )
    yield (
        t.issues,
        (
            {"source": "ctgov", "code": "word", "path": f"path {number}", "value": "x", "trial": key(1), "count": 1}
            | {"first_seen_at": DAY_0, "last_seen_at": DAY_0}
            for number in range(TRIALS)
        ),
    )
    yield t.messages, (_message(number) for number in range(MESSAGES))
    yield (
        t.attachments,
        ({"message": f"m{number}", "name": "a.csv", "media_type": "text/csv", "body": b""} for number in range(MESSAGES)),
    )
    yield (
        t.alerts,
        (
            {"run": 1 + number % RUNS, "event": f"e{number}", "watch": "all", "channel": "me", "when": "daily", "state": "sent"}
            | {"changed_at": day(1), "message": f"m{number % MESSAGES}"}
            for number in range(EVENTS)
        ),
    )


def _run(number: int) -> dict[str, Any]:
    at = day(number)
    return {"id": number, "source": "ctgov", "purpose": "sync", "state": "accepted", "started_at": at, "finished_at": at}


def _trial(number: int) -> dict[str, Any]:
    return {
        "key": key(number),
        "source": "ctgov",
        "number": f"NCT{number:08d}",
        "first_seen_at": DAY_0,
        "current_snapshot": 2 * number + 2,
    }


def _member(watch: str, number: int) -> dict[str, Any]:
    return {"watch": watch, "trial": key(number), "how": "listed", "joined_at": DAY_0, "silent": False}


def _version(number: int) -> dict[str, Any]:
    at = DAY_0 + timedelta(minutes=number)
    times = dict.fromkeys(("fetched_at", "first_seen_at", "last_seen_at", "valid_from"), at)
    return times | {
        "id": number + 1,
        "trial": key(number // 2),
        "run": 1 + number % RUNS,
        "accepted": True,
        "url": "",
        "content_type": "",
        "sha256": _SHA256,
        "digest": "d",
        "digest_version": 1,
        "size": 3,
        "encoding": "zstd-dictionary" if number % 100 else "zstd",
        "dictionary": 1 if number % 100 else None,
        "body": _BY_DICTIONARY if number % 100 else _PLAIN,
    }


def _plain(number: int, *, trial: bool = True) -> dict[str, Any]:
    return {"snapshot": 2 * number + 2, "reader": "1", "kept": False} | ({"trial": key(number)} if trial else {})


def _event(number: int) -> dict[str, Any]:
    at = DAY_0 + timedelta(minutes=number)
    trial = number % TRIALS
    return {
        "run": 1 + number % RUNS,
        "id": f"e{number}",
        "accepted": True,
        "trial": key(trial),
        "kind": "sites_changed",
        "severity": number % 3,
        "cause": "record",
        "origin": "live",
        "detected_at": at,
        "effective_at": at,
        "story": f"s{number}",
        "old_snapshot": 2 * trial + 1,
        "new_snapshot": 2 * trial + 2,
        "body": '[[],"label","rule",{},[],null,null,null,null,true,true,[]]',
    }


def _message(number: int) -> dict[str, Any]:
    return {
        "key": f"m{number}",
        "channel": "me",
        "kind": "alert",
        "subject": "",
        "text": "",
        "html": "",
        "message_id": f"<m{number}>",
        "created_at": day(1),
        "state": "sent",
        "sent_at": day(1),
    }
