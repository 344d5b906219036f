"""Real changes read by hand: what leads the story, what is a trifle, what the registry did by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.case_pairs import case_pair
from tests.builders import detected, said
from tracker.model.event import Event
from tracker.render import kinds

pytestmark = pytest.mark.real_data


def _told(cases: Path, number: str) -> dict[str, Event]:
    found = case_pair(cases, number)
    return {event.kind: event for event in detected(found.old, found.new).events}


def test_a_new_disease_in_the_titles_is_notable_and_a_cohorts_heading_is_no_criterion(cases: Path) -> None:
    told = _told(cases, "17")
    assert (told["titles_changed"].severity, told["eligibility_changed"].severity) == ("notable", "minor")


def test_a_sites_status_that_ends_with_the_trial_is_no_news_of_the_site(cases: Path) -> None:
    told = _told(cases, "20")
    assert "sites_changed" not in told
    assert said(told["enrollment_changed"])["planned"] == 176
    assert "47 people" in kinds.headline(told["enrollment_changed"])


def test_a_status_without_a_new_version_is_the_registrys_own(cases: Path) -> None:
    (event,) = _told(cases, "27").values()
    assert event.details.registry_edit
    assert kinds.headline(event).endswith("changed by the registry, the sponsor sent no update")


def test_arms_that_lost_their_interventions_are_told_and_participants_are_patients(cases: Path) -> None:
    told = _told(cases, "29")
    assert len(said(told["arms_changed"])["unlinked"]) == 3
    assert told["eligibility_changed"].details.spelling_only
    assert "oversight_changed" not in told


def test_a_dropped_drug_leads_before_dates_and_eligibility(cases: Path) -> None:
    told = _told(cases, "50")
    assert list(told)[:3] == ["interventions_changed", "enrollment_changed", "arms_changed"]
    assert kinds.story_headline(list(told.values())).startswith("“AZD7789” dropped; enrollment 240 → 163")


def test_an_organization_is_named_before_and_now(cases: Path) -> None:
    assert "(was BeiGene)" in kinds.headline(_told(cases, "66")["sponsors_changed"])
