"""What every page is made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from functools import cached_property

import msgspec

from tracker.archive import Archive
from tracker.model.event import LogPlace
from tracker.model.ids import recognise
from tracker.model.ledgers import WatchRates
from tracker.model.views import DeadlineRow, PresentRow, TrialStanding
from tracker.render.safe_text import one_line
from tracker.web.asked import Context
from tracker.web.cards import Card
from tracker.web.counts import Counted, Moment, Wanted
from tracker.web.kept import Kept
from tracker.web.refusals import Refusal
from tracker.web.standing import Standings


class AnswersArchive(Archive):
    """The read layer for one answer: which state the database is in is asked once."""

    @cached_property
    def _mark(self) -> str:
        return super().mark()

    def mark(self) -> str:
        """A sign that is another one whenever something that pages show has changed."""
        return self._mark


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What views read from, as it is for one answer."""

    archive: Archive
    standings: Standings
    context: Context
    url: str = ""
    published: bool = False

    @property
    def today(self) -> date:
        """The day by which deadlines are judged."""
        return self.context.now.date()

    @property
    def hour(self) -> datetime:
        """The beginning of this hour: what is counted from it back need not be counted again for each reader."""
        return self.context.now.replace(minute=0, second=0, microsecond=0)

    def all_standing(self) -> dict[str, TrialStanding]:
        """Every followed trial as it stands, by key."""
        return self.standings.all(self.archive)

    def standing_of(self, watch: str) -> list[TrialStanding]:
        """The trials of a watch as they stand; without one, all."""
        return self.standings.of(self.archive, watch)

    def rows(self, trials: Sequence[TrialStanding], watch: str) -> list[PresentRow]:
        """These trials as a watch shows them, with the place nearest to it."""
        return self.standings.rows(self.archive, self.today, trials, watch)

    def due(self, watch: str = "") -> list[DeadlineRow]:
        """Deadlines in the order of days."""
        return self.standings.due(self.archive, self.today, watch)

    def seen_since(self) -> dict[str, datetime]:
        """When each followed trial was first seen."""
        return self.standings.seen_since(self.archive)

    def rates(self, watch: str) -> WatchRates:
        """How often the trials of a watch change, counted back from this hour."""
        return self.standings.rates(self.archive, watch, self.hour)

    def shelf(self) -> tuple[str, Kept[Card]]:
        """The state of the log, and the stories that are laid out already."""
        return self.standings.shelf(self.archive)

    def counted(self, wanted: Wanted) -> Counted:
        """The counts beside the filters of the log."""
        return self.standings.counted(self.archive, wanted)

    def newest(self, wanted: Wanted, after: LogPlace | None, stories: int) -> frozenset[Moment]:
        """Where the newest wanted events stand, behind a place: those of so many stories, or a few more."""
        return self.standings.newest(self.archive, wanted, after, stories)

    def kinds(self, watch: str, since: datetime) -> dict[str, int]:
        """How many events of each kind a watch has had since a time."""
        return self.standings.kinds(self.archive, watch, since)

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
