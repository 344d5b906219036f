"""TLS profiles: the ClientHellos we can send, which one each place is sent, and what was answered to it.

A place is a host and the path of one of its interfaces: what guards one may not guard the other.
Some hosts answer 403 to a ClientHello they do not know, whatever the headers say. Each profile is the ClientHello of an
ordinary client, set by the public switches of `ssl`; none imitates a browser, and httpx's own is never sent.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tracker.model.source import TLS_PROFILES, TlsChoice, TlsProfile

Remember = Callable[[str, TlsProfile], None]
"""Called with a place (a host, its port where unusual, and the path of an interface) and the profile to begin with."""


def remember_nothing(host: str, profile: TlsProfile) -> None:
    """For callers that have nowhere to keep it."""


def ssl_context(profile: TlsProfile = "standard library") -> ssl.SSLContext:
    """A verifying context that sends the ClientHello of this profile.

    ClinicalTrials.gov and other hosts of the NIH are reported to answer 403 to httpx's own; it differs from the accepted
    one of ``urllib.request`` by extension 49, post_handshake_auth. ``requests`` also leaves out 35, the session ticket.
    With TLS 1.2 only, neither matters. ``curl`` sends what ``requests`` does with all cipher suites that OpenSSL offers by
    itself; its offer of TLS 1.0 and 1.1 and of HTTP/2 is left out, since we speak none of them.
    Trusts the system's certificates (SSL_CERT_FILE and SSL_CERT_DIR are heeded), else those that httpx brings along.
    """
    context = ssl.create_default_context()
    if profile == "tls1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    else:
        context.post_handshake_auth = True
    if profile in ("requests-like", "curl-like"):
        context.options |= ssl.OP_NO_TICKET
    if profile == "curl-like":
        context.set_ciphers("DEFAULT")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not _system_has_certificates():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _system_has_certificates() -> bool:
    """Slim containers and some Python installers come without any."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))


class TlsAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What a host last answered to one TLS profile: a status such as ``403``, ``challenge page`` or ``no answer``."""

    profile: TlsProfile
    got: str

    def __str__(self) -> str:
        return f"{self.got} with {self.profile}"


class TlsProfiles:
    """The profiles of all places of a run; safe across threads.

    `tracker.fetch.client` tries the candidates one after the other on a 403 that is not JSON. Here is only recorded what
    came of it: for this run and, through ``remember``, for later ones.
    """

    def __init__(self, accepted: Mapping[str, str], remember: Remember) -> None:
        known: dict[str, TlsProfile] = {profile: profile for profile in TLS_PROFILES}
        self._accepted = {place: known[name] for place, name in accepted.items() if name in known}
        self._remember = remember
        self._exhausted: set[str] = set()
        self._attempts: dict[str, dict[TlsProfile, TlsAttempt]] = {}
        self._lock = threading.Lock()

    def candidates(self, place: str, choice: TlsChoice, *, may_retry_tls: bool) -> tuple[TlsProfile, ...]:
        """The profiles to try, in order: the configured one, or the last accepted one and, if allowed, the others."""
        if choice != "auto":
            return (choice,)
        with self._lock:
            first = self._first(place)
            if not may_retry_tls or place in self._exhausted:
                return (first,)
        return (first, *(profile for profile in TLS_PROFILES if profile != first))

    def _first(self, place: str) -> TlsProfile:
        """What the place accepted last; without that what its host did, as earlier releases remembered it."""
        return self._accepted.get(place) or self._accepted.get(place.partition("/")[0], TLS_PROFILES[0])

    def record(self, place: str, profile: TlsProfile, got: str) -> None:
        """Record what an attempt got."""
        with self._lock:
            tried = self._attempts.setdefault(place, {})
            tried.pop(profile, None)  # the latest stands last
            tried[profile] = TlsAttempt(profile=profile, got=got)

    def accept(self, place: str, profile: TlsProfile) -> None:
        """Begin with this profile from now on."""
        with self._lock:
            is_new = self._first(place) != profile
            self._accepted[place] = profile
        if is_new:
            self._remember(place, profile)

    def exhaust(self, place: str) -> None:
        """Try only one profile for the rest of the run: none was accepted."""
        with self._lock:
            self._exhausted.add(place)

    def attempts(self, place: str) -> tuple[TlsAttempt, ...]:
        """The last attempt with each profile that was tried, oldest first."""
        with self._lock:
            return tuple(self._attempts.get(place, {}).values())
