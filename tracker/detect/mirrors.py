"""Pages that republish a registry's record: what they repeat is marked as an echo, and where they lag is reported once.

Pure decisions over two records of one trial, the page's and its home registry's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.event import Change
from tracker.model.record import Enrollment, TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.vocabulary import PUBLIC_STATUSES
from tracker.text.tokens import tokens

COMPARED = (
    "recruitment_status",
    "results_state",
    "start_date",
    "completion_date",
    "enrollment",
    "phases",
)
"""The fields in which a page that differs from its registry is reported."""

Compared = Mapping[str, object]
"""What a record says in the fields that are compared."""

_COARSE = frozenset({"NOT_RECRUITING_UNSPECIFIED", "OTHER"})

_ORDINAL = re.compile(r" #\d+\Z")


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The registry's record that a page repeats: as it stands, its current version, and its former records.

    ``earlier`` holds only what `lag` compares; it is empty where no page can lag behind the current version.
    """

    record: TrialRecord
    current: SnapshotMeta
    earlier: tuple[Compared, ...] = ()


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """A page and its registry differ. ``fields`` maps a field to (page's value, registry's value) as JSON values.

    ``behind``: the page is dated before the registry's update, or each of its values is one the registry showed before.
    """

    fields: dict[str, tuple[object, object]]
    behind: bool


def echo_of(changes: Sequence[Change], page: TrialRecord, home: TrialRecord) -> str | None:
    """The registry's trial, where its record said all of a page's changes before; else None.

    The event of such changes is kept, weighs little and is alerted to nobody.
    """
    return home.trial if all(_repeats(change, page, home) for change in changes) else None


def compared(record: TrialRecord) -> Compared:
    """What a record says in the fields that are compared."""
    return {field: getattr(record, field) for field in COMPARED}


def lag(page: TrialRecord, home: TrialRecord, earlier: Sequence[Compared]) -> Lag | None:
    """Where the page says otherwise than the registry does now; ``earlier`` is what the registry said before."""
    differing = {}
    behind = True
    dated_earlier = _earlier(page.last_update_posted, home.last_update_posted)
    for field in COMPARED:
        mine, theirs = getattr(page, field), getattr(home, field)
        if mine is None or theirs is None or _agree_on(field, mine, theirs):
            continue
        differing[field] = (msgspec.to_builtins(mine), msgspec.to_builtins(theirs))
        behind = behind and (dated_earlier or any(_agree_on(field, mine, said[field]) for said in earlier))
    return Lag(fields=differing, behind=behind) if differing else None


def _repeats(change: Change, page: TrialRecord, home: TrialRecord) -> bool:
    """Whether the registry says what the page changed to."""
    field, *steps = change.path
    if field == "recruitment_status_as_given":  # the page's own word for recruitment_status, which is compared itself
        return True
    mine, theirs = getattr(page, field, None), getattr(home, field, None)
    if field in COMPARED or isinstance(mine or theirs, RegistryDate | Enrollment):
        return _agree_on(field, mine, theirs)
    return _says(msgspec.to_builtins(theirs), steps, change.old, change.new)


def _says(theirs: object, steps: Sequence[str], old: object, new: object) -> bool:
    """Whether the registry's JSON value holds ``new`` at the path ``steps``, or no longer holds ``old``."""
    while steps and isinstance(theirs, Mapping):
        theirs, steps = theirs.get(steps[0]), steps[1:]
    if isinstance(theirs, list | tuple):
        return _lists(theirs, steps, old, new)
    if new is None:
        return not theirs
    return _words(new) <= _words(theirs)


def _lists(entries: Sequence[object], steps: Sequence[str], old: object, new: object) -> bool:
    """Entries are looked for by their words, since a page leaves out parts of them (a site's postcode)."""
    if not steps:  # the whole list came or went: each entry stands under its label
        befores, afters = (side if isinstance(side, Mapping) else {} for side in (old, new))
        return all(_lists(entries, [label], befores.get(label), afters.get(label)) for label in {**befores, **afters})
    if len(steps) > 1:  # part of an entry, whose label is made of its words before the change
        label = set(tokens(_ORDINAL.sub("", steps[0]))) - _tokens_of(old)
        entries = [entry for entry in entries if label <= _tokens_of(entry)]
    known = [_words(entry) for entry in entries]
    if new is None:
        return bool(entries or len(steps) == 1) and not any(_words(old) <= words for words in known)
    return any(_words(new) <= words for words in known)


def _tokens_of(value: object) -> set[str]:
    return {token for text in _words(value) for token in tokens(text)}


def _words(value: object) -> set[str]:
    """The texts and numbers inside a JSON value."""
    if isinstance(value, Mapping):
        return {word for part in value.values() for word in _words(part)}
    if isinstance(value, list | tuple):
        return {word for part in value for word in _words(part)}
    return set() if value is None else {str(value).casefold()}


def _earlier(page: RegistryDate | None, home: RegistryDate | None) -> bool:
    return bool(page and home and page.last and home.first and page.last < home.first)


def _agree_on(field: str, mine: object, theirs: object) -> bool:
    """As `_agree`; an aggregator's "not recruiting" holds all that is not open, and its other words say nothing of that."""
    if field == "recruitment_status" and mine in _COARSE and theirs is not None:
        return mine == "OTHER" or theirs not in PUBLIC_STATUSES
    return _agree(mine, theirs)


def _agree(mine: object, theirs: object) -> bool:
    """Whether two values say the same as far as both speak: a page gives no date types and may round a month to a day."""
    if isinstance(mine, RegistryDate) and isinstance(theirs, RegistryDate):
        return mine.date == theirs.date or mine.contains(theirs) or theirs.contains(mine)
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        return len(mine) == len(theirs) and all(_agree(a, b) for a, b in zip(mine, theirs, strict=True))
    if isinstance(mine, msgspec.Struct) and type(mine) is type(theirs):
        pairs = [(getattr(mine, name), getattr(theirs, name)) for name in mine.__struct_fields__]
        return all(a is None or b is None or _agree(a, b) for a, b in pairs)
    return mine == theirs
