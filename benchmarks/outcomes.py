"""How far the judging of outcomes agrees with careful readers: writes the figures of docs/audit.md.

``python -m benchmarks.outcomes`` needs TRACKER_REAL_DATA, the folder of real records. The readings of changes that nobody had
labelled stand in outcome_readings.csv: drawn by seed, each read once before the tracker judged it, none a human gold set.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
import math
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tracker import sources
from tracker.audit import FOUND, judged
from tracker.compare import compare
from tracker.events import TrialContext, detect
from tracker.model.dates import RegistryDate
from tracker.model.event import Seen, Version
from tracker.model.record import Enrollment, OutcomeMeasure, TrialRecord

READINGS = Path(__file__).with_name("outcome_readings.csv")
PAGE = Path(__file__).parents[1] / "docs" / "audit.md"
BEGIN, END = "<!-- figures: make audit-bench -->", "<!-- end of figures -->"
LOUD = frozenset({"DIFFERENT", "SET_CHANGED"})
CLASSES = ("SAME", "REFINED", "DIFFERENT", "SET_CHANGED")
RESAMPLES, SEED = 2_000, 15
COMPLETED = date(2019, 6, 1)
UNKNOWN_FRAME = "Through the end of the study"
"""Stands for the time frames that the collection of amendments left out."""

CTGOV = sources.load()["ctgov"].info
_FRAME = re.compile(r"\n?\[ Time Frame: (.*?) \](?:\n|$)", re.DOTALL)


class Pair(NamedTuple):
    """The primary outcomes of a trial before and after a change, how many days after completion, and a reader's label."""

    trial: str
    before: tuple[OutcomeMeasure, ...]
    after: tuple[OutcomeMeasure, ...]
    days: int = 100
    label: str = ""


class Told(NamedTuple):
    """A reader's label of a pair and whether the tracker tells it as major."""

    pair: Pair
    loud: bool


def told(pair: Pair) -> Told:
    """Whether the change is major, in a plain trial that is past its start."""
    changed = COMPLETED + timedelta(pair.days)
    old, new = (_record(pair, outcomes) for outcomes in (pair.before, pair.after))
    at = datetime.combine(changed, datetime.min.time(), UTC)
    seen = Seen(sha256="", first_seen_at=at - timedelta(60), last_seen_at=at)
    found = detect(
        Version(record=old, seen=seen),
        Version(record=new, seen=seen),
        compare(old, new),
        at=at,
        known=TrialContext(source=CTGOV, label=pair.trial),
    )
    return Told(pair, any(one.kind == "primary_outcomes_changed" and one.severity == "major" for one in found.events))


def _record(pair: Pair, outcomes: tuple[OutcomeMeasure, ...]) -> TrialRecord:
    past = pair.days >= 0
    kind = "ACTUAL" if past else "ESTIMATED"
    start = min(COMPLETED, COMPLETED + timedelta(pair.days)) - timedelta(730)
    return TrialRecord(
        trial=f"ctgov:{pair.trial}",
        url=f"https://clinicaltrials.gov/study/{pair.trial}",
        brief_title="A study",
        recruitment_status="COMPLETED" if past else "RECRUITING",
        start_date=RegistryDate(date=str(start), type="ACTUAL"),
        primary_completion_date=RegistryDate(date=str(COMPLETED), type=kind),
        enrollment=Enrollment(count=100, type=kind),
        results_state="NONE_POSTED",
        primary_outcomes=outcomes,
    )


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two readers' yes and no; nan where chance alone explains all."""
    counts, size = Counter(pairs), len(pairs)
    if not size:
        return math.nan
    agreed = (counts[True, True] + counts[False, False]) / size
    one = (counts[True, True] + counts[True, False]) / size
    other = (counts[True, True] + counts[False, True]) / size
    chance = one * other + (1 - one) * (1 - other)
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan


