"""What comes wrong from the outside: each time the other trials go on, nothing stored is lost, and the exit code tells."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from tests.cli.conftest import A, B, Run, publish
from tests.lab import Reply, Request, days
from tests.world import SENDS, World, study

PAGE = "NCT07177911"
PATH = f"/meddatax/clinical-trials/{PAGE}"
JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html; charset=utf-8"}
MIB = 1024 * 1024


@pytest.fixture
def followed(world: World, run: Run) -> World:
    """A world with two trials and a page that were read once; on the next day the page will have changed."""
    world.pages = {PATH: days()[0].pages[PATH]}
    page = f'pages = ["{world.registry.meddatax_url}/clinical-trials/{PAGE}"]'
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n{page}\n' + SENDS)
    publish(world)
    baseline = run("sync", "--no-deliver")
    assert baseline.code == 0, baseline
    world.now += timedelta(days=1)
    world.pages = {PATH: days()[2].pages[PATH]}
    return world


def log(run: Run) -> set[tuple[str, str]]:
    return {(event["trial"], event["kind"]) for event in run("changes", "--json").json["events"]}


PAGE_CHANGED = {(f"meddatax:{PAGE}", "recruitment_status_changed"), (f"meddatax:{PAGE}", "start_date_changed")}


def stored(world: World, nct: str) -> int:
    return len(world.store.timeline(f"ctgov:{nct}"))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(headers=JSON, body=b'{"studies":[{"protocolSection":{"identificationModule":{"nctI'), "bytes that are none"),
        (Reply(headers=HTML, body=b"<!doctype html><title>Maintenance</title><p>Back soon"), "a web page"),
        (Reply(headers=JSON, body=b""), "0 bytes"),
        (Reply(headers=JSON, body=b"{}"), "2 bytes that are none"),
    ],
    ids=["truncated", "html", "empty", "empty object"],
)
def test_an_answer_that_is_none_fails_its_trials_and_no_others(followed: World, run: Run, reply: Reply, words: str) -> None:
    followed.amend(A, statusModule__overallStatus="COMPLETED")
    publish(followed)
    followed.registry.fault = lambda request: reply if request.path.endswith("/studies") else None
    ended = run("sync", "--no-deliver")
    assert ended.code == 3
    assert f"failed: ctgov:{A}, ctgov:{B}: ClinicalTrials.gov was asked for a page" in ended.out, "one reason is told once"
    assert words in ended.out
    assert log(run) == PAGE_CHANGED
    assert stored(followed, A) == stored(followed, B) == 1
    followed.registry.fault = None
    assert run("sync", "--no-deliver").code == 0
    assert (f"ctgov:{A}", "recruitment_status_changed") in log(run), "what was missed is found by the next good run"


def test_a_registry_that_gives_no_data_version_is_a_failed_run(world: World, start: Run, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n')
    publish(world)
    run("sync")
    world.registry.fault = lambda request: Reply(headers=HTML, body=b"<p>Hello")
    ended = start("sync")
    assert ended.code == 1
    assert "ClinicalTrials.gov: FAILED." in ended.out
    assert "asked for a data version and answered with a web page" in ended.out
    assert (stored(world, A), log(run)) == (1, set())


def test_a_sync_that_could_read_nothing_at_all_has_failed(world: World, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n')
    publish(world)
    run("sync")
    world.now += timedelta(days=1)
    publish(world)
    world.registry.fault = lambda request: Reply(headers=JSON, body=b"{}") if request.path.endswith("/studies") else None
    assert run("sync").code == 1
    world.registry.fault = None
    assert run("sync").code == 0


def test_another_trials_record_is_not_taken_for_the_one_asked_for(followed: World, run: Run) -> None:
    def another(request: Request) -> Reply | None:
        answer = followed.registry.answer(request)
        return Reply(200, answer.headers, answer.body.replace(A.encode(), b"NCT00000999"))

    followed.amend(B, statusModule__overallStatus="COMPLETED")
    publish(followed)
    followed.registry.fault = another
    ended = run("sync", "--no-deliver")
    assert ended.code == 3
    assert f"failed: ctgov:{A}: the answer lacks it, but holds 1 studies that were not asked for" in ended.out
    assert log(run) == PAGE_CHANGED | {(f"ctgov:{B}", "recruitment_status_changed")}
    assert stored(followed, A) == 1
    assert "NCT00000999" not in run("list").out


def test_a_page_whose_anchors_are_gone_fails_and_the_registry_goes_on(followed: World, run: Run) -> None:
    followed.pages = {PATH: "<!doctype html><html><body><h1>Our new site</h1><p>Trials, now with videos.</p></body></html>"}
    followed.amend(A, statusModule__overallStatus="COMPLETED")
    publish(followed)
    ended = run("sync", "--no-deliver")
    assert ended.code == 3
    assert f"failed: meddatax:{PAGE}: " in ended.out
    assert log(run) == {(f"ctgov:{A}", "recruitment_status_changed")}
    assert len(followed.store.timeline(f"meddatax:{PAGE}")) == 1


def test_each_bad_record_is_the_trouble_of_its_own_trial(world: World, start: Run, run: Run) -> None:
    """An unknown word, a date in words, bytes that are no text, a number nobody knows, a hollow study; and a good change."""
    word, date, no_text, unknown, hollow, good = (f"NCT0000020{n}" for n in range(6))
    world.studies = {nct: study(nct) for nct in (word, date, no_text, hollow, good)}
    world.configure('[[watch]]\nname = "mine"\ntrials = ' + f'["{word}", "{date}", "{no_text}", "{hollow}", "{good}"]\n')
    publish(world)
    assert run("sync").code == 0
    assert run("add", unknown).code == 0
    world.now += timedelta(days=1)
    world.amend(word, statusModule__overallStatus="PAUSED_FOR_LUNCH")
    world.amend(date, statusModule__completionDateStruct={"date": "Spring 2026", "type": "ESTIMATED"})
    world.studies[no_text] = msgspec.json.encode(world.studies[no_text]).replace(b"An Invented Study", b"An \xff\xfe Study")
    world.studies[hollow] = {"protocolSection": {"identificationModule": {"nctId": hollow}}, "hasResults": False}
    world.amend(good, statusModule__overallStatus="COMPLETED")
    publish(world)
    ended = start("sync", "--json")
    assert ended.code == 3
    [told] = ended.json["run"]["sources"]
    assert told["state"] == "accepted"
    failures = {failure["subject"].partition(":")[2]: failure["error"] for failure in told["failures"]}
    assert set(failures) == {no_text, unknown, hollow}
    assert "There is no such trial at ClinicalTrials.gov" in failures[unknown]
    assert "Check the number." in failures[unknown]
    assert {(new["trial"], new["issue"]["value"]) for new in told["issues"]} == {
        (f"ctgov:{word}", "PAUSED_FOR_LUNCH"),
        (f"ctgov:{date}", "Spring 2026"),
    }
    assert log(run) == {
        (f"ctgov:{word}", "recruitment_status_changed"),
        (f"ctgov:{date}", "completion_date_changed"),
        (f"ctgov:{good}", "recruitment_status_changed"),
    }
    assert {nct: stored(world, nct) for nct in world.studies} == {word: 2, date: 2, no_text: 1, hollow: 1, good: 2}
    assert run("show", word, "--json").json["recruitment_status_as_given"] == "PAUSED_FOR_LUNCH"
    assert "Spring 2026" in run("show", date).out
    again = run("sync", "--full")
    assert again.code == 3
    assert "noticed" not in again.out, "an unknown word is told of once"
    assert "failed" in again.out, "a trial that cannot be read is told of each time"


def test_a_number_of_no_registry_is_a_mistake_in_the_configuration(followed: World, run: Run) -> None:
    text = followed.config.read_text("utf-8")
    followed.config.write_text(text.replace(B, "ABC-12345"), "utf-8")
    publish(followed)
    ended = run("sync")
    assert ended.code == 2
    assert ended.out == ""
    assert '"ABC-12345"' in ended.err
    followed.config.write_text(text, "utf-8")
    assert (stored(followed, B), log(run)) == (1, set())


class Flood:
    """A registry at ``url`` whose studies are an endless JSON string, sent in chunks; ``sent`` is what clients took of it."""

    def __init__(self, size: int) -> None:
        flood = self
        piece = b"100000\r\n" + b"x" * MIB + b"\r\n"
        version = b'{"apiVersion":"2.0.5","dataTimestamp":"2026-03-03T09:00:05"}'

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                if self.path.endswith("/version"):
                    self.send_header("Content-Length", str(len(version)))
                    self.end_headers()
                    self.wfile.write(version)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.wfile.write(b'd\r\n{"studies":["\r\n')
                    for _ in range(size // MIB):
                        self.wfile.write(piece)
                        flood.sent += MIB

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.sent = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def flood() -> Iterator[Flood]:
    made = Flood(300 * MIB)
    yield made
    made.close()


def test_an_endless_answer_is_dropped_at_the_cap_and_memory_stays_flat(
    followed: World, start: Run, run: Run, flood: Flood
) -> None:
    publish(followed)
    text = followed.config.read_text("utf-8")
    followed.config.write_text(text.replace(followed.registry.base_url, flood.url), "utf-8")
    ended = start("sync", "--no-deliver")
    assert ended.code == 3
    assert f"failed: ctgov:{A}: " in ended.out
    assert f"failed: ctgov:{B}: " in ended.out
    assert "larger than 64 MiB and was dropped" in ended.out
    assert 0 < flood.sent < 3 * 100 * MIB, "asked for both trials, then for each; none was read to its end"
    assert ended.memory < 300 * MIB
    assert log(run) == PAGE_CHANGED
    assert stored(followed, A) == 1


def test_a_good_day_after_bad_ones_finds_each_change_once(followed: World, run: Run) -> None:
    """Three bad days in a row, each with a change behind it, then a good one: the sum of them is told once."""
    followed.registry.fault = lambda request: Reply(headers=JSON, body=b"{}") if request.path.endswith("/studies") else None
    for status in ("SUSPENDED", "RECRUITING", "TERMINATED"):
        followed.amend(A, statusModule__overallStatus=status)
        followed.now += timedelta(days=1)
        publish(followed)
        assert run("sync", "--no-deliver").code == 3
    followed.registry.fault = None
    report = run("sync", "--no-deliver", "--json").json
    assert [(event["kind"], event["effects"]) for event in report["events"]] == [("recruitment_status_changed", ["terminated"])]
