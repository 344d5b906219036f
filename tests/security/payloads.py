"""Documents made to exhaust a reader or to slip something through it, each small to send and dear to read carelessly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.fuzz.test_sources import PAGES, text_of
from tests.pages import HTML, document
from tests.renderings import STYLES, model
from tests.world import study
from tracker.model.source import Document

NCT = "NCT00000101"
Build = Callable[[], Document]


def _study(**changes: Any) -> Build:
    return lambda: _served(json.dumps(study(NCT, **changes)).encode())


def _with(text: str, value: str) -> Build:
    """A plain study in whose bytes a text is replaced by what no JSON writer would write."""
    return lambda: _served(json.dumps(study(NCT)).replace(text, value).encode())


def _beside(value: Callable[[], str]) -> Build:
    """A plain study with a further field at its top."""
    return lambda: _served((json.dumps(study(NCT))[:-1] + f', "further": {value()}}}').encode())


def _served(body: bytes) -> Document:
    return document(f"ctgov:{NCT}", body, "application/json", f"https://clinicaltrials.gov/api/v2/studies/{NCT}")


def _criteria(text: str) -> Build:
    return _study(eligibilityModule__eligibilityCriteria=text)


def _sites(count: int) -> Build:
    return _study(contactsLocationsModule__locations=[{"facility": "R", "city": "C", "country": "X", "further": 1}] * count)


def _summary(text: str) -> Build:
    return _study(descriptionModule__briefSummary=text)


STUDIES: dict[str, Build] = {
    "a number of 400 digits": _with('"count": 100', f'"count": 1{"0" * 400}'),
    "a number of a million digits": _with('"count": 100', f'"count": {"9" * 10**6}'),
    "a number just past 64 bit": _with('"count": 100', f'"count": {2**64}'),
    "not a number": _with('"count": 100', '"count": NaN'),
    "a number past all floats": _with('"count": 100', '"count": 1e999'),
    "half a surrogate pair": _with("An Invented Study", "An \\ud800 Study"),
    "the same key twice": _with('"nctId":', '"nctId": "NCT99999999", "nctId":'),
    "lists 100,000 deep": _beside(lambda: "[" * 100_000 + "]" * 100_000),
    "objects 900 deep": _beside(lambda: '{"a":' * 900 + "1" + "}" * 900),
    "objects 60 deep": _beside(lambda: '{"a":' * 60 + "1" + "}" * 60),
    "a text of 15 MB": _summary("x" * 15_000_000),
    "a word of 1 MB": _study(statusModule__overallStatus="X" * 10**6),
    "names of fields like paths": _study(**{"../../etc/passwd": {"a.b[]": 1}}),
    "a name of a field of 1 MB": _study(**{"\x1b[2J" * 200_000: 1}),
    "backslashes": _summary("\\" * 2_000_000),
    "entities in entities": _summary("&" + "amp;" * 200_000 + "lt;"),
    "tags in tags": _summary("<b" * 100_000 + ">" * 100_000),
    "marks on one letter": _summary("a" + "\u0301\u0327" * 500_000),
    "criteria in one line": _criteria("Inclusion criteria " * 100_000),
    "criteria of one word": _criteria("inclusion" * 200_000),
    "an item wrapped 100,000 times": _criteria("* x\n" + "a\n" * 100_000),
    "2,000 sites of one name": _sites(2_000),
    "400,000 sites": _sites(400_000),
    "a million conditions": _study(conditionsModule__conditions=["c"] * 1_000_000),
}


def _page(name: str, spoil: Callable[[str], str | bytes], content_type: str = HTML) -> Build:
    trial, url, vocabulary = PAGES[name]
    return lambda: document(trial, spoil(STYLES["div_pairs"](model(text_of(name), vocabulary))), content_type, url)


def _both(what: str, spoil: Callable[[str], str | bytes]) -> dict[str, Build]:
    return {f"{what} ({name})": _page(name, spoil) for name in ("meddatax/record", "trialx/listing")}


def _at_the_end(filling: Callable[[], str]) -> Callable[[str], str]:
    return lambda html: html.replace("</body>", filling() + "</body>")


RECORD, LISTING = "meddatax/record", "trialx/listing"
HTML_PAGES: dict[str, Build] = {
    **_both("a million nested blocks", _at_the_end(lambda: "<div>" * 1_000_000)),
    **_both("nested spans", _at_the_end(lambda: "<span>" * 100_000 + "</x>" * 100_000)),
    **_both(
        "paragraphs under open formats", _at_the_end(lambda: "".join(f"<b a={n}>" for n in range(1000)) + "<p>x" * 200_000)
    ),
    **_both("10,000 spans in a line", _at_the_end(lambda: "<p>" + "<span>a</span>" * 10_000)),
    **_both("scripts and frames", _at_the_end(lambda: "<script>alert(1)</script><iframe src=x>x</iframe>" * 2000)),
    **_both("an attribute of 2 MB", _at_the_end(lambda: f"<p style='white-space{' ' * 2_000_000}'>x\ny</p>")),
    **_both("an entity bomb", lambda html: '<!DOCTYPE a [<!ENTITY b "&c;&c;">]>' + _at_the_end(lambda: "&b;" * 9)(html)),
    **_both("UTF-16 that says it is UTF-8", lambda html: html.encode("utf-16-le")),
    **_both("tags without end", lambda html: "<meta " * 500_000 + html),
    **_both("20 MB", _at_the_end(lambda: "<p>x</p>" * 2_500_000)),
    **_both("every byte there is", lambda html: bytes(range(256)) * 2000),
    "a count of 5,000 digits": _page(RECORD, lambda html: html.replace("1,240", "9" * 5000)),
    "an age of 5,000 digits": _page(LISTING, lambda html: html.replace("18-67", f"18-{'9' * 5000}")),
    "labels without end in a line": _page(
        RECORD, lambda html: html.replace("</body>", "<p>" + "<span>Site Status</span><span>RECRUITING</span>" * 5000)
    ),
    "10,000 lines of a head": _page(
        LISTING, lambda html: html.replace("<body>", "<body>" + "".join(f"<p>a{n}</p>" for n in range(10_000)))
    ),
    "countries that may be read in many ways": _page(
        RECORD,
        lambda html: html.replace("Germany", "Aa").replace(
            "</body>", "<h2>Countries</h2><p>" + "Aa Aa Aa " * 200 + "b</p></body>"
        ),
    ),
    **{
        f"a page in {charset}": _page(RECORD, _at_the_end(lambda: "é" * 100_000), f"text/html; charset={charset}")
        for charset in ("punycode", "idna", "base64", "undefined", "utf-7", "../../etc/passwd")
    },
}
"""No page's size is above the fetcher's cap."""

PAYLOADS = {"studies": STUDIES, "pages": HTML_PAGES}
