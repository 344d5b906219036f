"""Asking the API: how new its data are, which trials a search holds, and the records of trials by their numbers."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from tracker.errors import AnswerError, BlockedError, SourceError, StatusError, TooLargeError
from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.record import GeoPoint, Site
from tracker.model.source import (
    Absent,
    Answer,
    Asked,
    DataVersion,
    Document,
    Failed,
    Fetch,
    Found,
    Listed,
    Region,
    Response,
    Search,
    SearchCount,
    Sited,
)
from tracker.sources.ctgov.numbers import NumberSet
from tracker.sources.ctgov.payload import NUMBER
from tracker.sources.ctgov.search import Params, in_regions, parameters
from tracker.text.clean import clean

T = TypeVar("T")

PAGE_SIZE = "1000"
"""Studies of a page: the most that the registry gives."""

_SMALLER_PAGE = "100"
"""For trials with so many sites that a whole page outgrows what is read of one answer."""
_MOST_LISTED = 1_000_000
"""Trials of a search; the registry holds about 600,000 in all."""
_LONGEST_URL = 8000
_LARGEST_BATCH = 500
_LISTED_FIELDS = "NCTId|StudyFirstPostDate|LastUpdatePostDate"
_SITED_FIELDS = "|".join(
    (_LISTED_FIELDS, *(f"Location{part}" for part in ("Facility", "City", "State", "Zip", "Country", "GeoPoint", "Status")))
)
_TOO_MUCH = frozenset({400, 413, 414})
"""A malformed number among many (400), or more than the front end takes: fewer numbers may pass."""

_OPENING = re.compile(
    rb'\s*{\s*"protocolSection"\s*:\s*{\s*"identificationModule"\s*:\s*{\s*"nctId"\s*:\s*"(NCT[0-9]{8})"', re.ASCII
)
_AGAIN = "Nothing was changed; the next sync asks again."


class _Identification(msgspec.Struct, frozen=True):
    nctId: str
    nctIdAliases: object = None


class _Protocol(msgspec.Struct, frozen=True):
    """The number must be readable; what else has a wrong type says nothing here, and is an issue where the record is read."""

    identificationModule: _Identification
    statusModule: object = None
    contactsLocationsModule: object = None


class _Study(msgspec.Struct, frozen=True):
    """As much of a study as lists need; a list asks for these fields alone."""

    protocolSection: _Protocol


class _NumberedProtocol(msgspec.Struct, frozen=True):
    identificationModule: _Identification


class _NumberedStudy(msgspec.Struct, frozen=True):
    """As much of a whole study as telling its number needs."""

    protocolSection: _NumberedProtocol


class _Page(msgspec.Struct, frozen=True):
    """A page of studies, each still as served."""

    studies: list[msgspec.Raw]
    nextPageToken: str | None = None
    totalCount: int | None = None


_Named = tuple[msgspec.Raw, list[str]]
"""A study as served, with its number and its former ones."""


class _Version(msgspec.Struct, frozen=True):
    dataTimestamp: str


_PAGES = msgspec.json.Decoder(_Page)
_STUDIES = msgspec.json.Decoder(_Study)
_NUMBERED = msgspec.json.Decoder(_NumberedStudy)
_VERSIONS = msgspec.json.Decoder(_Version)


def data_version(fetch: Fetch) -> DataVersion:
    """The day and second of the registry's present data. Raises AnswerError when the answer does not say."""
    response = fetch.get("version")
    stamp = _read(_VERSIONS, response, "a data version").dataTimestamp
    if RegistryDate(stamp[:10]).precision != "day":
        raise AnswerError(
            f'ClinicalTrials.gov gave "{stamp[:40]}" for the time of its data.', remedy=_AGAIN, source="ctgov", url=response.url
        )
    return DataVersion(timestamp=stamp, date=stamp[:10])


def listing(search: Search, fetch: Fetch) -> Iterator[Listed]:
    """All trials of a search by first posting, each once. Raises rather than end before the last page."""
    return (_listed(protocol) for protocol in _every(parameters(search), _LISTED_FIELDS, fetch, PAGE_SIZE))


def count(search: Search, fetch: Fetch) -> SearchCount:
    """The number of trials of a search, and the parts with which it holds more trials than without them."""
    params = parameters(search)
    total = count_with(params, fetch)
    misread = []
    for name, value in params if len(params) > 1 else ():
        without = count_with([param for param in params if param[0] != name], fetch)
        if without < total:
            misread.append(
                f"With {name} = {value} ClinicalTrials.gov counts {total:,} trials, without it only {without:,}: "
                "it does not read this part as a filter."
            )
    return SearchCount(total=total, misread=tuple(misread))


