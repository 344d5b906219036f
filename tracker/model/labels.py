"""The name people call a trial by: one rule for mails, tables, logs and exports."""

from __future__ import annotations

from tracker.model.ids import split_key
from tracker.model.record import TrialRecord

LONGEST_TITLE = 60


def trial_label(trial: str, record: TrialRecord | None = None, *, own: str = "", site: str = "") -> str:
    """The user's own label, else the acronym, else the start of the brief title, else the registry's number.

    A trial page also names its ``site``, to tell it from the registry's record of the same trial.
    """
    name = own
    if not name and record is not None:
        name = record.acronym or _start(record.brief_title or "")
    name = name or split_key(trial).number
    return f"{name} ({site})" if site else name


def _start(title: str) -> str:
    """A title cut between two words; the ellipsis counts."""
    title = " ".join(title.split())
    if len(title) <= LONGEST_TITLE:
        return title
    cut = title[:LONGEST_TITLE]
    return (cut.rpartition(" ")[0] or cut[:-1]).rstrip(" ,;:-") + "…"
