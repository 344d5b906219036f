"""Sites of trial pages that the configuration describes, told in days: what moves, what fails, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Ended, inside
from tests.lab.server import LoopbackServer, Reply, Request
from tests.world import SENDS, World, study
from tracker import sources
from tracker.archive import Archive
from tracker.model.event import EventFilter

A, B = "NCT00000101", "NCT00000102"
PAGE = """<html><head><title>Mint tea</title></head><body><h1>Mint Tea for Restless Sleep</h1>
<table><tr><th>Registry number</th><td>{number}</td></tr><tr><th>{label}</th><td>{status}</td></tr>
<tr><th>Enrollment</th><td>{count} (estimated)</td></tr><tr><th>Last updated</th><td>{updated}</td></tr></table>
<p>{views} people looked at this page.</p><h2>Similar trials</h2><p>Status: Completed</p></body></html>"""


class Sites:
    """Two sites on the loopback address: ``/green/trials/NUMBER`` and ``/orchard/study.php?id=…``."""

    def __init__(self) -> None:
        self.said: dict[str, str | Reply] = {}
        self.asked: list[Request] = []
        self.server = LoopbackServer(self.answer)

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.path == "/robots.txt":
            return Reply(body=b"User-agent: *\nAllow: /\n", headers={"Content-Type": "text/plain"})
        said = self.said.get(request.target)
        if isinstance(said, Reply):
            return said
        if said is None:
            return Reply(status=404, body=b"no such page")
        return Reply(body=said.encode(), headers={"Content-Type": "text/html; charset=utf-8"})

    def show(self, path: str, **values: object) -> None:
        plain = {"number": A, "label": "Status", "status": "Recruiting", "count": 100, "updated": "2026-02-03", "views": 3}
        self.said[path] = PAGE.format(**{**plain, **values})


GREEN, ORCHARD = f"/green/trials/{A}", "/orchard/study.php?id=77"
TABLES = """
[[page]]
key = "green"
title = "Green Trials"
address = "{url}/green/trials/{{number}}"
{more}
[[page]]
key = "orchard"
title = "Orchard"
address = "{url}/orchard/study.php?id={{id}}"

