"""Addresses: of pages (put together, masked), of hosts on the network (the SSRF guard), and of proxies.

Whoever runs the name server of a page's host decides what it resolves to: a name that resolves into the network around
this machine would make the tracker a way in (server-side request forgery). So a page's host is resolved here, each of its
addresses is checked, and the connection goes to a checked address, so that a second look-up cannot give another one
(DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

DEFAULT_PORTS = {"http": 80, "https": 443}
_SECRET_PARAMETER = re.compile(r"key|token|secret|passw|auth|signature|sig$", re.IGNORECASE)

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a host, in the order to try them. Raises OSError when it has none."""

_TRIED = 4  # of a host's addresses; each may take the whole connect timeout

# Python versions disagree about these, or they are public by number and private by use.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of one cloud
        "168.63.129.16/32",  # the host agent of another cloud
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo and, below, 6to4: no site lives there, and both can carry any IPv4 address
        "2002::/16",
        "fec0::/10",
        "5f00::/16",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


# --- addresses of pages ---------------------------------------------------------------------------------------------


class Origin(NamedTuple):
    """Scheme and host of an address; ``host`` is lower case, and carries the port where it is not the usual one."""

    scheme: str
    host: str


def origin_of(url: str) -> Origin:
    """Scheme and host of an absolute address. Raises ValueError when it has none, or is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an http or https address")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return Origin(parts.scheme, name if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{name}:{port}")


def full_url(base_url: str, url: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """The address to ask: ``url`` as it is when absolute, else below ``base_url``; ``params`` are appended to its query.

    Everything is percent-encoded but commas and colons: registries use many of them, and an address may only have 8 kB.
    The fragment is dropped.
    """
    absolute = url if "://" in url else base_url.rstrip("/") + (url if url.startswith("?") else "/" + url.lstrip("/"))
    parts = urlsplit(absolute.rstrip("/") if not url else absolute)
    added = urlencode(params, quote_via=quote, safe=",:")
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added))), fragment=""))


def redirect_target(url: str, location: str) -> str:
    """The address a redirect leads to. Raises ValueError when it is not http(s), or leads from https down to http."""
    target = urlunsplit(urlsplit(urljoin(url, location))._replace(fragment=""))
    if (origin_of(url).scheme, origin_of(target).scheme) == ("https", "http"):
        raise ValueError("it leads from https down to http")
    return target


def without_login(url: str) -> str:
    """The address without ``user:password@``."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def masked_url(url: str) -> str:
    """The address as logs and errors may show it: no login, and parameters that look like secrets masked."""
    try:
        parts = urlsplit(without_login(url))
    except ValueError:
        return "(an address that cannot be read)"
    if not _SECRET_PARAMETER.search(parts.query):
        return urlunsplit(parts)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    masked = [(key, "***" if _SECRET_PARAMETER.search(key) else value) for key, value in pairs]
    return urlunsplit(parts._replace(query=urlencode(masked, quote_via=quote, safe=",:*")))


# --- addresses of hosts ---------------------------------------------------------------------------------------------


class PrivateAddressError(Exception):
    """A name leads to an address that is not public; ``args`` are the host and the address."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is on the public internet; an IPv6 address that stands for an IPv4 one is judged by that one."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address) and (inner := _ipv4_inside(number)) is not None:
        return is_public(str(inner))
    refused = number.is_multicast or number.is_reserved or number.is_unspecified or number.is_loopback or number.is_link_local
    return number.is_global and not refused and not any(number in network for network in _REFUSED)


def _ipv4_inside(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, or translated on a network without IPv4 (NAT64)."""
    if number in _NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return number.ipv4_mapped


class SsrfGuard:
    """Resolves each page host once per run and keeps its checked addresses; safe across threads."""

    def __init__(self, resolve: Resolve = resolve, allowed: Callable[[str], bool] = is_public) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._checked: dict[tuple[str, int], tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses to connect to. Raises PrivateAddressError when any is not public, OSError when there is none."""
        with self._lock:
            known = self._checked.get((host, port))
        if known is not None:
            return known
        found = tuple(self._resolve(host, port))
        for address in found:
            if not self._allowed(address):
                raise PrivateAddressError(host, address)
        if not found:
            raise OSError("the name has no address")
        with self._lock:
            self._checked[host, port] = found[:_TRIED]
        return found[:_TRIED]

    def forget(self, host: str, port: int) -> None:
        """Resolve anew for the next try: none of the addresses could be reached."""
        with self._lock:
            self._checked.pop((host, port), None)


# --- proxies --------------------------------------------------------------------------------------------------------


def proxy_for(scheme: str, host: str, port: int) -> str | None:
    """The proxy to ask ``host`` through, or None to ask it directly; the proxy's address may hold a password.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read from the environment as the standard library reads them.
    """
    if is_loopback(host):  # tests, the demo and a mirror on this machine are never reached through a proxy
        return None
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or number."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
