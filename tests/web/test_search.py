"""The search as a page and in the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from tests.cli.program import inside
from tests.web.conftest import Reader, served
from tests.web.test_pages import words
from tests.world import World, study
from tracker import sources
from tracker.archive import Archive


def test_what_is_found_stands_with_the_passage_that_holds_the_words(reader: Reader) -> None:
    page = reader.ask("/search?q=lupus").text
    assert "<mark>" in page
    assert 'href="/trials/ctgov:NCT07177911"' in page
    assert "trials</p>" in page
    assert "No followed trial" in reader.ask("/search?q=unheardof").text


def test_every_page_has_the_form_and_asks_no_script(reader: Reader) -> None:
    for path in ("/", "/search", "/watches", "/health", "/trials/ctgov:NCT07177911"):
        page = reader.ask(path).text
        assert '<form class="find" action="/search" role="search">' in page
        assert "<script" not in page


def test_a_number_leads_to_its_trial_first(reader: Reader) -> None:
    for number in ("NCT07177911", "nct%2007177911"):
        found = reader.ask(f"/api/v1/search?q={number}").json["trials"]
        assert found[0]["trial"].endswith("NCT07177911")


def test_page_api_command_and_pages_by_cursor_agree(reader: Reader, demo: Path) -> None:
    every = reader.ask("/api/v1/search?q=study&limit=200").json
    assert every["total"] == len(every["trials"]) > 3
    assert inside("--config", demo / "config.toml", "search", "study", "--json").json == every
    found, after = [], ""
    while True:
        page = reader.ask(f"/api/v1/search?q=study&limit=2&after={quote(after)}").json
        assert page["total"] == every["total"]
        found += page["trials"]
        after = page["next"]
        if not after:
            break
    assert found == every["trials"]
    of_watch = reader.ask("/api/v1/search?q=study&watch=lupus&limit=200").json["trials"]
    assert 0 < len(of_watch) < len(found)
    assert all("lupus" in one["watches"] for one in of_watch)


def test_bad_questions_get_a_plain_answer(reader: Reader) -> None:
    for asked in ('"', '"""', "???", "(", "NEAR(", "%F0%9F%99%82", "*", "-", "%ED%A0%80", "<script>x"):
        reply = reader.ask(f"/search?q={quote(asked, safe='%')}")
        assert reply.status == 200, asked
        assert "<script>" not in reply.text
        assert reader.ask(f"/api/v1/search?q={quote(asked, safe='%')}").json["total"] == 0, asked
    for path in (
        "/search?q=%00",
        "/search?q=" + "x" * 301,
        "/search?q=lupus&after=x",
        "/search?q=lupus&after=1e999+%00",
        "/search?words=x",
    ):
        assert reader.ask(path).status == 400, path
    assert reader.ask("/search?q=" + "x" * 10_000).status in (400, 414)
    assert reader.ask("/search?q=lupus&watch=nobody").status == 404
    assert "300 characters" in reader.ask("/api/v1/search?q=" + "x" * 301).json["detail"]


A, B = "NCT00000001", "NCT00000002"


def found(world: World, asked: str) -> list[tuple[str, bool]]:
    """The numbers that are found, and whether each is gone from its registry."""
    archive = Archive(store=world.store, sources=sources.load(), watches=world.settings.watches)
    return [(hit.trial.partition(":")[2], bool(hit.removed_at)) for hit in archive.search(asked).trials]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {number: study(number) for number in (A, B)}
        made.configure(f'[[watch]]\nname = "w"\ntrials = ["{A}", "{B}"]\n')
        yield made


def test_the_search_follows_the_records_from_day_to_day_and_marks_what_is_gone(world: World) -> None:
    world.day()
    assert found(world, "invented") == [(A, False), (B, False)]
    world.day(change=lambda: world.amend(A, identificationModule__briefTitle="Quite another title"))
    assert (found(world, '"another title"'), found(world, "invented study")) == ([(A, False)], [(B, False)])
    world.day(change=lambda: world.studies.pop(B))
    world.day()
    assert found(world, "study") == [(B, True)]
    with served(world.folder, now=world.now) as reader:
        assert "Gone from the registry" in words(reader.ask("/search?q=study").text)


def test_a_database_of_an_earlier_release_says_what_it_cannot_search_and_the_next_pass_fills_it(world: World) -> None:
    world.day()
    with world.store.writing() as connection:
        connection.execute(text("DELETE FROM searchable"))
    assert found(world, "invented") == []
    with served(world.folder, now=world.now) as reader:
        assert "2 followed trials cannot be searched yet" in words(reader.ask("/search?q=invented").text)
        assert reader.ask("/api/v1/search?q=invented").json["unindexed"] == 2
    world.day()
    assert found(world, "invented") == [(A, False), (B, False)]
