"""The table of rules: every law that results can be due by, as data. docs/duties.md explains each one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from tracker.duties import eu, fdaaa, uk
from tracker.duties.results import FINAL_RULE, Expected, a_year_after, results_expected
from tracker.duties.rule import Applies, Rule
from tracker.model.record import TrialRecord

_EUDRACT_GRACE = dt.timedelta(days=28)
_ENDS = frozenset({"results_state", "results_first_posted", "results_submissions", "recruitment_status", "study_type"})
"""Fields that decide every rule: where results stand, and whether any are expected."""
_DATES = _ENDS | {"primary_completion_date", "completion_date"}


def _always(_record: TrialRecord, _expected: Expected) -> Applies:
    return Applies(outcome="applies", reasons=("good practice, not law: asked for in the configuration",))


_TABLE = (
    Rule(
        id="fdaaa_801",
        title="FDAAA 801",
        law="42 CFR 11.42 and 11.44",
        binds="applicable clinical trials at ClinicalTrials.gov",
        counts="a year after primary completion; a certified delay caps it at two years after the certification",
        source="42 CFR 11.22, 11.42, 11.44 and 11.54",
        valid_from=FINAL_RULE,
        applies=fdaaa.applies,
        clock=results_expected,
        home=True,
        practice=True,
        reads=_DATES
        | {
            *("delay_certified_on", "results_waived", "start_date", "phases", "interventions", "primary_purpose"),
            *("oversight", "countries", "sites"),
        },
    ),
    Rule(
        id="eu_ctr",
        title="EU CTR Art. 37",
        law="Regulation (EU) No 536/2014, Article 37(4)",
        binds="trials authorised in EU CTIS; those of category 1 are not judged",
        counts="a year after the end in all member states concerned; six months for a paediatric trial",
        source="Regulation (EU) No 536/2014, Article 37(4); Regulation (EC) No 1901/2006, Article 41(2)",
        valid_from=dt.date(2022, 1, 31),
        applies=eu.ctr_applies,
        clock=eu.ctr_clock,
        home=True,
        reads=_DATES | {"country_status", "regulatory_events", "phases", "eligibility", "rest"},
    ),
    Rule(
        id="eudract",
        title="EudraCT guideline",
        law="Commission guideline 2012/C 302/03",
        binds="trials in the EU Clinical Trials Register, but phase 1 in adults outside a paediatric plan",
        counts="a year after the latest global end; six months for a paediatric trial",
        source="Commission guideline 2012/C 302/03; Regulation (EC) No 1901/2006, Article 41(2)",
        valid_from=dt.date(2014, 7, 21),
        applies=eu.eudract_applies,
        clock=eu.eudract_clock,
        grace=_EUDRACT_GRACE,
        home=True,
        reads=_DATES | {"country_status", "recruitment_status_as_given", "phases", "eligibility", "rest"},
    ),
    Rule(
        id="uk_clinical_trials",
        title="UK clinical trials regulations",
        law="The Medicines for Human Use (Clinical Trials) (Amendment) Regulations 2025",
        binds="trials of medicinal products with a site in the United Kingdom that ended after 28 April 2026, in each register",
        counts="a year after the end of the trial, for children's trials too",
        source="the regulations of 2025, in force since 28 April 2026, and the guidance of the Health Research Authority",
        valid_from=uk.IN_FORCE,
        applies=uk.applies,
        clock=uk.clock,
        notes=uk.NOTES,
        likely=True,
        each_registry=True,
        reads=_DATES | {"interventions", "countries", "sites"},
    ),
    Rule(
        id="who_12_months",
        title="WHO joint statement",
        law="Joint statement on public disclosure of results from clinical trials, 2017",
        binds="trials of interventions, where the configuration asks for it",
        counts="a year after primary completion",
        source="WHO, joint statement of 18 May 2017",
        valid_from=dt.date(2017, 5, 18),
        applies=_always,
        clock=a_year_after,
        binding=False,
        reads=_DATES | {"results_waived"},
    ),
)

DUTIES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _TABLE})
"""The rules there are, by the name that sources give them."""

GOOD_PRACTICE = frozenset(rule.id for rule in _TABLE if not rule.binding)
"""Rules that hold where the configuration asks for them."""
