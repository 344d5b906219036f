"""Asking the registry: the records of studies by their numbers, and which studies a search holds.

The registry has no pages: an answer holds the first ``limit`` studies of a query, and ``limit=0`` gives their count alone. It
ignores a field that it does not know, or finds nothing by it, with no error: no listing counts before each part of its query
was seen to leave out some studies and not all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from tracker.errors import AnswerError, BlockedError, SourceError
from tracker.extract.retrieval import retrieve_each
from tracker.extract.xml_reader import Element, name_of, sniff_root
from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.source import (
    Absent,
    Answer,
    Asked,
    Document,
    Failed,
    Fetch,
    Found,
    Listed,
    NotModified,
    Response,
    Search,
    SearchCount,
    SourceInfo,
    Validators,
)
from tracker.sources.isrctn.payload import inner, number_of, studies, trial_of
from tracker.sources.isrctn.search import parts, query

TOGETHER: Final = 50
"""Studies that are asked for by one query of their numbers."""
MOST: Final = 500
"""Studies of one answer to a search; a longer one is asked for by the days of the last edits."""
DELTA_FROM: Final = 200
"""From so many known studies on, one list of what was edited costs less than their records."""
READ_AGAIN: Final = timedelta(days=7)
"""A record is read after so many days, whatever the list of edits says: it lacks records without a day."""

_FIRST_EDIT = date(2000, 1, 1)
_A_DAY = timedelta(days=1)
_ACCEPT = "application/xml"
_AGAIN = "Nothing was changed; the next sync asks again."
_STUDY = re.compile(rb"<fullTrial[\s>].*?</fullTrial\s*>", re.DOTALL)
_OPENING = re.compile(rb"<allTrials(?:\s[^>]*)?>")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


# --- studies by their numbers


def retrieve(info: SourceInfo, asked: Sequence[Asked], fetch: Fetch, *, delta_from: int = DELTA_FROM) -> Iterator[Answer]:
    """One answer for each study, many by one request; of ``delta_from`` read lately and more, only those edited since."""
    try:
        known = _known_by_edits(info, asked, fetch, delta_from)
    except BlockedError as error:
        if error.whole_host:
            raise
        known = {}
    except SourceError:
        known = {}
    yield from known.values()
    left = iter([one for one in asked if one.trial not in known])
    while some := list(islice(left, TOGETHER)):
        yield from _together(info, some, fetch)


def _together(info: SourceInfo, some: Sequence[Asked], fetch: Fetch) -> Iterator[Answer]:
    """The studies of one query of numbers; those that its answer lacks are asked for by their own addresses."""
    found: dict[str, Found] = {}
    if len(some) > 1:
        try:
            _, response = _ask(" OR ".join(split_key(one.trial).number for one in some), fetch, limit=2 * len(some))
            found = _answers(info, response)
        except BlockedError as error:
            if error.whole_host:
                raise
        except SourceError as error:
            yield from (Failed(trial=one.trial, error=str(error)) for one in some)
            return
    for one in some:
        yield found.get(one.trial) or _alone(info, one, fetch)


def _alone(info: SourceInfo, one: Asked, fetch: Fetch) -> Answer:
    number = split_key(one.trial).number
    address = f"{fetch.base_url.rstrip('/')}/trial/{number}/format/default"
    [answer] = retrieve_each(info, [Asked(trial=one.trial)], fetch, lambda _: address, accept=_ACCEPT)
    if not isinstance(answer, Found):
        return answer
    root = sniff_root(answer.document.body)
    if root is not None and name_of(root) == "allTrials" and not list(studies(root)):
        return Absent(trial=one.trial, why=f"ISRCTN answered {number} with no study")
    return msgspec.structs.replace(answer, validators=_read_at(answer.document.fetched_at))


def _known_by_edits(info: SourceInfo, asked: Sequence[Asked], fetch: Fetch, least: int) -> dict[str, Answer]:
    """What one list of edits says of studies that were read lately; nothing where there are few, or the list is not sure."""
    days = {one.trial: day for one in asked if (day := _day_read(one.validators))}
    if len(days) < least:
        return {}
    register, response = _count("", fetch)
    today = response.fetched_at.date()
    recent = {trial: day for trial, day in days.items() if timedelta(0) <= today - day < READ_AGAIN}
    if len(recent) < least:
        return {}
    edited = _edited(min(recent.values()) - _A_DAY, None)
    total, _ = _count(edited, fetch)
    if not 0 < total < register or total > MOST:
        return {}
    root, response = _ask(edited, fetch, limit=total)
    found = _answers(info, response)
    if len(found) != len(list(studies(root))) or len(found) < total:
        return {}
    return {trial: found.get(trial) or NotModified(trial=trial) for trial in recent}


def _day_read(validators: Validators | None) -> date | None:
    given = validators.etag if validators else None
    try:
        return date.fromisoformat(given) if given and _DAY.match(given) else None
    except ValueError:
        return None


def _read_at(moment: datetime) -> Validators:
    """The day on which a record was read: no edit before it is news."""
    return Validators(etag=moment.date().isoformat())


def _answers(info: SourceInfo, response: Response) -> dict[str, Found]:
    """The studies of an answer, each with its own bytes as they were served, inside the answer's own outermost element."""
    opening = _OPENING.search(response.body)
    if opening is None:
        return {}
    found: dict[str, Found] = {}
    for piece in _STUDY.findall(response.body, opening.end()):
        body = response.body[: opening.end()] + piece + b"</allTrials>"
        root = sniff_root(body)
        held = list(studies(root)) if root is not None else []
        number = number_of(held[0]) if len(held) == 1 else None
        if number is None:
            continue
        document = Document(
            source=info.key,
            trial=f"{info.key}:{number}",
            url=response.url,
            body=body,
            content_type=response.content_type,
            fetched_at=response.fetched_at,
            as_of=response.fetched_at,
        )
        found[document.trial] = Found(trial=document.trial, document=document, validators=_read_at(response.fetched_at))
    return found


