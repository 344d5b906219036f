"""What is wrong with the daemon's own work: told to the operator when it begins and when it ends, whatever the database can do.

An incident goes the usual way, through the database and the outbox. Where the database itself is the trouble, the
operator is written to directly, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import direct, operator_messages
from tracker.errors import StoreError
from tracker.store import Store

LASTING = timedelta(seconds=30)
"""How long the look at what is due fails until the operator hears: a database server may be started anew in that time."""

TRY_AGAIN = timedelta(minutes=10)
"""How long to wait where the operator's channel did not take the word."""


class _Trouble(msgspec.Struct, kw_only=True):
    """One thing that fails. ``kept``: the database holds it as an incident; ``told``: the operator was written to."""

    error: str
    since: datetime
    kept: bool = False
    told: bool = False
    tried_at: datetime | None = None


class Troubles:
    """The last error of each part of the daemon's work, by name: a job, the look at what is due, the configuration."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._found: dict[str, _Trouble] = {}
        self._looked: set[str] = set()

    def errors(self) -> list[str]:
        """What fails now, a sentence each, without repetition."""
        return list(dict.fromkeys(found.error for found in list(self._found.values())))

    def error(self, name: str) -> str:
        """The last error of one part; empty when it is well."""
        found = self._found.get(name)
        return found.error if found else ""

    def note(self, name: str, error: str) -> None:
        """Remember an error for `/health` alone: the operator hears of its parts by other ways."""
        found = self._found.setdefault(name, _Trouble(error=error, since=self._clock()))
        found.error = error

    def begin(
        self, settings: Settings, name: str, what: str, error: str, *, after: timedelta = timedelta(0), directly: bool = False
    ) -> None:
        """Something fails, or fails still; once it has lasted for ``after`` the operator hears of it. Raises no StoreError.

        ``directly`` is for what stops the delivery itself.
        """
        self.note(name, error)
        found, now = self._found[name], self._clock()  # in this order: it began no later than now
        if found.kept or found.told or not found.since + after <= now or self._tried_lately(found, now):
            return
        if not directly:
            try:
                self._store.open_incident(_incident(name), f"{what}: {error}", now)
                found.kept = True
                return
            except StoreError:
                pass  # the database may be the trouble
        found.tried_at = now
        found.told = direct.tell(settings, operator_messages.work_fails(name, what, error, found.since), now)

    def _tried_lately(self, found: _Trouble, now: datetime) -> bool:
        """Whether the operator's channel refused a moment ago: every look at what is due comes by here."""
        return found.tried_at is not None and found.tried_at <= now < found.tried_at + TRY_AGAIN

    def end(self, settings: Settings, name: str) -> None:
        """It is well again; raises StoreError where that cannot be kept, and it is not over then."""
        found = self._found.get(name)
        if found is None:
            self._close_earlier(name)
            return
        now = self._clock()
        if found.kept:
            # Its beginning may have been put into a message and no room left to record that: its end is told all the same.
            self._store.mark_incident_told(_incident(name), now)
            self._store.close_incident(_incident(name), now)
        elif found.told:
            operator_messages.cut(settings, self._store, operator_messages.work_goes_on(name, found.error, found.since), now)
        del self._found[name]

    def _close_earlier(self, name: str) -> None:
        """What began before this process did is over too, once."""
        if name not in self._looked:
            self._store.close_incident(_incident(name), self._clock())
            self._looked.add(name)


def _incident(name: str) -> str:
    return f"work:{name}"
