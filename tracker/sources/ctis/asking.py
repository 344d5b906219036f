"""Asking the portal: which trials a search holds, and the records of trials by their numbers.

The portal ignores criteria that it does not know, and then gives the whole register: no answer counts before the portal was
seen to read each criterion. It shows the first 10,000 rows of an order: a longer search is read from both ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import msgspec

from tracker.errors import AnswerError, BlockedError, SourceError
from tracker.extract.json_reader import sniff_object
from tracker.extract.retrieval import retrieve_each
from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.source import (
    Absent,
    Answer,
    Asked,
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
from tracker.sources.ctis.payload import NUMBER
from tracker.sources.ctis.search import Criteria, criteria

PAGE_SIZE = 100
DEEPEST = 10_000
"""Rows of an order that the portal gives, whatever number it counts."""

_ROUNDS = ("-02", "-01", "-00")
"""Rounds of a submission, the latest first: more have not been seen."""
_OF_ONE = 20
"""Rows that a search for one number may hold; with more, the portal has not read the number."""

_SETTLES = timedelta(days=1)
"""A row names only the day of its last publication: on that day and the next, an equal one does not say that nothing moved."""

_AGAIN = "Nothing was changed; the next sync asks again."


class _Pagination(msgspec.Struct, frozen=True):
    totalRecords: int
    nextPage: bool = False


class Row(msgspec.Struct, frozen=True):
    """A row of a search, as far as it is read."""

    ctNumber: str
    ctStatus: int | str | None = None
    lastUpdated: str | None = None
    lastPublicationUpdate: str | None = None
    decisionDateOverall: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A page of a search."""

    pagination: _Pagination
    data: tuple[Row, ...]


_PAGES = msgspec.json.Decoder(Page)


# --- one trial


def retrieve(info: SourceInfo, asked: Sequence[Asked], fetch: Fetch) -> Iterator[Answer]:
    """One answer for each trial: a row of a search says whether its record moved, and only then is the record asked for."""
    for one in asked:
        try:
            yield _retrieved(info, one, fetch)
        except BlockedError as error:
            if error.whole_host:
                raise
            yield Failed(trial=one.trial, error=str(error))
        except SourceError as error:
            yield Failed(trial=one.trial, error=str(error))


def _retrieved(info: SourceInfo, one: Asked, fetch: Fetch) -> Answer:
    number = split_key(one.trial).number
    row, at = _row_of(number, fetch)
    if row is None:
        return Absent(trial=one.trial, why=f"a search of EU CTIS for {number} holds no trial")
    mark = _mark(row, at.fetched_at.date())
    if one.validators and one.validators.etag == mark:
        return NotModified(trial=one.trial)
    [answer] = retrieve_each(
        info,
        [Asked(trial=one.trial)],
        fetch,
        lambda _: f"{fetch.base_url.rstrip('/')}/retrieve/{row.ctNumber}",
        accept="application/json",
    )
    if not isinstance(answer, Found):
        return answer
    if sniff_object(answer.document.body).get("ctNumber") != row.ctNumber:
        error = f"{answer.document.url} did not answer with the record of {row.ctNumber}, which the register lists."
        return Failed(trial=one.trial, error=f"{error} {_AGAIN}")
    return msgspec.structs.replace(answer, validators=Validators(etag=mark))


def _row_of(number: str, fetch: Fetch) -> tuple[Row | None, Response]:
    """The row of a trial's latest submission. Whether the portal finds the beginning of a number is not documented."""
    for text in (number, *(f"{number}{end}" for end in _ROUNDS)):
        page, response = _ask({"containAll": text}, fetch, size=_OF_ONE)
        if page.pagination.totalRecords > _OF_ONE:
            what = f"EU CTIS counts {page.pagination.totalRecords:,} trials for {text}: it did not read the number."
            raise AnswerError(what, remedy=_AGAIN, source="ctis", url=response.url)
        rows = [row for row in page.data if row.ctNumber.rpartition("-")[0] == number and NUMBER.match(row.ctNumber)]
        if rows:
            return max(rows, key=lambda row: row.ctNumber), response
    return None, response


def _mark(row: Row, today: date) -> str:
    """What moves in the row when its record does."""
    mark = f"{row.ctNumber} {row.lastPublicationUpdate} {row.lastUpdated} {row.ctStatus}"
    published = RegistryDate(_day(row.lastPublicationUpdate) or "").first
    return mark if published and published + _SETTLES < today else f"{mark} on {today}"


