"""Ten questions that people ask: which calls answer each, at most three, and what the answers must hold.

The values are those that the scenario put into the registry, on the days on which it did.
"""

from __future__ import annotations

import pytest

from tests.mcp.conftest import CELLS, GOUT, LUPUS, SPONSOR, Tools, on


@pytest.fixture(autouse=True)
def few_calls(tools: Tools) -> object:
    yield
    assert 1 <= tools.calls <= 3


def key(number: str) -> str:
    return f"ctgov:{number}"


def test_what_changed_in_lupus_this_month(tools: Tools) -> None:
    answer = tools.ask("changes", watch="lupus", since="2026-03-01")
    found = {(one["trial"], one["kind"], one["effective_at"][:10]) for one in answer["changes"]}
    assert found == {
        (key(LUPUS), "recruitment_status_changed", on(1)),
        (key(CELLS), "primary_completion_date_changed", on(2)),
        (key(CELLS), "enrollment_changed", on(3)),
    }
    assert answer["more"] is None


def test_when_did_a_trial_start_recruiting(tools: Tools) -> None:
    answer = tools.ask("changes", trial=LUPUS, kind="recruitment_status_changed", details=True)
    (found,) = answer["changes"]
    assert found["effects"] == ["started"]
    assert (found["last_seen_unchanged_at"][:10], found["first_seen_changed_at"][:10]) == (on(0), on(1))
    assert found["quoted"]["changes"][0] == {"field": "recruitment_status", "old": "NOT_YET_RECRUITING", "new": "RECRUITING"}


def test_is_anything_overdue_for_a_sponsor(tools: Tools) -> None:
    assert tools.ask("deadlines", due="overdue", sponsor=SPONSOR)["deadlines"] == []
    answer = tools.ask("deadlines", due="overdue", sponsor="sample institute")
    milestone = next(one for one in answer["deadlines"] if one["kind"] == "milestone_passed")
    assert (milestone["trial"], milestone["due"], milestone["state"]) == (key(GOUT), "2026-02-10", "passed")
    assert milestone["days_until_due"] == -30
    assert "not legal findings" in answer["note"]


def test_which_lupus_trials_recruit_now(tools: Tools) -> None:
    answer = tools.ask("trials", watch="lupus", status="recruiting")
    assert [one["trial"] for one in answer["trials"]] == [key(LUPUS), key(CELLS)]
    assert answer["coverage"]["trials"] == 2


def test_why_was_a_trial_stopped(tools: Tools) -> None:
    answer = tools.ask("trial", trial=GOUT)
    assert answer["recruitment_status"] == "TERMINATED"
    assert answer["quoted"]["why_stopped"] == "Lack of funding"


def test_how_many_participants_did_a_trial_plan_before_and_how_many_now(tools: Tools) -> None:
    assert tools.ask("trial_at", trial=CELLS, at=on(2))["enrollment"] == {"count": 80, "type": "ESTIMATED"}
    assert tools.ask("trial", trial=CELLS)["enrollment"] == {"count": 40, "type": "ESTIMATED"}


def test_by_how_much_has_the_primary_completion_slipped(tools: Tools) -> None:
    answer = tools.ask("changes", trial=CELLS, kind="primary_completion_date_changed", details=True)
    (found,) = answer["changes"]
    assert found["effects"] == ["slipped"]
    assert "183 days" in found["quoted"]["headline"]
    (moved,) = found["quoted"]["changes"]
    assert (moved["old"]["date"], moved["new"]["date"]) == ("2027-06", "2027-12")


def test_what_is_different_between_the_first_version_and_now(tools: Tools) -> None:
    answer = tools.ask("compare", trial=CELLS, old="1", new="-1")
    assert {one["kind"] for one in answer["changes"]} == {"primary_completion_date_changed", "enrollment_changed"}
    assert (answer["old"]["first_seen_at"][:10], answer["new"]["first_seen_at"][:10]) == (on(0), on(3))


def test_what_is_followed_and_since_when(tools: Tools) -> None:
    answer = tools.ask("watches")
    assert {one["watch"]: one["trials"] for one in answer["watches"]} == {"gout": 1, "lupus": 2}
    assert answer["coverage"]["followed_since"][:10] == on(0)


def test_can_the_answers_be_relied_on_today(tools: Tools) -> None:
    answer = tools.ask("health")
    assert (answer["held_runs"], answer["troubles"]) == ([], [])
    (source,) = answer["coverage"]["sources"]
    assert (source["name"], source["last_read_at"][:10]) == ("ClinicalTrials.gov", on(10))
    assert answer["coverage"]["unread_when_last_asked"] == 0
