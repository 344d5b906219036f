"""The fetcher itself: one for a run. It says when a host is asked again, with which greeting, and when no more."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType

from tracker import clock, log
from tracker.errors import FetchError, StatusError, TransientFetchError
from tracker.fetch.addresses import origin
from tracker.fetch.bound import BoundFetch
from tracker.fetch.challenges import challenge, is_json
from tracker.fetch.circuit import Circuit
from tracker.fetch.guard import Guard, Resolve, resolve
from tracker.fetch.ladder import Attempt, Ladder, Remember, remember_nothing
from tracker.fetch.limits import Limits
from tracker.fetch.manner import Manner
from tracker.fetch.pace import Lane
from tracker.fetch.refusals import Answer, Ask, refusal
from tracker.fetch.robots import RobotsBook
from tracker.fetch.wire import Transport, Wire
from tracker.model.source import TLS_PROFILES, SourceInfo, TlsChoice, TlsProfile

_LOG = log.get(__name__)


def user_agent(contact: str, version: str) -> str:
    """Who we are: project, version, and how to reach the person who runs it (an e-mail or web address; may be empty)."""
    name = f"trial-registry-tracker/{version}"
    reach = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in " ()")
    if not reach:
        return name
    return f"{name} (+{reach})" if "://" in reach or reach.startswith("mailto:") else f"{name} (+mailto:{reach})"


class Fetcher:
    """One client for a run: connections, pace and limits shared by all sources. A context manager; safe across threads.

    ``profiles`` are the TLS profiles that hosts accepted in earlier runs, ``remember`` is told of a better one.
    ``transport`` replaces the network (the test transport), ``resolve`` the look-up of page hosts, ``sleep``,
    ``monotonic`` and ``now`` the time.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        profiles: Mapping[str, str] | None = None,
        remember: Remember = remember_nothing,
        transport: Transport | None = None,
        resolve: Resolve = resolve,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sleep: Callable[[float], None] = clock.sleep,
        monotonic: Callable[[], float] = clock.monotonic,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.user_agent = user_agent
        self.limits = limits
        self.now = now
        self.robots = RobotsBook()
        self._sleep = sleep
        self._monotonic = monotonic
        self._ladder = Ladder(profiles or {}, remember)
        self._lanes: dict[str, Lane] = {}
        self._circuits: dict[str, Circuit] = {}
        self._lock = threading.Lock()
        self._wire = Wire(transport=transport, guard=Guard(resolve), limits=limits)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def bind(
        self, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice = "auto", user_agent: str | None = None
    ) -> BoundFetch:
        """The fetcher as one source sees it; satisfies `model.source.Fetch`.

        ``pace`` is in requests a second; ``tls`` fixes the profile; ``user_agent`` replaces the usual one, an empty text
        sends none.
        """
        return BoundFetch(self, info, base_url=base_url, pace=pace, tls=tls, user_agent=user_agent)

    def attempts(self, host: str) -> tuple[Attempt, ...]:
        """What the host (with its port, where unusual) last gave to each TLS profile that was tried; none over plain http."""
        return self._ladder.attempts(host)

    def lane(self, host: str) -> Lane:
        """The one queue for a host."""
        with self._lock:
            if host not in self._lanes:
                self._lanes[host] = Lane(
                    host, longest_wait=self.limits.longest_wait, sleep=self._sleep, monotonic=self._monotonic
                )
            return self._lanes[host]

    def ask(self, ask: Ask, headers: dict[str, str], manner: Manner) -> Answer:
        """One address, tried again and with other greetings while that makes sense; an answer to use or to follow."""
        place = origin(ask.url)
        climbs = manner.climbs and place.scheme == "https"
        rungs = self._ladder.rungs(place.host, manner.tls, climbs=climbs)
        refused: FetchError | None = None
        for profile in rungs:
            try:
                answer = self._persist(ask, headers, manner, profile)
            except TransientFetchError:
                if refused is None:
                    raise
                continue  # another greeting was refused before: the host is there, this greeting is no way in
            error = self._refusal(ask, answer, manner)
            if not _refuses_greeting(answer):
                if climbs and manner.tls == "auto" and (error is None or isinstance(error, StatusError)):
                    self._ladder.settle(place.host, profile)
                if error is not None:
                    raise error
                return answer
            refused = refused or error
        assert refused is not None
        if len(rungs) > 1:
            self._ladder.exhaust(place.host)
        raise self._told_with_attempts(refused, place.host) if climbs else refused

    def probe(self, ask: Ask, headers: dict[str, str], manner: Manner) -> tuple[Attempt, ...]:
        """One request with each TLS profile, whatever comes of it; nothing is remembered. Empty for plain http."""
        place = origin(ask.url)
        if place.scheme != "https":
            return ()
        lane = self.lane(place.host)
        lane.slow_to(manner.pace)
        for profile in TLS_PROFILES:
            try:
                with lane.turn(ask):
                    self._once(ask, headers, manner, profile)
            except FetchError as error:
                _LOG.info(log.pairs("probe", profile=profile, error=error.message))
        return self.attempts(place.host)

    def _told_with_attempts(self, refused: FetchError, host: str) -> FetchError:
        tried = ", ".join(map(str, self._ladder.attempts(host)))
        refused.message += f" Tried: {tried}."
        refused.remedy += f" `tls` and `user_agent` in [sources.{refused.source}] can be set by hand."
        return refused

    def _refusal(self, ask: Ask, answer: Answer, manner: Manner) -> FetchError | None:
        return refusal(ask, answer, conditional=manner.conditional, now=self.now(), page=manner.page)

    def _persist(self, ask: Ask, headers: dict[str, str], manner: Manner, profile: TlsProfile) -> Answer:
        """One address with one greeting, tried again while the trouble may pass; an answer with any other status."""
        host = origin(ask.url).host
        lane, circuit = self.lane(host), self._circuit(host)
        lane.slow_to(manner.pace)
        circuit.check(ask)
        attempt = 0
        while True:
            attempt += 1
            asked = False
            try:
                with lane.turn(ask):
                    asked = True
                    answer = self._once(ask, headers, manner, profile)
                error = self._refusal(ask, answer, manner)
                if isinstance(error, TransientFetchError):
                    raise error
            except TransientFetchError as error:
                try:
                    self._hold(lane, attempt, error)
                except TransientFetchError:
                    if asked:
                        circuit.failed(error)
                    raise
            else:
                circuit.answered()
                return answer

    def _hold(self, lane: Lane, attempt: int, error: TransientFetchError) -> None:
        """Let the host rest before the next try; raises the error when there is none."""
        if error.retry_after is not None:
            lane.hold(error.retry_after)
        if attempt >= self.limits.attempts or (error.retry_after or 0) > self.limits.longest_wait:
            error.remedy = error.remedy or f"Tried {attempt} time{'s' if attempt > 1 else ''}; the next run tries again."
            raise error
        lane.hold(2 ** (attempt - 1) * random.uniform(0.75, 1.5))  # at least, were Retry-After 0
        _LOG.info(log.pairs("fetch_retry", attempt=attempt, error=error.message))

    def _once(self, ask: Ask, headers: dict[str, str], manner: Manner, profile: TlsProfile) -> Answer:
        """One try; what it got is written down."""
        place = origin(ask.url)
        got = "no answer"
        try:
            answer = self._wire.send(ask, headers, profile=profile, guarded=manner.guarded)
            got = "challenge page" if challenge(answer.headers, answer.body) else str(answer.status)
        finally:
            if place.scheme == "https":
                self._ladder.note(place.host, profile, got)
        return answer

    def _circuit(self, host: str) -> Circuit:
        with self._lock:
            return self._circuits.setdefault(host, Circuit(host, limit=self.limits.circuit))


def _refuses_greeting(answer: Answer) -> bool:
    """Whether the greeting may be what was refused: a 403 from in front of the interface, and no challenge."""
    headers, body = answer.headers, answer.body
    return answer.status == 403 and not is_json(headers, body) and not challenge(headers, body)
