"""The search as a page: a form, what was found with the passages that hold the words, and the next page."""

from __future__ import annotations

from urllib.parse import urlencode

from tracker.errors import UsageError
from tracker.model.search import SearchAnswer
from tracker.render import search as search_words
from tracker.render.safe_text import one_line
from tracker.web.asked import Query, one, place
from tracker.web.pages import Page
from tracker.web.present_pages import require_watch
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal

PER_PAGE = 20


def searched(reading: Reading, query: Query, limit: int) -> SearchAnswer:
    """What an address asks for. Raises Refusal for what cannot be asked."""
    watch = one(query, "watch")
    if watch:
        require_watch(reading, watch)
    try:
        return reading.archive.search(one(query, "q"), watch=watch or None, limit=limit, after=place(query))
    except UsageError as error:
        raise Refusal(400, str(error)) from None


def search(reading: Reading, query: Query) -> Page:
    """The page of a search, or of one that is yet to be asked."""
    words, watch, after = one(query, "q"), one(query, "watch"), one(query, "after")
    found = searched(reading, query, PER_PAGE)
    following = urlencode({"q": words, **({"watch": watch} if watch else {}), "after": found.next})
    return Page(
        template="search.html.j2",
        title=f"Search: {one_line(words, 80)}" if words else "Search",
        path="/search",
        values={
            "words": one_line(words),
            "watch": watch,
            "after": after,
            "found": found,
            "remarks": [said for said in search_words.remarks(found) if words and not (found.total and found.next)],
            "same": urlencode({"q": words, **({"watch": watch} if watch else {})}),
            "following": following if found.next else "",
        },
    )
