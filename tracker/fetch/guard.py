"""Which network addresses a page site may lead to.

A page's host is one of its source's, but whoever runs its name server decides what it resolves to: a name that
resolves into the network around this machine would make the tracker a way in (SSRF). So a page's host is resolved
here, every address it has is judged, and the connection goes to an address that was judged, so that a second look-up
cannot give another one (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a host, in the order to try them. Raises OSError when it has none."""

_TRIED = 4  # of a host's addresses; each may take the whole connect timeout

# Not told apart by `ipaddress` in every Python we run on, or public by number and private by use.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of one cloud
        "168.63.129.16/32",  # the host agent of another cloud
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo and, below, 6to4: no site lives there, and both carry an IPv4 address of anyone's choice
        "2002::/16",
        "fec0::/10",
        "5f00::/16",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A name leads to an address that is not public; ``args`` are the host and the address."""


def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is of the public internet; an IPv6 address that stands for an IPv4 one is judged by that."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address) and (inner := _inside(number)) is not None:
        return is_public(str(inner))
    refused = number.is_multicast or number.is_reserved or number.is_unspecified or number.is_loopback or number.is_link_local
    return number.is_global and not refused and not any(number in network for network in _REFUSED)


def _inside(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, or translated on a network without IPv4 (NAT64)."""
    if number in _NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return number.ipv4_mapped


class Guard:
    """Resolves each page host once for a run and keeps the judged addresses; safe across threads."""

    def __init__(self, resolve: Resolve = resolve, judge: Callable[[str], bool] = is_public) -> None:
        self._resolve = resolve
        self._judge = judge
        self._judged: dict[tuple[str, int], tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses to connect to. Raises PrivateAddressError when any is not public, OSError when there is none."""
        with self._lock:
            known = self._judged.get((host, port))
        if known is not None:
            return known
        found = tuple(self._resolve(host, port))
        for address in found:
            if not self._judge(address):
                raise PrivateAddressError(host, address)
        if not found:
            raise OSError("the name has no address")
        with self._lock:
            self._judged[host, port] = found[:_TRIED]
        return found[:_TRIED]

    def forget(self, host: str, port: int) -> None:
        """None of the addresses could be reached: resolve anew for the next try."""
        with self._lock:
            self._judged.pop((host, port), None)
