"""How trackers of registries lose trials and invent changes while they ask and store: each way, closed.

The complaints are those of pipelines, clients and archives of trial records: searches cut at a page, filters that the
registry does not know, numbers that vanish unseen, and a stored past that cannot be asked again.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.cli.program import inside, process
from tests.failure_modes.conftest import LISTED, SEARCHED, A, B, studies
from tests.lab import Reply, Request
from tests.sources.test_ctgov_parse import document, load, put
from tests.world import World, study
from tracker.archive import Archive
from tracker.fetch import Fetcher
from tracker.model.views import TrialView
from tracker.sources.ctgov import SOURCE
from tracker.sync import sync
from tracker.sync.due import BATCH_TRIALS

JSON = {"Content-Type": "application/json"}


def asked(world: World, start: int = 0) -> list[Mapping[str, str]]:
    """The parameters of each request for studies, from the given request on."""
    return [dict(request.params) for request in world.registry.requests[start:] if request.path.endswith("/studies")]


def by(world: World, request: Request, **params: str) -> Reply:
    """The registry's answer to the same request with other parameters."""
    given = (*(pair for pair in request.params if pair[0] not in params), *params.items())
    return world.registry.answer(replace(request, params=given))


# --- searches -------------------------------------------------------------------------------------------------------


def test_a_search_is_sorted_complete_and_asked_in_large_pages(world: World) -> None:
    """Two hundred of an unsorted search, and another two hundred the next day, look like fifty new trials."""
    world.studies = studies(250)
    world.configure(SEARCHED)
    assert world.day().counts.baseline == 250
    listing = asked(world)[0]
    assert (listing["sort"], listing["pageSize"]) == ("StudyFirstPostDate:asc", "1000")
    world.studies = dict(reversed(world.studies.items()))
    assert world.day().counts.unchanged == 250
    assert world.kinds() == []


def test_every_request_for_studies_names_its_page_size(world: World) -> None:
    """Left out, it is ten: a hundred times the requests."""
    world.studies = studies(60)
    world.configure(SEARCHED + LISTED)
    world.day()
    assert [params["pageSize"] for params in asked(world)] == ["1000", "1000"], "one listing, and the records at once"


def test_thousands_of_trials_cost_a_request_for_every_five_hundred(world: World, tmp_path: Path) -> None:
    world.studies = studies(1200)
    (tmp_path / "many.csv").write_text("id\n" + "\n".join(world.studies), "utf-8")
    world.configure('[[watch]]\nname = "many"\ntrials_file = "many.csv"\n')
    assert world.day().counts.baseline == 1200
    before = len(world.registry.requests)
    assert world.day().counts.unchanged == 1200
    assert len(world.registry.requests) - before == 1 + 3, "the data version, and three batches"


def test_a_page_token_that_grows_and_stands_before_the_studies_ends_no_listing_early(world: World) -> None:
    """A client that looked for the token in the last bytes of an answer stopped in silence when it grew."""

    def paged(request: Request) -> Reply | None:
        if not request.path.endswith("/studies"):
            return None
        reply = by(world, request, pageSize="7")
        page = json.loads(reply.body)
        token = page.pop("nextPageToken", None)
        if token is None:
            return reply
        place = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).rstrip(b".")
        grown = base64.urlsafe_b64encode(place + b"." * 3 * int(place) ** 2).decode().rstrip("=")
        return Reply(200, JSON, json.dumps({"nextPageToken": grown, **page}).encode())

    world.studies = studies(40)
    world.configure(SEARCHED)
    world.registry.fault = paged
    assert world.day().counts.baseline == 40
    assert max(len(params.get("pageToken", "")) for params in asked(world)) > 4000


