"""The fetcher itself. The only file that imports httpx, so that its maintained fork is a one-line change."""

from __future__ import annotations

import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from types import TracebackType

import httpx

from tracker import clock, log
from tracker.errors import FetchError, StatusError, TooLargeError, TransientFetchError
from tracker.fetch.addresses import Origin, join, origin, redirected, without_login
from tracker.fetch.deadline import Deadline
from tracker.fetch.decoding import ACCEPT_ENCODING, DecodeErrors, decoded
from tracker.fetch.limits import MIB, Limits
from tracker.fetch.pace import Lane
from tracker.fetch.refusals import Answer, Ask, refusal
from tracker.fetch.tls import ssl_context
from tracker.model.source import Response, SourceInfo, Validators

_LOG = log.get(__name__)
_REFUSAL_BYTES = 64 * 1024  # of an answer that is refused anyway, enough to quote its first words
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
_UNASKABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def user_agent(contact: str, version: str) -> str:
    """Who we are: project, version, and how to reach the person who runs it (an e-mail or web address; may be empty)."""
    name = f"trial-registry-tracker/{version}"
    reach = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in " ()")
    if not reach:
        return name
    return f"{name} (+{reach})" if "://" in reach or reach.startswith("mailto:") else f"{name} (+mailto:{reach})"


