"""What is meant for TLS goes through TLS or nowhere: a server in the middle reads no letter and no password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.attack.mailsink import MailServer
from tests.attack.records import study
from tests.attack.scene import Scene, numbers_in

INJECTED = b"\r\n".join(
    (
        *(b"220 go on", b"250-attack.example", b"250 AUTH PLAIN", b"235 welcome", b"250 yes", b"250 yes", b"354 go on"),
        *(b"250 taken", b"221 bye", b""),
    )
)

MIDDLE: dict[str, dict[str, str | bytes]] = {
    "answers put in behind STARTTLS": {"STARTTLS": INJECTED},
    "STARTTLS taken out": {"EHLO": "250-attack.example\r\n250 AUTH PLAIN LOGIN"},
    "STARTTLS refused": {"STARTTLS": "454 4.7.0 TLS not available"},
    "STARTTLS accepted and not begun": {"STARTTLS": b"220 go on\r\n220 go on\r\n220 go on\r\n"},
    "greeted as if authenticated": {"greeting": "220 attack.example PREAUTH", "EHLO": "250 attack.example"},
}


def secured(scene: Scene, tmp_path: Path, *, name: str = "localhost", known: bool = True) -> MailServer:
    """A mail server with TLS and a certificate for ``name``, whose authority the program knows or not."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server = MailServer(context)
    if known:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        scene.environ["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    return server


def through(scene: Scene, server: MailServer) -> None:
    """The installation sends its mail through this server, by STARTTLS and with a password."""
    mail = f'host = "localhost"\nport = {server.wire.port}\nsecurity = "starttls"\nuser = "u"\npassword = "s3cret-attack"'
    scene.hold(study(1))
    scene.configure(trials=1, mail=mail)
    scene.sync(expect=(0, 3))
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")


@pytest.fixture
def servers() -> Iterator[list[MailServer]]:
    made: list[MailServer] = []
    yield made
    for server in made:
        server.wire.close()


@pytest.mark.cost(6)
@pytest.mark.parametrize("middle", MIDDLE)
def test_nothing_private_is_said_before_tls(scene: Scene, tmp_path: Path, servers: list[MailServer], middle: str) -> None:
    server = secured(scene, tmp_path)
    servers.append(server)
    server.answers = dict(MIDDLE[middle])
    through(scene, server)
    scene.sync(expect=(0, 3), limit=120)
    assert [
        line
        for private, line in server.heard
        if not private and line[:4].upper() not in ("EHLO", "HELO", "STAR", "QUIT", "RSET", "NOOP")
    ] == []
    assert not [letter for letter in server.letters if not letter.private]
    server.answers = {}
    for _ in range(2):
        scene.set_clock(scene.ahead + timedelta(hours=6))
        scene.sync(expect=(0, 3))
    told = [letter for letter in server.to("me") if "Completed" in letter.subject]
    assert len(told) == 1, "told once, and through TLS, when the middle is honest again"
    assert told[0].private


@pytest.mark.cost(4)
@pytest.mark.parametrize("fault", ["for another name", "by an unknown authority"])
def test_a_certificate_that_proves_nothing_gets_no_letter(
    scene: Scene, tmp_path: Path, servers: list[MailServer], fault: str
) -> None:
    server = secured(scene, tmp_path, name="elsewhere.example" if "name" in fault else "localhost", known="name" in fault)
    servers.append(server)
    through(scene, server)
    scene.sync(expect=(0, 3))
    assert server.letters == []
    assert not [line for _, line in server.heard if "AUTH" in line.upper()]
    assert numbers_in(server.letters) == set()
