"""Any trial page, read by the labels that people see: of the sites that the configuration describes under ``[[page]]``.

A site is a source of its own; `site_source` makes it. By itself this module reads a saved page by the usual labels.
What reads a page is imported where one is read: many commands only need to know the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker.extract.retrieval import retrieve_each
from tracker.model.page_site import PageSite
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    FoundLabel,
    Issue,
    Labelled,
    PageSource,
    Parsed,
    Source,
    SourceInfo,
)

if TYPE_CHECKING:
    from tracker.sources.page.read import PageReading

_ANY = PageSite(key="page", title="Trial page", address="")


class TrialPage(Source, PageSource, Labelled):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="page",
        title="Trial page",
        kind="page",
        home="ctgov",
        base_url="https://example.org",
        hosts=(),
        pace=0.2,
        reads="trial pages of any site that `[[page]]` describes, each a source of its own; by itself, saved pages",
        access="HTML or text, by labels, or by the places that the configuration names",
        address="https://example.org/trials/{number}",
        anchors=("recruitment_status",),
        attribution="the page's own site",
    )

    EXAMPLES = (
        Example(
            fixture="table.html",
            trial="page:NCT90000021",
            sniffed=None,
            expected={"recruitment_status": "RECRUITING", "enrollment.count": 240, "completion_date.date": "2027-09"},
            volatile={"NCT90000777": "NCT90000555", "3 people are looking": "8 people are looking"},
        ),
        Example(
            fixture="ended_early.html",
            trial="page:NCT90000022",
            sniffed=None,
            expected={"recruitment_status": "TERMINATED", "results_state": "POSTED", "lead_sponsor.name": "Hedgerow Institute"},
        ),
        Example(
            fixture="facts.txt",
            trial="page:NCT90000023",
            sniffed=None,
            expected={"recruitment_status": "NOT_YET_RECRUITING", "last_update_posted.date": "2026-01-19"},
        ),
        Example(
            fixture="odd.html",
            trial="page:NCT90000024",
            sniffed=None,
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Paused for harvest", "start_date": None},
        ),
    )

    def __init__(self, site: PageSite = _ANY) -> None:
        self.site = site

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """Each page at its own address."""
        return retrieve_each(self.info, asked, fetch, lambda one: one.url, accept="text/html, text/plain;q=0.9, */*;q=0.1")

    def parse(self, document: Document) -> Parsed:
        """The record that the page's labels state."""
        found = self.read(document)
        return Parsed(record=found.record, issues=found.issues)

    def digest(self, document: Document) -> str:
        """Over what is read: whatever else the page shows does not move it."""
        return self.read(document).digest(self.info.digest_version)

    def read(self, document: Document) -> PageReading:
        """The record, with the labels that each value was found under."""
        from tracker.sources.page import read

        return read.read_page(self.site, self.info, document)

    def labels(self, document: Document) -> tuple[tuple[FoundLabel, ...], tuple[Issue, ...]]:
        """The labels of a page, and what could not be read."""
        found = self.read(document)
        return found.readings, found.issues

    def sniff(self, body: bytes) -> str | None:
        """The key of a saved page that names its own address; any other page may be anybody's."""
        from tracker.extract import page_addresses

        return page_addresses.named_in(self.site, body) if self.site.address else None

    def key_from_url(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a page's address; None for other sites. ``base_url`` is a stand-in for the site's own."""
        from tracker.extract import page_addresses

        return page_addresses.trial_at(self.site, url, base_url) if self.site.address else None


def site_source(site: PageSite) -> Source:
    """The source that reads the pages of a site that the configuration describes."""

    class ConfiguredPage(TrialPage):
        info = site.info

    return ConfiguredPage(site)


def former_site(key: str) -> Source:
    """Reads what is kept of a site that is described no longer, by the usual labels."""
    return site_source(PageSite(key=key, title=key, address="https://example.invalid/{id}"))


SOURCE: Source = TrialPage()
