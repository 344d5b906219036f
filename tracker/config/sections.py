"""The plain tables of config.toml, one small function each: from a checked table to a frozen value."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.config.addresses import (
    base_url_problem,
    channel_problem,
    is_mail_address,
    mailbox_problem,
    mailto_problem,
    web_problem,
)
from tracker.config.schedule import schedule_problem
from tracker.config.settings import (
    DAYS,
    EVIDENCE,
    GROUPS_BY,
    SECURITIES,
    TLS_CHOICES,
    WHEN_EMPTY,
    Daemon,
    Digest,
    Http,
    Mail,
    Operator,
    Schedule,
    Security,
    SourceSettings,
    interval,
)
from tracker.config.table import Table
from tracker.model import ids
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import SEVERITIES, Severity
from tracker.model.watch import Channel
from tracker.text.mailboxes import ascii_host
from tracker.text.suggest import did_you_mean

DEFAULT_STORE = "sqlite:///snapshots/tracker.db"
SLOWEST, FASTEST, FASTEST_ELSEWHERE = 0.01, 10.0, 1000.0
"""Requests a second: below, a pass over a hundred trials takes days; above, a registry blocks us. A mirror or test server that
``base_url`` names may take more."""

_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


def read_store(table: Table, folder: Path) -> str:
    """The database's URL; a relative SQLite path is taken from the folder of the configuration."""
    url = table.text("url") or DEFAULT_STORE
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite":
        name, _, options = rest.removeprefix("/").partition("?")
        if not rest.startswith("/") or name in ("", ":memory:"):
            table.wrong("url", 'This names no file to keep snapshots in. Write "sqlite:///snapshots/tracker.db".')
        return f"sqlite:///{folder / name}" + (f"?{options}" if options else "")
    if scheme not in ("postgresql", "postgresql+psycopg") or not separator or not rest:
        table.wrong("url", "This is not a database known here. Begin with sqlite:/// or postgresql+psycopg://.")
    return url


def read_http(table: Table) -> Http:
    """``[http]``."""
    contact = table.text("contact")
    if contact and not is_mail_address(contact) and web_problem(contact):
        table.wrong("contact", f"{table.quoted('contact')} is neither an e-mail address nor a web page. Give one of them.")
    limit = table.text("pass_limit")
    if limit and interval(limit) is None:
        table.wrong("pass_limit", f'{table.quoted("pass_limit")} is not a time. Write one such as "30m", "2h" or "1d".')
    return Http(contact=contact, pass_limit=interval(limit) if limit else None)


def read_sources(table: Table, sources: Mapping[str, SourceInfo]) -> dict[str, SourceSettings]:
    """``[sources.<key>]`` for every source of this version, defaults filled in."""
    for key in table.keys:
        if key in sources:
            continue
        title = next((registry.title for registry in ids.REGISTRIES if registry.source == key), None)
        what = f"{title} is not followed by this version" if title else f'There is no source "{key}"'
        table.wrong(key, f"{what}. {did_you_mean(key, sources) or _known(sources)}")
    return {key: _read_source(table.table(key, "sources.*"), info) for key, info in sources.items()}


def _read_source(table: Table, info: SourceInfo) -> SourceSettings:
    base_url = table.text("base_url")
    if base_url and (wrong := base_url_problem(base_url)):
        table.wrong("base_url", wrong)
    own_host = not base_url or urlsplit(base_url).hostname == urlsplit(info.base_url).hostname
    pace = table.number("pace", least=SLOWEST, most=FASTEST if own_host else FASTEST_ELSEWHERE)
    return SourceSettings(
        base_url=(base_url or info.base_url).rstrip("/"),
        pace=info.pace if pace is None else pace,
        enabled=table.flag("enabled", default=True),
        tls=table.choice("tls", TLS_CHOICES, "auto"),
        user_agent=_read_user_agent(table),
        canary=_read_canary(table, info, base_url or info.base_url),
    )


