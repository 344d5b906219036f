"""The polite client: when a host is asked again, with which TLS profile, and what a source sees of it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType

import msgspec

from tracker import clock, log
from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError
from tracker.fetch.addresses import Origin, Resolve, SsrfGuard, origin_of, resolve
from tracker.fetch.challenges import challenge, is_json
from tracker.fetch.exchange import RawResponse, Request, RequestOptions, refusal
from tracker.fetch.pace import CircuitBreaker, HostQueue
from tracker.fetch.robots import NEVER, OUR_NAME, READ_BYTES, RobotsBook, Rules
from tracker.fetch.site import Site, place_of, site_of
from tracker.fetch.tls import Remember, TlsAttempt, TlsProfiles, remember_nothing
from tracker.fetch.wire import Limits, Transport, Wire
from tracker.model.http_times import http_date
from tracker.model.source import TLS_PROFILES, Response, SourceInfo, TlsChoice, TlsProfile, Validators
from tracker.stopping import Ending

_LOG = log.get(__name__)

ROBOTS_ATTEMPTS = 2
"""A robots.txt is small: a host that does not give it at the second try is not going to give its pages."""


def user_agent(contact: str, version: str) -> str:
    """Who we are: project, version, and how to reach the person who runs it (an e-mail or web address; may be empty)."""
    name = f"trial-registry-tracker/{version}"
    reach = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in " ()")
    if not reach:
        return name
    return f"{name} (+{reach})" if "://" in reach or reach.startswith("mailto:") else f"{name} (+mailto:{reach})"


Waiting = Callable[[str, str], None]
"""Told the key of a source and what it waits for, in words; empty when its host has answered or was given up."""


def tell_nobody(source: str, what: str) -> None:
    """Nobody wants to know what is waited for."""


class Fetcher:
    """One client per run: connections, pace and limits shared by all sources. A context manager; safe across threads.

    ``profiles`` are the TLS profiles that hosts and their interfaces accepted in earlier runs; ``remember`` is called with a
    better one. ``ending`` says when to give up whatever is under way; ``waiting`` is told what a source waits for.
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
        ending: Ending | None = None,
        waiting: Waiting = tell_nobody,
        sleep: Callable[[float], None] | None = None,
        monotonic: Callable[[], float] = clock.monotonic,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.limits = limits
        self.now = now
        self.robots = RobotsBook()
        self._user_agent = user_agent
        self._ending = ending or Ending()
        self._waiting = waiting
        self._sleep = sleep or self._ending.sleep
        self._monotonic = monotonic
        self._tls = TlsProfiles(profiles or {}, remember)
        self._queues: dict[str, HostQueue] = {}
        self._breakers: dict[str, CircuitBreaker] = {}
        self._lock = threading.Lock()
        self._wire = Wire(transport=transport, guard=SsrfGuard(resolve), limits=limits, ending=self._ending)

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

        ``pace`` is in requests per second; ``tls`` fixes the profile; ``user_agent`` replaces the usual one, an empty text
        sends none.
        """
        agent = self._user_agent if user_agent is None else user_agent
        return BoundFetch(self, site_of(info, base_url=base_url, pace=pace, tls=tls, user_agent=agent))

    def attempts(self, place: str) -> tuple[TlsAttempt, ...]:
        """What a host (with its port, where unusual, and the path of an interface) last answered to each TLS profile.

        Empty over plain http.
        """
        return self._tls.attempts(place)

    def queue(self, host: str) -> HostQueue:
        """The one queue for a host."""
        with self._lock:
            if host not in self._queues:
                self._queues[host] = HostQueue(
                    host, longest_wait=self.limits.longest_wait, sleep=self._sleep, monotonic=self._monotonic
                )
            return self._queues[host]

    def ask(self, request: Request, options: RequestOptions) -> RawResponse:
        """Ask one address, again and with other TLS profiles while that makes sense; a response to use or to follow."""
        origin = origin_of(request.url)
        may_retry_tls = options.may_retry_tls and origin.scheme == "https"
        place = place_of(request, options)
        candidates = self._tls.candidates(place, options.tls, may_retry_tls=may_retry_tls)
        refused: BlockedError | None = None
        for profile in candidates:
            try:
                response = self._with_retries(request, options, profile)
            except TransientFetchError:
                if refused is None:
                    raise
                continue  # the host is there, it refused another profile: this one is no way in
            error = self._refusal(request, response, options)
            if not _may_be_about_tls(response):
                if may_retry_tls and options.tls == "auto" and (error is None or isinstance(error, StatusError)):
                    self._tls.accept(place, profile)
                if error is not None:
                    raise error
                return response
            assert isinstance(error, BlockedError)  # as every 403 is
            refused = refused or error
        assert refused is not None
        if len(candidates) > 1:
            self._tls.exhaust(place)
        raise _with_attempts(refused, self.attempts(place)) if may_retry_tls else refused

    def probe(self, request: Request, options: RequestOptions) -> tuple[TlsAttempt, ...]:
        """Send one request with each TLS profile, whatever comes of it; nothing is remembered. Empty for plain http."""
        origin = origin_of(request.url)
        if origin.scheme != "https":
            return ()
        queue = self.queue(origin.host)
        queue.slow_to(options.pace)
        for profile in TLS_PROFILES:
            try:
                with queue.turn(request):
                    self._once(request, options, profile, self.limits.patience)
            except FetchError as error:
                _LOG.info(log.pairs("probe", profile=profile, error=error.message))
        return self.attempts(place_of(request, options))

    def _with_retries(self, request: Request, options: RequestOptions, profile: TlsProfile) -> RawResponse:
        """Ask one address with one profile, again while the trouble may pass; a response with any other status."""
        host = origin_of(request.url).host
        queue, breaker = self.queue(host), self._breaker(host)
        queue.slow_to(options.pace)
        attempts = options.attempts or self.limits.attempts
        attempt = 0
        words = f"waiting for {host}"
        breaker.check(request)
        try:
            while True:
                attempt += 1
                self._waiting(request.source, words)
                with queue.turn(request):
                    breaker.check(request)  # another source may have found out while we waited for our turn
                    outcome = self._try(request, options, profile, breaker.begin())
                if isinstance(outcome, RawResponse):
                    breaker.heard()
                    error = self._refusal(request, outcome, options)
                    if not isinstance(error, TransientFetchError):
                        breaker.answered()
                        return outcome
                else:
                    error = outcome
                if error.retry_after is not None:
                    queue.hold(error.retry_after)
                if attempt >= attempts or (error.retry_after or 0) > self.limits.longest_wait or breaker.out_of_patience:
                    breaker.failed(error)
                    times = f"{attempt} time{'s' if attempt > 1 else ''}"
                    raise _with_remedy(error, error.remedy or f"Tried {times}; the next run tries again.") from error
                queue.hold(2 ** (attempt - 1) * random.uniform(0.75, 1.5))  # in case Retry-After is 0
                words = f"waiting for {host} (try {attempt + 1} of {attempts})"
                _LOG.info(log.pairs("fetch_retry", attempt=attempt, error=error.message))
        finally:
            self._waiting(request.source, "")

    def _try(
        self, request: Request, options: RequestOptions, profile: TlsProfile, patience: float
    ) -> RawResponse | TransientFetchError:
        """One try; the error is a value here, since it may not be the end."""
        try:
            return self._once(request, options, profile, patience)
        except TransientFetchError as error:
            return error

    def _once(self, request: Request, options: RequestOptions, profile: TlsProfile, patience: float) -> RawResponse:
        """One try; records what the TLS profile got."""
        origin = origin_of(request.url)
        got = "no answer"
        try:
            response = self._wire.send(request, options, profile, patience)
            got = "challenge page" if challenge(response.headers, response.body) else str(response.status)
        finally:
            if origin.scheme == "https":
                self._tls.record(place_of(request, options), profile, got)
        return response

    def _refusal(self, request: Request, response: RawResponse, options: RequestOptions) -> FetchError | None:
        return refusal(request, response, options, self.now())

    def _breaker(self, host: str) -> CircuitBreaker:
        with self._lock:
            if host not in self._breakers:
                limits = self.limits
                self._breakers[host] = CircuitBreaker(
                    host, limit=limits.circuit, patience=limits.patience, monotonic=self._monotonic
                )
            return self._breakers[host]


class BoundFetch:
    """The fetcher as one source sees it: relative addresses, its hosts only, redirects checked, robots.txt obeyed."""

    def __init__(self, fetcher: Fetcher, site: Site) -> None:
        self.base_url = site.base_url
        self._fetcher = fetcher
        self._site = site
        self.server_time: datetime | None = None
        """The time by the host's clock in its last answer, aware UTC, for checking ours."""

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
        try_profiles: bool = True,
    ) -> Response:
        """See `model.source.Fetch.get`."""
        conditions = _conditions(validators)
        options = self._accepting(accept, conditions)
        options = msgspec.structs.replace(
            options,
            page="html" in accept,
            conditional=bool(conditions),
            may_retry_tls=options.may_retry_tls and try_profiles,
        )
        return self._read(self._site.request(url, params), options)

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """See `model.source.Fetch.post`."""
        request = msgspec.structs.replace(self._site.request(url), body=body)
        return self._read(request, self._accepting(accept, {"Content-Type": "application/json"}))

    def _read(self, request: Request, options: RequestOptions) -> Response:
        request, response = self._followed(request, options, heed_robots=self._site.is_page_site)
        self.server_time = http_date(response.headers.get("date", "")) or self.server_time
        return Response(
            url=request.url,
            status=response.status,
            headers=response.headers,
            body=response.body if response.status == 200 else b"",
            fetched_at=self._fetcher.now(),
        )

    def attempts(self) -> tuple[TlsAttempt, ...]:
        """What the base address last answered to each TLS profile that was tried."""
        request = self._site.request(self.base_url)
        return self._fetcher.attempts(place_of(request, self._site.options))

    def probe(self, url: str, *, accept: str = "application/json") -> tuple[TlsAttempt, ...]:
        """Ask one address once with each TLS profile, at the source's pace; for people who look for the one that works."""
        request = self._site.request(url)
        self._site.check(request)
        if self._site.is_page_site:
            self._heed_robots(request)
        return self._fetcher.probe(request, self._for_host(request, self._accepting(accept)))

    def _accepting(self, accept: str, headers: Mapping[str, str] | None = None) -> RequestOptions:
        shared = self._site.options
        return msgspec.structs.replace(shared, headers={**shared.headers, "Accept": accept, **(headers or {})})

    def _for_host(self, request: Request, options: RequestOptions) -> RequestOptions:
        return msgspec.structs.replace(options, public_only=self._site.public_only(request))

    def _followed(self, request: Request, options: RequestOptions, *, heed_robots: bool) -> tuple[Request, RawResponse]:
        """The response at the end of the redirects, each of which is checked like the first address."""
        seen = [request.url]
        while True:
            self._site.check(request)
            if heed_robots:
                self._heed_robots(request)
            response = self._fetcher.ask(request, self._for_host(request, options))
            if response.redirect is None:
                return request, response
            request = self._site.redirected(request, response, seen, self._fetcher.limits.redirects)
            seen.append(request.url)

    def _heed_robots(self, request: Request) -> None:
        """Obey the host's robots.txt: its pace, and the pages it wants left alone."""
        origin = origin_of(request.url)
        rules = self._fetcher.robots.rules(origin, lambda: self._read_robots(origin))
        longest = self._fetcher.limits.longest_wait
        if rules.delay > longest:
            asked = f"{rules.delay:.0f} seconds" if rules.delay < NEVER else "a time without end"
            what = (
                f"robots.txt of {origin.host} asks for {asked} between two requests, more than the "
                f"{longest:.0f} seconds that a run can wait, so nothing was asked."
            )
            remedy = f"Set enabled = false in [sources.{self._site.source}], or ask the site for access."
            raise request.blocked(what, remedy)
        if rules.delay > 0:
            self._fetcher.queue(origin.host).slow_to(1 / rules.delay)
        if not rules.allows(request.url):
            what = f"robots.txt of {origin.host} does not allow {OUR_NAME} to read this page, so it was not asked."
            remedy = "Take the page out of `pages`, or ask the site to allow it."
            raise request.blocked(what, remedy, whole_host=False)

    def _read_robots(self, origin: Origin) -> Rules:
        """RFC 9309: without such a file (4xx) there are no rules; when it cannot be read, nothing may be asked."""
        request = Request(source=self._site.source, url=f"{origin.scheme}://{origin.host}/robots.txt")
        limits = self._fetcher.limits
        options = msgspec.structs.replace(
            self._accepting("text/plain"),
            time_limit=limits.robots_timeout,
            attempts=min(limits.attempts, ROBOTS_ATTEMPTS),
            read_bytes=READ_BYTES,
        )
        try:
            _, response = self._followed(request, options, heed_robots=False)
        except (StatusError, BlockedError) as error:
            if error.status in range(500, 600):
                what = f"robots.txt cannot be read (status {error.status}), so no page of the host was asked."
                raise request.error(TransientFetchError, what, "The next run tries again.") from error
            if error.status == 0:  # a challenge or a login, which guard the pages too
                raise
            return Rules()
        except TransientFetchError as error:
            raise _with_remedy(error, f"Without robots.txt no page of the host is asked. {error.remedy}") from error
        return Rules(response.body)


def _may_be_about_tls(response: RawResponse) -> bool:
    """Whether the TLS profile may be what was refused: a 403 from in front of the interface, and not a challenge."""
    headers, body = response.headers, response.body
    return response.status == 403 and not is_json(headers, body) and not challenge(headers, body)


def _with_attempts(refused: BlockedError, attempts: Sequence[TlsAttempt]) -> BlockedError:
    """The refusal, with what each TLS profile got."""
    return BlockedError(
        f"{refused.message} Tried: {', '.join(map(str, attempts))}.",
        remedy=f"{refused.remedy} `tls` and `user_agent` in [sources.{refused.source}] can be set by hand.",
        source=refused.source,
        url=refused.url,
        whole_host=refused.whole_host,
        status=refused.status,
    )


def _with_remedy(error: TransientFetchError, remedy: str) -> TransientFetchError:
    """The same failure for a caller who knows more of the remedy."""
    return TransientFetchError(error.message, remedy=remedy, source=error.source, url=error.url, retry_after=error.retry_after)


def _conditions(validators: Validators | None) -> dict[str, str]:
    """The headers that ask "has it changed?"; a validator that cannot be sent back as it came is left out."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and value.isascii() and value.isprintable()}
