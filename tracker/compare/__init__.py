"""What differs between two records of one trial: leaves, each with its path, old and new value.

Order, white space and Unicode form are noise and stay silent; so do the quiet parts that `tracker.model.record` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from tracker.compare.keyed import Leaves, keyed_difference
from tracker.model.dates import RegistryDate
from tracker.model.event import Change
from tracker.model.ids import AGGREGATOR, split_key
from tracker.model.record import IDENTITY_FIELDS, QUIET_FIELDS, Enrollment, TrialRecord
from tracker.model.vocabulary import ENDED_STATUSES, NO_IS_SILENCE

_COMPARED = tuple(name for name in TrialRecord.__struct_fields__ if name not in QUIET_FIELDS and name not in IDENTITY_FIELDS)
_POSITION = {name: position for position, name in enumerate(_COMPARED)}
Values = tuple[Any, ...]
_TYPE_IS_QUIET = frozenset({"first_posted", "results_first_posted"})


def compare(old: TrialRecord, new: TrialRecord) -> tuple[Change, ...]:
    """Every leaf that differs, in the order of the record's fields. A date and an enrollment are one leaf each."""
    changes: list[Change] = []
    tree_old: dict[str, Any] = {}
    tree_new: dict[str, Any] = {}
    for name in _COMPARED:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if isinstance(before, (RegistryDate, Enrollment)) or isinstance(after, (RegistryDate, Enrollment)):
            if split_key(new.trial).source == AGGREGATOR:
                before = _as_exact_as(before, after)
            changes.extend(_whole(name, before, after))
            continue
        if isinstance(before, tuple) and isinstance(after, tuple):
            before, after = _without_equals(before, after)
        tree_old[name], tree_new[name] = msgspec.to_builtins(before), msgspec.to_builtins(after)
    leaves = _leaves(*keyed_difference(tree_old, tree_new))
    changes.extend(change for change in leaves if not _says_nothing(change, old, new))
    return tuple(sorted(changes, key=lambda change: (_POSITION[change.path[0]], change.path)))


def _without_equals(old: Values, new: Values) -> tuple[Values, Values]:
    """Two lists without the entries that both have, each as often; lists of words are sets and stay as they are."""
    if not isinstance((old or new)[0], msgspec.Struct):
        return old, new
    try:
        befores, afters = Counter(old), Counter(new)
    except TypeError:  # an entry that holds a mapping
        return old, new
    return tuple((befores - afters).elements()), tuple((afters - befores).elements())


def _says_nothing(change: Change, old: TrialRecord, new: TrialRecord) -> bool:
    """What a registry tidies up: a "no" that is no longer stated, the status of a site of a trial that was over before."""
    if change.new is not None:
        return False
    if change.old is not False and len(change.path) == 3 and change.path[0] == "sites":
        over = new.recruitment_status in ENDED_STATUSES and old.recruitment_status == new.recruitment_status
        return change.path[2] == "recruitment_status" and over
    return change.old is False and (
        change.path == ("oversight", "us_export") or change.path[-1].rpartition(".")[2] in NO_IS_SILENCE
    )


def _whole(name: str, before: RegistryDate | Enrollment | None, after: RegistryDate | Enrollment | None) -> Iterator[Change]:
    """Values that only make sense together (a date and its kind) are one leaf."""
    if name in _TYPE_IS_QUIET and _date_of(before) == _date_of(after):
        return
    left, right = _plain(before), _plain(after)
    if left != right:
        yield Change(path=(name,), old=left, new=right)


def _as_exact_as(
    old: RegistryDate | Enrollment | None, new: RegistryDate | Enrollment | None
) -> RegistryDate | Enrollment | None:
    """The old value, in the new one's precision where one is a month and the other its first day.

    Exports of an aggregator write the same month both ways: spreadsheets make a day of it, and other exports do not.
    """
    if not (isinstance(old, RegistryDate) and isinstance(new, RegistryDate)):
        return old
    is_first_day = {old.precision, new.precision} == {"month", "day"} and old.first == new.first
    return RegistryDate(new.date, old.type) if is_first_day else old


def _date_of(value: RegistryDate | Enrollment | None) -> str | None:
    return value.date if isinstance(value, RegistryDate) else None


def _plain(value: RegistryDate | Enrollment | None) -> dict[str, Any] | None:
    """The value as JSON; nothing in it counts as no value."""
    plain: dict[str, Any] = msgspec.to_builtins(value) or {}
    return plain if any(part not in (None, "") for part in plain.values()) else None


def _leaves(old: Leaves, new: Leaves) -> Iterator[Change]:
    """The leaves that DeepDiff finds in what differs, by path."""
    if not old and not new:
        return
    from deepdiff import DeepDiff  # 0.2 s to import; most runs find nothing to compare

    # DeepDiff writes out the name of each leaf several times, so a leaf's name is its number, and not its long path.
    paths = list(dict.fromkeys([*old, *new]))
    numbers = {path: str(number) for number, path in enumerate(paths)}
    left, right = ({numbers[path]: value for path, value in side.items()} for side in (old, new))
    # DeepDiff must not give up on mappings that share few keys (its default since 8.0).
    tree = DeepDiff(left, right, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    for report, levels in tree.items():
        for level in levels:
            [number] = level.path(output_format="list")
            yield Change(
                path=tuple(map(str, paths[int(number)])),
                old=None if report == "dictionary_item_added" else level.t1,
                new=None if report == "dictionary_item_removed" else level.t2,
            )