def _read_canary(table: Table, info: SourceInfo, base_url: str) -> str | None:
    """A trial's number, or a page's address, by hand; an empty text is a value here: ask none."""
    if table.is_empty("canary"):
        return ""
    given = table.text("canary")
    if given is None:
        return None
    if info.kind == "page":
        if problem := web_problem(given):
            table.wrong("canary", f"{table.quoted('canary')}: {problem}")
        elif urlsplit(given).hostname not in {*info.hosts, urlsplit(base_url).hostname}:
            table.wrong("canary", f"{table.quoted('canary')} is not a page of {info.title}.")
        return given
    found = ids.recognise(given)
    if found is None or found.source != info.key:
        table.wrong("canary", f"{table.quoted('canary')} is not a number of {info.title}.")
        return None
    return found.number


def _read_user_agent(table: Table) -> str | None:
    """A User-Agent by hand; an empty text is a value here: send none."""
    if table.is_empty("user_agent"):
        return ""
    agent = table.text("user_agent")
    if agent and not (agent.isascii() and agent.isprintable()):
        table.wrong("user_agent", "A User-Agent is plain ASCII text. Write one such as my-project/1.0 (+https://example.org).")
    return agent


def read_mail(table: Table) -> Mail:
    """``[mail]``, which is given."""
    security = table.choice("security", SECURITIES, "starttls")
    host, sender, user, password = table.text("host"), table.text("from"), table.text("user"), table.text("password")
    reply_to = table.text("reply_to")
    table.missing("host", 'The mail server is not named. Add host = "smtp.example.org".')
    table.missing("from", 'The sender is not named. Add from = "Trial tracker <tracker@example.org>".')
    ascii_name = None if host is None or re.search(r"[\s/@]", host) else ascii_host(host)
    if host and ascii_name is None:
        table.wrong("host", f"{table.quoted('host')} is not a host name. Give the name alone, such as smtp.example.org.")
    for key, mailbox in (("from", sender), ("reply_to", reply_to)):
        if mailbox and (wrong := mailbox_problem(mailbox)):
            table.wrong(key, wrong)
    if "password" in table:
        table.missing("user", "A password is given but no user. Add the user, or leave both out.")
    if "user" in table:
        table.missing("password", 'A user is given but no password. Add password = "${SMTP_PASSWORD}", or leave both out.')
    port = table.whole("port", least=1, most=65535) or _PORTS[security]
    return Mail(
        host=ascii_name or "",
        port=port,
        security=security,
        sender=sender or "",
        user=user,
        password=password,
        reply_to=reply_to,
    )


def read_channels(tables: list[Table], *, has_mail: bool) -> tuple[Channel, ...]:
    """Every ``[[channel]]``."""
    found: dict[str, Channel] = {}
    for table in tables:
        name, url = table.text("name"), table.text("url")
        table.missing("name", 'A channel needs a name that a watch can send to. Add name = "me".')
        table.missing("url", 'A channel needs a URL. Add url = "mailto:you@example.org".')
        if url and (wrong := channel_problem(url, has_mail=has_mail)):
            table.wrong("url", wrong)
        elif url and (wrong := mailto_problem(url)):
            table.fails_alone("url", wrong)  # the messages of this channel are given up, and the operator hears why
        if name in found:
            table.wrong("name", f"Another channel is called {table.quoted('name')} too. Give each one its own name.")
        elif name:
            found[name] = Channel(name=name, url=url or "")
    return tuple(found.values())


def read_operator(table: Table, channels: frozenset[str]) -> Operator:
    """``[operator]``."""
    channel, second, ping = table.text("channel"), table.text("second"), table.text("ping")
    if channel:
        check_channel(table, "channel", channel, channels)
    if second:
        check_channel(table, "second", second, channels)
        if second == channel or not channel:
            table.wrong("second", 'It stands in for `channel` when that takes no messages. Name another one than "channel".')
    if ping and (wrong := web_problem(ping)):
        table.wrong("ping", wrong)
    return Operator(channel=channel, second=second, ping=ping)


