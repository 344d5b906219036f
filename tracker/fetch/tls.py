"""The TLS handshake we come with."""

from __future__ import annotations

import ssl
from pathlib import Path


def ssl_context() -> ssl.SSLContext:
    """A verifying context whose ClientHello is that of Python's standard library.

    ClinicalTrials.gov and other hosts of the NIH are reported to answer 403 to httpx's own ClientHello, whatever the
    headers; the difference to the accepted one of ``urllib.request`` is extension 49, post_handshake_auth.
    Trusts the system's certificates (SSL_CERT_FILE and SSL_CERT_DIR are heeded), else those that httpx brings along.
    """
    context = ssl.create_default_context()
    context.post_handshake_auth = True
    if not _system_has_certificates():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _system_has_certificates() -> bool:
    """Slim containers and some Python installers come without any."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))