class Fetcher:
    """One client for a run: connections, pace and limits shared by all sources. A context manager; safe across threads.

    ``transport`` replaces the network (the test transport), ``sleep``, ``monotonic`` and ``now`` the time.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        transport: httpx.BaseTransport | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sleep: Callable[[float], None] = clock.sleep,
        monotonic: Callable[[], float] = clock.monotonic,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.limits = limits
        self.now = now
        self._sleep = sleep
        self._monotonic = monotonic
        self._lanes: dict[str, Lane] = {}
        self._lanes_lock = threading.Lock()
        self._sockets: dict[Origin, socket.socket] = {}
        self._client = httpx.Client(
            headers={"User-Agent": user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            transport=transport,
            verify=True if transport is not None else ssl_context(),
            # a loopback server (tests, the demo) is never reached through the proxy of the environment
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
            timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
            follow_redirects=False,
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def bind(self, info: SourceInfo, *, base_url: str, pace: float) -> BoundFetch:
        """The fetcher as one source sees it; ``pace`` is in requests a second. Satisfies `model.source.Fetch`."""
        return BoundFetch(self, info, base_url=base_url, pace=pace)

    def lane(self, host: str) -> Lane:
        """The one queue for a host."""
        with self._lanes_lock:
            if host not in self._lanes:
                self._lanes[host] = Lane(
                    host, longest_wait=self.limits.longest_wait, sleep=self._sleep, monotonic=self._monotonic
                )
            return self._lanes[host]

    def ask(self, ask: Ask, headers: dict[str, str], *, pace: float, conditional: bool) -> Answer:
        """One address, tried again while that makes sense; gives an answer that can be used or followed."""
        lane = self.lane(origin(ask.url).host)
        lane.slow_to(pace)
        attempt = 0
        while True:
            attempt += 1
            try:
                with lane.turn(ask):
                    answer = self._once(ask, headers)
                refused = refusal(ask, answer, conditional=conditional, now=self.now())
                if refused is not None:
                    raise refused
            except TransientFetchError as error:
                self._hold(lane, attempt, error)
            else:
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

    def _once(self, ask: Ask, headers: dict[str, str]) -> Answer:
        with Deadline(self._sockets, origin(ask.url), self.limits.total_timeout) as deadline:
            try:
                with self._client.stream("GET", ask.url, headers=headers, extensions={"trace": deadline.trace}) as response:
                    body = self._body(ask, response, deadline)
            except _LOST as error:
                if deadline.passed:
                    raise self._too_slow(ask) from error
                raise _lost(ask, error) from error
            except _UNASKABLE as error:
                raise ask.error(FetchError, f"this cannot be asked for ({error}).", "Correct the address.") from error
        _LOG.debug(log.pairs("fetch", source=ask.source, status=response.status_code, bytes=len(body)))
        return Answer(status=response.status_code, headers=dict(response.headers.items()), body=body)

    def _body(self, ask: Ask, response: httpx.Response, deadline: Deadline) -> bytes:
        """The unpacked body within the cap; what is refused anyway is only read as far as it will be quoted."""
        wanted = response.status_code == 200
        cap = self.limits.max_bytes if wanted else _REFUSAL_BYTES
        announced = response.headers.get("content-length", "")
        if wanted and announced.isascii() and announced.isdigit() and int(announced[:18]) > cap:
            raise self._too_large(ask)
        body = bytearray()
        try:
            for piece in decoded(self._wire(ask, response, deadline), response.headers.get("content-encoding", "")):
                body += piece
                if len(body) > cap:
                    if wanted:
                        raise self._too_large(ask)
                    break
        except DecodeErrors as error:
            if wanted:
                raise ask.error(TransientFetchError, f"the compressed body arrived damaged ({error}).") from error
        except LookupError as error:
            if wanted:
                raise ask.error(FetchError, f"the body is packed as {error}, which was not asked for.") from error
        if deadline.passed:
            raise self._too_slow(ask)
        return bytes(body)

    def _wire(self, ask: Ask, response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
        """The bytes as they come, counted: httpx would unpack them without bounds."""
        received = 0
        assert isinstance(response.stream, httpx.SyncByteStream)
        for chunk in response.stream:
            received += len(chunk)
            if received > self.limits.max_bytes:
                raise self._too_large(ask)
            if deadline.passed:
                raise self._too_slow(ask)
            yield chunk

    def _too_large(self, ask: Ask) -> TooLargeError:
        return ask.error(TooLargeError, f"the answer is larger than {self.limits.max_bytes / MIB:g} MiB and was dropped.")

    def _too_slow(self, ask: Ask) -> TooLargeError:
        return ask.error(TooLargeError, f"the answer took longer than {self.limits.total_timeout:g} s and was dropped.")


class BoundFetch:
    """A source's view of the fetcher: its address, its hosts, its pace."""

    def __init__(self, fetcher: Fetcher, info: SourceInfo, *, base_url: str, pace: float) -> None:
        self.base_url = base_url
        self._fetcher = fetcher
        self._source = info.key
        self._hosts = frozenset({*(host.lower() for host in info.hosts), origin(base_url).host})
        self._pace = pace

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
    ) -> Response:
        """See `model.source.Fetch.get`."""
        ask = Ask(source=self._source, url=join(self.base_url, url, params))
        self._check_address(ask)
        conditions = _conditions(validators)
        headers = {"Accept": accept, **conditions}
        seen = [ask.url]
        while True:
            answer = self._fetcher.ask(ask, headers, pace=self._pace, conditional=bool(conditions))
            if answer.redirect is None:
                break
            ask = Ask(source=self._source, url=self._follow(ask, answer, seen))
            seen.append(ask.url)
        return Response(
            url=without_login(ask.url),
            status=answer.status,
            headers=answer.headers,
            body=answer.body if answer.status == 200 else b"",
            fetched_at=self._fetcher.now(),
        )

    def _check_address(self, ask: Ask) -> None:
        remedy = f"Addresses of {self._source} are on {', '.join(sorted(self._hosts))}."
        try:
            host = origin(ask.url).host
        except ValueError as error:
            raise ask.error(FetchError, "this is not an address that can be asked.", remedy) from error
        if host not in self._hosts:
            raise ask.error(FetchError, f"{host} is not a host of this source, so it was not asked.", remedy)

    def _follow(self, ask: Ask, answer: Answer, seen: list[str]) -> str:
        """Where the redirect leads, if we may go there: a foreign host is a login page or worse."""
        try:
            target = redirected(ask.url, answer.redirect or "")
            if origin(target).host not in self._hosts:
                raise ValueError(f"it leads away to {origin(target).host}")
            if target in seen:
                raise ValueError("it leads in a circle")
            if len(seen) > self._fetcher.limits.redirects:
                raise ValueError(f"it is the last of {len(seen)}")
        except ValueError as reason:
            refused = ask.error(StatusError, f"the redirect (status {answer.status}) was not followed: {reason}.")
            refused.status = answer.status
            raise refused from reason
        return target


def _conditions(validators: Validators | None) -> dict[str, str]:
    """The headers that ask "has it changed?"; a validator that cannot be sent back as it came is left out."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and value.isascii() and value.isprintable()}


def _lost(ask: Ask, error: Exception) -> FetchError:
    """Timeouts and broken connections may be over next time; a certificate that is not trusted will not be."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = "Check the clock and the certificates of this machine (ca-certificates, SSL_CERT_FILE)."
            return ask.error(FetchError, f"the host's certificate is not trusted ({cause.verify_message}).", remedy)
        cause = cause.__cause__ or cause.__context__
    what = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection failed"
    return ask.error(TransientFetchError, f"{what} ({str(error) or type(error).__name__}).")
