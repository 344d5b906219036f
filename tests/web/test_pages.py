"""What pages show, and what they never show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.web.conftest import TRIAL, Reader, Serve, served
from tests.world import World, study
from tracker.config.settings import Web
from tracker.model.event import EventFilter
from tracker.web.log_pages import Judge, Looked

EVERY = ("/", TRIAL, f"{TRIAL}/compare", f"{TRIAL}/compare?layout=side", "/watches", "/watches/lupus", "/deadlines", "/health")


def words(text: str) -> str:
    """A page as a reader sees it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("path", EVERY)
def test_every_page_says_what_it_is_and_whose_word_it_is_not(reader: Reader, path: str) -> None:
    reply = reader.ask(path)
    assert reply.status == 200
    assert reply.text.count("<h1>") == 1
    assert "not medical advice" in reply.text
    assert "style=" not in reply.text
    assert "<script>" not in reply.text


def test_the_latest_day_comes_first_and_the_weightiest_story_of_it(reader: Reader) -> None:
    text = reader.ask("/").text
    assert text.index("12 Feb 2026</h2>") < text.index("11 Feb 2026</h2>")
    first_day = text[text.index("12 Feb 2026</h2>") : text.index("11 Feb 2026</h2>")]
    found = re.findall(r'class="story (\w+)"', first_day)
    assert found == sorted(found, key=["major", "notable", "minor"].index)


def stories(text: str) -> list[str]:
    return re.findall(r'<h3><a href="(/stories/\w+)"', text)


def test_filters_narrow_the_list_and_their_counts_are_those_of_the_links(reader: Reader) -> None:
    text = reader.ask("/").text
    for href, count in re.findall(
        r'<a href="(/\?(?:kind|effect|source|watch|min_severity|status|country)=[^"]+)">[^<]*<span class="count"> (\d+)', text
    ):
        answer = reader.ask("/api/v1/changes" + unescape(href)[1:] + "&limit=200").json
        assert len(answer["events"]) == int(count), href


@pytest.mark.parametrize(
    ("query", "some"),
    [
        ("country=china", True),
        ("country=Atlantis", False),
        ("status=RECRUITING", True),
        ("status=WITHDRAWN", False),
        ("effect=started", True),
        ("effect=withdrawn", False),
        ("words=recruiting", True),
        ("words=NOW+RECRUITING", True),
        ("words=unheard", False),
        ("words=evidence", False),
        ("words=seen_between", False),
        ("since=2026-02-12", True),
        ("since=1d", False),
        ("until=2026-02-10", False),
        ("source=meddatax", True),
    ],
)
def test_each_filter_is_heeded(reader: Reader, query: str, some: bool) -> None:
    assert bool(stories(reader.ask(f"/?{query}").text)) is some


def test_pages_by_cursor_hold_each_story_once_in_order(reader: Reader) -> None:
    every = [told["id"] for told in reader.ask("/api/v1/stories?limit=200").json["stories"]]
    for size in (1, 3, 5):
        found, after = [], ""
        while True:
            page = reader.ask(f"/api/v1/stories?limit={size}&after={after}").json
            found += [told["id"] for told in page["stories"]]
            after = page["next"]
            if not after:
                break
        assert found == every


def test_a_story_stands_at_its_own_address_with_its_evidence(reader: Reader) -> None:
    told = reader.ask("/api/v1/stories?kind=recruitment_status_changed&trial=NCT07177911").json["stories"][0]
    text = reader.ask(f"/stories/{told['id']}").text
    event = told["events"][0]
    for part in (event["evidence"]["old"], event["evidence"]["new"], event["rule"], event["id"], "Now recruiting"):
        assert part in unescape(text)
    assert all(link in unescape(text) for link in event["evidence"]["links"][:1])
    assert "To cite this" in text


