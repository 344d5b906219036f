"""Whose trial page is at an address: the pattern of a site's addresses, as its ``[[page]]`` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from tracker.extract.decoding import decode, opens_with_tag
from tracker.model import ids
from tracker.model.page_site import PageSite
from tracker.model.source import SourceInfo
from tracker.model.watch import Page

_HOLES = {"{number}": r"(?P<number>[^/?#&]+?)", "{id}": r"(?P<id>[A-Za-z0-9._~-]+?)", "*": r"[^/?#&]*"}
_HOLE = re.compile(r"(\{number\}|\{id\}|\*)")
_OWN_ADDRESS = re.compile(
    r"<(?:link|meta)\b[^<>]{0,300}(?:canonical|og:url)[^<>]{0,300}?(?:href|content)\s*=\s*[\"']?(https?://[^\"'\s<>]+)",
    re.IGNORECASE,
)
_HEAD = 200_000


def path_on(info: SourceInfo, url: str, base_url: str | None) -> str | None:
    """The address's path on one of the source's hosts, or below a stand-in ``base_url``; None anywhere else.

    The host is compared as it is written: with a login, a port or a backslash in it, two readers may take it for two hosts.
    """
    try:
        parts, base = urlsplit(url if "://" in url else f"https://{url}"), urlsplit(base_url or "")
    except ValueError:
        return None
    host, below = parts.netloc.lower(), base.path.rstrip("/") + "/"
    if host and host == base.netloc.lower() and parts.path.startswith(below):
        return parts.path[len(below) - 1 :]
    return parts.path if host in info.hosts else None


def trial_at(site: PageSite, url: str, base_url: str | None = None) -> str | None:
    """The trial key of an address of the site, or of one below a stand-in ``base_url``; None for any other address."""
    path = path_on(site.info, url, base_url or site.info.base_url)
    if path is None:
        return None
    wanted = urlsplit(site.address)
    match = _pattern(wanted.path.rstrip("/")).fullmatch(unquote(path).rstrip("/"))
    if match is None:
        return None
    holes = match.groupdict()
    given = dict(parse_qsl(urlsplit(url).query))
    for name, pattern in parse_qsl(wanted.query):
        found = _pattern(pattern).fullmatch(given.get(name, ""))
        if found is None:
            return None
        holes |= found.groupdict()
    if own := holes.get("id"):
        return f"{site.key}:{own}"
    number = ids.recognise(holes.get("number") or "")
    return f"{site.key}:{number.number}" if number and number.source == site.home else None


def page_at(sites: Iterable[PageSite], url: str, base_urls: Mapping[str, str]) -> Page | None:
    """The page of an address, by the first of the sites that has such addresses."""
    for site in sites:
        if trial := trial_at(site, url, base_urls.get(site.key)):
            return Page(source=site.key, trial=trial, url=url)
    return None


def named_in(site: PageSite, body: bytes) -> str | None:
    """The trial key of a saved page whose head names its own address."""
    match = _OWN_ADDRESS.search(decode(body[:_HEAD])) if opens_with_tag(body) else None
    return trial_at(site, match[1]) if match else None


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(_HOLES.get(part) or re.escape(part) for part in _HOLE.split(text)), re.IGNORECASE)