def count_with(params: Params, fetch: Fetch) -> int:
    """How many trials the registry counts with these parameters; without any, how many it has."""
    response = fetch.get("studies", [*params, ("fields", "NCTId"), ("countTotal", "true"), ("pageSize", "1")])
    total = _read(_PAGES, response, 'a page {"studies": […]}').totalCount
    if total is None:
        raise AnswerError(
            "ClinicalTrials.gov did not say how many trials the search holds.", remedy=_AGAIN, source="ctgov", url=response.url
        )
    return total


def sited(search: Search, regions: Sequence[Region], fetch: Fetch) -> Iterator[Sited]:
    """All trials of a search with a site in the regions, each once and with its sites. Raises as `listing` does."""
    params = in_regions(search, regions)
    seen = NumberSet()
    try:
        yield from _sited(_every(params, _SITED_FIELDS, fetch, PAGE_SIZE, seen))
    except TooLargeError:
        yield from _sited(_every(params, _SITED_FIELDS, fetch, _SMALLER_PAGE, seen))


def _sited(protocols: Iterable[_Protocol]) -> Iterator[Sited]:
    return (Sited(listed=_listed(each), sites=tuple(map(_site, _locations(each)))) for each in protocols)


def _locations(protocol: _Protocol) -> list[dict[str, Any]]:
    listed = _inside(protocol.contactsLocationsModule, "locations")
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _listed(protocol: _Protocol) -> Listed:
    return Listed(
        trial=f"ctgov:{protocol.identificationModule.nctId}",
        first_posted=_date(protocol.statusModule, "studyFirstPostDateStruct"),
        last_update_posted=_date(protocol.statusModule, "lastUpdatePostDateStruct"),
    )


def _site(location: dict[str, Any]) -> Site:
    lat, lon = (_inside(location.get("geoPoint"), name) for name in ("lat", "lon"))
    return Site(
        facility=_text(location, "facility"),
        city=clean(_text(location, "city") or "") or None,
        state=clean(_text(location, "state") or "") or None,
        zip=_text(location, "zip"),
        country=clean(_text(location, "country") or "") or None,
        recruitment_status=_text(location, "status"),
        geo=GeoPoint(lat=float(lat), lon=float(lon)) if isinstance(lat, float | int) and isinstance(lon, float | int) else None,
    )


def _every(params: Params, fields: str, fetch: Fetch, size: str, seen: NumberSet | None = None) -> Iterator[_Protocol]:
    """The trials of a search to the last page, each once; those in ``seen``, which grows, are left out."""
    asked = [*params, ("fields", fields), ("sort", "StudyFirstPostDate:asc"), ("countTotal", "true"), ("pageSize", size)]
    seen = NumberSet() if seen is None else seen
    # Where data move while pages are read, a trial can slip from one page to another unseen: a second reading finds it.
    if (yield from _reading(asked, fetch, seen, may_lack=5)):
        yield from _reading(asked, fetch, seen)