def test_a_trial_is_read_status_first_and_as_of_any_day(reader: Reader) -> None:
    text = reader.ask(TRIAL).text
    order = [text.index(f">{title}") for title in ("Status</h2>", "Who can join</h2>", "Where (", "Outcome measures</h2>")]
    assert order == sorted(order)
    assert 'class="pill">Recruiting' in text
    before = reader.ask(f"{TRIAL}?at=2026-02-10").text
    assert 'class="pill">Not yet recruiting' in before
    assert "Not the present" in before
    assert reader.ask("/trials/NCT07177911").text == text


def test_charts_and_bars_have_words_and_a_table_behind_them(reader: Reader) -> None:
    text = reader.ask("/trials/ctgov:NCT09900002").text
    assert "Primary completion moved once: from Sep 2026 to Mar 2027." in text
    assert all("aria-label" in tag or "aria-hidden" in tag for tag in re.findall(r"<svg[^>]*>", text))
    assert text.count("<summary>As a table</summary>") >= 2


def test_versions_are_compared_word_by_word_and_what_is_the_same_is_folded(reader: Reader) -> None:
    text = reader.ask(f"{TRIAL}/compare").text
    assert "<del>Not yet recruiting</del> <ins>Recruiting</ins>" in text
    assert "<summary>Unchanged: Age, Sex" in text
    assert "Now recruiting" in text
    same = reader.ask(f"{TRIAL}/compare?old=2&new=2").text
    assert "Nothing worth a word changed" in same
    assert "<del>" not in same


def test_the_table_of_a_watch_can_be_sorted_and_taken_along(reader: Reader) -> None:
    def order(query: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="/trials/([^"]+)"', reader.ask(f"/watches/lupus{query}").text)

    assert order("?sort=key") == sorted(order(""))
    assert order("?sort=key&order=down") == sorted(order(""), reverse=True)
    assert reader.ask("/watches/lupus.csv").text.count("\n") == len(order("")) + 1
    assert [row["trial"] for row in reader.ask("/watches/lupus.json").json["trials"]] == sorted(order(""))
    assert reader.ask("/watches/lupus.xlsx").body[:2] == b"PK"


def test_trials_with_a_place_nearby_stand_on_top(reader: Reader) -> None:
    text = reader.ask("/watches/scleroderma%20near%20Munich").text
    rows = re.findall(r'<tr( class="near")?><th scope="row">', text)
    assert rows
    assert rows == sorted(rows, reverse=True)
    assert rows[0]


def test_base_rates_say_what_they_rest_on(reader: Reader) -> None:
    text = words(reader.ask("/watches/lupus").text)
    assert "Too little is known for a rate: 10 trials, known since 10 Feb 2026." in text
    assert "%" not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trials/ctgov:NCT99999999", 404),
        ("/trials/nonsense", 404),
        (f"{TRIAL}?version=99", 404),
        (f"{TRIAL}?version=x", 400),
        (f"{TRIAL}?at=2026-02-30", 400),
        (f"{TRIAL}?at=1999-01-01", 404),
        (f"{TRIAL}/compare?old=7&new=9", 404),
        (f"{TRIAL}/compare?layout=round", 400),
        ("/watches/nobody", 404),
        ("/watches/nobody.csv", 404),
        ("/watches/lupus?sort=luck", 400),
        ("/stories/ffffffffffff", 404),
        ("/?watch=nobody", 404),
        ("/?kind=nothing", 400),
        ("/?effect=nothing", 400),
        ("/?min_severity=dire", 400),
        ("/?since=yesterday", 400),
        ("/?after=zzz", 400),
        ("/?after=ffffffffffff", 400),
        ("/?unknown=1", 400),
        ("/?kind=sites_changed&kind=removed", 400),
        ("/deadlines.ics?watch=nobody", 404),
        ("/trials?number=", 400),
        ("/nowhere", 404),
    ],
)
def test_what_cannot_be_answered_is_a_plain_page_with_a_way_on(reader: Reader, path: str, status: int) -> None:
    reply = reader.ask(path)
    assert reply.status == status
    assert reply.headers["content-type"].startswith("text/html")
    assert "Traceback" not in reply.text
    assert '<a href="/">' in reply.text


