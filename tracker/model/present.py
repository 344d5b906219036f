"""What is known of a trial now, beside its record."""

from __future__ import annotations

import msgspec

from tracker.model.ids import split_key
from tracker.model.record import TrialRecord

LONGEST_LABEL = 60
"""Characters of a label that comes from the record; one that the user gave is left as it is."""


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a trial nearest to a watch's place. ``km`` is the distance; the status is that place's own."""

    place: str
    km: float
    recruitment_status: str | None = None


def trial_label(trial: str, record: TrialRecord | None, own: str = "") -> str:
    """The name people call a trial by: their own label, else its acronym, else its brief title, else its number.

    What comes from the record is cut at a word.
    """
    named = own or _cut((record and (record.acronym or record.brief_title)) or "")
    return named or split_key(trial).number


def _cut(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= LONGEST_LABEL:
        return line
    cut = line[: LONGEST_LABEL - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{head or cut}…"