@pytest.mark.parametrize("loss", ["cut at a page", "cut in the middle"])
def test_a_listing_that_was_cut_short_is_told_and_nobody_left_it(world: World, loss: str) -> None:
    def cut(request: Request) -> Reply | None:
        if "sort" not in dict(request.params):
            return None
        if loss == "cut at a page":
            return Reply(200, JSON, re.sub(rb',"nextPageToken":"[^"]*"', b"", by(world, request, pageSize="20").body))
        return Reply(200, JSON, world.registry.answer(request).body[:-400])

    world.studies = studies(60)
    world.configure(SEARCHED)
    world.day()
    world.registry.fault = cut
    report = world.day()
    assert report.state == "partly"
    assert [failure.subject for failure in report.sources[0].failures] == ["search of watch search"]
    world.registry.fault = None
    assert world.day().state == "done"
    assert world.kinds() == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sponsor": "Otherwise"}, 2),
        ({"lead_sponsor": "Otherwise"}, 2),
        ({"phase": "PHASE3"}, 1),
        ({"status": "COMPLETED"}, 1),
        ({"phase": "PHASE3", "status": "COMPLETED"}, 0),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_filter_that_was_asked_for_is_applied_by_the_registry(world: World, query: dict[str, str], found: int) -> None:
    """One client sent ``filter.phase``, which there is not; another one's sponsor was dropped on the way."""
    other = {"sponsorCollaboratorsModule__leadSponsor": {"name": "Otherwise Pharma", "class": "INDUSTRY"}}
    world.studies = {
        A: study(A),
        "NCT00000201": study("NCT00000201", designModule__phases=["PHASE3"], **other),
        "NCT00000202": study("NCT00000202", statusModule__overallStatus="COMPLETED", **other),
    }
    fields = ", ".join(f'{name} = "{value}"' for name, value in query.items())
    world.configure(f'[[watch]]\nname = "search"\nquery = {{ condition = "Testitis", {fields} }}\n')
    report = world.day()
    assert report.state == "done", "the registry refuses parameters that it does not know"
    assert report.counts.listed == found


def test_a_search_with_an_unknown_filter_is_never_asked_and_fails_alone(world: World) -> None:
    address = "https://clinicaltrials.gov/search?" + urlencode(parse_qsl("cond=Testitis&filter.phase=PHASE3"))
    world.configure("")
    world.config.write_text(world.config.read_text("utf-8") + f'[[watch]]\nname = "x"\nsearch = "{address}"\n', "utf-8")
    ended = process("--config", world.config, "sync", folder=world.folder)
    assert ended.code == 3
    assert "filter.phase" in ended.out
    assert [request.path for request in world.registry.requests if "studies" in request.path] == []
    checked = process("--config", world.config, "check", folder=world.folder)
    assert checked.code == 2
    assert "filter.phase" in checked.err


# --- numbers that vanish, and answers that are none -----------------------------------------------------------------


def test_removed_and_merged_studies_are_seen_without_a_full_reload(world: World) -> None:
    """What loads only that which was updated never hears that a study is gone."""
    merged = "NCT00000103"
    world.studies[merged] = study(merged)
    world.configure(LISTED + f'[[watch]]\nname = "more"\ntrials = ["{merged}"]\n')
    world.day()

    def leave() -> None:
        del world.studies[A], world.studies[merged]
        world.amend(B, identificationModule__nctIdAliases=[merged])

    world.day(change=leave)
    world.day()
    told = world.kinds()
    assert (f"ctgov:{A}", "removed") in told
    assert (f"ctgov:{merged}", "merged") in told
    assert len(asked(world)) == 3, "one request a day"


