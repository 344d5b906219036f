"""E-mail addresses: the one judge of what mail can be sent to, for the configuration and for delivery."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

_ONE = re.compile(r"(?:(?P<name>[^<>]*)<(?P<named>[^<>\s]+)>|(?P<bare>[^<>\s]+))\Z")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\Z"
)
_READERS = ("to", "cc", "bcc")

NOT_ONE = "This is not an e-mail address."
_LOCAL = "This e-mail address has characters before the @ that mail servers refuse. Use a to z, digits and . _ + - there."
_HOST = "Behind the @ of this e-mail address stands no domain: only letters, digits and hyphens, with dots between, make one."


class Mailbox(NamedTuple):
    """A name, often empty, and an address in ASCII, as it goes on the wire."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The bare address."""
        return f"{self.local}@{self.domain}"

    @property
    def text(self) -> str:
        """As people write it."""
        return f"{self.name} <{self.address}>" if self.name else self.address


class Mailto(NamedTuple):
    """Whom a ``mailto:`` URL names."""

    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()


def ascii_host(host: str) -> str | None:
    """The host as the network knows it, by IDNA 2008 (``straße.de`` is not ``strasse.de``); None for what can be none."""
    if host.isascii():
        return host
    import idna  # its tables take a while to load and few hosts need them

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def read_mailbox(text: str) -> Mailbox | str:
    """``you@example.org`` or ``Name <you@example.org>``; or a sentence saying why it is none."""
    found = _ONE.match(text.strip(" "))
    if not found or any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        return NOT_ONE
    local, at, domain = (found["named"] or found["bare"]).rpartition("@")
    if not at or not local or not domain or "@" in local or "," in domain or ";" in domain:
        return NOT_ONE
    if not _LOCAL_PART.match(local):
        return _LOCAL
    host = ascii_host(domain)
    if host is None or not _DOMAIN.match(host):
        return _HOST
    return Mailbox((found["name"] or "").strip().strip('"').strip(), local, host)


def read_mailto(url: str, *, naming: bool = False) -> Mailto | str:
    """The addresses of a ``mailto:`` URL, those of ``?cc=`` and ``?bcc=`` too; or a sentence saying what is wrong with it.

    ``naming``: the sentence quotes the address, unless it has a colon: a password may stand behind that.
    """
    path, _, query = url.partition(":")[2].partition("?")
    given: dict[str, list[str]] = {"to": path.split(",")}
    for field in filter(None, query.split("&")):
        name, _, value = field.partition("=")
        if name.lower() not in _READERS:
            return f'"?{name}=" of a mailto: URL is not honoured: only to, cc and bcc are. Leave it out.'
        given.setdefault(name.lower(), []).extend(value.split(","))
    found: dict[str, tuple[Mailbox, ...]] = {}
    for name, entries in given.items():
        read = []
        for text in (unquote(entry).strip() for entry in entries if entry.strip()):
            mailbox = read_mailbox(text)
            if isinstance(mailbox, str):
                return f'"{text}": {mailbox}' if naming and ":" not in text else mailbox
            read.append(mailbox)
        found[name] = tuple(read)
    if not found["to"]:
        return "This mailto: URL names nobody. Write the address after the colon."
    return Mailto(**found)
