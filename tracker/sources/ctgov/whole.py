"""The registry as a whole: all records, or those updated since a day, page by page; and the fields that change silently."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from tracker.model.source import DataVersion, Fetch, Response, WholePage, WholeStudy
from tracker.sources.ctgov import asking
from tracker.sources.ctgov.search import Params

_SWEPT = ("statusModule", "referencesModule")
"""What of the protocol section a registry changes without a new version of the record: the status, linked papers."""

_SWEPT_FIELDS = "|".join(
    (
        "NCTId",
        *(f"protocolSection.{module}" for module in _SWEPT),
        "annotationSection",
        "derivedSection.miscInfoModule.submissionTracking",
    )
)


class _Misc(msgspec.Struct, frozen=True):
    submissionTracking: object = None


class _Derived(msgspec.Struct, frozen=True):
    miscInfoModule: _Misc = _Misc()


class _Protocol(msgspec.Struct, frozen=True):
    statusModule: object = None
    referencesModule: object = None


class _Swept(msgspec.Struct, frozen=True):
    """What of a study is swept for; the rest is not decoded."""

    protocolSection: _Protocol = _Protocol()
    annotationSection: object = None
    derivedSection: _Derived = _Derived()


_SWEEP = msgspec.json.Decoder(_Swept)


def records(fetch: Fetch, data: DataVersion | None, *, since: str | None, cursor: str | None) -> Iterator[WholePage]:
    """All records, or those updated since a day (YYYY-MM-DD), from behind ``cursor`` on."""

    def read(response: Response, body: bytes) -> WholeStudy:
        found = asking.record(body, response, fetch.base_url, data)
        return WholeStudy(listed=asking.listed(response, body), mark=_mark(body), found=found)

    params: Params = [("filter.advanced", f"AREA[LastUpdatePostDate]RANGE[{since},MAX]")] if since else []
    order = "LastUpdatePostDate:asc" if since else "StudyFirstPostDate:asc"
    return _pages(params, order, fetch, cursor, read)


def sweep(fetch: Fetch) -> Iterator[WholePage]:
    """Every study with what is swept for, without its record."""

    def read(response: Response, body: bytes) -> WholeStudy:
        return WholeStudy(listed=asking.listed(response, body), mark=_mark(body))

    return _pages([("fields", _SWEPT_FIELDS)], "StudyFirstPostDate:asc", fetch, None, read)


def _pages(
    params: Params, order: str, fetch: Fetch, cursor: str | None, read: Callable[[Response, bytes], WholeStudy]
) -> Iterator[WholePage]:
    """Page after page; the studies of each are read one by one, as they are asked for."""
    asked = [*params, ("sort", order), ("countTotal", "true"), ("pageSize", asking.PAGE_SIZE)]
    for response, page in asking.pages(asked, fetch, cursor):
        studies = map(partial(read, response), map(bytes, page.studies))
        yield WholePage(studies=studies, cursor=page.nextPageToken, total=page.totalCount)


def _mark(body: bytes) -> str:
    """A hash of what is swept for; equal for a whole record and for one that was cut to these fields."""
    try:
        swept = _SWEEP.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""  # it is read by its number then, where what is wrong with it is said
    return hashlib.blake2b(msgspec.json.encode(swept, order="deterministic"), digest_size=12).hexdigest()
