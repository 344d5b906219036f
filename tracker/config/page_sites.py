"""``[[page]]``: sites whose trial pages are followed, and under which words each value stands on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from tracker.config.addresses import base_url_problem, web_problem
from tracker.config.table import Table
from tracker.model import ids
from tracker.model.page_site import CSS, DATE_ORDERS, PAGE_FIELDS, PageSite
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import RECRUITMENT_STATUSES
from tracker.text.mailboxes import ascii_host
from tracker.text.suggest import did_you_mean

_KEY = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_HOLE = re.compile(r"\{[^{}]*\}?")
_LONGEST_LABEL = 120
_EXAMPLE = 'Write it as that of a page, such as address = "https://example.org/trials/{number}".'


def read_page_sites(tables: list[Table], sources: Mapping[str, SourceInfo]) -> tuple[PageSite, ...]:
    """Every ``[[page]]``; ``sources`` are those that the program has by itself. One with a mistake is left out."""
    found: dict[str, PageSite] = {}
    for table in tables:
        site = _read_site(table, sources)
        if site is None:
            continue
        if site.key in found:
            table.wrong("key", f"Another [[page]] has the key {table.quoted('key')} too. Give each one its own.")
        found.setdefault(site.key, site)
    return tuple(found.values())


def _read_site(table: Table, sources: Mapping[str, SourceInfo]) -> PageSite | None:
    key, address = _read_key(table, sources), _read_address(table, sources)
    home = table.choice("home", tuple(registry.source for registry in ids.REGISTRIES), ids.NCT_REGISTRY)
    if address and "{id}" in address and home != ids.NCT_REGISTRY:
        table.wrong("home", "Only pages with an NCT number may have an address of the site's own. Use {number} in the address.")
    hosts = _read_hosts(table, sources)
    order = table.choice("dates", DATE_ORDERS, "day first") if "dates" in table else None
    fields = _read_fields(table.table("fields", "page.fields"))
    statuses = _read_statuses(table.table("statuses", "page.statuses"))
    title = table.text("title")
    if key is None or address is None:
        return None
    return PageSite(
        key=key,
        title=title or (urlsplit(address).hostname or "").removeprefix("www."),
        address=address,
        hosts=hosts,
        home=home,
        dates=order,
        fields=fields,
        statuses=statuses,
    )


def _read_key(table: Table, sources: Mapping[str, SourceInfo]) -> str | None:
    key = table.text("key")
    table.missing("key", 'A site needs a key that its trials are kept under. Add key = "mysite".')
    if key is None:
        return None
    taken = {registry.source: registry.title for registry in ids.REGISTRIES} | {
        name: its.title for name, its in sources.items()
    }
    if not _KEY.fullmatch(key):
        table.wrong("key", f"{table.quoted('key')} is no key. Use 2 to 40 small letters, digits, - and _, a letter first.")
    elif key in taken:
        table.wrong("key", f"{table.quoted('key')} is the key of {taken[key]}. Choose another one.")
    else:
        return key
    return None


def _read_address(table: Table, sources: Mapping[str, SourceInfo]) -> str | None:
    address = table.text("address")
    table.missing("address", f"Where the site's pages are is missing. {_EXAMPLE}")
    wrong = _address_problem(address, sources) if address else ""
    if wrong:
        table.wrong("address", wrong)
    return None if wrong else address


def _address_problem(address: str, sources: Mapping[str, SourceInfo]) -> str:
    if wrong := web_problem(_HOLE.sub("x", address)):
        return wrong
    holes = _HOLE.findall(address)
    if unknown := [hole for hole in holes if hole not in ("{number}", "{id}")]:
        return f"{unknown[0]} is not known here: {{number}} is the registry's number, {{id}} the site's own, * any other part."
    if len(holes) != 1:
        which = "names no trial" if not holes else "names the trial more than once"
        return f"This {which}. Put {{number}}, or {{id}} where pages have a number or name of the site's own, in one place."
    parts = urlsplit(address)
    if "{" in parts.netloc or "*" in parts.netloc or parts.fragment:
        return f"The holes stand in the path or behind the ?, and nothing behind a #. {_EXAMPLE}"
    if wrong := base_url_problem(f"{parts.scheme}://{parts.netloc}"):
        return wrong
    return _host_problem(parts.hostname or "", sources)


def _host_problem(host: str, sources: Mapping[str, SourceInfo]) -> str:
    for info in sources.values():
        if host in (*info.hosts, *info.search_hosts):
            is_page = info.kind == "page"
            how = "its pages go under `pages` of a watch" if is_page else "its trials are followed by their numbers"
            return f"{host} is read by {info.title} itself: {how}. Delete this [[page]]."
    return ""


def _read_hosts(table: Table, sources: Mapping[str, SourceInfo]) -> tuple[str, ...]:
    found = []
    for index, text in table.texts("hosts"):
        host = text.lower()
        if re.search(r"[\s/@:*]", host) or ascii_host(host) is None:
            table.wrong(
                "hosts", f"{table.quoted('hosts', index)} is no host name. Give the name alone: www.example.org.", index
            )
        elif wrong := _host_problem(host, sources):
            table.wrong("hosts", wrong, index)
        else:
            found.append(host)
    return tuple(dict.fromkeys(found))


def _read_fields(table: Table) -> dict[str, tuple[str, ...]]:
    found = {}
    for field in PAGE_FIELDS:
        given = table.one_or_more(field)
        for index, place in given:
            wrong = _selector_problem(place.removeprefix(CSS).strip()) if place.startswith(CSS) else _label_problem(place)
            if wrong:
                table.wrong(field, f"{table.quoted(field, index)}: {wrong}", index)
        if given:
            found[field] = tuple(place for _, place in given)
    return found


def _label_problem(label: str) -> str:
    if not re.search(r"\w", label):
        return "A label has letters. Copy it from the page, or write css: and a selector."
    return "A label is a few words. Copy it from the page." if len(label) > _LONGEST_LABEL else ""


def _selector_problem(selector: str) -> str:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # few configurations have one

    try:
        LexborHTMLParser("<p>").css(selector)
    except SelectolaxError:
        return 'This is no CSS selector. Write one such as "css: .trial-status", or a label as it stands on the page.'
    return ""


def _read_statuses(table: Table) -> dict[str, str]:
    found = {}
    for word in table.keys:
        status = table.text(word)
        if status in RECRUITMENT_STATUSES:
            found[word] = status
        elif status is not None:
            hint = did_you_mean(status, RECRUITMENT_STATUSES) or f"Statuses: {', '.join(RECRUITMENT_STATUSES)}."
            table.wrong(word, f"{table.quoted(word)} is no recruitment status. {hint}")
    return found
