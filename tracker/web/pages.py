"""The one renderer of pages, served or published: templates, and where their links lead."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from importlib import resources
from itertools import groupby
from typing import Protocol
from urllib.parse import quote

import jinja2
import msgspec
from markupsafe import Markup

from tracker.model.ids import split_key
from tracker.model.vocabulary import Severity
from tracker.render import kinds, search, times, vocabulary
from tracker.render.safe_text import one_line, plural
from tracker.render.tables import shown_number
from tracker.web.cards import Card
from tracker.web.kept import Kept

STATIC = {
    "style.css": "text/css; charset=utf-8",
    "compare.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files that pages load, with their media types."""

NOTE = "Not endorsed by the registries, not medical advice. Deadlines are estimates, not legal findings."


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page before it is drawn: its template, its title, its own address and the values it shows."""

    template: str
    title: str
    path: str
    values: Mapping[str, object]
    status: int = 200


class Links(Protocol):
    """Where an address of a page leads. ``published``: into files, where nothing can be asked."""

    published: bool

    def to(self, path: str) -> str:
        """The address to link to from the page at hand; empty when there is no such page."""
        ...


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same on every page: watches for the menu, the reader's time zone, whether search engines are welcome."""

    watches: tuple[str, ...]
    timezone: tzinfo
    public: bool
    now: str
    version: str


def drawn(page: Page, frame: Frame, links: Links, stories: Kept[Markup] | None = None) -> bytes:
    """The page as HTML; every value is escaped. The HTML of stories that are shown again is kept in ``stories``."""
    zone = frame.timezone

    def story(card: Card) -> Markup:
        macro = _environment().get_template("parts.html.j2").module.story  # type: ignore[attr-defined]

        def laid_out() -> Markup:
            return Markup(macro(card, links.to))  # nosec B704: a template of ours, which escapes what it is given

        return laid_out() if stories is None or not card.key else stories.get(card.key, laid_out)

    return (
        _environment()
        .get_template(page.template)
        .render(
            page=page,
            frame=frame,
            links=links,
            to=links.to,
            day=lambda at: times.day(at, zone),
            moment=lambda at: times.moment(at, zone),
            story=story,
            note=NOTE,
            **page.values,
        )
        .encode()
    )


def static(name: str) -> bytes:
    """A file that pages load."""
    return resources.files("tracker.web").joinpath("static", name).read_bytes()


@lru_cache(maxsize=1)
def static_sign() -> str:
    """A sign of the files that pages load: it stands in their addresses, so that a browser asks for new ones."""
    return hashlib.sha256(b"".join(static(name) for name in STATIC)).hexdigest()[:8]


def trial_path(trial: str) -> str:
    """The address of a trial's page, without an ending for a form."""
    return f"/trials/{quote(trial, safe=':')}"


def watch_path(watch: str) -> str:
    """The address of a watch's page, without an ending for a form."""
    return f"/watches/{quote(watch, safe='')}"


def relative(from_file: str, to_file: str) -> str:
    """The link from one file of a site to another."""
    return posixpath.relpath(to_file, posixpath.dirname(from_file) or ".")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("tracker.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        line=one_line,
        status=vocabulary.status,
        words=vocabulary.enumerated,
        number=lambda trial: split_key(trial).number,
        shown_number=shown_number,
        kind=kinds.kind_title,
        found_status=search.status,
        found_place=search.place,
        found_spans=search.spans,
        registry_day=times.registry_day,
        kind_options=lambda names: [(name, kinds.kind_title(name)) for name in names],
        status_options=lambda words: [(word, vocabulary.status(word)) for word in words],
        zipped=lambda shown, given: list(zip(given, shown, strict=True)),
        runs=lambda rows: [(same, list(part)) for same, part in groupby(rows, key=lambda row: not row.changed)],
    )
    made.globals.update(
        plural=plural,
        trial_path=trial_path,
        watch_path=watch_path,
        static_sign=static_sign,
        severity_word=_severity_word,
    )
    return made


def _severity_word(severity: Severity) -> str:
    return {"major": "Major", "notable": "Notable", "minor": "Minor"}[severity]
