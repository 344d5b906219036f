"""Made-up records of any size: comparing, detecting and showing a trial is work in proportion to its length.

Work is counted in calls of functions, those of the standard library included: the same count on every machine.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.builders import DAY, changed, detected_in, make_record, make_step, measure, site
from tracker.events import Detected
from tracker.extract.criteria import criteria
from tracker.model.record import Arm, Criteria, Eligibility, Intervention, Link, TrialRecord
from tracker.render.digest import DigestInput, Entry, alert
from tracker.text.clean import clean
from tracker.text.durations import durations
from tracker.text.normalize import fold, normalized, squeeze_whitespace
from tracker.text.similarity import measure_likeness
from tracker.text.tokens import keywords, with_short_forms

FEW, MANY = 80, 320  # both beyond what is compared each with each
MOST = 2.0
"""How much faster than the length the work may grow: four times as much is linear work, sixteen times as much is not."""

Pair = tuple[TrialRecord, TrialRecord]
_WORDS = (
    "adverse",
    "ALT",
    "analysis",
    "arm",
    "baseline",
    "cardiac",
    "change",
    "criteria",
    "disease",
    "dose",
    "(ULN)",
    "event",
    "free",
    "hepatic",
    "history",
    "months",
    "OS",
    "overall",
    "participants",
    "prior",
    "progression",
    "rate",
    "response",
    "score",
    "severe",
    "survival",
    "therapy",
    "treatment",
    "tumor",
    "week",
)


def _texts(count: int, draw: random.Random) -> list[str]:
    """Texts that share most of their words; some have a word of their own, some stand there twice."""
    made: list[str] = []
    for number in range(count):
        words = draw.choices(_WORDS, k=draw.randint(3, 12))
        if draw.random() < 0.5:
            words.insert(0, f"item{number}")
        made.append(" ".join(words))
        if draw.random() < 0.1:
            made[-1] = draw.choice(made)
    return made


def _edited(texts: list[str], draw: random.Random) -> list[str]:
    """The same texts reworded, exchanged for others, in another order, or cut: one of these for all."""
    match draw.randrange(4):
        case 0:
            return [f"{text} {draw.choice(_WORDS)} now" for text in texts]
        case 1:
            return _texts(len(texts), draw)
        case 2:
            return draw.sample([text.replace("e", "E") for text in texts], len(texts))
        case _:
            return [" ".join(text.split()[1:]) + f" {number}" for number, text in enumerate(texts)]


def _criteria(old: list[str], new: list[str]) -> Pair:
    before = make_record(eligibility=Eligibility(criteria=Criteria(inclusion=tuple(old), exclusion=tuple(old[::3]))))
    return before, changed(before, eligibility=Eligibility(criteria=Criteria(inclusion=tuple(new), other=tuple(new[::3]))))


def _outcomes(old: list[str], new: list[str]) -> Pair:
    third = len(old) // 3
    before = make_record(
        primary_outcomes=tuple(map(measure, old[:third])),
        secondary_outcomes=tuple(map(measure, old[third : 2 * third])),
        other_outcomes=tuple(map(measure, old[2 * third :])),
    )
    return before, changed(
        before,
        primary_outcomes=tuple(measure(text, "12 weeks") for text in new[:third]),
        secondary_outcomes=tuple(measure(text, "12 weeks") for text in new[third : 2 * third]),
        other_outcomes=tuple(measure(text, "12 weeks") for text in new[2 * third :]),
    )


def _sites(old: list[str], new: list[str]) -> Pair:
    before = make_record(sites=tuple(site(text, f"Town {place % 9}", zip=str(place)) for place, text in enumerate(old)))
    return before, changed(before, sites=tuple(site(text, f"Town {place % 7}") for place, text in enumerate(new)))


def _arms(old: list[str], new: list[str]) -> Pair:
    before = make_record(
        arms=tuple(Arm(label=text, interventions=(text,)) for text in old),
        interventions=tuple(Intervention(type="DRUG", name=text) for text in old),
    )
    return before, changed(
        before,
        arms=tuple(Arm(label=text, interventions=(text,)) for text in new),
        interventions=tuple(Intervention(type="DRUG", name=text) for text in new),
    )


def _terms(old: list[str], new: list[str]) -> Pair:
    before = make_record(keywords=tuple(old), conditions=tuple(old), see_also_links=tuple(Link(url=text) for text in old))
    links = tuple(Link(url=text) for text in new)
    return before, changed(before, keywords=tuple(new), conditions=tuple(new), see_also_links=links)


def _rest(old: list[str], new: list[str]) -> Pair:
    before = make_record(rest={"wide": {text: text for text in old}, "list": [{"text": text} for text in old]})
    return before, changed(before, rest={"wide": {text: text for text in new}, "list": [{"text": text} for text in new]})


def _prose(old: list[str], new: list[str]) -> Pair:
    before = make_record(detailed_description=" ".join(old), brief_title=" ".join(old))
    return before, changed(before, detailed_description=" ".join(new), brief_title=" ".join(new))


ALLOWED = {_sites: 3_000_000, _prose: 1_500_000}
"""Calls that names of sites and words of texts may take beyond that, however many there are: their budgets are fixed."""


def _calls(work: Callable[[], Any]) -> int:
    """How many calls of functions a piece of work takes."""
    count = 0

    def note(_frame: FrameType, event: str, _given: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _told(pair: Pair) -> Detected:
    """Everything that is done with one changed trial, from the comparison to the mail."""
    step = make_step(*pair)
    found = detected_in(step)
    assert found.story is not None
    entry = Entry(story=found.story, events=found.events, record=pair[1])
    alert(DigestInput(title="Changes", channel="me", entries=(entry,), followed=1, until=DAY, cadence="immediate"))
    return found


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", [_criteria, _outcomes, _sites, _arms, _terms, _rest, _prose])
def test_four_times_as_long_a_list_is_about_four_times_the_work(
    shape: Callable[[list[str], list[str]], Pair], seed: int
) -> None:
    draw = random.Random(seed)
    pairs = []
    for count in (FEW, MANY):
        old = _texts(count, draw)
        draw.seed(seed)
        pairs.append(shape(old, _edited(old, draw)))
    _told(pairs[0])  # tables are loaded once
    few, many = (_calls(lambda pair=pair: _told(pair)) for pair in pairs)  # type: ignore[misc]
    assert many < MOST * (MANY / FEW) * few + ALLOWED.get(shape, 0)


@pytest.mark.parametrize("depth", [29, 30, 31, 200])
@pytest.mark.parametrize("kind", ["mapping", "list", "both"])
def test_a_change_at_any_depth_is_found_and_shown(kind: str, depth: int) -> None:
    def nested(leaf: str) -> dict[str, Any]:
        value: Any = leaf
        for _ in range(depth):
            value = {"mapping": {"a": value}, "list": [value], "both": [{"a": value}]}[kind]
        return {"unknown": value}

    before = make_record(rest=nested("1"))
    assert [event.kind for event in _told((before, changed(before, rest=nested("2")))).events] == ["other_fields_changed"]


_UNITS = (
    "(",
    "(A ",
    "(AB) ",
    "<p ",
    "&",
    "\\",
    "**",
    "__",
    "a-",
    "1,",
    "every -",
    " \n",
    "é\u0301",
    "aA",
    "day 1, ",
    "- ",
    "1. x\n",
)


@pytest.mark.parametrize("unit", _UNITS)
def test_one_long_text_is_read_whatever_it_repeats(unit: str) -> None:
    """A pattern that tries each beginning against each end would need hours for these."""
    text = unit * (300_000 // len(unit))
    criteria(text)
    cleaned = clean(text)
    for read in (normalized, fold, squeeze_whitespace, durations, with_short_forms):
        read(cleaned)
    keywords(cleaned[:20_000], cleaned[:20_000])
    measure_likeness(cleaned, f"{cleaned} survival")


def test_one_text_of_a_megabyte_in_another_order_is_told_by_its_size() -> None:
    draw = random.Random(1)
    words = draw.choices(_WORDS, k=150_000)
    before = make_record(detailed_description=" ".join(words))
    after = changed(before, detailed_description=" ".join(draw.sample(words, len(words))))
    found = _told((before, after))
    assert found.story is not None
    content = alert(
        DigestInput(
            title="Changes",
            channel="me",
            entries=(Entry(story=found.story, events=found.events, record=after),),
            followed=1,
            until=DAY,
        )
    )
    assert "text replaced, 1.1 MB → 1.1 MB, open the record" in " ".join(content[0].content.text.split())


def test_registry_sized_texts_and_lists_stay_precise() -> None:
    """Five hundred criteria each with one word changed are five hundred rewordings, and a long text shows its edit."""
    old = [f"{text} number {place}" for place, text in enumerate(_texts(500, random.Random(4)))]
    pair = _criteria(old, [f"{text} now" for text in old])
    (event,) = _told(pair).events
    edits = event.details.criteria["inclusion"]  # type: ignore[attr-defined]
    assert (len(edits.reworded), edits.added, edits.removed) == (500, (), ())
