"""Canaries: once a day each source in use is asked for a trial that is known to be there, and whether it reads each criterion.

They find a registry that changed before its readers do. Nothing is stored of what they bring, and nothing depends on them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from tracker import log
from tracker.clock import Clock
from tracker.config import Settings
from tracker.detect.listing import search_for
from tracker.errors import PassEndedError, SourceError, TransientFetchError
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.source import Absent, Asked, Failed, Fetch, Found, PageSource, Provable, Source, SourceInfo
from tracker.model.upkeep import CANARY
from tracker.model.watch import Watch
from tracker.store import Store
from tracker.sync import needed
from tracker.sync.observed import ObservedFetch
from tracker.sync.source_run import Binder

logger = log.get(__name__)

RECORD = "record"
"""What stands for a criterion's name where the canary is a record."""


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """One canary that was asked: a record of a source, or one criterion of its searches. ``dead`` says why; empty: it lives."""

    source: str
    title: str
    about: str
    asked: str
    dead: str = ""

    @property
    def name(self) -> str:
        """The name of its incident."""
        return f"{CANARY}{self.source}:{self.about}"


def look(
    settings: Settings,
    store: Store,
    sources: Mapping[str, Source],
    fetcher: Binder,
    clock: Clock,
    *,
    leave: Collection[str] = (),
) -> list[Canary]:
    """Ask the canaries of today that were not asked yet; sources to ``leave`` failed as a whole, which is said already.

    One that could not be asked, because the host did not answer, is asked again by the next pass.
    """
    found: list[Canary] = []
    for source in needed(settings, store.members().sources, sources):
        key = source.info.key
        if key in leave or asked_today(store.due(f"{CANARY}{key}").last_at, clock()):
            continue
        try:
            fetch = bound(settings, source, fetcher)
            own = [*_records(settings, source, fetch), *_criteria(settings, store, source, fetch, clock())]
        except PassEndedError:
            return found
        except TransientFetchError as error:
            logger.info(log.pairs("canary_not_asked", source=key, error=error))
            continue
        for one in own:
            if one.dead:
                logger.warning(log.pairs("canary_dead", source=key, asked=one.asked, why=one.dead))
        found += own
        store.set_due(f"{CANARY}{key}", clock(), None)
    return found


def asked_today(last: datetime | None, now: datetime) -> bool:
    """Whether a source's canaries were asked on this day (UTC)."""
    return last is not None and last.astimezone(UTC).date() == now.astimezone(UTC).date()


def bound(settings: Settings, source: Source, fetcher: Binder) -> ObservedFetch:
    """The polite client of a source, with its settings; it notes what came of each request."""
    its = settings.sources[source.info.key]
    return ObservedFetch(
        fetcher.bind(source.info, base_url=its.base_url, pace=its.pace, tls=its.tls, user_agent=its.user_agent)
    )


def at_its_own_address(settings: Settings, info: SourceInfo) -> bool:
    """Whether a source is asked where it is, and not at a mirror or a test server."""
    return settings.sources[info.key].base_url.rstrip("/") == info.base_url.rstrip("/")


def known_trial(settings: Settings, source: Source) -> Asked | None:
    """The trial that is asked of a source: one by hand, its known one, or a followed page; None where there is none.

    A stand-in for a source need not have what the source has, so it is asked only for a trial named by hand.
    """
    info, given = source.info, settings.sources[source.info.key].canary
    if given is None:
        given = info.canary if at_its_own_address(settings, info) else ""
        if not given and info.kind == "page" and at_its_own_address(settings, info):
            given = next((page.url for watch in settings.watches for page in watch.pages if page.source == info.key), "")
    if not given:
        return None
    if not isinstance(source, PageSource):
        return Asked(trial=f"{info.key}:{given}")
    key = source.key_from_url(given, settings.sources[info.key].base_url)
    return Asked(trial=key, url=given) if key else None


def is_asked(settings: Settings, source: Source) -> bool:
    """Whether a source has canaries: it is asked at its own address, or for a trial named by hand; never where they are off."""
    return settings.sources[source.info.key].canary != "" and (
        at_its_own_address(settings, source.info) or known_trial(settings, source) is not None
    )


