"""The ``doctor`` command: looks at everything a run depends on, and says what to do about what is amiss."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker import __version__, clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.cli.waiting import waiting_told
from tracker.errors import ConfigError, DeliveryError, SourceError, StatusError, StoreError, TransientFetchError, UsageError
from tracker.model.ids import split_key
from tracker.model.source import Searchable, Versioned, Whole
from tracker.model.upkeep import CANARY

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.fetch import Fetcher, Waiting
    from tracker.model.source import Fetch, Source, SourceInfo
    from tracker.render.tables import Finding

MOST_ASTRAY = 120
"""Seconds by which our clock may differ from a registry's."""

LEAST_FREE = 512 * 1024 * 1024


@click.command("doctor")
@click.option("--mail", "send", is_flag=True, help="Also send a test message through every channel.")
@click.option("--live", is_flag=True, help="Ask each registry for a known record and a search, and write a report.")
@click.option("--report", metavar="FILE", type=click.Path(path_type=Path), help="Where --live writes its report.")
@shared_options
def doctor_command(shared: Shared, send: bool, live: bool, report: Path | None) -> int:
    """Look at configuration, database, disk, registries and channels; each line with its remedy (exit code 1 for a problem).

    It asks each registry in use for its data version, and greets the mail server. A registry of which nothing is followed, by
    number, page or search, is not asked.

    With --live each enabled registry and site is asked for one known record and one search. The report holds no address, name,
    number or secret of yours, so that it can be sent to whoever helps.
    """
    from tracker.cli.live import REPORT, live_checks, live_findings, write_report
    from tracker.render import tables

    if report is not None and not live:
        raise UsageError("--report goes with --live.", remedy="tracker doctor --live --report FILE")

    app = App(shared)
    with waiting_told(app) as (_, waiting):
        found = (*_configuration(app), *_database(app), _disk(app))
        checks = live_checks(app, waiting) if live else []
        asked = live_findings(checks) if live else _registries(app, waiting)
        findings = [*found, *asked, *_channels(app, send, waiting)]
    written = report or Path(REPORT)
    if live:
        write_report(checks, written)
    if shared.json:
        app.emit({"findings": findings} | ({"report": str(written)} if live else {}))
    else:
        app.show(tables.findings_grid(findings))
        if live:
            app.print("", f"Report: {written}. It holds no address, name, number or secret of yours.")
    return 1 if any(finding.state == "problem" for finding in findings) else 0


def _configuration(app: App) -> Iterator[Finding]:
    from tracker.config import edit, remarks
    from tracker.render.tables import Finding

    settings = app.settings  # without these there is nothing to look at
    try:
        app.check(edit.read(app.config_path), app.config_path)
        yield Finding(subject="configuration", state="ok", text=str(settings.path))
    except ConfigError as error:  # what the settings could be read without: a search or an address fails alone
        for mistake in error.mistakes:
            yield Finding(subject="configuration", state="problem", text=mistake)
    for remark in remarks(settings):
        yield Finding(subject="configuration", state="warning", text=remark)


def _database(app: App) -> Iterator[Finding]:
    from tracker.render import notices
    from tracker.render.tables import Finding
    from tracker.store import Store, read_only, schema_state

    url, shown = app.settings.store_url, app.settings.shown_store_url
    try:
        state = schema_state(url)
        if state in ("absent", "behind"):
            yield Finding(
                subject="database", state="warning", text=f"{shown}: schema {state}.", remedy="Run `tracker migrate`."
            )
            return
        with Store.open(url) as store:
            archive = app.archive_of(store)
            damage, size, health = store.integrity(), archive.size(), archive.health()
            text = f"{shown}: {size.trials:,} trials, {size.snapshots:,} versions, {size.size / 1e6:,.1f} MB"
            yield Finding(subject="database", state="ok", text=text)
            if read_only(store.url):
                remedy = "To sync, make the file and its folder writable for this user."
                yield Finding(subject="database", state="problem", text=f"{shown} can only be read.", remedy=remedy)
            for sentence in damage:
                yield Finding(subject="database", state="problem", text=sentence, remedy="Restore the latest backup.")
            for lease in store.leases():
                if lease.expires_at > clock.now():
                    text = f"{lease.name} is held by {lease.holder} until {lease.expires_at:%H:%M:%S} UTC"
                    yield Finding(subject="at work", state="ok", text=text)
            for incident in health.incidents:
                text = f"{incident.message} Since {incident.since:%Y-%m-%d %H:%M} UTC."
                yield Finding(subject="trouble", state="warning", text=text, remedy="See what the lines below say.")
            for run in health.held_runs:
                text = f"run {run.id} of {run.source} is held: {run.verdict.sick}"
                remedy = f"`tracker release {run.id}` if it is true, with --discard if not."
                yield Finding(subject="runs", state="warning", text=text, remedy=remedy)
            yield from _outbox(archive)
            for one in archive.paused():
                text = notices.paused(one, app.timezone)
                yield Finding(subject="paused", state="warning", text=text)
            dead = {incident.name.split(":")[1] for incident in health.incidents if incident.name.startswith(CANARY)}
            for key, asked_at in health.canaries.items():
                if key not in dead:
                    text = f"{key}: answered as ever when asked {asked_at:%Y-%m-%d %H:%M} UTC"
                    yield Finding(subject="canary", state="ok", text=text)
            for key, accepted_at in health.last_accepted.items():
                text = f"{key}: last accepted run {accepted_at:%Y-%m-%d %H:%M} UTC"
                yield Finding(subject="runs", state="ok", text=text)
    except StoreError as error:
        yield Finding(subject="database", state="problem", text=error.message, remedy=error.remedy)


