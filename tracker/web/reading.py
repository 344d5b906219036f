"""What every page is made from."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from tracker.archive import Archive
from tracker.model.ids import recognise
from tracker.render.safe_text import one_line
from tracker.web.asked import Context
from tracker.web.refusals import Refusal
from tracker.web.standing import Standings


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What views read from, as it is for one answer."""

    archive: Archive
    standings: Standings
    context: Context
    url: str = ""
    published: bool = False

    @property
    def timezone(self) -> tzinfo:
        """The reader's time zone."""
        return self.context.timezone


def trial_key(reading: Reading, given: str) -> str:
    """The key of a trial, given by its key or by a registry's number. Raises Refusal for one that is not kept."""
    key = given
    if ":" not in given:
        found = recognise(given)
        key = found.key if found else given
    if ":" not in key or not reading.archive.is_kept(key):
        raise Refusal(404, f"Nothing is kept of a trial “{one_line(given, 60)}”.")
    return key
