"""How DRKS is asked: one file of the whole register once a day, out of which the followed studies are taken."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.drks_register import CUTS, FILE, SCHEMA, Cut, LoopbackDrks, packed
from tests.lab.server import Reply, Request
from tracker import sources
from tracker.errors import AnswerError, BlockedError, StatusError
from tracker.fetch import Fetcher
from tracker.model.source import Absent, Answer, Asked, Failed, Found, Validators
from tracker.sources.drks import asking, bulk

SOURCE = sources.load()["drks"]
A, B, C = "DRKS90000101", "DRKS90000102", "DRKS90000103"
FEW = 2
"""So many studies are, in these tests, a whole register."""


@pytest.fixture
def register() -> Iterator[LoopbackDrks]:
    with LoopbackDrks() as made:
        made.add(A)
        made.add(B)
        yield made


class Passes:
    """Passes on days that follow, each with a client of its own."""

    def __init__(self, register: LoopbackDrks) -> None:
        self.register = register
        self.now = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
        self.known: dict[str, Validators | None] = {}

    def run(self, *numbers: str, hours: int = 0, parts: int = 1) -> dict[str, Answer]:
        """One answer for each of the numbers, asked for in parts; what was found is remembered."""
        self.now += timedelta(hours=hours)
        answers: dict[str, Answer] = {}
        asked = [Asked(trial=f"drks:{number}", validators=self.known.get(number)) for number in numbers]
        with Fetcher(user_agent="tests/1", sleep=lambda _: None, now=lambda: self.now) as fetcher:
            fetch = fetcher.bind(SOURCE.info, base_url=self.register.base_url, pace=1000)
            for part in range(parts):
                for answer in asking.retrieve(SOURCE.info, asked[part::parts], fetch, fewest=FEW):
                    answers[answer.trial.removeprefix("drks:")] = answer
        assert sorted(answers) == sorted(numbers)
        self.known |= {number: one.validators for number, one in answers.items() if isinstance(one, Found)}
        return answers


@pytest.fixture
def passes(register: LoopbackDrks) -> Passes:
    return Passes(register)


def kinds(answers: dict[str, Answer]) -> dict[str, str]:
    return {number: type(answer).__name__ for number, answer in answers.items()}


@pytest.mark.parametrize("cut", CUTS)
def test_the_studies_are_taken_out_of_one_file_however_it_is_cut(cut: Cut, register: LoopbackDrks, passes: Passes) -> None:
    register.cut = cut
    for number, answer in passes.run(B, A).items():
        assert isinstance(answer, Found)
        assert json.loads(answer.document.body) == register.studies[number].record
        assert SOURCE.parse(answer.document).record.trial == f"drks:{number}"
    assert register.downloads == 1


def test_a_study_has_the_same_digest_in_each_cut(register: LoopbackDrks, passes: Passes) -> None:
    digests = set()
    for cut in CUTS:
        register.cut = cut
        answer = passes.run(A, hours=24)[A]
        assert isinstance(answer, Found)
        digests.add(SOURCE.digest(answer.document))
    assert len(digests) == 1


def test_a_study_that_names_another_is_not_taken_for_it(register: LoopbackDrks, passes: Passes) -> None:
    related = [{"drksId": C, "description": "a sequel"}]
    register.studies[A].set("trialResults", relatedDrksTrials=related)
    register.studies[A].record = dict(reversed(register.studies[A].record.items()))
    assert kinds(passes.run(A, C)) == {A: "Found", C: "Absent"}


def test_the_file_is_asked_for_once_a_day_and_then_only_if_it_moved(register: LoopbackDrks, passes: Passes) -> None:
    passes.run(A, B)
    register.studies[A].set("recruitment", status="SUSPENDED")
    assert kinds(passes.run(A, B, hours=3)) == {A: "NotModified", B: "NotModified"}
    assert register.downloads == 1
    assert kinds(passes.run(A, B, hours=24)) == {A: "Found", B: "Found"}
    assert kinds(passes.run(A, B, hours=24)) == {A: "NotModified", B: "NotModified"}
    assert register.downloads == 3
    assert "if-none-match" in register.requests[-1].headers


def test_a_study_that_was_not_read_before_is_looked_for_on_the_same_day(register: LoopbackDrks, passes: Passes) -> None:
    passes.run(A)
    assert kinds(passes.run(A, B, hours=1)) == {A: "Found", B: "Found"}
    assert "if-none-match" not in register.requests[-1].headers
    assert register.downloads == 2


def test_studies_of_different_files_are_read_from_a_whole_one(register: LoopbackDrks, passes: Passes) -> None:
    passes.run(A)
    register.studies[B].set("recruitment", status="SUSPENDED")
    passes.run(B, hours=24)
    assert kinds(passes.run(A, B, hours=24)) == {A: "Found", B: "Found"}


def test_one_pass_downloads_the_file_once_for_all_its_parts(register: LoopbackDrks, passes: Passes) -> None:
    assert kinds(passes.run(A, B, C, parts=3)) == {A: "Found", B: "Found", C: "Absent"}
    assert register.downloads == 1


def test_a_server_that_does_not_say_what_moved_is_asked_for_the_file_each_day(register: LoopbackDrks, passes: Passes) -> None:
    register.has_etag = False
    for hours, downloads in ((0, 1), (5, 1), (24, 2)):
        passes.run(A, B, hours=hours)
        assert register.downloads == downloads


def test_without_the_small_answer_the_file_itself_is_asked_for(register: LoopbackDrks, passes: Passes) -> None:
    passes.run(A, B)
    register.fault = lambda request: Reply(404) if request.path == SCHEMA else None
    assert kinds(passes.run(A, B, hours=1)) == {A: "NotModified", B: "NotModified"}
    assert register.downloads == 2


@pytest.mark.parametrize("mark", ["", "yesterday", "2026-02-30", '"an etag"'])
def test_a_mark_that_is_none_means_to_read(mark: str, passes: Passes) -> None:
    passes.known[A] = Validators(etag=mark)
    assert kinds(passes.run(A)) == {A: "Found"}


# --- files that are not the register


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>maintenance</html>", "a web page"),
        (b"", "no zip"),
        (b"PK\x03\x04 cut off", "damaged"),
        (packed(["[]"], "one list"), "0 studies"),
        (packed(['{"studies": [{"drksId": "DRKS90000101"}, {"drksId": "DRKS90000102"}]}'], "no zip"), "1 studies"),
        (packed(['{"drksId": "DRKS90000109"}', '{"drksId": "DRKS9'], "one after another"), "ends within"),
    ],
)
def test_what_is_not_the_whole_register_says_of_no_study_that_it_is_gone(
    body: bytes, said: str, register: LoopbackDrks, passes: Passes
) -> None:
    register.fault = lambda _: Reply(200, {}, body)
    for answer in passes.run(A, B).values():
        assert isinstance(answer, Failed)
        assert said in answer.error


def test_what_was_read_before_the_damage_is_read_and_the_rest_has_failed(register: LoopbackDrks, passes: Passes) -> None:
    register.cut = "no zip"
    whole = register.file
    register.fault = lambda _: Reply(200, {}, whole[: len(whole) - 100])
    assert kinds(passes.run(A, B)) == {A: "Found", B: "Failed"}


@pytest.mark.parametrize(("status", "error"), [(404, StatusError), (403, BlockedError)])
def test_a_file_that_is_refused_fails_the_source_and_no_study_is_gone(
    status: int, error: type[Exception], register: LoopbackDrks, passes: Passes
) -> None:
    def refused(request: Request) -> Reply | None:
        return Reply(status) if request.path == FILE else None

    register.fault = refused
    with pytest.raises(error):
        passes.run(A)


def test_a_study_is_gone_when_the_whole_register_lacks_it() -> None:
    with LoopbackDrks(others=asking.FEWEST) as register:
        register.add(A)
        with Fetcher(user_agent="tests/1", sleep=lambda _: None) as fetcher:
            fetch = fetcher.bind(SOURCE.info, base_url=register.base_url, pace=1000)
            found, gone = SOURCE.retrieve([Asked(trial=f"drks:{A}"), Asked(trial=f"drks:{C}")], fetch, None)
        assert isinstance(found, Found)
        assert isinstance(gone, Absent)
        assert C in gone.why


# --- cutting


def test_a_study_that_is_larger_than_any_is_refused() -> None:
    text = json.dumps({"drksId": A, "title": "x" * 3_000_000})
    with pytest.raises(AnswerError, match="more than"):
        list(bulk.studies(packed([text], "one list"), largest=1_000_000))


def test_files_of_other_kinds_in_the_zip_are_passed_over() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("README.txt", '{"drksId": "DRKS90000109"}')
        archive.writestr("all.JSON", json.dumps([{"drksId": A}, {"other": "thing"}]))
    assert [number for number, _ in bulk.studies(made.getvalue())] == [A]


TEXTS = st.text(alphabet='a"\\{}[]ü\n', max_size=12)


@given(texts=st.lists(TEXTS, min_size=1, max_size=4), piece=st.integers(1, 60))
def test_texts_may_hold_anything_and_stand_anywhere_in_the_file(texts: list[str], piece: int) -> None:
    """A text with brackets, quotation marks and backslashes never ends a study, wherever the file is read in two pieces."""
    records = [json.dumps({"drksId": f"DRKS{place:08}", "inner": {text: [text]}}) for place, text in enumerate(texts)]
    body = b"[" + ",".join(records).encode() + b"]"
    assert [record.decode() for _, record in bulk.studies(body, piece=piece)] == records
