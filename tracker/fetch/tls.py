"""The TLS greetings we come with.

Some hosts answer 403 to a ClientHello they do not know, whatever the headers say. Each profile is the greeting of an
ordinary Python client, set by the public switches of `ssl`; none imitates a browser, and httpx's own is never sent.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from tracker.model.source import TlsProfile


def ssl_context(profile: TlsProfile = "standard library") -> ssl.SSLContext:
    """A verifying context with the greeting of this profile.

    ClinicalTrials.gov and other hosts of the NIH are reported to answer 403 to httpx's own greeting; the difference to
    the accepted one of ``urllib.request`` is extension 49, post_handshake_auth. ``requests`` also leaves out 35, the
    session ticket. With TLS 1.2 only, both are beside the point.
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
