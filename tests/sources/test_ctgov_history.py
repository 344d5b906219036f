"""The history beside a record: its index is believed only as it always was, and its versions read like any other answer."""

from __future__ import annotations

import copy
import gzip
import html
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import ScriptedFetch
from tests.lab.history import PastVersion, RecordPast, as_served
from tests.world import study
from tracker import sources
from tracker.compare import compare
from tracker.errors import AnswerError, BlockedError, LayoutError, StatusError
from tracker.model.history import OriginalData, RegistryVersion
from tracker.model.record import Enrollment, OutcomeMeasure
from tracker.model.source import Dated, Document, Historic
from tracker.sources.ctgov.envelope import plain_text

NCT = "NCT00000101"
TRIAL = f"ctgov:{NCT}"
BASE = "https://registry.test/api/v2"
INDEX = f"https://registry.test/api/int/studies/{NCT}"
SOURCE = sources.load()["ctgov"]
assert isinstance(SOURCE, Historic)
HISTORIC: Historic = SOURCE

PAST = RecordPast(
    versions=(
        PastVersion("2019-04-02", study(NCT, statusModule__overallStatus="NOT_YET_RECRUITING")),
        PastVersion("2020-01-09", study(NCT), ("Study Status", "Outcome Measures")),
    )
)


def index(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"study": PAST.present(), "topics": [], "history": PAST.index()}
    made["history"] |= changes
    return made


def served(answer: object) -> ScriptedFetch:
    return ScriptedFetch([json.dumps(answer).encode()], base_url=BASE)


def document(answer: object, url: str = "https://registry.test/api/v2/studies") -> Document:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Document(source="ctgov", trial=TRIAL, url=url, body=body, content_type="application/json", fetched_at=now, as_of=now)


# --- the index


def test_the_index_is_one_request_beside_the_documented_interface() -> None:
    fetch = served(index())
    history = HISTORIC.history(TRIAL, fetch)
    assert fetch.asked == [(INDEX, {"history": "true"})]
    assert history.versions == (
        RegistryVersion(
            number=0, date=date(2019, 4, 2), recruitment_status="NOT_YET_RECRUITING", said="NOT_YET_RECRUITING", touched=()
        ),
        RegistryVersion(
            number=1,
            date=date(2020, 1, 9),
            recruitment_status="RECRUITING",
            said="RECRUITING",
            touched=("Study Status", "Outcome Measures"),
        ),
    )


@pytest.mark.parametrize(
    "first",
    [json.dumps({"study": PAST.present(), "topics": []}).encode(), StatusError("no history summary", status=404)],
    ids=["no index in it", "404"],
)
def test_where_the_first_answer_has_no_index_it_is_asked_for_by_itself(first: bytes | StatusError) -> None:
    fetch = ScriptedFetch([first, json.dumps(PAST.index()).encode()], base_url=BASE)
    assert len(HISTORIC.history(TRIAL, fetch).versions) == 2
    assert [url for url, _ in fetch.asked] == [INDEX, f"{INDEX}/history"]


@pytest.mark.parametrize("said", ["WITHHELD", "PAUSED_BY_A_NEW_WORD"])
def test_a_status_stays_as_the_index_says_it(said: str) -> None:
    changes = PAST.index()["changes"]
    changes[1]["status"] = said
    version = HISTORIC.history(TRIAL, served(index(changes=changes))).versions[1]
    assert version.said == said
    assert version.recruitment_status == (said if said == "WITHHELD" else None)


def without(key: str) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = copy.deepcopy(PAST.index()["changes"])
    del changes[1][key]
    return changes


def other(**values: Any) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = copy.deepcopy(PAST.index()["changes"])
    changes[1] |= values
    return changes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (None, "no index"),
        ([], "no index"),
        ({}, "no index"),
        (["2019-04-02"], "entry 0"),
        (without("version"), "`version`"),
        (without("date"), "`date`"),
        (without("status"), "`status`"),
        (without("moduleLabels"), "`moduleLabels`"),
        (other(version="1"), "entry 1"),
        (other(version=True), "entry 1"),
        (other(version=2), "has 2 where 1 should stand"),
        (other(version=0), "has 0 where 1 should stand"),
        (other(version=-1), "has -1 where 1 should stand"),
        (other(date="2020-01"), "no day but '2020-01'"),
        (other(date="January 9, 2020"), "no day"),
        (other(date="2020-02-31"), "no day"),
        (other(date="2019-04-01"), "version 1 of the index is older than version 0"),
        (other(status=" "), "no status"),
        (other(moduleLabels="Study Status"), "entry 1"),
        (list(reversed(PAST.index()["changes"])), "has 1 where 0 should stand"),
    ],
)
def test_an_index_of_another_shape_is_an_error_that_says_what_is_wrong(changes: object, said: str) -> None:
    with pytest.raises(AnswerError) as caught:
        HISTORIC.history(TRIAL, served(index(changes=changes)))
    assert said in caught.value.message