# --- a search


def listing(search: Search, fetch: Fetch, *, most: int = MOST) -> Iterator[Listed]:
    """All studies of a search. Raises AnswerError when a part of it is not read, or fewer came than were counted.

    ``most`` is how many studies are asked for at once.
    """
    asked = parts(search)
    total = _proved(asked, fetch)
    for last_try in (False, True):
        seen: set[str] = set()
        for element in _all(query(asked), total, most, fetch):
            one = listed(element)
            if one.trial not in seen:
                seen.add(one.trial)
                yield one
        total, _ = _count(query(asked), fetch)
        if len(seen) == total:
            return
        if last_try:
            what = f"ISRCTN counts {total:,} studies for this search, and {len(seen):,} could be read."
            raise AnswerError(what, remedy=_AGAIN, source="isrctn")


def count(search: Search, fetch: Fetch) -> SearchCount:
    """The number of studies of a search, and the parts that the registry does not read as filters."""
    asked = parts(search)
    return SearchCount(total=_count(query(asked), fetch)[0], misread=tuple(_unproved(asked, fetch)))


def _proved(asked: Mapping[str, str], fetch: Fetch) -> int:
    """How many studies a search holds, once each part was seen to be read."""
    unproved = list(_unproved(asked, fetch))
    if unproved:
        raise AnswerError(" ".join(unproved), remedy="Say this part of the search differently.", source="isrctn")
    return _count(query(asked), fetch)[0]


def _unproved(asked: Mapping[str, str], fetch: Fetch) -> Iterator[str]:
    """A part is read if some studies have it and some have not; the empty query holds the whole register."""
    register, _ = _count("", fetch)
    for part in asked.values():
        alone, _ = _count(part, fetch)
        if not 0 < alone < register:
            counted = f"ISRCTN counts {alone:,} of {register:,} studies with {part}"
            yield f"{counted}: " + ("check its spelling." if alone == 0 else "it does not read this part as a filter.")


def _all(asked: str, total: int, most: int, fetch: Fetch) -> Iterator[Element]:
    """The studies of a query; of a long one by the days on which they were last edited."""
    if total <= most:
        yield from studies(_ask(asked, fetch, limit=total)[0]) if total else ()
        return
    _, response = _count(asked, fetch)
    yield from _edited_between(asked, _FIRST_EDIT, response.fetched_at.date() + 2 * _A_DAY, most, fetch)


def _edited_between(asked: str, first: date, end: date, most: int, fetch: Fetch) -> Iterator[Element]:
    """The studies of a query whose last edit is from a day on and before another; the time is halved until they are few."""
    within = f"({asked}) AND {_edited(first, end)}"
    total, _ = _count(within, fetch)
    if total <= most or end - first <= _A_DAY:
        yield from studies(_ask(within, fetch, limit=total)[0]) if total else ()
        return
    middle = first + (end - first) // 2
    yield from _edited_between(asked, first, middle, most, fetch)
    yield from _edited_between(asked, middle, end, most, fetch)


def listed(element: Element) -> Listed:
    """A study that a search holds. Raises AnswerError for something else."""
    number, trial = number_of(element), trial_of(element)
    if number is None or trial is None:
        raise AnswerError("ISRCTN lists a study without an ISRCTN number.", remedy=_AGAIN, source="isrctn")
    assigned = trial.attrib.get("publicIdentifierDateAssigned")
    if not assigned and (held := inner(trial, "isrctn")) is not None:
        assigned = held.attrib.get("dateAssigned")
    updated = trial.attrib.get("lastUpdated")
    return Listed(trial=f"isrctn:{number}", first_posted=_day(assigned), last_update_posted=_day(updated))


def _day(given: str | None) -> RegistryDate | None:
    date_given = RegistryDate((given or "")[:10])
    return date_given if date_given.precision == "day" else None


def _edited(first: date, end: date | None) -> str:
    since = f"lastEdited GE {first}T00:00:00"
    return f"{since} AND lastEdited LT {end}T00:00:00" if end else since


def _count(asked: str, fetch: Fetch) -> tuple[int, Response]:
    root, response = _ask(asked, fetch, limit=0)
    given = root.attrib.get("totalCount", "")
    if not given.isdecimal():
        raise AnswerError("ISRCTN answered a query without its count.", remedy=_AGAIN, source="isrctn", url=response.url)
    return int(given), response


def _ask(asked: str, fetch: Fetch, *, limit: int) -> tuple[Element, Response]:
    response = fetch.get("query/format/default", (("q", asked), ("limit", str(limit))), accept=_ACCEPT)
    root = sniff_root(response.body)
    if root is None or name_of(root) != "allTrials":
        kind = "a web page" if response.body.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")) else "no list of studies"
        raise AnswerError(f"ISRCTN answered a query with {kind}.", remedy=_AGAIN, source="isrctn", url=response.url)
    return root, response
