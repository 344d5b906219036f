"""Is a run as a whole believable? A redesigned page or a broken registry must not mail "300 trials lost their status"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec

from tracker.model.run import RunCounts, Verdict

LISTED_SHARE = 0.5
FAILED_LEAST, FAILED_SHARE = 3, 0.2
EMPTIED_LEAST, EMPTIED_SHARE = 5, 0.3
RENAMED_SHARE, STRANGERS_SHARE = 0.2, 0.5
CHANGED_LEAST, CHANGED_SHARE = 100, 0.5
CHANGED_DAILY = 0.012
"""The share of trials that change in a day, as measured on 40 days of real records (docs/reliability.md)."""
MOST_NAMED = 5


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A search listed to its end; ``before`` is how many trials it held, without those that left for a reason of their own.

    ``before`` is None where there is nothing to compare with: the first listing, and the first after the search was edited.
    """

    watch: str
    listed: int
    before: int | None = None


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ``trials`` of the ``had`` trials that had it lost in one run; ``example`` is one of them.

    ``emptied``: the field was filled and is empty. ``renamed``: that, while something never met before came in the same
    answer; it came in ``strangers`` trials. ``unreadable``: the words or values there are not understood any more.
    ``gone``: the registry leaves the whole record out. ``anchor``: every healthy answer has the field.
    """

    how: Literal["emptied", "renamed", "unreadable", "gone"]
    field: str
    trials: int
    had: int
    anchor: bool = False
    strangers: int = 0
    example: str = ""

    @property
    def sick(self) -> bool:
        """Whether so many trials cannot have lost it by themselves. More ``had`` never makes it worse."""
        every = self.trials == self.had
        many = self.trials >= EMPTIED_LEAST and self.trials >= EMPTIED_SHARE * self.had
        as_many_as_may_fail = self.trials >= FAILED_LEAST and self.trials >= FAILED_SHARE * self.had
        match self.how:
            case "emptied":
                return many or (every and self.anchor)
            case "renamed":
                with_strangers = self.trials >= EMPTIED_LEAST and self.trials >= STRANGERS_SHARE * self.strangers
                return with_strangers or self.trials >= RENAMED_SHARE * self.had
            case "unreadable":
                return many or (every and self.trials > 1) or (self.anchor and as_many_as_may_fail)
            case "gone":
                return as_many_as_may_fail or (every and self.trials > 1)

    @property
    def sentence(self) -> str:
        """What was lost, in words."""
        what = {
            "emptied": "was filled and is now empty",
            "renamed": "was filled and is now empty, while something never met before came along (was it renamed?),",
            "unreadable": "is no longer understood",
            "gone": "is no longer given",
        }[self.how]
        example = f", for instance in {self.example}" if self.example else ""
        return f"{self.field} {what} in {self.trials:,} of {self.had:,} trials{example}."


def judge(
    counts: RunCounts, losses: Iterable[Loss] = (), listings: Iterable[Listing] = (), *, pause: timedelta = timedelta(0)
) -> Verdict:
    """The verdict on a run. Only answers count as checks; a number the registry does not know is the user's mistake.

    ``pause`` is how long nobody looked before it: the longer, the more trials may have changed.
    """
    rules = (
        *(_shrunk(listing) for listing in listings),
        _failed(counts),
        *_lost(losses),
        _changed(counts, pause),
    )
    return Verdict(sick=" ".join(rule for rule in rules if rule))


def _lost(losses: Iterable[Loss]) -> list[str]:
    """The first of the sick losses. Where fields were renamed, those that are merely empty are not named as well."""
    sick = [loss for loss in losses if loss.sick]
    renamed = any(loss.how == "renamed" for loss in sick)
    sentences = [loss.sentence for loss in sick if not (renamed and loss.how == "emptied")]
    more = [f"And {len(sentences) - MOST_NAMED:,} more such losses."] if len(sentences) > MOST_NAMED else []
    return sentences[:MOST_NAMED] + more


def _shrunk(listing: Listing) -> str:
    if not listing.before or listing.listed >= LISTED_SHARE * listing.before:
        return ""
    return (
        f"The search of watch {listing.watch} held {listing.listed:,} trials, under half of the {listing.before:,} that it "
        "held before."
    )


def _failed(counts: RunCounts) -> str:
    if counts.failed < FAILED_LEAST or counts.failed < FAILED_SHARE * counts.checked:
        return ""
    return f"{counts.failed} of {counts.checked} checks failed."


def longest_pause(looks: Sequence[datetime]) -> timedelta:
    """The longest time in which nobody looked; ``looks`` are the last accepted run, the held ones since, and the present one.

    Not the time since the accepted run: a broken page that is looked at each day is not believed for having been so for weeks.
    """
    return max((later - earlier for earlier, later in pairwise(sorted(looks))), default=timedelta(0))


def believable_share(pause: timedelta) -> float:
    """The share of trials that may have changed: half, and as many as real records change beyond the first day of a pause."""
    days = max(0.0, pause / timedelta(days=1) - 1)
    return CHANGED_SHARE + 1 - float((1 - CHANGED_DAILY) ** days)


def _changed(counts: RunCounts, pause: timedelta) -> str:
    if counts.checked < CHANGED_LEAST or counts.changed <= believable_share(pause) * counts.checked:
        return ""
    when = f"in {pause.days:,} days" if pause >= timedelta(days=2) else "at once"
    return f"{counts.changed} of {counts.checked} trials changed {when}."
