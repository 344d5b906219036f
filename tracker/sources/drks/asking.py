"""Asking the registry: it has no address for one study that is known, so its whole register is downloaded and looked through.

The file is some 18 MB and made anew each hour. It is asked for once a day, and only where it moved; a study that was not read
before is looked for on the same day as well. In one pass it is downloaded once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from weakref import WeakKeyDictionary

from tracker.errors import BlockedError, SourceError
from tracker.model.ids import split_key
from tracker.model.source import (
    Absent,
    Answer,
    Asked,
    Document,
    Failed,
    Fetch,
    Found,
    NotModified,
    Response,
    SourceInfo,
    Validators,
)
from tracker.sources.drks import bulk

FILE: Final = "en/download/all-json"
SCHEMA: Final = "download/jsonschema"
"""A small answer that says which day it is at the registry's side of the line."""
FEWEST: Final = 10_000
"""Studies that the whole register has at least: what a smaller file lacks is not gone."""

_MARK = re.compile(r"(\d{4}-\d{2}-\d{2})(?: (.*))?\Z", re.ASCII | re.DOTALL)

_files: WeakKeyDictionary[Fetch, Response] = WeakKeyDictionary()
"""The file of a pass, as long as its client is there."""


def retrieve(info: SourceInfo, asked: Sequence[Asked], fetch: Fetch, *, fewest: int = FEWEST) -> Iterator[Answer]:
    """One answer for each study. ``fewest`` is how many studies a file must hold to say that one is gone.

    Where the file itself does not come, the whole source has failed: a file that is gone does not say that the studies are.
    """
    file = _files.get(fetch) or _downloaded(asked, fetch)
    if file is None:
        yield from (NotModified(trial=one.trial) for one in asked)
        return
    yield from _looked_up(info, asked, file, fewest)


def _looked_up(info: SourceInfo, asked: Sequence[Asked], file: Response, fewest: int) -> Iterator[Answer]:
    """The studies of the file that are asked for, as they come; the others are gone if the file is the whole register."""
    waiting = {split_key(one.trial).number: one.trial for one in asked}
    count, trouble = 0, ""
    try:
        for number, body in bulk.studies(file.body):
            count += 1
            if trial := waiting.pop(number, None):
                yield _found(info, trial, body, file)
    except SourceError as error:
        trouble = str(error)
    if not trouble and count < fewest:
        trouble = f"The file of DRKS holds {count:,} studies, fewer than its register has, so it does not say which are gone."
    for number, trial in waiting.items():
        if trouble:
            yield Failed(trial=trial, error=trouble)
        else:
            yield Absent(trial=trial, why=f"the file of the whole register, with {count:,} studies, lacks {number}")


def _found(info: SourceInfo, trial: str, body: bytes, file: Response) -> Found:
    document = Document(
        source=info.key,
        trial=trial,
        url=file.url,
        body=body,
        content_type="application/json",
        fetched_at=file.fetched_at,
        as_of=file.fetched_at,
    )
    return Found(trial=trial, document=document, validators=_mark(file))


def _downloaded(asked: Sequence[Asked], fetch: Fetch) -> Response | None:
    """The file; None where it was read today, or has not moved since."""
    marks = {_read_mark(one.validators) for one in asked}
    days = {day for day, _ in marks}
    known = None
    if None not in days:
        if days == {_today(fetch)}:
            return None
        known = next(iter(marks))[1] if len(marks) == 1 else None
    file = fetch.get(FILE, accept="application/zip, application/json", validators=known)
    if file.status == 304:
        return None
    _files[fetch] = file
    return file


def _today(fetch: Fetch) -> date | None:
    """The day, by a small answer; None where there is none."""
    try:
        return fetch.get(SCHEMA).fetched_at.date()
    except BlockedError as error:
        if error.whole_host:
            raise
        return None
    except SourceError:
        return None


def _mark(file: Response) -> Validators:
    """The day on which the file was read, before what its server gave to ask whether it has changed."""
    given = file.validators
    return Validators(etag=f"{file.fetched_at.date()} {given.etag or ''}".strip(), last_modified=given.last_modified)


def _read_mark(validators: Validators | None) -> tuple[date | None, Validators | None]:
    match = _MARK.match(validators.etag or "") if validators else None
    if validators is None or match is None:
        return None, None
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        return None, None
    given = Validators(etag=match[2] or None, last_modified=validators.last_modified)
    return day, given if given.etag or given.last_modified else None