def test_two_versions_of_one_day_are_no_error() -> None:
    assert len(HISTORIC.history(TRIAL, served(index(changes=other(date="2019-04-02")))).versions) == 2


def test_the_index_of_another_study_is_an_error() -> None:
    answer = index()
    answer["study"] = as_served(study("NCT00000999"))
    with pytest.raises(AnswerError, match="history of NCT00000999"):
        HISTORIC.history(TRIAL, served(answer))


def test_what_the_index_says_of_the_first_version_is_read_and_what_is_the_same_is_as_it_stands() -> None:
    now = study(NCT, outcomesModule__secondaryOutcomes=[{"measure": "Pain &lt; 3", "timeFrame": "1 year"}])
    answer = index(
        originalData={
            "primaryOutcomes": [{"measure": "Death&#x2F;relapse", "description": "<ul><li>A</li><li>B</li></ul>"}],
            "secondaryOutcomesSame": True,
            "enrollmentInfo": {"count": 40, "type": "ANTICIPATED"},
            "leadSponsorSame": True,
        }
    )
    answer["study"] = now
    assert HISTORIC.history(TRIAL, served(answer)).original == OriginalData(
        primary_outcomes=(OutcomeMeasure(measure="Death/relapse", description="* A\n* B"),),
        secondary_outcomes=(OutcomeMeasure(measure="Pain < 3", time_frame="1 year"),),
        enrollment=Enrollment(count=40, type="ESTIMATED"),
        lead_sponsor="Invented Institute",
    )


@pytest.mark.parametrize("said", [None, [], {"primaryOutcomes": "none", "enrollmentInfo": [], "leadSponsor": 3}])
def test_what_the_index_leaves_out_of_the_first_version_is_not_guessed(said: object) -> None:
    assert HISTORIC.history(TRIAL, served(index(originalData=said))).original == OriginalData()


# --- one version


def version(number: int = 1) -> RegistryVersion:
    return RegistryVersion(number=number, date=date(2020, 1, 9))


