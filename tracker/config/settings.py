"""The configuration as frozen values. Secrets (passwords, channel addresses) never show in a ``repr``."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import msgspec

from tracker.model.links import LinkRule
from tracker.model.page_site import PageSite
from tracker.model.source import TLS_PROFILES, TlsChoice
from tracker.model.vocabulary import Severity
from tracker.model.watch import Channel, Watch
from tracker.text.mailboxes import read_mailbox, read_mailto

Security = Literal["starttls", "tls", "none"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WhenEmpty = Literal["always", "weekly", "never"]
GroupBy = Literal["severity", "watch", "group"]

SECURITIES: tuple[Security, ...] = ("starttls", "tls", "none")
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Evidence = Literal["line", "full"]
EVIDENCE: tuple[Evidence, ...] = ("line", "full")
WHEN_EMPTY: tuple[WhenEmpty, ...] = ("always", "weekly", "never")
GROUPS_BY: tuple[GroupBy, ...] = ("severity", "watch", "group")
TLS_CHOICES: tuple[TlsChoice, ...] = ("auto", *TLS_PROFILES)

HIDDEN = "***"
_SECRET_FIELDS = frozenset({"password", "ping", "store_url", "token", "secret"})
_USERINFO = re.compile(r"(?<=://)[^/@]*@")
_INTERVAL = re.compile(r"([1-9]\d{0,3})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class _Discreet(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose secret fields are shown as ``***``."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        values = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(name, HIDDEN if value is not None and name in _SECRET_FIELDS else value) for name, value in values]


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """``contact`` is an address or a page that the User-Agent names, so that a registry can reach the person asking.

    ``pass_limit`` is how long a pass may take; None leaves it to the command: half an hour for ``sync``, no end for ``run``.
    The contact is named only where it is given: the User-Agent goes to every host that is asked, and an address of [mail] is
    meant for mail alone.
    """

    contact: str | None = None
    pass_limit: dt.timedelta | None = None


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a source is asked, how fast (requests per second), and whether it is asked at all.

    ``tls`` fixes the TLS profile; ``user_agent`` stands in for the usual one, an empty text means that none is sent.
    ``canary`` is the trial, or page, that is asked daily to see whether the source is still read as it was; None is the
    source's own, and an empty text means that none is asked.
    """

    base_url: str
    pace: float
    enabled: bool = True
    tls: TlsChoice = "auto"
    user_agent: str | None = None
    canary: str | None = None


class Mail(_Discreet, frozen=True, kw_only=True):
    """The SMTP server for alerts and digests. ``sender`` is the key ``from``; ``user`` and ``password`` come together."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = None
    reply_to: str | None = None


class Operator(_Discreet, frozen=True, kw_only=True):
    """Who hears of failures: ``second`` when ``channel`` takes no messages. ``ping`` is an address called after good runs."""

    channel: str | None = None
    second: str | None = None
    ping: str | None = None


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """When digests go out: a local time of day on these days (in the order of the week), in an IANA time zone.

    ``group`` says by what their stories are put together; "group" is the column of that name in a ``trials_file``.
    """

    at: dt.time = dt.time(7, 30)
    days: tuple[Day, ...] = DAYS
    timezone: str = "UTC"
    when_empty: WhenEmpty = "weekly"
    group: GroupBy = "severity"
    evidence: Evidence = "line"

    @property
    def weekly_on(self) -> Day:
        """The day of the weekly digest: the first of ``days`` in the week."""
        return self.days[0]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """How often the daemon syncs: an interval such as ``6h``, or a cron expression in UTC, verbatim."""

    sync: str = "6h"

    @property
    def every(self) -> dt.timedelta | None:
        """The interval, or None when ``sync`` is a cron expression."""
        return interval(self.sync)


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """What ``tracker run`` serves on 127.0.0.1: nothing without a ``port``, else ``/health``, and ``/metrics`` if asked."""

    port: int | None = None
    metrics: bool = False


class TrustedProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy that names the person it has let in by ``header``; the header counts from ``address`` alone."""

    address: str
    header: str


class Web(_Discreet, frozen=True, kw_only=True):
    """How the pages are served: on ``host`` and ``port``, reached by people at ``url``.

    With ``token`` it is asked for; with ``trusted_proxy`` the proxy's word is. ``public``: search engines may index.
    ``secret`` signs the links by which readers stop their messages.
    """

    host: str = "127.0.0.1"
    port: int = 8760
    url: str = ""
    token: str | None = None
    secret: str | None = None
    trusted_proxy: TrustedProxy | None = None
    public: bool = False