# --- a search


def listing(search: Search, fetch: Fetch, *, deepest: int = DEEPEST) -> Iterator[Listed]:
    """All trials of a search. Raises AnswerError when a criterion is not read, or fewer trials came than were counted.

    ``deepest`` is how many rows of an order the portal shows.
    """
    asked = criteria(search)
    total = _proved(asked, fetch)
    for last_try in (False, True):
        seen: set[str] = set()
        for order in ("ASC",) if total <= deepest else ("ASC", "DESC"):
            for row in _rows(asked, order, deepest, fetch):
                if row.ctNumber not in seen:
                    seen.add(row.ctNumber)
                    yield listed(row)
        total = _count(asked, fetch)
        if len(seen) == total:
            return
        if last_try:
            what = f"EU CTIS counts {total:,} trials for this search, and {len(seen):,} could be read"
            also = ": it is too long to be read from both ends" if total > 2 * deepest else ""
            raise AnswerError(f"{what}{also}.", remedy=_AGAIN, source="ctis")


def count(search: Search, fetch: Fetch) -> SearchCount:
    """The number of trials of a search, and the criteria that the portal does not read as filters."""
    asked = criteria(search)
    return SearchCount(total=_count(asked, fetch), misread=tuple(_unproved(asked, fetch)))


def _proved(asked: Criteria, fetch: Fetch) -> int:
    """How many trials a search holds, once each criterion was seen to be read."""
    unproved = list(_unproved(asked, fetch))
    if unproved:
        raise AnswerError(" ".join(unproved), remedy="Say this part of the search differently.", source="ctis")
    return _count(asked, fetch)


def _unproved(asked: Criteria, fetch: Fetch) -> Iterator[str]:
    """A criterion is read if some trials have it and some have not."""
    register = _count({}, fetch)
    for name, value in asked.items():
        alone = _count({name: value}, fetch)
        if not 0 < alone < register:
            counted = f"EU CTIS counts {alone:,} of {register:,} trials with {name} = {value}"
            yield f"{counted}: " + ("check its spelling." if alone == 0 else "it does not read this part as a filter.")


def _rows(asked: Criteria, order: str, deepest: int, fetch: Fetch) -> Iterator[Row]:
    """The rows of a search in the order of their decisions, as far as the portal gives them."""
    for number in range(1, deepest // PAGE_SIZE + 1):
        page, _ = _ask(asked, fetch, number=number, order=order)
        yield from page.data
        if not page.data or number * PAGE_SIZE >= page.pagination.totalRecords:
            return


def _count(asked: Criteria, fetch: Fetch) -> int:
    return _ask(asked, fetch, size=1)[0].pagination.totalRecords


def listed(row: Row) -> Listed:
    """A trial that a search holds. Raises AnswerError for a row of something else."""
    number = NUMBER.match(row.ctNumber)
    if number is None:
        raise AnswerError(f"EU CTIS lists {row.ctNumber[:40]!r}, which is no EU CT number.", remedy=_AGAIN, source="ctis")
    decided, updated = _day(row.decisionDateOverall), _day(row.lastPublicationUpdate)
    return Listed(
        trial=f"ctis:{number[1]}",
        first_posted=RegistryDate(decided) if decided else None,
        last_update_posted=RegistryDate(updated) if updated else None,
    )


def _day(day_first: str | None) -> str | None:
    """The day of ``23/04/2026``."""
    return "-".join(reversed(day_first.split("/"))) if day_first else None


def read_page(body: bytes) -> Page:
    """A page of a search. Raises msgspec's errors for anything else."""
    return _PAGES.decode(body)


def _ask(
    asked: Criteria, fetch: Fetch, *, number: int = 1, size: int = PAGE_SIZE, order: str = "DESC"
) -> tuple[Page, Response]:
    question = {
        "pagination": {"page": number, "size": size},
        "sort": {"property": "decisionDate", "direction": order},
        "searchCriteria": asked,
    }
    response = fetch.post("search", msgspec.json.encode(question))
    try:
        return read_page(response.body), response
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        kind = "a web page" if response.body.lstrip()[:1] == b"<" else f"no page of a search ({error})"
        raise AnswerError(f"EU CTIS answered a search with {kind}.", remedy=_AGAIN, source="ctis", url=response.url) from error