def test_words_are_looked_for_in_bounded_steps(tmp_path: Path) -> None:
    """Words that hardly any change holds are not looked for in the whole log at once: the page says how far it looked."""
    number = "NCT00000101"
    with World(tmp_path) as world:
        world.studies = {number: study(number)}
        world.configure(f'[[watch]]\nname = "w"\ntrials = ["{number}"]\n')
        world.day()
        for title in ("Große Übersicht", *(f"Title {count}" for count in range(5))):
            world.amend(number, identificationModule__briefTitle=title)
            world.day()
        with served(world.folder, now=world.now) as reader:
            for words in ("übersicht", "GROẞE", "grosse", "title+4"):
                assert len(stories(reader.ask(f"/?words={quote(words, safe='+')}").text)) > 0, words
            assert reader.ask(f"/?words={quote('übersicht')}&after=t9").status == 400
        events = world.store.events(EventFilter())[::-1]
        judge = Judge(EventFilter(words=("unheard",)), most=2)
        with pytest.raises(Looked) as looked:
            list(filter(judge, events))
        assert looked.value.moment == events[1].effective_at
        assert not any(map(Judge(EventFilter(words=("unheard",)), most=9), events))


def test_deadlines_are_paged(reader: Reader) -> None:
    assert "Page 1 of" not in reader.ask("/deadlines").text
    assert reader.ask("/deadlines?page=2").status == 400
    assert reader.ask("/deadlines?page=x").status == 400


HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Reader]:
    """A registry that sends mark-up, and a contact person."""
    number, contacts = "NCT00000101", "contactsLocationsModule__centralContacts"
    person = {"name": "Ada Secretperson", "role": "CONTACT", "phone": "555-0199", "email": "ada@secret.example"}
    with World(tmp_path) as world:
        world.studies = {number: study(number, identificationModule__briefTitle=f"Title {HOSTILE}", **{contacts: [person]})}
        world.configure(f'[[watch]]\nname = "w"\ntrials = ["{number}"]\n')
        world.day()
        other = {**person, "name": "Bob Hiddenperson"}
        changes = {"identificationModule__briefTitle": f"Other {HOSTILE}", contacts: [other]}
        world.day(change=lambda: world.amend(number, **changes))
        with served(world.folder, now=world.now) as reader:
            yield reader


SEARCHED = "/search?q=other"


def test_registry_text_is_escaped_and_contact_persons_are_hidden(hostile: Reader) -> None:
    key = "/trials/ctgov:NCT00000101"
    story = stories(hostile.ask("/").text)
    assert story
    for path in ("/", key, f"{key}/compare", f"{key}/compare?layout=side", "/watches", "/deadlines", SEARCHED, *story):
        text = hostile.ask(path).text
        assert "<script>alert" not in text, path
        assert "<img" not in text, path
    for path in (
        "/",
        key,
        f"{key}/compare",
        f"/api/v1{key}",
        "/api/v1/changes",
        f"/api/v1{key}/compare",
        SEARCHED,
        f"/api/v1{SEARCHED}",
        "/latest.atom",
        *story,
    ):
        text = hostile.ask(path).text
        for secret in ("Secretperson", "Hiddenperson", "555-0199", "ada@secret"):
            assert secret not in text, path
    assert not stories(hostile.ask("/?words=hiddenperson").text)
    assert [hostile.ask(f"/api/v1/search?q={name}").json["total"] for name in ("Other", "Hiddenperson")] == [1, 0]


def test_the_citation_names_the_sites_own_address(serve: Serve) -> None:
    with serve(web=Web(url="https://trials.example.org")) as reader:
        [first, *_] = stories(reader.ask("/").text)
        assert f"https://trials.example.org{first}." in reader.ask(first).text