def test_a_day_that_could_not_be_read_takes_nothing_out_of_a_record(world: World) -> None:
    """A snapshot that is missing is no record without its fields."""
    world.studies[A] = study(A, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Slow accrual")
    world.configure(LISTED)
    world.day()
    hollow = {"protocolSection": {"identificationModule": {"nctId": A}}, "hasResults": False}
    whole, world.studies[A] = world.studies[A], hollow
    assert world.day().state == "partly"
    world.studies[A] = whole
    assert world.day().state == "done"
    assert world.kinds() == []
    assert len(world.store.timeline(f"ctgov:{A}")) == 1


def test_a_record_asked_for_again_is_the_same_record(world: World) -> None:
    """One tracker compared what it stored, with its wrapping, to the bare answer: everything changed, always."""
    world.configure(LISTED)
    world.day()
    report = world.sync(full=True)
    assert (report.counts.unchanged, report.counts.changed) == (2, 0)


def test_results_steps_of_unknown_date_are_read(world: World) -> None:
    """The registry says ``dateUnknown``; to look for a word in a date that is none broke for every cancelled submission."""
    events = [{"type": "RELEASE", "date": "2026-01-05"}, {"type": "UNRELEASE", "dateUnknown": True}]
    made = put(load(), "statusModule.overallStatus", "COMPLETED")
    made["annotationSection"] = {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": events}}}
    parsed = SOURCE.parse(document(made))
    assert parsed.issues == ()
    assert [(step.type, step.date) for step in parsed.record.results_submissions or ()] == [
        ("RELEASE", "2026-01-05"),
        ("UNRELEASE", None),
    ]


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_every_version_can_be_asked_for_as_it_stood_and_as_it_was_served(world: World) -> None:
    """A tracker that keeps only its latest reading cannot look back, and a new detector has no past to run over."""
    world.configure(LISTED)
    world.day()
    states = ["SUSPENDED", "RECRUITING", "TERMINATED"]
    served = [world.registry.day.body(A)]
    for state in states:
        world.day(change=lambda state=state: world.amend(A, statusModule__overallStatus=state))
        served.append(world.registry.day.body(A))
    timeline = world.store.timeline(f"ctgov:{A}")
    kept = list(world.store.documents(meta.id for meta in timeline))
    assert [each.body for each in kept] == served
    assert [SOURCE.parse(each).record.recruitment_status for each in kept] == ["RECRUITING", *states]
    archive = Archive(store=world.store, sources=world.sources)
    then = archive.at(f"ctgov:{A}", world.now - timedelta(days=2))
    assert isinstance(then, TrialView)
    assert then.version.id == timeline[1].id


def test_events_have_the_same_ids_in_every_process(tmp_path: Path) -> None:
    """Sets are walked in another order in each process, and no clock stands still: neither may leak into an id."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    later = put(put(load(), "statusModule.whyStopped", "Slow accrual"), "conditionsModule.conditions", ["A", "B", "C", "D"])
    old.write_bytes(json.dumps(load()).encode())
    new.write_bytes(json.dumps(later).encode())
    told = [
        process("diff", "--files", old, new, "--json", folder=tmp_path, environ={"PYTHONHASHSEED": seed}).json["events"]
        for seed in ("1", "2")
    ]
    assert [event["id"] for event in told[0]] == [event["id"] for event in told[1]]
    assert [event["changes"] for event in told[0]] == [event["changes"] for event in told[1]]
    assert told[0]


def test_an_event_has_one_id_wherever_it_is_shown(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="TERMINATED"))
    shown = [
        inside("--config", world.config, *command, "--json").json["events"]
        for command in (("changes", "--trial", A), ("diff", A))
    ]
    assert [event["id"] for event in shown[0]] == [event["id"] for event in shown[1]] != []


def test_a_run_is_staged_in_small_batches_that_a_stop_leaves_whole(world: World) -> None:
    """Memory is that of a batch, not that of a run, and finished work is kept."""
    assert BATCH_TRIALS <= 500
    world.studies = studies(BATCH_TRIALS * 2 + 50)
    world.configure(f'[[watch]]\nname = "many"\ntrials = {list(world.studies)}\n')
    world.show()
    asked_to_stop = chain([False], repeat(True))
    with Fetcher(user_agent="tracker-tests/1") as fetcher:
        report = sync(world.settings, world.store, world.sources, fetcher, world.clock, stop=lambda: next(asked_to_stop))
    assert report.sources[0].state == "stopped"
    [run] = world.store.runs(9)
    assert world.store.staged_totals(run.id).counts.checked == BATCH_TRIALS
    before = len(world.registry.requests)
    assert world.sync_shown().counts.baseline == len(world.studies)
    assert sum(params["filter.ids"].count("NCT") for params in asked(world, before)) == len(world.studies) - BATCH_TRIALS
