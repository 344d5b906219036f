"""Two records of a trial: from both to the events of the step."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import best
from tracker.compare import compare
from tracker.compare.keyed import Leaves, keyed_difference
from tracker.events import TrialContext, detect
from tracker.model.event import Seen, Version
from tracker.model.record import IDENTITY_FIELDS, QUIET_FIELDS, TrialRecord
from tracker.model.source import Document
from tracker.sources.ctgov import SOURCE

NAME = "comparing"
_AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


class _Step(NamedTuple):
    old: Version
    new: Version
    raw_old: Any
    raw_new: Any


def measure(size: Size, folder: Path) -> list[Figure]:
    """Real updates where there are real records."""
    steps = [_step(pair) for pair in studies.pairs()]
    times = 1 if size == "tiny" else 3
    for step in steps[:2]:
        _events(step)  # what is imported by the first comparison is not its own
    ours = [_ours(step, times) for step in steps]
    keyed = [_keyed(step, times) for step in steps]
    plain = [_plain(step) for step in steps]
    return [
        Figure(
            name=f"{len(steps)} changed pairs, records to events, sum",
            figure=sum(ours) * 1e3,
            unit="ms",
            floor=sum(keyed) * 1e3,
            floor_is="DeepDiff of the keyed and pruned trees alone",
            bar=Bar(1.5),
        ),
        Figure(name="the worst of these pairs", figure=max(ours) * 1e3, unit="ms", bar=Bar(40, of="figure")),
        Figure(
            name="DeepDiff on the raw documents, in our time",
            figure=sum(plain) / sum(ours),
            unit="times",
            bar=Bar(20, of="figure", most=False),
        ),
    ]


def _ours(step: _Step, times: int) -> float:
    return best(lambda: _events(step), times)


def _events(step: _Step) -> None:
    known = TrialContext(source=SOURCE.info, label="", tracking_since=_AT - timedelta(days=60))
    detect(step.old, step.new, compare(step.old.record, step.new.record), at=_AT, known=known)


def _keyed(step: _Step, times: int) -> float:
    from deepdiff import DeepDiff

    lefts, rights = keyed_difference(_tree(step.old), _tree(step.new))
    old, new = _nested(lefts, rights), _nested(rights, lefts)

    def leaves() -> None:
        DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)

    return best(leaves, times) if old or new else 0.0


def _nested(leaves: Leaves, others: Leaves) -> dict[str, Any]:
    """Leaves by their path as the tree that they stand in; so do branches in which only the other side has leaves."""
    tree: dict[str, Any] = {}
    for path in (*leaves, *others):
        branch = tree
        for step in path[:-1]:
            branch = branch.setdefault(step, {})
        if path in leaves:
            branch[path[-1]] = leaves[path]
    return tree


def _tree(version: Version) -> dict[str, Any]:
    """What is compared of a record."""
    tree: dict[str, Any] = msgspec.to_builtins(version.record)
    left_out = QUIET_FIELDS | IDENTITY_FIELDS
    return {name: value for name, value in tree.items() if name not in left_out}


def _plain(step: _Step) -> float:
    from deepdiff import DeepDiff

    return best(lambda: DeepDiff(step.raw_old, step.raw_new), 1)


def _step(pair: studies.Pair) -> _Step:
    old, new = (_version(pair.number, body, days) for body, days in ((pair.old, 60), (pair.new, 0)))
    return _Step(old, new, msgspec.json.decode(pair.old), msgspec.json.decode(pair.new))


def _version(number: str, body: bytes, days_ago: int) -> Version:
    at = _AT - timedelta(days=days_ago)
    document = Document(
        source="ctgov",
        trial=f"ctgov:{number}",
        url=f"https://registry.test/{number}",
        body=body,
        content_type="application/json",
        fetched_at=at,
        as_of=at,
    )
    record: TrialRecord = SOURCE.parse(document).record
    return Version(record=record, seen=Seen(sha256=hashlib.sha256(body).hexdigest(), first_seen_at=at, last_seen_at=at))