def _reading(
    asked: list[tuple[str, str]], fetch: Fetch, seen: NumberSet, *, may_lack: int = 0
) -> Generator[_Protocol, None, bool]:
    """The trials of a search that are not in ``seen`` yet, which grows; in the end, whether some are still missing.

    Raises AnswerError when more than ``may_lack`` and one in fifty are: then pages were lost.
    """
    total: int | None = None
    url = ""
    read = NumberSet()
    for response, page in _pages(asked, fetch, _MOST_LISTED, by_number=True):
        url = response.url
        total = page.totalCount if total is None else total
        for raw in page.studies:
            protocol = _read(_STUDIES, response, "a study with its number", bytes(raw)).protocolSection
            number = protocol.identificationModule.nctId
            read.add(number)
            if seen.add(number):
                yield protocol
        if total is not None and len(read) > total + int(dict(asked)["pageSize"]):
            raise _endless(f"{len(read):,} trials, {total:,} of which it counts for this search", url)
    missing = 0 if total is None else total - len(seen)
    if total is not None and missing > max(may_lack, total // 50):
        raise AnswerError(
            f"ClinicalTrials.gov listed {len(seen)} of the {total} trials that it counts for this search.",
            remedy=_AGAIN,
            source="ctgov",
            url=url,
        )
    return missing > 0


def retrieve(asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
    """One answer for each trial asked for, batch by batch. BlockedError ends it; other failures stay in their batch."""
    keys: dict[str, list[str]] = {}
    for entry in asked:
        number = split_key(entry.trial).number
        if NUMBER.match(number):
            keys.setdefault(number, []).append(entry.trial)
        else:
            error = f"{entry.trial}: {number!r} is no number of ClinicalTrials.gov. Write NCT and eight digits."
            yield Failed(trial=entry.trial, error=error)
    numbers = list(keys)
    size = _batch_size(fetch.base_url)
    for start in range(0, len(numbers), size):
        for number, answer in _batch(numbers[start : start + size], fetch, data):
            for key in keys[number]:
                yield _for_key(answer, key)


def _batch_size(base_url: str) -> int:
    """How many numbers keep the address below what the registry's front end takes (its commas are quoted)."""
    room = _LONGEST_URL - len(base_url) - len("/studies?filter.ids=&pageSize=1000&pageToken=") - 200
    return max(1, min(_LARGEST_BATCH, room // len("NCT00000000%2C")))


def _for_key(answer: Answer, key: str) -> Answer:
    """The answer for a trial's number, for the key it was asked by."""
    match answer:
        case Found():
            document = msgspec.structs.replace(answer.document, trial=key)
            return msgspec.structs.replace(answer, trial=key, document=document)
        case _:
            return msgspec.structs.replace(answer, trial=key)


def _batch(numbers: list[str], fetch: Fetch, data: DataVersion | None) -> Iterator[tuple[str, Answer]]:
    """The answers for one request's numbers. A batch that is refused (400) or too large is halved until it is not."""
    open_numbers = dict.fromkeys(numbers)
    try:
        yield from _asked_once(numbers, open_numbers, fetch, data)
    except BlockedError:
        raise
    except SourceError as error:
        left = list(open_numbers)
        halves = isinstance(error, TooLargeError) or (isinstance(error, StatusError) and error.status in _TOO_MUCH)
        if halves and len(left) > 1:
            middle = math.ceil(len(left) / 2)
            yield from _batch(left[:middle], fetch, data)
            yield from _batch(left[middle:], fetch, data)
            return
        for number in left:
            yield number, Failed(trial=number, error=f"ctgov:{number}: {error}")


def _asked_once(
    numbers: list[str], open_numbers: dict[str, None], fetch: Fetch, data: DataVersion | None
) -> Iterator[tuple[str, Answer]]:
    """Answers of one request, taken out of ``open_numbers`` as they come; absent is what a complete answer leaves out."""
    strange = 0
    asked = frozenset(numbers)
    former: dict[str, Answer] = {}
    pages, twice, interrupted = _whole(numbers, fetch)
    for response, studies in pages:
        for raw, names in studies:
            body = bytes(raw)
            # A study without a readable number, or that nobody asked for, makes the answer no proof of absence.
            strange += asked.isdisjoint(names)
            answers = {name: _answer(name, names[0], body, response, fetch.base_url, data, twice) for name in names}
            former |= {name: found for name, found in answers.items() if name != names[0] and name not in former}
            if names and names[0] in open_numbers:
                del open_numbers[names[0]]
                yield names[0], answers[names[0]]
    if interrupted is not None:
        raise interrupted
    if len(pages) > 1 and 0 < len(open_numbers) < len(numbers):
        # Data that moved between two pages can have hidden a study: what is missing is asked for by itself.
        yield from _asked_once(list(open_numbers), open_numbers, fetch, data)
        return
    # A number's own record wins over one that names it as a former number, wherever in the answer each stands.
    for number, found in former.items():
        if number in open_numbers:
            del open_numbers[number]
            yield number, found
    for number in list(open_numbers):
        del open_numbers[number]
        if strange:
            error = f"ctgov:{number}: the answer lacks it, but holds {strange} studies that were not asked for. {_AGAIN}"
            yield number, Failed(trial=number, error=error)
        else:
            yield number, Absent(trial=number, why="ClinicalTrials.gov left it out of a complete answer")


def _answer(
    name: str,
    canonical: str,
    body: bytes,
    response: Response,
    base_url: str,
    data: DataVersion | None,
    twice: Collection[str],
) -> Answer:
    """A study as the answer for one of its numbers; one that came twice with different content is none."""
    if canonical in twice:
        error = f"ctgov:{name}: {canonical} came twice in one answer, with different content. {_AGAIN}"
        return Failed(trial=name, error=error)
    return _found(name, canonical, body, response, base_url, data)


def _whole(
    numbers: Sequence[str], fetch: Fetch
) -> tuple[list[tuple[Response, list[_Named]]], frozenset[str], SourceError | None]:
    """All pages of an answer, the numbers that came twice with different content, and what ended it early, if anything did."""
    pages: list[tuple[Response, list[_Named]]] = []
    first: dict[str, msgspec.Raw] = {}
    twice: set[str] = set()
    try:
        asked = [("filter.ids", ",".join(numbers)), ("pageSize", PAGE_SIZE)]
        for response, page in _pages(asked, fetch, 2 * len(numbers)):
            named = [(raw, _names(bytes(raw))) for raw in page.studies]
            pages.append((response, named))
            for raw, names in named:
                for name in names[:1]:
                    known = first.setdefault(name, raw)
                    if known is not raw and bytes(known) != bytes(raw):
                        twice.add(name)
    except SourceError as error:
        return pages, frozenset(twice), error
    return pages, frozenset(twice), None


def _names(body: bytes) -> list[str]:
    """A study's number and its former ones; empty if they cannot be read.

    The number is the first thing in a study as served, so most need not be decoded only to be named.
    """
    opening = _OPENING.match(body)
    if opening and b'"nctIdAliases"' not in body:
        return [opening[1].decode()]
    try:
        identification = _NUMBERED.decode(body).protocolSection.identificationModule
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    aliases = identification.nctIdAliases
    named = [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []
    return list(dict.fromkeys([identification.nctId, *named]))


def _found(name: str, canonical: str, body: bytes, response: Response, base_url: str, data: DataVersion | None) -> Found:
    document = Document(
        source="ctgov",
        trial=f"ctgov:{name}",
        url=f"{base_url}/studies/{canonical}",
        body=body,
        content_type=response.content_type,
        fetched_at=response.fetched_at,
        as_of=response.fetched_at,
        data_version=data.date if data else None,
    )
    return Found(trial=document.trial, document=document, canonical=None if name == canonical else f"ctgov:{canonical}")


def _pages(
    asked: list[tuple[str, str]], fetch: Fetch, most: int, *, by_number: bool = False, token: str | None = None
) -> Iterator[tuple[Response, _Page]]:
    """Every page of an answer. The token decides what is last, for a page may be empty and still have a next one.

    ``by_number``: a study counts as new by its number, not by its content; a list of a registry needs no more memory then.

    Raises AnswerError where the pages have no end: one repeats what came before, two are empty in a row, or together they
    hold more than ``most`` studies and a page.
    """
    tokens: set[str] = set()
    came = NumberSet()
    empty = 0
    params = [*asked, ("pageToken", token)] if token else asked
    while True:
        response = fetch.get("studies", params)
        page = _read(_PAGES, response, 'a page {"studies": […]}')
        if not page.nextPageToken and not tokens and len(page.studies) <= most:
            yield response, page  # the only one: nothing can have come before
            return
        before = len(came)
        for study in page.studies:
            came.add(_mark(study, by_number=by_number))
        empty = 0 if page.studies else empty + 1
        nothing_new = empty > 1 or (page.studies and len(came) == before)
        if nothing_new and page.nextPageToken not in tokens and page.nextPageToken:
            raise _endless("a page that brought nothing new and named a next one", response.url)
        if len(came) > most + int(PAGE_SIZE):
            raise _endless(f"more than {most:,} studies", response.url)
        yield response, page
        token = page.nextPageToken
        if not token:
            return
        if token in tokens:
            raise AnswerError(
                "ClinicalTrials.gov gave the same page token twice: its pages go round in a circle.",
                remedy=_AGAIN,
                source="ctgov",
                url=response.url,
            )
        tokens.add(token)
        params = [*asked, ("pageToken", token)]


def _mark(study: msgspec.Raw, *, by_number: bool) -> str:
    """What a study is told from others by."""
    opening = _OPENING.match(memoryview(study)) if by_number else None
    if opening:
        return opening[1].decode()
    return hashlib.blake2b(memoryview(study), digest_size=16).hexdigest()


def pages(asked: list[tuple[str, str]], fetch: Fetch, token: str | None) -> Iterator[tuple[Response, _Page]]:
    """The pages of the registry as a whole, from behind a token on. The last one is complete, or this raises AnswerError."""
    return _pages(asked, fetch, _MOST_LISTED, by_number=True, token=token)


def listed(response: Response, body: bytes) -> Listed:
    """A study as a list names it. Raises AnswerError for one without a readable number."""
    return _listed(_read(_STUDIES, response, "a study with its number", body).protocolSection)


def record(body: bytes, response: Response, base_url: str, data: DataVersion | None) -> Found:
    """A study as the answer for its own number."""
    number = _read(_NUMBERED, response, "a study with its number", body).protocolSection.identificationModule.nctId
    return _found(number, number, body, response, base_url, data)


def _endless(what: str, url: str) -> AnswerError:
    return AnswerError(
        f"The pages of ClinicalTrials.gov's answer have no end: it gave {what}.", remedy=_AGAIN, source="ctgov", url=url
    )


def _read(decoder: msgspec.json.Decoder[T], response: Response, what: str, body: bytes | None = None) -> T:
    body = response.body if body is None else body
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        came = "a web page" if body.lstrip()[:1] == b"<" else f"{len(body)} bytes that are none ({error})"
        raise AnswerError(
            f"ClinicalTrials.gov was asked for {what} and answered with {came}.",
            remedy=_AGAIN,
            source="ctgov",
            url=response.url,
        ) from error


def _date(module: object, key: str) -> RegistryDate | None:
    date = _text(_inside(module, key), "date")
    return RegistryDate(date) if date else None


def _inside(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: object, key: str) -> str | None:
    found = _inside(value, key)
    return found if isinstance(found, str) else None