[page.statuses]
"Open for pickers" = "RECRUITING"
"""


@pytest.fixture
def sites() -> Iterator[Sites]:
    made = Sites()
    yield made
    made.server.close()


@pytest.fixture
def world(tmp_path: Path, sites: Sites) -> Iterator[World]:
    with World(tmp_path) as made:
        sites.show(GREEN)
        sites.show(ORCHARD, status="Open for pickers", number=B)
        configure(made, sites)
        yield made


def configure(
    world: World, sites: Sites, *, trials: str = "", more: str = "", pages: tuple[str, ...] = (GREEN, ORCHARD)
) -> None:
    listed = ", ".join(f'"{sites.server.url}{page}"' for page in pages)
    watch = f'[[watch]]\nname = "tea"\npages = [{listed}]\n{trials}' + SENDS
    world.configure(TABLES.format(url=sites.server.url, more=more) + watch)
    world.sources = sources.load(world.settings.page_sites)


def test_a_status_that_moves_is_told_and_what_else_the_page_shows_is_not(world: World, sites: Sites) -> None:
    assert world.day().state == "done"
    assert world.kinds() == []
    world.day(change=lambda: sites.show(GREEN, views=4))
    assert world.kinds() == []
    world.day(change=lambda: sites.show(GREEN, status="Active, not recruiting", updated="2026-03-05"))
    assert world.kinds() == [(f"green:{A}", "recruitment_status_changed")]
    assert any("Green Trials" in subject or "Mint" in subject for subject in world.subjects())
    world.day(change=lambda: sites.show(ORCHARD, status="Completed", number=B))
    assert world.kinds()[1:] == [("orchard:77", "recruitment_status_changed")]


BROKEN = {
    "an error page with 200": Reply(
        body=b"<html><body><h1>Something went wrong</h1></body></html>", headers={"Content-Type": "text/html"}
    ),
    "a cut page": Reply(body=b"<html><body><table><tr><th>Status</th><td>Comp", headers={"Content-Type": "text/html"}),
    "an empty page": Reply(headers={"Content-Type": "text/html"}),
    "an error": Reply(status=500),
    "no page": Reply(status=404),
    "a hang-up": Reply(reset=True),
    "another trial": Reply(
        body=PAGE.format(number=B, label="Status", status="Completed", count=1, updated="2026-03-01", views=1).encode(),
        headers={"Content-Type": "text/html"},
    ),
    "a new layout": Reply(
        body=PAGE.format(
            number=A, label="State of affairs", status="Completed", count=100, updated="2026-03-01", views=1
        ).encode(),
        headers={"Content-Type": "text/html"},
    ),
    "a status that stands twice": Reply(
        body=PAGE.format(number=A, label="Status", status="Recruiting", count=100, updated="2026-03-01", views=1)
        .replace("<h2>Similar trials</h2>", "")
        .encode(),
        headers={"Content-Type": "text/html"},
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_page_that_is_not_the_trials_is_no_change_and_neither_is_its_return(world: World, sites: Sites, what: str) -> None:
    world.day()

    def spoil() -> None:
        sites.said[GREEN] = BROKEN[what]

    report = world.day(change=spoil)
    assert world.kinds() == []
    assert report.state != "done" or what == "no page"  # which counts when it is said again
    world.day(change=lambda: sites.show(GREEN))
    assert world.kinds() == []
    world.day(change=lambda: sites.show(GREEN, status="Completed"))
    assert world.kinds() == [(f"green:{A}", "recruitment_status_changed")]


def test_a_map_that_cannot_read_what_is_stored_begins_anew_and_says_so(world: World, sites: Sites) -> None:
    """Else the page would fail for ever: nothing can be known of what changed together with the layout."""
    world.day()
    world.day(change=lambda: sites.show(GREEN, label="State of affairs", status="Completed"))
    configure(world, sites, more='[page.fields]\nrecruitment_status = "State of affairs"\n')
    report = world.day()
    assert world.kinds() == []
    assert any("version before" in f"{source}" for source in report.sources)
    assert world.day().state == "done"
    world.day(change=lambda: sites.show(GREEN, label="State of affairs", status="Withdrawn"))
    assert world.kinds() == [(f"green:{A}", "recruitment_status_changed")]


def test_the_number_on_a_page_with_an_address_of_its_own_is_pinned(world: World, sites: Sites) -> None:
    world.day()
    report = world.day(change=lambda: sites.show(ORCHARD, status="Completed", number="NCT00000109"))
    assert world.kinds() == []
    assert any("NCT00000109" in failure.error for source in report.sources for failure in source.failures)


def test_a_new_map_for_a_new_layout_takes_up_where_the_old_one_ended(world: World, sites: Sites) -> None:
    world.day()
    world.day(change=lambda: sites.show(GREEN, label="State of affairs", status="Completed"))
    assert world.kinds() == []
    configure(world, sites, more='[page.fields]\nrecruitment_status = ["State of affairs", "Status"]\n')
    world.day()
    assert world.kinds() == [(f"green:{A}", "recruitment_status_changed")]


def test_a_mirror_repeats_its_registry_in_silence(world: World, sites: Sites) -> None:
    world.studies = {A: study(A)}
    configure(world, sites, trials=f'trials = ["{A}"]\n', pages=(GREEN,))
    world.day()
    world.day(
        change=lambda: world.amend(
            A, statusModule__overallStatus="COMPLETED", statusModule__lastUpdatePostDateStruct={"date": "2026-03-04"}
        )
    )
    world.day(change=lambda: sites.show(GREEN, status="Completed", updated="2026-03-04"))
    assert (f"green:{A}", "recruitment_status_changed") in world.kinds()
    assert [subject for subject in world.subjects() if "Green Trials" in subject] == []
    assert not any(event.trial == f"green:{A}" and event.severity == "major" for event in world.store.events(EventFilter()))


def run_inside(world: World, *args: str) -> Ended:
    return inside("--config", world.config, *args)


def test_the_change_log_stays_readable_when_the_site_is_described_no_longer(world: World, sites: Sites) -> None:
    world.day()
    world.day(change=lambda: sites.show(GREEN, status="Completed"))
    world.configure('[[watch]]\nname = "tea"\ntrials = ["NCT00000101"]\n')
    world.sources = sources.load(world.settings.page_sites)
    world.day()
    archive = Archive(store=world.store, sources=world.sources, watches=world.settings.watches)
    assert run_inside(world, "show", f"green:{A}").code == 0
    assert archive.at(f"green:{A}", world.now).record.recruitment_status == "COMPLETED"
    assert [found.trial for found in archive.changes(EventFilter())] == [f"green:{A}"]