def missing_anchors(info: SourceInfo, record: TrialRecord) -> tuple[str, ...]:
    """The fields that every healthy answer has and this one lacks."""
    return tuple(anchor for anchor in info.anchors if getattr(record, anchor) in (None, "", ()))


def _records(settings: Settings, source: Source, fetch: ObservedFetch) -> Iterator[Canary]:
    asked, info = known_trial(settings, source), source.info
    if asked is None:
        return
    dead = _why_dead(source, asked, fetch)
    stands_in = settings.sources[info.key].canary is None and not info.canary
    if dead is None and stands_in:
        return  # a followed page that is gone is a story of its own
    number = asked.url or split_key(asked.trial).number
    yield Canary(source=info.key, title=info.title, about=RECORD, asked=number, dead="it is gone" if dead is None else dead)


def _why_dead(source: Source, asked: Asked, fetch: ObservedFetch) -> str | None:
    """What is wrong with the known record; empty when it is read as ever, None when it is gone.

    Raises TransientFetchError when nobody answered.
    """
    try:
        answer = next(iter(source.retrieve([asked], fetch, None)), None)
        if isinstance(answer, Failed) and fetch.unanswered is not None:
            raise fetch.unanswered
        if isinstance(answer, Found):
            lacks = missing_anchors(source.info, source.parse(answer.document).record)
            return f"it lacks {', '.join(lacks)}" if lacks else ""
    except TransientFetchError:
        raise
    except SourceError as error:
        return error.message
    if isinstance(answer, Absent):
        return None
    return answer.error if isinstance(answer, Failed) else "it was not answered"


def _criteria(settings: Settings, store: Store, source: Source, fetch: Fetch, now: datetime) -> Iterator[Canary]:
    """Each criterion of the searches in use: some trials have it and some have not, or the registry does not read it.

    One that no trial ever had lives neither nor dies: somebody waits for the first.
    """
    if not isinstance(source, Provable) or not is_asked(settings, source):
        return
    asked = used_criteria(settings.watches, source)
    register = _counted(source, None, fetch) if asked else 0
    for name, value in asked.items():
        counted = _counted(source, (name, value), fetch)
        lived = f"{CANARY}{source.info.key}:{name} = {value}"
        dead = _why_not_read(store, lived, counted, register, now)
        yield Canary(source=source.info.key, title=source.info.title, about=name, asked=f"{name} = {value}", dead=dead)


def _counted(source: Provable, criterion: tuple[str, str] | None, fetch: Fetch) -> int | str:
    """How many trials have a criterion, or why that cannot be said. Raises TransientFetchError when nobody answered."""
    try:
        return source.count_with(criterion, fetch)
    except TransientFetchError:
        raise
    except SourceError as error:
        return error.message


def _why_not_read(store: Store, lived: str, counted: int | str, register: int | str, now: datetime) -> str:
    """What is wrong with a criterion; empty where it is read. ``lived`` is the name under which its last life is remembered."""
    if isinstance(counted, str) or isinstance(register, str):
        return next(said for said in (counted, register) if isinstance(said, str))
    if counted >= register:
        return f"it counts {counted:,} of {register:,} trials with it, so it does not read it as a filter"
    if counted:
        store.set_due(lived, now, None)
        return ""
    return "it counts no trial with it any more" if store.due(lived).last_at is not None else ""


def used_criteria(watches: Collection[Watch], source: Source) -> dict[str, str]:
    """The criteria that the searches of watches use of a source, each with the first value that is asked."""
    found: dict[str, str] = {}
    if isinstance(source, Provable):
        for watch in watches:
            search = search_for(watch, source.info)
            try:
                for name, value in source.criteria(search) if search else ():
                    found.setdefault(name, value)
            except SourceError as error:  # the sync says what is wrong with this search
                logger.debug(log.pairs("criteria_not_read", watch=watch.name, error=error))
    return found


def in_use(settings: Settings, store: Store, sources: Mapping[str, Source]) -> set[str]:
    """The names of the incidents that canaries can have now: another one is about what nobody asks any more."""
    found: set[str] = set()
    for source in needed(settings, store.members().sources, sources):
        if not is_asked(settings, source):
            continue
        if known_trial(settings, source) is not None:
            found.add(f"{CANARY}{source.info.key}:{RECORD}")
        found |= {f"{CANARY}{source.info.key}:{name}" for name in used_criteria(settings.watches, source)}
    return found