def interval(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """The middle 95 % of kappa over resamples drawn by seed."""
    drawing = random.Random(SEED)
    found = (kappa(drawing.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    kept = sorted(value for value in found if not math.isnan(value))
    return (kept[round(0.025 * (len(kept) - 1))], kept[round(0.975 * (len(kept) - 1))]) if kept else (math.nan, math.nan)


def agreement(name: str, answers: Sequence[Told]) -> str:
    """A row of the table: kappa with its interval, and by class how many were told as the reader labelled them."""
    judged_ones = [one for one in answers if one.pair.label in CLASSES]
    pairs = [(one.pair.label in LOUD, one.loud) for one in judged_ones]
    low, high = interval(pairs)
    cells = []
    for label in CLASSES:
        of_class = [one for one in judged_ones if one.pair.label == label]
        cells.append(f"{sum(one.loud == (label in LOUD) for one in of_class)} of {len(of_class)}")
    return f"| {name} | {len(pairs)} | {kappa(pairs):.2f} | {low:.2f} to {high:.2f} | {' | '.join(cells)} |"


def disagreements(answers: Iterable[Told]) -> Iterator[str]:
    """The trials that are told otherwise than they were labelled."""
    for label in CLASSES:
        wrong = sorted(one.pair.trial for one in answers if one.pair.label == label and one.loud != (label in LOUD))
        if wrong:
            yield f"- {label}, told as {'minor or notable' if label in LOUD else 'major'}: {', '.join(wrong)}"


def labelled(path: Path) -> list[Pair]:
    """The labelled pairs; identical ones without another time frame are left out, since nothing is told of them."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        after = row["before"] if row["after"] == "same" else row["after"]
        old, arrow, new = (row.get("detail") or "").partition("->")
        frames = (old.strip(), new.strip()) if arrow else ("Not given", "Not given")
        if after != row["before"] or frames[0] != frames[1]:
            before, now = (_outcomes(texts, frame) for texts, frame in zip((row["before"], after), frames, strict=True))
            found.append(Pair(row["nct"], before, now, row["days_after_pc"], row["label"]))
    return found


def _outcomes(texts: Iterable[str], frame: str) -> tuple[OutcomeMeasure, ...]:
    return tuple(OutcomeMeasure(measure=html.unescape(text), time_frame=frame) for text in texts)


def texts(path: Path) -> dict[str, Pair]:
    """The before and after texts, by their place in the file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = {}
    for place, row in enumerate(rows):
        before, after = (tuple(map(_parts, row[side])) for side in ("primaryBefore", "primaryAfter"))
        found[f"text-{place}"] = Pair(row["nctId"], before, after)
    return found


def _parts(text: str) -> OutcomeMeasure:
    """A measure, its time frame in brackets, and what is said of it."""
    plain = html.unescape(text)
    found = _FRAME.search(plain)
    if found is None:
        return OutcomeMeasure(measure=plain.strip())
    said = plain[found.end() :].strip()
    return OutcomeMeasure(measure=plain[: found.start()].strip(), time_frame=found[1].strip(), description=said or None)


def amendments(path: Path) -> dict[str, Pair]:
    """The amendments, by their place in the file; time frames are not in them."""
    trials = json.loads(path.read_text("utf-8"))
    every = [(trial["nctId"], change) for trial in trials for change in trial["changes"]]
    found = {}
    for place, (trial, change) in enumerate(every):
        before, after = (_outcomes(change[side], UNKNOWN_FRAME) for side in ("removed", "added"))
        found[f"amend-{place}"] = Pair(trial, before, after)
    return found


def counts(pairs: Iterable[Pair]) -> str:
    """The cells of the table of verdicts: changes told as major, and outcomes by what became of them."""
    found: Counter[str] = Counter()
    changes = major = 0
    for pair in pairs:
        changes, major = changes + 1, major + told(pair).loud
        found.update(one.found for one in judged(_record(pair, pair.before), _record(pair, pair.after), CTGOV))
    return f"{changes} | {major} | {' | '.join(str(found[word]) for word in FOUND)} |"


def figures(folder: Path) -> str:
    """The part of the page that is made."""
    changes = {
        **texts(folder / "ctgov/history/outcome-text-before-after.ndjson.gz"),
        **amendments(folder / "ctgov/history/primary-outcome-amendments.json"),
    }
    known = [told(pair) for pair in labelled(folder / "outcome-labels/pairs.jsonl")]
    read = dict(_readings(changes))
    every = [one for answers in read.values() for one in answers]
    head = "| Changes | Judged | κ | 95 % | " + " | ".join(CLASSES) + " |\n|---|---|---|---|---|---|---|---|"
    rows = [agreement("labelled pairs", known), *(agreement(f"{name} 40 drawn", answers) for name, answers in read.items())]
    rows.append(agreement("all drawn", every))
    words = "| Collection | Changes | Told as major | " + " | ".join(FOUND) + " |\n" + "|---" * (3 + len(FOUND)) + "|"
    parts = {name: [pair for key, pair in changes.items() if key.startswith(name)] for name in ("text", "amend")}
    return "\n".join(
        [
            head,
            *rows,
            "",
            "Disagreements on the labelled pairs:",
            "",
            *disagreements(known),
            "",
            "Disagreements on those drawn:",
            "",
            *disagreements(every),
            "",
            words,
            f"| before and after texts | {counts(parts['text'])}",
            f"| amendments | {counts(parts['amend'])}",
        ]
    )


def _readings(changes: Mapping[str, Pair]) -> Iterator[tuple[str, list[Told]]]:
    with READINGS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for drawn in dict.fromkeys(row["drawn"] for row in rows):
        of_draw = [row for row in rows if row["drawn"] == drawn]
        yield drawn, [told(changes[row["change"]]._replace(label=row["label"])) for row in of_draw]


def main() -> None:
    """Write the figures into the page."""
    folder = os.environ.get("TRACKER_REAL_DATA")
    if not folder:
        sys.exit("TRACKER_REAL_DATA names no folder of real records.")
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{figures(Path(folder))}\n\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
