"""What an answer lost against the stored version: signs that the layout changed and not the trial. Pure.

A renamed or dropped field empties the record in many trials at once, and often something never met before comes in its
place. Each trace is a name that is kept with the check, so that a run taken up by another process counts it too:
``enrollment`` was filled and is empty; ``designModule.enrollmentInfo (renamed?)``, by the source's own path, is gone while
something unknown came; ``… (not understood)`` is a place whose words or values can no longer be read. `losses` adds them
up for `tracker.health`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from tracker.health import EMPTIED_SHARE, Loss
from tracker.model.record import TrialRecord
from tracker.model.run import RunCounts
from tracker.model.source import Document, Issue

RECORD = "the record itself"
"""The name of what is lost when an answer lacks a trial that was there."""

_RENAMED = " (renamed?)"
_UNREADABLE = " (not understood)"
_ANCHOR = " (in every record)" + _UNREADABLE
_CAME = "(something unknown came)"

_STRANGE = frozenset({"unknown_field", "unreadable_value", "unplaced_text"})
_UNREAD = frozenset({"unknown_word", "unreadable_date", "unreadable_value"})
_MOST = 50
"""A check keeps at most so many names of each sort; a hostile answer may lose any number."""

_WITH_STATUS = ("central_contacts", "sites[].contacts", "sites[].recruitment_status", "why_stopped", "last_known_status")
"""Fields that come and go with the recruitment status: a trial that closes takes its contacts down."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A document and what was read of it."""

    document: Document
    record: TrialRecord
    issues: tuple[Issue, ...] = ()


def lost(before: Reading, after: Reading, *, anchors: Collection[str] = ()) -> tuple[str, ...]:
    """The names of what the newer reading of a trial lost; empty for most updates.

    ``anchors`` are the places that cannot be read although every healthy answer says something there.
    """
    known = {(issue.code, issue.path) for issue in before.issues}
    new = [issue for issue in after.issues if (issue.code, issue.path) not in known]
    gone = _emptied(before, after)
    places = {issue.path for issue in new if issue.code in _UNREAD}
    unread = sorted(place + (_ANCHOR if place in anchors else _UNREADABLE) for place in places)
    names = [*gone[:_MOST], *unread[:_MOST]]
    if any(issue.code in _STRANGE for issue in new):
        # A new status changes other fields as well; only the record's own names show which.
        renamed = gone if _status_changed(before, after) else _outermost(_shape(before) - _shape(after))
        # What a value of another type once held is unreadable and was not renamed.
        odd = tuple(issue.path for issue in new if issue.code == "unreadable_value")
        renamed = [place for place in renamed if not place.startswith(odd)] if odd else renamed
        names += [_CAME, *(place + _RENAMED for place in renamed[:_MOST])]
    return tuple(names)


def filled(record: TrialRecord) -> frozenset[str]:
    """Every place of the record that says something, such as ``enrollment``, ``enrollment.count``, ``sites[].city``.

    No and 0 say something. What the record does not model is named by the source's own path and not looked into.
    """
    modelled = {name: getattr(record, name) for name in record.__struct_fields__ if name != "rest"}
    return _places(msgspec.to_builtins(modelled)) | {f"rest.{path}" for path in record.rest}


def losses(
    names: Mapping[str, int],
    counts: RunCounts,
    kept: Iterable[Reading],
    *,
    anchors: Collection[str],
    examples: Mapping[str, str],
) -> tuple[Loss, ...]:
    """The losses that make a run sick; ``names`` counts its trials by the name of what they lost.

    ``kept`` are this run's trials as they stand now: a field that enough of them still have was not lost but taken out.
    Only as many are read as it takes to see that. ``examples`` name a trial for a loss.
    """
    suspects = [_loss(name, trials, names, counts, anchors, examples) for name, trials in names.items() if name != _CAME]
    moved = counts.changed + counts.quiet
    suspects = [loss for loss in suspects if loss.sick and (loss.how != "emptied" or _is_wide(loss, moved))]
    if any(loss.how in ("emptied", "renamed") for loss in suspects):
        for reading in kept:
            places = filled(reading.record) | _shape(reading)
            suspects = [loss for loss in (_counted(loss, places) for loss in suspects) if loss.sick]
            if not suspects:
                break
    return tuple(suspects)


def _loss(
    name: str,
    trials: int,
    names: Mapping[str, int],
    counts: RunCounts,
    anchors: Collection[str],
    examples: Mapping[str, str],
) -> Loss:
    """A loss, before the trials are counted that still have the field."""
    example = examples.get(name, "")
    there = counts.unchanged + counts.changed + counts.quiet
    if name == RECORD:
        return Loss(how="gone", field=name, trials=trials, had=trials + there, example=example)
    if name.endswith(_UNREADABLE):
        field, anchor = name.removesuffix(_ANCHOR).removesuffix(_UNREADABLE), name.endswith(_ANCHOR)
        return Loss(how="unreadable", field=field, trials=trials, had=there, anchor=anchor, example=example)
    if name.endswith(_RENAMED):
        field, strangers = name.removesuffix(_RENAMED), names.get(_CAME, 0)
        return Loss(how="renamed", field=field, trials=trials, had=trials, strangers=strangers, example=example)
    return Loss(how="emptied", field=name, trials=trials, had=trials, anchor=name in anchors, example=example)


def _is_wide(loss: Loss, moved: int) -> bool:
    """A field that a registry drops changes every trial that has it, so these are a large share of all that changed.

    Without this a mirror of a whole registry would read thousands of records each day to clear a rare field.
    """
    return loss.trials >= EMPTIED_SHARE * moved


def _counted(loss: Loss, places: Collection[str]) -> Loss:
    """The loss with one more trial that had the field and still has it."""
    counts = loss.how in ("emptied", "renamed") and loss.field in places
    return msgspec.structs.replace(loss, had=loss.had + 1) if counts else loss


def _emptied(before: Reading, after: Reading) -> list[str]:
    """The outermost places of the record that were filled and are empty, without those that went with the status.

    A value that was never readable may disappear without a warning.
    """
    gone = filled(before.record) - filled(after.record)
    gone -= {f"rest.{issue.path}" for issue in before.issues}
    closed = _status_changed(before, after)
    return [place for place in _outermost(gone) if not (closed and place.startswith(_WITH_STATUS))]


def _status_changed(before: Reading, after: Reading) -> bool:
    statuses = {before.record.recruitment_status, after.record.recruitment_status}
    return len(statuses) == 2 and not statuses & {None, "OTHER"}


def _shape(reading: Reading) -> frozenset[str]:
    """Every key of a JSON document by its path; for a page, which has no keys, the filled places of its record."""
    try:
        decoded = msgspec.json.decode(reading.document.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        decoded = None
    return _places(decoded) if isinstance(decoded, dict) else filled(reading.record)


def _places(tree: dict[str, Any]) -> frozenset[str]:
    places: set[str] = set()
    waiting = list(tree.items())
    while waiting:
        place, value = waiting.pop()
        if value is None or value in ("", [], (), {}):
            continue
        places.add(place)
        if isinstance(value, dict):
            waiting += [(f"{place}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(f"{place}[]", inner) for inner in value]
    return frozenset(places)


def _outermost(places: Collection[str]) -> list[str]:
    """The places that are inside no other of them."""
    return sorted(place for place in places if _around(place) not in places)


def _around(place: str) -> str:
    return place.removesuffix("[]") if place.endswith("[]") else place.rpartition(".")[0]