def test_a_version_is_kept_as_it_was_served_and_valid_since_its_day() -> None:
    body = json.dumps(PAST.version(1)).encode()
    fetch = ScriptedFetch([body], base_url=BASE)
    found = HISTORIC.past_version(TRIAL, version(), fetch)
    assert fetch.asked == [(f"{INDEX}/history/1", {})]
    assert found.body == body
    assert found.as_of == datetime(2020, 1, 9, tzinfo=UTC)
    assert HISTORIC.version_number(found) == 1
    assert HISTORIC.is_past(f"{INDEX}/history/1")
    assert not HISTORIC.is_past(f"{BASE}/studies")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PAST.version(0), "the answer for version 1 is version 0"),
        ({"study": PAST.present()}, "no version of a study, but study"),
        (study(NCT), "no version of a study, but protocolSection"),
        ({"studyVersion": 1, "study": {}}, "no study"),
        ({"studyVersion": 1, "study": as_served(study("NCT00000999"))}, "record of NCT00000999"),
        ({"studyVersion": True, "study": PAST.present()}, "no version of a study"),
        ([], "not a record"),
        ("truncated", "not a record"),
    ],
)
def test_an_answer_that_is_not_this_version_of_this_trial_is_an_error(answer: object, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        HISTORIC.past_version(TRIAL, version(), served(answer))


def test_a_version_that_lacks_its_anchors_is_an_error_and_not_an_empty_record() -> None:
    bare = study(NCT)
    del bare["protocolSection"]["sponsorCollaboratorsModule"]
    with pytest.raises(LayoutError, match=r"leadSponsor\.name"):
        HISTORIC.past_version(TRIAL, version(), served({"studyVersion": 1, "study": bare}))


def test_a_refusal_of_one_version_is_not_answered_with_other_profiles() -> None:
    fetch = ScriptedFetch([BlockedError("403", status=403)], base_url=BASE)
    with pytest.raises(BlockedError):
        HISTORIC.past_version(TRIAL, version(), fetch)
    assert fetch.profiles == [False]


def test_a_version_reads_like_the_record_that_api_v2_has() -> None:
    """The same content, escaped and with notes of the reviewing unit, gives the same record and no new issue."""
    now = study(
        NCT,
        descriptionModule__briefSummary="Doses of <100 mg/m2 & more; p < 0.05",
        outcomesModule__primaryOutcomes=[{"measure": "Pain ≥ 3/10", "timeFrame": 'within "one" year'}],
        designModule__targetDuration="5 Years & more",
    )
    live = SOURCE.parse(document(now))
    past = SOURCE.parse(document({"studyVersion": 7, "study": as_served(now)}))
    assert past.record == live.record
    assert past.issues == ()
    body = json.dumps({"studyVersion": 7, "study": as_served(now)}).encode()
    assert SOURCE.sniff(body) == TRIAL
    assert SOURCE.digest(document(body))


def test_a_version_states_the_day_of_its_update() -> None:
    assert isinstance(SOURCE, Dated)
    assert SOURCE.stated_dates(document(PAST.version(1))).last_update_submitted == "2026-02-01"


@pytest.mark.parametrize(
    ("served", "read"),
    [
        ("&lt;100 mg&#x2F;m2", "<100 mg/m2"),
        ("&amp;lt;100 mg", "<100 mg"),
        ("a <mark>found</mark> word", "a found word"),
        ("a &lt;mark&gt;found&lt;/mark&gt; word", "a found word"),
        ("<p>One\ntwo</p><p>three</p>", "One two\n\nthree"),
        ("<p>One\r\ntwo</p>\n<p>three</p>", "One two\n\nthree"),
        ("<p>Doses:</p><ul><li>A</li>\n<li>B</li></ul>", "Doses:\n\n* A\n* B"),
        ("<ol><li>A</li><li>B</li></ol>", "1. A\n2. B"),
        ("one<br>two", "one\ntwo"),
        ("R&D at AT&T", "R&D at AT&T"),
        ("p <i 3 and x<y", "p <i 3 and x<y"),
        ("line\nbreak", "line\nbreak"),
        ("", ""),
    ],
)
def test_what_escaping_did_is_undone(served: str, read: str) -> None:
    assert plain_text(served) == read


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))))
def test_a_text_without_mark_up_comes_back_whole_however_often_it_was_escaped(text: str) -> None:
    plain = text.replace("&", "and").replace("<", "").replace("\r", "")
    assert plain_text(plain) == plain_text(html.escape(plain)) == plain_text(html.escape(html.escape(plain))) == plain


def test_what_only_the_present_record_has_does_not_tell_the_two_apart() -> None:
    now = study(NCT, referencesModule__references=[{"pmid": "1", "type": "DERIVED", "citation": "X"}])
    now["derivedSection"]["miscInfoModule"]["removedCountries"] = ["France"]
    now["derivedSection"]["miscInfoModule"]["submissionTracking"] = {"submissionInfos": [{"releaseDate": "2026-01-01"}]}
    live, past = SOURCE.parse(document(now)).record, SOURCE.parse(document(PAST.version(1))).record
    assert compare(live, past)
    assert not compare(HISTORIC.as_past(live), HISTORIC.as_past(past))


# --- as the registry has served it


def test_the_index_of_a_real_trial_is_read(real_data: Path) -> None:
    real = json.loads((real_data / "ctgov" / "history" / "NCT03690141.history.json").read_text(encoding="utf-8"))
    history = HISTORIC.history("ctgov:NCT03690141", served({"history": real["history"]}))
    assert [version.number for version in history.versions] == list(range(10))
    assert history.versions[7].recruitment_status == "ACTIVE_NOT_RECRUITING"
    assert history.original.enrollment == Enrollment(count=30, type="ESTIMATED")
    assert history.original.primary_outcomes is not None
    assert "* A ≥50% PSA decline" in (history.original.primary_outcomes[0].description or "")
    assert history.original.secondary_outcomes is None, "the same as now, and the answer does not say what is now"


def test_texts_of_real_versions_hold_no_mark_up_and_every_patch_of_a_real_study_reads(real_data: Path) -> None:
    with gzip.open(real_data / "ctgov" / "history" / "version-patches.ndjson.gz", "rt") as file:
        lines = file.readlines()
    texts = [text for line in lines for op in json.loads(line)["patch"] for text in _texts(op.get("value"))]
    read = [plain_text(text) for text in texts]
    assert len(read) > 10_000
    assert not [text for text in read if "&#" in text or "&lt;" in text or "<p>" in text or "<li>" in text or "<ul>" in text]
    assert [plain_text(text) for text in read] == read


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for inner in value.values() for text in _texts(inner)]
        case list():
            return [text for inner in value for text in _texts(inner)]
        case _:
            return []
