"""One hostile text stops nobody: its own trial is told coarsely, all others are told in the same pass."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.attack import records
from tests.attack.records import changed, nct, study
from tests.attack.scene import Scene, numbers_in

TWO_READERS = """
[[watch]]
name = "hostile"
trials = ["NCT00000001"]
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "minor"
[[watch]]
name = "ordinary"
trials = ["NCT00000002"]
[[watch.send]]
to = "other"
when = "immediate"
min_severity = "minor"
"""
OTHER = '[[channel]]\nname = "other"\nurl = "mailto:other@example.org"'

LONGEST = 60
"""Seconds for any one command; what never ended took over twenty minutes."""


def texts(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    words = records.one_line(chance, size).split()
    after = chance.sample(words, len(words))
    return {"eligibilityModule__eligibilityCriteria": " ".join(words)}, {
        "eligibilityModule__eligibilityCriteria": " ".join(after)
    }


def summaries(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    lines = [records.sentence(chance) for _ in range(size // 80)]
    before, after = "\n".join(lines), "\n".join(chance.sample(lines, len(lines)))
    return {"descriptionModule__detailedDescription": before}, {"descriptionModule__detailedDescription": after}


def edited_criteria(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    before = records.criteria(chance, size)
    after = "\n".join(line + f" or {chance.randrange(9)}" if line.startswith("*") else line for line in before.splitlines())
    return {"eligibilityModule__eligibilityCriteria": before}, {"eligibilityModule__eligibilityCriteria": after}


def reworded_outcomes(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [{"measure": f"{records.sentence(chance)} {n}", "timeFrame": f"{n} weeks"} for n in range(size)]
    again = [{**outcome, "measure": f"change in {outcome['measure']}"} for outcome in made]
    return {"outcomesModule__secondaryOutcomes": made}, {"outcomesModule__secondaryOutcomes": again}


def moved_sites(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [records.site(number) for number in range(size)]
    again = [{**place, "facility": f"{place['facility']} New Wing", "city": f"Place {n}"} for n, place in enumerate(made)]
    return {"contactsLocationsModule__locations": made}, {"contactsLocationsModule__locations": chance.sample(again, size)}


def renamed_arms(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [{"label": f"{records.sentence(chance, 4)} {n}", "type": "EXPERIMENTAL"} for n in range(size)]
    again = [{**arm, "label": f"Arm {arm['label']}"} for arm in made]
    return {"armsInterventionsModule__armGroups": made}, {"armsInterventionsModule__armGroups": again}


def renamed_interventions(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [{"type": "DRUG", "name": f"{records.sentence(chance, 3)} {n}"} for n in range(size)]
    again = [{**drug, "name": f"{drug['name']} tablet"} for drug in made]
    return {"armsInterventionsModule__interventions": made}, {"armsInterventionsModule__interventions": again}


def strange_keywords(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = [f"{records.sentence(chance, 3)} {n}" for n in range(size)]
    return {"conditionsModule__keywords": made}, {"conditionsModule__keywords": [f"x {word}" for word in made]}


def unknown_fields(chance: random.Random, size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    made = {f"field{n}": [{"value": records.sentence(chance, 3)}] for n in range(size)}
    again = {name: [{"value": "other"}, *value] for name, value in made.items()}
    return {"attackModule__deep": made}, {"attackModule__deep": again}


FORMS = [
    (texts, 100_000),
    (texts, 1_000_000),
    (summaries, 1_000_000),
    (edited_criteria, 1_000),
    (edited_criteria, 5_000),
    (reworded_outcomes, 500),
    (reworded_outcomes, 2_000),
    (moved_sites, 5_000),
    (renamed_arms, 1_000),
    (renamed_interventions, 1_000),
    (strange_keywords, 5_000),
    (unknown_fields, 5_000),
]


@pytest.mark.cost(20)
@pytest.mark.parametrize(("form", "size"), FORMS, ids=[f"{form.__name__}-{size}" for form, size in FORMS])
def test_a_hostile_text_stops_nobody(scene: Scene, form: Any, size: int) -> None:
    before, after = form(random.Random(size), size)
    scene.hold(changed(study(1), **before), study(2))
    scene.configure(TWO_READERS, channels=OTHER)
    # A field that is met for the first time is told to the operator, and by the exit code.
    scene.sync(limit=LONGEST, expect=(3,) if form is unknown_fields else (0,))
    scene.mail.letters.clear()
    scene.next_day()
    scene.amend(1, **after)
    scene.amend(2, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="No funds")
    scene.sync(limit=LONGEST, expect=(0, 3))
    assert nct(2) in numbers_in(scene.mail.to("other")), "the other reader's alert goes out in the same pass"
    assert nct(1) in numbers_in(scene.mail.to("me")), "what changed is told, however coarsely"
    for args in (("diff", nct(1)), ("changes", "--since", "2000-01-01"), ("digest", "--since", "2000-01-01"), ("list",)):
        assert scene.run(*args, limit=LONGEST).code == 0, args
