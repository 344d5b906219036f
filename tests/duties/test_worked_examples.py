"""Each law on worked examples with their source: the same table stands in docs/duties.md."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.builders import actual, date, make_record
from tracker.duties import DUTIES, NotJudged, ResultsDuty, judgements
from tracker.duties.registrations import state_of
from tracker.model.record import CountryStatus, Eligibility, Intervention, Oversight, RegulatoryEvent, TrialRecord

DOCS = Path(__file__).parents[2] / "docs" / "duties.md"
CATEGORY = "authorizedPartI.trialDetails.trialInformation.trialCategory.trialCategory"
PLAN = "authorizedPartI.trialDetails.scientificAdviceAndPip"
IN_PLAN = {PLAN: {"scientificAdvices": [], "paediatricInvestigationPlan": [{"paediatricInvestigationNumber": "EMEA-000001"}]}}
DRUG = (Intervention(name="X", type="DRUG"),)

US: dict[str, Any] = {
    "recruitment_status": "COMPLETED",
    "start_date": actual("2023-05-01"),
    "primary_completion_date": actual("2025-02-10"),
    "completion_date": actual("2025-08-01"),
    "oversight": Oversight(fda_drug=True),
    "countries": ("United States",),
}
EU: dict[str, Any] = {
    "trial": "ctis:2023-590001-11",
    "nct_number": None,
    "recruitment_status": "COMPLETED",
    "primary_completion_date": None,
    "completion_date": actual("2025-01-31"),
    "country_status": (CountryStatus(country="Germany", status="COMPLETED"),),
    "countries": ("Germany",),
    "rest": {CATEGORY: "2"},
}
OLD_EU: dict[str, Any] = EU | {"trial": "euctr:2015-000001-10", "completion_date": actual("2018-11-16"), "rest": {}}
UK: dict[str, Any] = {
    "recruitment_status": "COMPLETED",
    "primary_completion_date": actual("2026-03-01"),
    "completion_date": actual("2026-05-01"),
    "interventions": DRUG,
    "countries": ("United Kingdom",),
}
WHO: dict[str, Any] = US | {"countries": ("Japan",), "oversight": None}


def notices(**ends: str) -> tuple[RegulatoryEvent, ...]:
    return tuple(RegulatoryEvent(type="END_OF_TRIAL", date=day, country=country) for country, day in ends.items())


def states(**said: str) -> tuple[CountryStatus, ...]:
    return tuple(CountryStatus(country=country, status=status) for country, status in said.items())


CHILDREN = Eligibility(std_ages=("CHILD", "ADULT"))


class Example(NamedTuple):
    """A trial in words, the rule, and what follows: when results are due and from when overdue, or why not."""

    what: str
    rule: str
    fields: dict[str, Any]
    due: str
    overdue: str
    source: str


FINAL_RULE, CTR = "42 CFR 11.44(a)", "Regulation 536/2014, Art. 37(4)"
PAEDIATRIC, GUIDELINE = "Regulation 1901/2006, Art. 41(2)", "guideline 2012/C 302/03"
TRANSPARENCY = "EMA, revised CTIS transparency rules"
REGULATIONS, GUIDANCE, STATEMENT = "UK regulations of 2025", "Health Research Authority guidance", "WHO joint statement 2017"
EXAMPLES = (
    Example("Primary completion 10 Feb 2025", "fdaaa_801", US, "2026-02-10", "2026-03-13", FINAL_RULE),
    Example(
        "Primary completion Feb 2025, no day",
        "fdaaa_801",
        US | {"primary_completion_date": actual("2025-02")},
        "2026-02-28",
        "2026-03-31",
        FINAL_RULE,
    ),
    Example(
        "Delay certified 15 Jan 2026, in time",
        "fdaaa_801",
        US | {"delay_certified_on": actual("2026-01-15")},
        "2028-01-15",
        "2028-02-15",
        "42 CFR 11.44(b) and (c)",
    ),
    Example(
        "Delay certified 11 Feb 2026, a day late",
        "fdaaa_801",
        US | {"delay_certified_on": actual("2026-02-11")},
        "2026-02-10",
        "2026-03-13",
        "42 CFR 11.44(b) and (c)",
    ),
    Example("Phase 1 alone", "fdaaa_801", US | {"phases": ("PHASE1",)}, "no duty", "", "42 CFR 11.22(b)"),
    Example(
        "Primary completion planned for 10 Feb 2025",
        "fdaaa_801",
        US | {"primary_completion_date": date("2025-02-10")},
        "projected",
        "",
        FINAL_RULE,
    ),
    Example(
        "Primary completion 17 Jan 2017, the day before the rule",
        "fdaaa_801",
        US | {"primary_completion_date": actual("2017-01-17")},
        "no duty",
        "",
        "42 CFR 11.22(a)",
    ),
    Example("Adults, ended 31 Jan 2025", "eu_ctr", EU, "2026-01-31", "2026-03-03", CTR),
    Example(
        "Children, ended 31 Aug 2025",
        "eu_ctr",
        EU | {"completion_date": actual("2025-08-31"), "eligibility": CHILDREN},
        "2026-02-28",
        "2026-03-31",
        PAEDIATRIC,
    ),
    Example(
        "Adults in a paediatric plan, ended 31 Jan 2025",
        "eu_ctr",
        EU | {"rest": EU["rest"] | IN_PLAN},
        "2025-07-31",
        "2025-08-31",
        PAEDIATRIC,
    ),
    Example(
        "Ended in Germany on 1 Mar and in France on 1 Jun 2025",
        "eu_ctr",
        EU
        | {
            "completion_date": date("2024-12-31"),
            "country_status": states(Germany="COMPLETED", France="COMPLETED"),
            "regulatory_events": notices(Germany="2025-03-01", France="2025-06-01"),
        },
        "2026-06-01",
        "2026-07-02",
        CTR,
    ),
    Example(
        "Ended in Germany, not yet in France, planned end 31 Dec 2025",
        "eu_ctr",
        EU
        | {
            "completion_date": date("2025-12-31"),
            "country_status": states(Germany="COMPLETED", France="RECRUITING"),
            "regulatory_events": notices(Germany="2025-03-01"),
        },
        "projected",
        "",
        CTR,
    ),
    Example(
        "Ended by the record, recruiting in France by its countries",
        "eu_ctr",
        EU | {"country_status": states(Germany="COMPLETED", France="RECRUITING")},
        "not judged",
        "",
        CTR,
    ),
    Example("Category 1", "eu_ctr", EU | {"rest": {CATEGORY: "1"}}, "not judged", "", TRANSPARENCY),
    Example(
        "Phase 1 without a category",
        "eu_ctr",
        EU | {"rest": {}, "phases": ("PHASE1",)},
        "not judged",
        "",
        TRANSPARENCY,
    ),
    Example("Not authorised", "eu_ctr", EU | {"recruitment_status": "WITHDRAWN"}, "no duty", "", CTR),
    Example("Adults, global end 16 Nov 2018", "eudract", OLD_EU, "2019-11-16", "2019-12-15", GUIDELINE),
    Example(
        "Children, global end 16 Nov 2018",
        "eudract",
        OLD_EU | {"eligibility": CHILDREN},
        "2019-05-16",
        "2019-06-14",
        PAEDIATRIC,
    ),
    Example("Adult phase 1", "eudract", OLD_EU | {"phases": ("PHASE1",)}, "not judged", "", GUIDELINE),
    Example(
        "Adult phase 1 in a paediatric plan",
        "eudract",
        OLD_EU | {"phases": ("PHASE1",), "rest": {"paediatric_investigation_plan": "Yes"}},
        "2019-05-16",
        "2019-06-14",
        PAEDIATRIC,
    ),
    Example(
        "Completed in Germany, ongoing in Italy, global end stated",
        "eudract",
        OLD_EU | {"country_status": states(Germany="COMPLETED", Italy="RECRUITING")},
        "not judged",
        "",
        GUIDELINE,
    ),
    Example(
        "Went on in EU CTIS",
        "eudract",
        OLD_EU | {"recruitment_status_as_given": "Trial now transitioned", "recruitment_status": "UNKNOWN"},
        "no duty",
        "",
        "Regulation 536/2014, Art. 98",
    ),
    Example("Ended 1 May 2026", "uk_clinical_trials", UK, "2027-05-01", "2027-06-01", REGULATIONS),
    Example(
        "Children, ended 1 May 2026", "uk_clinical_trials", UK | {"eligibility": CHILDREN}, "2027-05-01", "2027-06-01", GUIDANCE
    ),
    Example(
        "Ended 28 April 2026", "uk_clinical_trials", UK | {"completion_date": actual("2026-04-28")}, "no duty", "", REGULATIONS
    ),
    Example(
        "Behavioural therapy",
        "uk_clinical_trials",
        UK | {"interventions": (Intervention(name="X", type="BEHAVIORAL"),)},
        "no duty",
        "",
        REGULATIONS,
    ),
    Example("No site in the United Kingdom", "uk_clinical_trials", UK | {"countries": ("France",)}, "no duty", "", REGULATIONS),
    Example(
        "End planned for 1 Jan 2027",
        "uk_clinical_trials",
        UK | {"completion_date": date("2027-01-01")},
        "projected",
        "",
        REGULATIONS,
    ),
    Example("Primary completion 10 Feb 2025", "who_12_months", WHO, "2026-02-10", "2026-03-13", STATEMENT),
)
IDS = [f"{example.rule}: {example.what}" for example in EXAMPLES]


def judged(record: TrialRecord, rule: str) -> ResultsDuty | NotJudged | None:
    return next(iter(judgements(record, [rule])), None)


def said(found: ResultsDuty | NotJudged | None) -> str:
    """The due day, or why there is none."""
    if isinstance(found, NotJudged):
        return "not judged"
    if found is None or not (found.legal or found.good_practice or found.projected):
        return "no duty"
    return "projected" if found.projected else found.due.isoformat()


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_a_law_on_an_example(example: Example) -> None:
    found = judged(make_record(**example.fields), example.rule)
    assert said(found) == example.due
    if example.overdue:
        assert isinstance(found, ResultsDuty)
        first = dt.date.fromisoformat(example.overdue)
        assert state_of(found, "NONE_POSTED", first) == "overdue"
        assert state_of(found, "NONE_POSTED", first - dt.timedelta(days=1)) == "grace"
        assert found.reasons
        assert found.law == DUTIES[example.rule].named


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_an_example_stands_in_the_documentation(example: Example) -> None:
    title = DUTIES[example.rule].title
    line = f"| {title} | {example.what} | {example.due} | {example.overdue or '-'} | {example.source} |"
    assert line in DOCS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("rule", DUTIES.values(), ids=DUTIES)
def test_every_rule_stands_in_the_documentation_and_has_an_example(rule: Any) -> None:
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{rule.id}` ")]
    assert len(rows) == 1
    for part in (rule.title, rule.law, rule.valid_from.isoformat(), f"{rule.grace.days} days"):
        assert part in rows[0]
    assert any(example.rule == rule.id and example.overdue for example in EXAMPLES)
