"""A site of trial pages that the configuration describes: where its pages are, and under which words each value stands."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from tracker.model.ids import NCT_REGISTRY
from tracker.model.source import SourceInfo

PAGE_FIELDS = (
    "nct_number",
    "recruitment_status",
    "results_state",
    "brief_title",
    "official_title",
    "lead_sponsor",
    "conditions",
    "study_type",
    "phases",
    "enrollment",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "first_posted",
    "last_update_posted",
    "results_first_posted",
    "page_date",
    "verified_on",
)
"""The record's fields that are read off a page, by the names that the record has for them."""

CSS = "css:"
"""What a place begins with that is a CSS selector and no label."""

PACE = 0.2
_DIGEST_RULE = 1

DateOrder = Literal["day first", "month first"]
DATE_ORDERS: tuple[DateOrder, ...] = ("day first", "month first")


class PageSite(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[page]]``.

    ``address`` is that of a page, with ``{number}`` for the registry's number or ``{id}`` for the site's own, and ``*`` for
    any other part. ``hosts`` are further hosts of the site. ``fields`` maps fields of `PAGE_FIELDS` to labels as they
    stand on the page, or to ``css:`` and a selector, of which the first one there counts; what it leaves out is found by the
    usual labels. ``statuses`` maps the
    site's own words to recruitment statuses. ``dates`` says how ``3/4/2026`` is meant.
    """

    key: str
    title: str
    address: str
    hosts: tuple[str, ...] = ()
    home: str = NCT_REGISTRY
    dates: DateOrder | None = None
    fields: Mapping[str, tuple[str, ...]] = {}
    statuses: Mapping[str, str] = {}

    @property
    def info(self) -> SourceInfo:
        """The site as a source. Another map makes other digests, so that what is stored is read again by the new one."""
        parts = urlsplit(self.address)
        host = (parts.hostname or "").lower()
        # A host with a port, or a bare IP address, is a stand-in on the operator's own network: it is asked as `base_url` is.
        own = parts.netloc.lower() == host and not host.replace(".", "").isdigit() and ":" not in host
        said = msgspec.json.encode((self.home, self.dates, sorted(self.fields.items()), sorted(self.statuses.items())))
        return SourceInfo(
            key=self.key,
            title=self.title,
            kind="page",
            digest_version=_DIGEST_RULE + (zlib.crc32(said) >> 2),
            home=self.home,
            described=True,
            base_url=f"{parts.scheme}://{parts.netloc}",
            hosts=(*((host,) if own else ()), *self.hosts),
            pace=PACE,
            reads=f"trial pages of {self.title}, as [[page]] describes them",
            access="HTML, by labels",
            address=self.address,
            anchors=("nct_number", "recruitment_status") if self.home == NCT_REGISTRY else ("recruitment_status",),
            attribution=f"{self.title} ({host})",
        )
