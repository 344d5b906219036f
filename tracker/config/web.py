"""``[web]``: where the pages are served, and who may read them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from tracker.config.settings import TrustedProxy, Web
from tracker.config.table import Table

SHORTEST_TOKEN = 16
"""Characters below which a token can be guessed."""

SHORTEST_SECRET = 32
"""Characters below which a secret can be guessed by trying, far from here, what it would sign."""

_BIND = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[^:\[\]]*))(?::(?P<port>\d{1,5}))?\Z")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_TOKEN = re.compile(r"[!-~]+\Z")


def read_web(table: Table) -> Web:
    """``[web]``."""
    default = Web()
    host, port = default.host, default.port
    if given := table.text("bind"):
        found = split_bind(given)
        if found is None:
            table.wrong("bind", f'{table.quoted("bind")} is no address to listen on. Write one such as "127.0.0.1:8760".')
        else:
            host, port = found[0] or host, port if found[1] is None else found[1]
    url, token, secret = table.text("url"), table.text("token"), table.text("secret")
    if url and not _is_site(url):
        table.wrong("url", "This is not the address of a site. Write one such as https://trials.example.org, without a path.")
    if token and (len(token) < SHORTEST_TOKEN or not _TOKEN.match(token)):
        table.wrong("token", f"A token has at least {SHORTEST_TOKEN} letters, digits or signs of ASCII and no blanks.")
    if secret and len(secret) < SHORTEST_SECRET:
        table.wrong("secret", f"A secret has at least {SHORTEST_SECRET} characters. Make one with: openssl rand -hex 32")
    return Web(
        host=host,
        port=port,
        url=(url or "").rstrip("/"),
        token=token,
        secret=secret,
        trusted_proxy=_read_proxy(table.table("trusted_proxy", "web.trusted_proxy")) if "trusted_proxy" in table else None,
        public=table.flag("public", default=False),
    )


def split_bind(text: str) -> tuple[str, int | None] | None:
    """The host and the port of ``127.0.0.1:8760``, ``[::1]:8760``, ``:8760`` or ``0.0.0.0``; None for anything else."""
    found = _BIND.match(text)
    if not found:
        return None
    host = found["six"] or found["four"]
    port = int(found["port"]) if found["port"] else None
    if (port is not None and port > 65535) or (host and not is_address(host) and host != "localhost"):
        return None
    return host, port


def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_site(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not parts.username
            and not (parts.query or parts.fragment or parts.path.strip("/"))
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


def _read_proxy(table: Table) -> TrustedProxy | None:
    address, header = table.text("address"), table.text("header")
    table.missing("address", 'The address of the proxy is not named. Add address = "127.0.0.1".')
    table.missing("header", 'The header of the proxy is not named. Add header = "X-Forwarded-User".')
    if address and not is_address(address):
        table.wrong("address", f"{table.quoted('address')} is no IP address. Write the one that the proxy calls from.")
    if header and not _HEADER.match(header):
        table.wrong("header", f"{table.quoted('header')} is no name of a header. Write one such as X-Forwarded-User.")
    return TrustedProxy(address=address, header=header) if address and header else None
