"""Addresses: putting them together, saying which may be asked, and showing them without their secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
_SECRET_PARAMETER = re.compile(r"key|token|secret|passw|auth|signature|sig$", re.IGNORECASE)


class Origin(NamedTuple):
    """Who answers at an address; ``host`` is lower case, and carries the port where it is not the usual one."""

    scheme: str
    host: str


def origin(url: str) -> Origin:
    """Scheme and host of an absolute address. Raises ValueError when it has none, or is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an http or https address")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return Origin(parts.scheme, name if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{name}:{port}")


def join(base_url: str, url: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """The address to ask: ``url`` as it is when absolute, else below ``base_url``; ``params`` are appended to its query.

    Everything is percent-encoded but commas and colons, which registries write in bulk and the 8 kB of an address are
    short for. The fragment is dropped.
    """
    absolute = url if "://" in url else base_url.rstrip("/") + (url if url.startswith("?") else "/" + url.lstrip("/"))
    parts = urlsplit(absolute.rstrip("/") if not url else absolute)
    added = urlencode(params, quote_via=quote, safe=",:")
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added))), fragment=""))


def redirected(url: str, location: str) -> str:
    """The address a redirect leads to. Raises ValueError when it leads to none, or from https down to http."""
    target = urlunsplit(urlsplit(urljoin(url, location))._replace(fragment=""))
    if origin(url).scheme == "https" and origin(target).scheme == "http":
        raise ValueError("it leads from https down to http")
    return target


def without_login(url: str) -> str:
    """The address without ``user:password@``."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def shown(url: str) -> str:
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