def check_channel(table: Table, key: str, name: str, channels: frozenset[str]) -> None:
    """Note a mistake unless a ``[[channel]]`` has this name."""
    if name not in channels:
        known = f"Channels: {', '.join(sorted(channels))}." if channels else 'Add a [[channel]] with this name and a "url".'
        table.wrong(key, f"There is no channel {table.quoted(key)}. {did_you_mean(name, channels) or known}")


def read_digest(table: Table) -> Digest:
    """``[digest]``."""
    default = Digest()
    at = _read_time(table) or default.at
    timezone = table.text("timezone") or default.timezone
    if not _is_timezone(timezone):
        from zoneinfo import available_timezones

        hint = did_you_mean(timezone, available_timezones())
        table.wrong("timezone", f"{table.quoted('timezone')} is not a time zone. {hint or 'Write one such as Europe/Berlin.'}")
    given = table.texts("days")
    for index, day in given:
        if day not in DAYS:
            hint = did_you_mean(day, DAYS) or f"Days are {', '.join(DAYS)}."
            table.wrong("days", f"{table.quoted('days', index)} is not a day. {hint}", index)
    days = tuple(day for day in DAYS if day in {word for _, word in given})
    if "days" in table and not table.entries("days"):
        table.wrong("days", f"No day is named, so no digest would go out. Name some of {', '.join(DAYS)}.")
    when_empty = table.choice("when_empty", WHEN_EMPTY, default.when_empty)
    return Digest(
        at=at,
        days=days or default.days,
        timezone=timezone,
        when_empty=when_empty,
        group=table.choice("group", GROUPS_BY, default.group),
        evidence=table.choice("evidence", EVIDENCE, default.evidence),
    )


def _read_time(table: Table) -> dt.time | None:
    text = table.text("at")
    if text is None:
        return None
    match = _TIME.match(text)
    if not match:
        table.wrong("at", f'{table.quoted("at")} is not a time of day. Write it as "07:30".')
        return None
    return dt.time(int(match[1]), int(match[2]))


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone files, such as "Europe"
        return False
    return True


def read_schedule(table: Table) -> Schedule:
    """``[schedule]``."""
    sync = table.text("sync") or Schedule().sync
    if wrong := schedule_problem(sync):
        table.wrong("sync", f"{table.quoted('sync')} is not a schedule. {wrong}")
    return Schedule(sync=sync)


def read_daemon(table: Table) -> Daemon:
    """``[daemon]``."""
    metrics = table.flag("metrics", default=False)
    if metrics:
        table.missing("port", "Metrics are asked for but no port is given. Add port = 8700.")
    return Daemon(port=table.whole("port", least=1, most=65535), metrics=metrics)


def read_severities(table: Table, kinds: Mapping[str, frozenset[str]]) -> dict[str, Severity]:
    """``[severity]``: ``kind`` or ``"kind.effect"``; an unquoted ``kind.effect`` is a table to TOML and means the same."""
    found: dict[str, Severity] = {}
    for key in table.keys:
        kind, _, effect = key.partition(".")
        if kind not in kinds:
            table.wrong(key, f'There is no change kind "{kind}". {did_you_mean(kind, kinds) or _known(kinds)}')
        elif effect and effect not in kinds[kind]:
            table.wrong(key, _no_effect(kind, effect, kinds[kind]))
        elif not effect and table.is_table(key):
            inner = table.table(key, "severity.*")
            for name in inner.keys:
                if name in kinds[kind]:
                    found[f"{kind}.{name}"] = inner.choice(name, SEVERITIES, "notable")
                else:
                    inner.wrong(name, _no_effect(kind, name, kinds[kind]))
        else:
            found[key] = table.choice(key, SEVERITIES, "notable")
    return found


def _no_effect(kind: str, effect: str, effects: frozenset[str]) -> str:
    known = f"Effects: {', '.join(sorted(effects))}." if effects else f"{kind} has no effects: write the kind alone."
    return f'{kind} has no effect "{effect}". {did_you_mean(effect, effects) or known}'


def _known(words: Mapping[str, object]) -> str:
    return f"Known here: {', '.join(sorted(words))}."
