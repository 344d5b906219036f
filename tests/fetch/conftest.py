from __future__ import annotations

from pathlib import Path

import pytest

from tests.fetch.loopback_tls import make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody trusts."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same certificate, trusted by fetchers that are made in this test."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("authority.pem")))
    return certificate