def _outbox(archive: Archive) -> Iterator[Finding]:
    """What each channel has not been sent, with the newest reason: the operator's own channel may be the dead one."""
    from tracker.cli.output import counted
    from tracker.render.tables import Finding

    remedy = "`tracker outbox` lists them, with their keys."
    unsent: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], str] = {}
    for message in archive.outbox():
        unsent[message.state, message.channel] += 1
        if message.last_error:
            newest[message.state, message.channel] = message.last_error
    for state, what in (("waiting", "waiting"), ("failed", "given up")):
        for channel in sorted(channel for of, channel in newest if of == state):
            text = f"{counted(unsent[state, channel], 'message')} for {channel} {what}: {newest[state, channel]}"
            yield Finding(subject="outbox", state="warning", text=text, remedy=remedy)


def _disk(app: App) -> Finding:
    from tracker.render.tables import Finding

    url = app.settings.store_url
    folder = Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite:///") else app.settings.path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= LEAST_FREE
    return Finding(
        subject="disk",
        state="ok" if enough else "problem",
        text=f"{free / 1e9:,.1f} GB free in {folder}",
        remedy="" if enough else "Free some space: a full disk stops every run.",
    )


def _registries(app: App, waiting: Waiting) -> Iterator[Finding]:
    from tracker.fetch import Fetcher, Limits, user_agent
    from tracker.render.tables import Finding

    used = _in_use(app)
    if not used:
        text = "nothing is followed, so none was asked"
        yield Finding(subject="registries", state="warning", text=text, remedy="Put in trials with `tracker add`.")
    agent = user_agent(app.settings.http.contact or "", __version__)
    limits = Limits(attempts=1)  # somebody is waiting for the answer
    with Fetcher(user_agent=agent, limits=limits, waiting=waiting) as fetcher:
        for source in used:
            yield from _reached(app, fetcher, source)


def _in_use(app: App) -> list[Source]:
    """The sources that a sync would ask: of what the configuration names and, where it can be read, the database holds."""
    from tracker.sync import needed

    named = (trial for watch in app.settings.watches for trial in (*watch.trials, *(page.trial for page in watch.pages)))
    followed = {split_key(trial).source for trial in named}
    try:
        with app.store() as store:
            watches = {watch.name for watch in app.settings.watches}
            followed |= {split_key(trial).source for watch, trial in app.archive_of(store).brought_in() if watch in watches}
    except StoreError:
        pass  # said among the findings of the database
    return needed(app.settings, followed, app.sources)


def _reached(app: App, fetcher: Fetcher, source: Source) -> Iterator[Finding]:
    """Whether a source answers, with which TLS profile, what its robots.txt says of pages, and how far our clocks are apart."""
    from tracker.render.tables import Finding

    its = app.settings.sources[source.info.key]
    fetch = fetcher.bind(source.info, base_url=its.base_url, pace=its.pace, tls=its.tls, user_agent=its.user_agent)
    try:
        data = source.data_version(fetch) if isinstance(source, Versioned) else None
        if data is None:
            greet(source.info, fetch)
    except TransientFetchError as error:
        remedy = f"Check the network and proxy of this machine, and [sources.{source.info.key}] base_url; then try again."
        yield Finding(subject=source.info.title, state="problem", text=error.message, remedy=remedy)
        return
    except SourceError as error:
        yield Finding(subject=source.info.title, state="problem", text=error.message, remedy=error.remedy)
        return
    allowed = ", robots.txt allows it" if source.info.kind == "page" else ""
    said = [f"answers; data of {data.timestamp}" if data else f"answers{allowed}", *map(str, fetch.attempts())]
    yield Finding(subject=source.info.title, state="ok", text=", ".join(said))
    if fetch.server_time is not None:
        yield _clock(source.info.title, (clock.now() - fetch.server_time).total_seconds())
    if isinstance(source, Searchable):
        yield from _searches(app, source, fetch)


