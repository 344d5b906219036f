"""Which TLS profile each host is greeted with, and what came of it.

The ladder is climbed by `tracker.fetch.client` on a 403 that is not JSON; here it is only written down, for the run
and, through ``remember``, for the runs to come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import msgspec

from tracker.model.source import TLS_PROFILES, TlsChoice, TlsProfile

Remember = Callable[[str, TlsProfile], None]
"""Called with a host (and its port, where unusual) and the profile to begin with from now on."""


def remember_nothing(host: str, profile: TlsProfile) -> None:
    """For callers without a place to write it down."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What a host last gave to one TLS profile: a status such as ``403``, ``challenge page`` or ``no answer``."""

    profile: TlsProfile
    got: str

    def __str__(self) -> str:
        return f"{self.got} with {self.profile}"


class Ladder:
    """The profiles of all hosts of a run; safe across threads."""

    def __init__(self, profiles: Mapping[str, str], remember: Remember) -> None:
        known: dict[str, TlsProfile] = {profile: profile for profile in TLS_PROFILES}
        self._settled = {host: known[name] for host, name in profiles.items() if name in known}
        self._remember = remember
        self._exhausted: set[str] = set()
        self._attempts: dict[str, dict[TlsProfile, Attempt]] = {}
        self._lock = threading.Lock()

    def rungs(self, host: str, choice: TlsChoice, *, climbs: bool) -> tuple[TlsProfile, ...]:
        """The profiles to try, in order: the one set by hand, or the one that worked last and, if it may, the others."""
        if choice != "auto":
            return (choice,)
        with self._lock:
            first = self._settled.get(host, TLS_PROFILES[0])
            if not climbs or host in self._exhausted:
                return (first,)
        return (first, *(profile for profile in TLS_PROFILES if profile != first))

    def note(self, host: str, profile: TlsProfile, got: str) -> None:
        """Write down what came of an attempt."""
        with self._lock:
            tried = self._attempts.setdefault(host, {})
            tried.pop(profile, None)  # the latest stands last
            tried[profile] = Attempt(profile=profile, got=got)

    def settle(self, host: str, profile: TlsProfile) -> None:
        """Begin with this profile from now on."""
        with self._lock:
            news = self._settled.get(host, TLS_PROFILES[0]) != profile
            self._settled[host] = profile
        if news:
            self._remember(host, profile)

    def exhaust(self, host: str) -> None:
        """No profile helped: for the rest of the run the host is asked with one only."""
        with self._lock:
            self._exhausted.add(host)

    def attempts(self, host: str) -> tuple[Attempt, ...]:
        """The last attempt with each profile that was tried, in the order of time."""
        with self._lock:
            return tuple(self._attempts.get(host, {}).values())
