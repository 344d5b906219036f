"""Is a run as a whole believable? A redesigned page or a broken registry must not mail "300 trials lost their status"."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.model.run import RunCounts, Verdict

LISTED_SHARE = 0.5
FAILED_LEAST, FAILED_SHARE = 3, 0.2
EMPTIED_LEAST, EMPTIED_SHARE = 5, 0.3
CHANGED_LEAST, CHANGED_SHARE = 100, 0.5


def judge(counts: RunCounts, emptied: Mapping[str, int], *, last_listed: int | None) -> Verdict:
    """The verdict on a run.

    ``emptied`` counts trials by the anchor that was filled and is empty now, ``last_listed`` is how many trials the
    searches held in the last healthy run.
    Only answers count as checks; a number the registry does not know is the user's mistake, not the run's.
    """
    rules = (
        _shrunk(counts.listed, last_listed),
        _failed(counts),
        _emptied(counts, emptied),
        _changed(counts),
    )
    return Verdict(sick=" ".join(rule for rule in rules if rule))


def _shrunk(listed: int | None, last_listed: int | None) -> str:
    if listed is None or not last_listed or listed >= LISTED_SHARE * last_listed:
        return ""
    return f"The searches held {listed} trials, under half of the {last_listed} of the last healthy run."


def _failed(counts: RunCounts) -> str:
    if counts.failed < FAILED_LEAST or counts.failed < FAILED_SHARE * counts.checked:
        return ""
    return f"{counts.failed} of {counts.checked} checks failed."


def _emptied(counts: RunCounts, emptied: Mapping[str, int]) -> str:
    for field, trials in emptied.items():
        if trials >= EMPTIED_LEAST and trials >= EMPTIED_SHARE * counts.checked:
            return f"{field} was filled and is now empty in {trials} of {counts.checked} trials."
    return ""


def _changed(counts: RunCounts) -> str:
    if counts.checked < CHANGED_LEAST or counts.changed <= CHANGED_SHARE * counts.checked:
        return ""
    return f"{counts.changed} of {counts.checked} trials changed at once."