def searches(app: App) -> Iterator[Finding]:
    """How many trials the registries count for each watch's search, and which parts of it they do not read as filters."""
    from tracker.fetch import Fetcher, Limits, user_agent

    agent = user_agent(app.settings.http.contact or "", __version__)
    with Fetcher(user_agent=agent, limits=Limits(attempts=1)) as fetcher:
        for source in app.sources.values():
            its = app.settings.sources[source.info.key]
            if isinstance(source, Searchable) and its.enabled:
                fetch = fetcher.bind(source.info, base_url=its.base_url, pace=its.pace, tls=its.tls, user_agent=its.user_agent)
                yield from _searches(app, source, fetch)


def _searches(app: App, source: Source, fetch: Fetch) -> Iterator[Finding]:
    from tracker.detect.listing import EVERYTHING, search_for
    from tracker.render.tables import Finding

    assert isinstance(source, Searchable)
    for watch in app.settings.watches:
        search = EVERYTHING if watch.everything and isinstance(source, Whole) else search_for(watch, source.info)
        if search is None:
            continue
        subject = f"search of {watch.name}"
        try:
            counted = source.count(search, fetch)
        except SourceError as error:
            yield Finding(subject=subject, state="problem", text=error.message, remedy=error.remedy)
            continue
        text = f"{counted.total:,} trials; asked as {source.understood(search) or 'all of them'}"
        if counted.total:
            yield Finding(subject=subject, state="ok", text=text)
        else:
            yield Finding(subject=subject, state="warning", text=text, remedy="Check the spelling of its words.")
        for sentence in counted.misread:
            yield Finding(subject=subject, state="problem", text=sentence, remedy="Say this part of the search differently.")


def greet(info: SourceInfo, fetch: Fetch) -> None:
    """Ask a source without a data version for its base address. An interface need not have a page there: any answer will do."""
    try:
        fetch.get(fetch.base_url, accept="text/html")
    except StatusError:
        if info.kind == "page":
            raise


def _clock(title: str, ahead: float) -> Finding:
    from tracker.render.tables import Finding

    if abs(ahead) <= MOST_ASTRAY:
        return Finding(subject="clock", state="ok", text=f"within {MOST_ASTRAY} seconds of {title}'s")
    text = f"{abs(ahead):,.0f} seconds {'ahead of' if ahead > 0 else 'behind'} {title}'s"
    return Finding(subject="clock", state="problem", text=text, remedy="Set it by NTP: dates of changes and digests go by it.")


def _operator(app: App) -> Iterator[Finding]:
    """Whether the word that the operator's own channel is dead has another way."""
    from tracker.deliver.channels import by_mail
    from tracker.render.tables import Finding

    operator, named = app.settings.operator, {channel.name: channel for channel in app.settings.channels}
    if operator.channel is None:
        return  # said among the remarks on the configuration
    if operator.second is None:
        text = f"{operator.channel} alone; [operator] second may name another that hears when this one takes no messages"
        yield Finding(subject="operator", state="ok", text=text)
        return
    text = f"{operator.channel}, and {operator.second} when that takes no messages"
    if by_mail(named[operator.channel]) and by_mail(named[operator.second]):
        remedy = "Name a second channel by another way, such as ntfy."
        yield Finding(subject="operator", state="warning", text=f"{text}; both need the same mail server", remedy=remedy)
    else:
        yield Finding(subject="operator", state="ok", text=text)


def _channels(app: App, send: bool, waiting: Waiting) -> Iterator[Finding]:
    from tracker import deliver
    from tracker.deliver import channels
    from tracker.passes import DELIVERY
    from tracker.render.tables import Finding

    if app.settings.mail:
        server = f"{app.settings.mail.host}:{app.settings.mail.port}"
        waiting(DELIVERY, f"waiting for {server}")
        try:
            channels.greet(app.settings.mail)
            yield Finding(subject="mail server", state="ok", text=f"{server} answers and takes our login")
        except DeliveryError as error:
            yield Finding(subject="mail server", state="problem", text=error.message, remedy=error.remedy)
        waiting(DELIVERY, "")
    yield from _operator(app)
    for channel in app.settings.channels:
        subject = f"channel {channel.name}"
        if not send:
            yield Finding(subject=subject, state="ok", text="set up; try it with --mail or `tracker channel test`")
            continue
        waiting(DELIVERY, f"waiting for channel {channel.name}")
        try:
            deliver.send_test(app.settings, channel, clock.now())
            yield Finding(subject=subject, state="ok", text="took a test message")
        except DeliveryError as error:
            yield Finding(subject=subject, state="problem", text=error.message, remedy=error.remedy)
        waiting(DELIVERY, "")
