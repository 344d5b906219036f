"""TLS profiles: the ClientHellos we can send, which one each host is sent, and what the host answered to it.

Some hosts answer 403 to a ClientHello they do not know, whatever the headers say. Each profile is the ClientHello of an
ordinary Python client, set by the public switches of `ssl`; none imitates a browser, and httpx's own is never sent.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tracker.model.source import TLS_PROFILES, TlsChoice, TlsProfile

Remember = Callable[[str, TlsProfile], None]
"""Called with a host (and its port, where unusual) and the profile to begin with from now on."""


def remember_nothing(host: str, profile: TlsProfile) -> None:
    """For callers that have nowhere to keep it."""


def ssl_context(profile: TlsProfile = "standard library") -> ssl.SSLContext:
    """A verifying context that sends the ClientHello of this profile.

    ClinicalTrials.gov and other hosts of the NIH are reported to answer 403 to httpx's own; it differs from the accepted
    one of ``urllib.request`` by extension 49, post_handshake_auth. ``requests`` also leaves out 35, the session ticket.
    With TLS 1.2 only, neither matters.
    Trusts the system's certificates (SSL_CERT_FILE and SSL_CERT_DIR are heeded), else those that httpx brings along.
    """
    context = ssl.create_default_context()
    if profile == "tls1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    else:
        context.post_handshake_auth = True
    if profile == "requests-like":
        context.options |= ssl.OP_NO_TICKET
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
    """The profiles of all hosts of a run; safe across threads.

    `tracker.fetch.client` tries the candidates one after the other on a 403 that is not JSON. Here is only recorded what
    came of it: for this run and, through ``remember``, for later ones.
    """

    def __init__(self, accepted: Mapping[str, str], remember: Remember) -> None:
        known: dict[str, TlsProfile] = {profile: profile for profile in TLS_PROFILES}
        self._accepted = {host: known[name] for host, name in accepted.items() if name in known}
        self._remember = remember
        self._exhausted: set[str] = set()
        self._attempts: dict[str, dict[TlsProfile, TlsAttempt]] = {}
        self._lock = threading.Lock()

    def candidates(self, host: str, choice: TlsChoice, *, may_retry_tls: bool) -> tuple[TlsProfile, ...]:
        """The profiles to try, in order: the configured one, or the last accepted one and, if allowed, the others."""
        if choice != "auto":
            return (choice,)
        with self._lock:
            first = self._accepted.get(host, TLS_PROFILES[0])
            if not may_retry_tls or host in self._exhausted:
                return (first,)
        return (first, *(profile for profile in TLS_PROFILES if profile != first))

    def record(self, host: str, profile: TlsProfile, got: str) -> None:
        """Record what an attempt got."""
        with self._lock:
            tried = self._attempts.setdefault(host, {})
            tried.pop(profile, None)  # the latest stands last
            tried[profile] = TlsAttempt(profile=profile, got=got)

    def accept(self, host: str, profile: TlsProfile) -> None:
        """Begin with this profile from now on."""
        with self._lock:
            is_new = self._accepted.get(host, TLS_PROFILES[0]) != profile
            self._accepted[host] = profile
        if is_new:
            self._remember(host, profile)

    def exhaust(self, host: str) -> None:
        """Try only one profile for the rest of the run: none was accepted."""
        with self._lock:
            self._exhausted.add(host)

    def attempts(self, host: str) -> tuple[TlsAttempt, ...]:
        """The last attempt with each profile that was tried, oldest first."""
        with self._lock:
            return tuple(self._attempts.get(host, {}).values())
