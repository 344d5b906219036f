"""Asking the register: for each trial a search by its number, the text of all its countries, and the page of its results.

The text does not say where results stand; the search page does, and links the page that dates them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tracker.errors import BlockedError, FetchError
from tracker.model.source import Absent, Answer, Asked, Document, Failed, Fetch, Found, Response, SourceInfo
from tracker.sources.euctr.parts import number_and_country
from tracker.sources.euctr.payload import sniff
from tracker.sources.euctr.results import has_link, information_on, numbers_on, stated_on_search, with_results

_NOTHING_FOUND: Final = re.compile(rb"(?<![0-9,.])0\s+result\(s\)\s+found", re.IGNORECASE)
_PAGE, _TEXT = "text/html", "text/plain"


def retrieve(info: SourceInfo, asked: Sequence[Asked], fetch: Fetch) -> Iterator[Answer]:
    """One answer for each trial. A block of the whole host ends the source; any other failure is that of one trial."""
    for one in asked:
        try:
            yield _answer(info, one, fetch)
        except BlockedError as error:
            if error.whole_host:
                raise
            yield Failed(trial=one.trial, error=str(error))
        except FetchError as error:
            yield Failed(trial=one.trial, error=str(error))


def _answer(info: SourceInfo, one: Asked, fetch: Fetch) -> Answer:
    number, _ = number_and_country(one.trial)
    asked = f"eudract_number:{number}"
    search = fetch.get("search", (("query", asked),), accept=_PAGE)
    if _NOTHING_FOUND.search(search.body):
        return Absent(trial=one.trial, why=f"the register finds nothing under {number}")
    if number not in numbers_on(search.body):
        return Failed(trial=one.trial, error=f"{search.url} is no list of trials with {number}; nothing was changed.")
    stated = stated_on_search(search.body, number)
    if stated is None:
        return Failed(trial=one.trial, error=f"{search.url} does not say whether {number} has results; nothing was changed.")
    text = fetch.get("rest/download/full", (("query", asked), ("page", "1"), ("mode", "current_page")), accept=_TEXT)
    if sniff(text.body) is None:
        return Failed(trial=one.trial, error=f"{text.url} answered with no text of a trial; nothing was changed.")
    pieces = [stated]
    if has_link(stated):
        page = fetch.get(f"trial/{number}/results", accept=_PAGE)
        told = information_on(page.body)
        if told is None:
            return Failed(trial=one.trial, error=f"{page.url} states no version of the results; nothing was changed.")
        pieces.append(told)
    return Found(trial=one.trial, document=_document(info, one, text, with_results(text.body, *pieces)))


def _document(info: SourceInfo, one: Asked, text: Response, body: bytes) -> Document:
    return Document(
        source=info.key,
        trial=one.trial,
        url=text.url,
        body=body,
        content_type=text.content_type,
        fetched_at=text.fetched_at,
        as_of=text.fetched_at,
    )