class Settings(_Discreet, frozen=True, kw_only=True):
    """Everything config.toml says, checked, with defaults filled in.

    ``sources`` has every source of this version and of ``page_sites``; ``severities`` maps ``kind`` or ``kind.effect``;
    ``contacts`` says whether contact persons may be shown and sent, ``good_practice`` whether results are also held against
    good practice. ``path`` is the file, absolute; ``store_url`` holds no relative path.
    ``plain_secrets`` names what the file itself holds of secrets, rather than ``${NAME}``.
    """

    path: Path
    store_url: str
    http: Http = Http()
    sources: Mapping[str, SourceSettings] = {}
    mail: Mail | None = None
    operator: Operator = Operator()
    channels: tuple[Channel, ...] = ()
    page_sites: tuple[PageSite, ...] = ()
    watches: tuple[Watch, ...] = ()
    links: tuple[LinkRule, ...] = ()
    digest: Digest = Digest()
    schedule: Schedule = Schedule()
    daemon: Daemon = Daemon()
    web: Web = Web()
    severities: Mapping[str, Severity] = {}
    contacts: bool = False
    good_practice: bool = False
    plain_secrets: tuple[str, ...] = ()

    def contact_for(self, channel: str) -> str:
        """Where readers of a channel can write to: the contact that everybody sees, else where replies go, else the operator.

        Never an address that the channel's messages themselves go to; empty where there is no other.
        """
        return next(self._contacts(channel), "")

    def unsubscribe_for(self, channel: str) -> str:
        """The e-mail address among these to which a reader's program may write that the messages are to stop."""
        return next((given for given in self._contacts(channel) if not isinstance(read_mailbox(given), str)), "")

    def _contacts(self, channel: str) -> Iterator[str]:
        readers, mail = self._addresses(channel), self.mail
        operator = sorted(self._addresses(self.operator.channel))
        named = [parseaddr(one)[1] for one in (mail and mail.reply_to, *operator, mail and mail.sender) if one]
        for given in (self.http.contact, *named):
            read = read_mailbox(given) if given else ""
            if given and (isinstance(read, str) or read.address.casefold() not in readers):
                yield given

    def _addresses(self, channel: str | None) -> frozenset[str]:
        """Everybody that a channel mails to."""
        url = next((one.url for one in self.channels if one.name == channel), "")
        read = read_mailto(url) if url.partition(":")[0].lower() in ("mailto", "mailtos") else ""
        if isinstance(read, str):
            return frozenset()
        return frozenset(one.address.casefold() for one in (*read.to, *read.cc, *read.bcc))

    @property
    def shown_store_url(self) -> str:
        """The database's address for people: without user and password."""
        return _USERINFO.sub("", self.store_url)


def interval(text: str) -> dt.timedelta | None:
    """``30m``, ``6h`` or ``2d`` as a time span; None for anything else."""
    match = _INTERVAL.match(text)
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def remarks(settings: Settings) -> tuple[str, ...]:
    """Settings that are allowed but seldom meant, for ``tracker check``: nobody hears of a watch or of failures."""
    found = []
    if not settings.watches:
        found.append("No [[watch]] is set up: nothing is followed. Add one with `tracker add`.")
    for watch in settings.watches:
        if not (watch.trials or watch.pages or watch.search or watch.query or watch.everything):
            found.append(f'[[watch]] "{watch.name}" follows nothing: its lists are empty. Add a trial with `tracker add`.')
        if watch.everything and (watch.search or watch.query or watch.near):
            found.append(f'[[watch]] "{watch.name}" takes in all trials: search, query and near beside it narrow nothing.')
        if watch.everything and watch.registrations == "all":
            found.append(f'[[watch]] "{watch.name}" takes in all trials: registrations = "all" beside it adds no others.')
        if watch.left_out:
            names = ", ".join(watch.left_out)
            found.append(f'[[watch]] "{watch.name}": {names} of its search is left out: it only says where a link was clicked.')
        if not watch.send:
            found.append(f'[[watch]] "{watch.name}" sends to nobody: its changes are kept, not told. Add a [[watch.send]].')
    if settings.digest.group == "group" and not any(watch.groups for watch in settings.watches):
        columns = dict.fromkeys(name for watch in settings.watches for name in watch.columns)
        has = f"its own columns are {', '.join(columns)}" if columns else "none has columns of its own"
        found.append(f'[digest] group = "group" needs a trials_file whose column "group" says something: {has}.')
    used = {send.to for watch in settings.watches for send in watch.send} | {
        settings.operator.channel,
        settings.operator.second,
    }
    for channel in settings.channels:
        if channel.name not in used:
            found.append(f'[[channel]] "{channel.name}" is not used by any watch or the operator.')
    if settings.operator.channel is None:
        found.append("[operator] names no channel: failures are only logged. Name one under `channel`.")
    return (*found, *_without_password(settings), *_leaks(settings))


def _without_password(settings: Settings) -> list[str]:
    """A provider's server that no password is given for: it would refuse every mail."""
    from tracker.config.providers import provider_at  # it takes its types from here

    known = provider_at(settings.mail.host) if settings.mail and not settings.mail.password else None
    if known is None:
        return []
    return [f"[mail] {known.host} takes no mail without user and password. It is made at {known.page}"]


def _leaks(settings: Settings) -> list[str]:
    """Secrets that others can read: on their way to the mail server, or in the file."""
    found = []
    mail = settings.mail
    if mail and mail.password and mail.security == "none" and not _on_this_machine(mail.host):
        found.append(
            f'[mail] security = "none" sends the password to {mail.host} for everybody on the way to read. '
            'Write security = "starttls" or "tls".'
        )
    if settings.plain_secrets and _read_by_others(settings.path):
        found.append(
            f"{settings.path} can be read by every user of this machine and holds {', '.join(settings.plain_secrets)}. "
            f"Type: chmod o-rwx {shlex.quote(str(settings.path))}"
        )
    return found


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost" or host.casefold().endswith(".localhost")


def _read_by_others(path: Path) -> bool:
    try:
        return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def whereabouts(settings: Settings) -> tuple[str, ...]:
    """Where the `near` of each watch lies, for people to check: a name can be another town's."""
    from tracker.geo.gazetteer import nearest_city  # a table of cities is read on first use
    from tracker.geo.places import described, find_places

    found = []
    for watch in settings.watches:
        near = watch.near
        if near is None or near.latitude is None or near.longitude is None:
            continue
        towns = find_places(near.place, near.country)
        named = towns[0] if len(towns) == 1 else None
        if named and (named.latitude, named.longitude) == (near.latitude, near.longitude):
            where = described(named)
        else:
            where = f"{near.latitude:g}, {near.longitude:g}, close to {described(nearest_city(near.latitude, near.longitude))}"
        found.append(f'[[watch]] "{watch.name}" near: {near.km:g} km around {where}.')
    return tuple(found)
