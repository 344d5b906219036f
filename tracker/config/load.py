"""From config.toml and the environment to checked settings: all mistakes are reported at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

from tracker.config import sections
from tracker.config.links import read_links
from tracker.config.page_sites import read_page_sites
from tracker.config.positions import places
from tracker.config.secrets import plain_secrets
from tracker.config.settings import Settings
from tracker.config.table import Report, Table
from tracker.config.watches import PageOf, ReadSearch, ValidationContext, read_watches, unread
from tracker.config.web import read_web
from tracker.errors import ConfigError
from tracker.extract import page_addresses
from tracker.model.page_site import PageSite
from tracker.model.source import SourceInfo
from tracker.model.watch import Page

_AT = re.compile(r" \(at (line \d+, column \d+|end of document)\)\Z")


def find(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The configuration to use: ``--config``, else ``TRACKER_CONFIG``, else ``config.toml`` in ``cwd``; absolute.

    Raises ConfigError when that file is not there: it never falls through to the next one, since another file
    would silently be another database.
    """
    if explicit:
        path, named_by = cwd / explicit, "--config names it"
    elif environ.get("TRACKER_CONFIG"):
        path, named_by = cwd / environ["TRACKER_CONFIG"], "TRACKER_CONFIG names it"
    else:
        path, named_by = cwd / "config.toml", "neither --config nor TRACKER_CONFIG names another"
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise ConfigError([f"The file {what} ({named_by}). Run `tracker init` to write one."], path=str(path))
    return path


class Known(TypedDict):
    """What a configuration is checked against: the sources there are, and the names of the change kinds with their effects.

    ``environ`` fills ``${NAME}``. Without ``read_search`` nothing is said of searches.
    """

    sources: Mapping[str, SourceInfo]
    kinds: Mapping[str, frozenset[str]]
    environ: Mapping[str, str]
    page_of: PageOf
    read_search: NotRequired[ReadSearch]


def load(path: Path, **known: Unpack[Known]) -> Settings:
    """The settings that the file gives, defaults filled in and ``${NAME}`` read from ``environ``.

    Raises ConfigError with every mistake found. A search
    that cannot be asked is no reason to stop the others: it fails alone when it is listed, and `check` names it.
    """
    path = path.absolute()  # not resolved: relative paths go by where the file is found, even through a link
    settings, report = _read_all(read(path), path, known)
    if report.must_be_mended:
        raise ConfigError(report.mistakes, path=str(path))
    return settings


def check(text: str, path: Path, **known: Unpack[Known]) -> Settings:
    """As `load`, for a text that is, or is to be written, in ``path``; here a search that cannot be asked is a mistake too."""
    settings, report = _read_all(text, path, known)
    if report.mistakes:
        raise ConfigError(report.mistakes, path=str(path))
    return settings


def _read_all(text: str, path: Path, known: Known) -> tuple[Settings, Report]:
    """The settings, defaults in the place of what is wrong, and the mistakes."""
    document = parse(text, path)
    report = Report(places(text), known["environ"])
    root = Table(report, "", document, (), "")
    folder = path.parent
    mail = sections.read_mail(root.table("mail", "mail")) if "mail" in root else None
    channels = sections.read_channels(root.tables("channel", "channel"), has_mail=mail is not None)
    names = frozenset(channel.name for channel in channels)
    sites = read_page_sites(root.tables("page", "page"), known["sources"])
    sources = {**known["sources"], **{site.key: site.info for site in sites}}
    asked = sections.read_sources(root.table("sources", "sources"), sources)
    context = ValidationContext(
        sources=sources,
        kinds=known["kinds"],
        channels=names,
        base_urls={key: source.base_url for key, source in asked.items()},
        page_of=_page_of(sites, known["page_of"]),
        read_search=known.get("read_search", unread),
        folder=folder,
    )
    settings = Settings(
        path=path,
        store_url=sections.read_store(root.table("store", "store"), folder),
        http=sections.read_http(root.table("http", "http")),
        sources=asked,
        mail=mail,
        operator=sections.read_operator(root.table("operator", "operator"), names),
        channels=channels,
        page_sites=sites,
        watches=read_watches(root.tables("watch", "watch"), context),
        links=read_links(root.tables("link", "link")),
        digest=sections.read_digest(root.table("digest", "digest")),
        schedule=sections.read_schedule(root.table("schedule", "schedule")),
        severities=sections.read_severities(root.table("severity", "severity"), known["kinds"]),
        daemon=sections.read_daemon(root.table("daemon", "daemon")),
        web=read_web(root.table("web", "web")),
        good_practice=root.table("duties", "duties").flag("good_practice", default=False),
        contacts=root.table("privacy", "privacy").flag("contacts", default=False),
        plain_secrets=plain_secrets(document),
    )
    return settings, report


def page_sites(path: Path, sources: Mapping[str, SourceInfo], environ: Mapping[str, str]) -> tuple[PageSite, ...]:
    """The sites that a file describes under ``[[page]]``, whatever else is wrong with it; none of what is not TOML.

    Raises ConfigError with the mistakes of these tables.
    """
    try:
        text = read(path)
        document = parse(text, path)
    except ConfigError:
        return ()
    report = Report(places(text), environ)
    tables = Table(report, "page sites", {"page": document.get("page", [])}, (), "").tables("page", "page")
    sites = read_page_sites(tables, sources)
    if report.must_be_mended:
        raise ConfigError(report.mistakes, path=str(path))
    return sites


def _page_of(sites: tuple[PageSite, ...], built_in: PageOf) -> PageOf:
    """Recognises the pages of the program's own sites, and of those that the configuration describes."""

    def page_of(url: str, base_urls: Mapping[str, str]) -> Page | None:
        return built_in(url, base_urls) or page_addresses.page_at(sites, url, base_urls)

    return page_of


def read(path: Path) -> str:
    """The text of the file, line ends as they are. Raises ConfigError when it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # editors on Windows begin files with a byte order mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([f"Line {line} is not UTF-8. Save the file as UTF-8."], path=str(path)) from None
    except OSError as error:
        remedy = "Check its name and permissions, or run `tracker init` to write a new one."
        raise ConfigError([f"The file cannot be read: {error.strerror}. {remedy}"], path=str(path)) from None


def parse(text: str, path: Path) -> dict[str, object]:
    """The tables of the text as they stand there. Raises ConfigError, with line and column, for what is not TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits, and brackets as deep
        message = str(error)
        where = _AT.search(message)
        place = where[1] if where else "somewhere"
        reason = message[: where.start()] if where else message
        remedy = "Look there and on the line before for a missing quote, bracket or =, or a key that is given twice."
        raise ConfigError([f"{place[0].upper()}{place[1:]}: this is not TOML: {reason}. {remedy}"], path=str(path)) from None
