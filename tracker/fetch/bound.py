"""The fetcher as one source sees it: its address, its hosts, its pace, and where it may be led."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from tracker.errors import BlockedError, FetchError, StatusError, TransientFetchError
from tracker.fetch.addresses import Origin, join, origin, redirected
from tracker.fetch.challenges import leads_to_login
from tracker.fetch.ladder import Attempt
from tracker.fetch.manner import Manner
from tracker.fetch.refusals import Answer, Ask, login_error
from tracker.fetch.robots import OUR_NAME, Rules
from tracker.model.source import Response, SourceInfo, TlsChoice, Validators

if TYPE_CHECKING:
    from tracker.fetch.client import Fetcher


class BoundFetch:
    """A source's view of the fetcher. Trial pages are of the open web: robots.txt is kept to, private addresses refused."""

    def __init__(
        self, fetcher: Fetcher, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice, user_agent: str | None
    ) -> None:
        self.base_url = base_url
        self._fetcher = fetcher
        self._source = info.key
        base = origin(base_url)
        self._hosts = frozenset({*(host.lower() for host in info.hosts), base.host})
        self._is_page_site = info.kind == "page"
        # A mirror or test server that the configuration names may be anywhere, this machine included; nothing else may.
        self._own = base if base.host not in info.hosts else None
        self._manner = Manner(pace=pace, tls=tls, climbs=info.tls_ladder)
        agent = fetcher.user_agent if user_agent is None else user_agent
        self._headers = {"User-Agent": agent} if agent else {}
        self.server_time: datetime | None = None
        """The time by the host's clock in its last answer, aware UTC, for whoever checks ours."""

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
    ) -> Response:
        """See `model.source.Fetch.get`."""
        conditions = _conditions(validators)
        headers = {**self._headers, "Accept": accept, **conditions}
        manner = msgspec.structs.replace(self._manner, page="html" in accept, conditional=bool(conditions))
        ask, answer = self._followed(self._asked(url, params), headers, manner, heed_robots=self._is_page_site)
        self.server_time = _http_date(answer.headers.get("date", "")) or self.server_time
        return Response(
            url=ask.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body if answer.status == 200 else b"",
            fetched_at=self._fetcher.now(),
        )

    def attempts(self) -> tuple[Attempt, ...]:
        """What the host of the base address last gave to each TLS profile that was tried."""
        return self._fetcher.attempts(origin(self.base_url).host)

    def probe(self, url: str, *, accept: str = "application/json") -> tuple[Attempt, ...]:
        """Ask one address once with each TLS profile, at the source's pace; for people who look for the one that works."""
        ask = self._asked(url)
        self._check_address(ask)
        if self._is_page_site:
            self._heed_robots(ask)
        return self._fetcher.probe(ask, {**self._headers, "Accept": accept}, self._guarded(ask, self._manner))

    def _asked(self, url: str, params: Sequence[tuple[str, str]] = ()) -> Ask:
        try:
            return Ask(source=self._source, url=join(self.base_url, url, params))
        except ValueError as error:
            unreadable = Ask(source=self._source, url=url)
            raise unreadable.error(FetchError, f"this address cannot be read ({error}).", "Correct the address.") from error

    def _followed(self, ask: Ask, headers: dict[str, str], manner: Manner, *, heed_robots: bool) -> tuple[Ask, Answer]:
        """The answer at the end of the redirects, each of them checked like the first address."""
        seen = [ask.url]
        while True:
            self._check_address(ask)
            if heed_robots:
                self._heed_robots(ask)
            answer = self._fetcher.ask(ask, headers, self._guarded(ask, manner))
            if answer.redirect is None:
                return ask, answer
            ask = Ask(source=self._source, url=self._follow(ask, answer, seen))
            seen.append(ask.url)

    def _guarded(self, ask: Ask, manner: Manner) -> Manner:
        return msgspec.structs.replace(manner, guarded=self._is_page_site and origin(ask.url) != self._own)

    def _check_address(self, ask: Ask) -> None:
        remedy = f"Addresses of {self._source} are on {', '.join(sorted(self._hosts))}."
        try:
            host = origin(ask.url).host
        except ValueError as error:
            raise ask.error(FetchError, "this is not an address that can be asked.", remedy) from error
        if host not in self._hosts:
            raise ask.error(FetchError, f"{host} is not a host of this source, so it was not asked.", remedy)
        if "@" in urlsplit(ask.url).netloc:
            raise ask.error(FetchError, "an address with a user name in it is not asked.", "Take the user name out.")

    def _follow(self, ask: Ask, answer: Answer, seen: list[str]) -> str:
        """Where the redirect leads, if we may go there: a foreign host is a login page or worse."""
        try:
            target = redirected(ask.url, answer.redirect or "")
            if leads_to_login(target) and not leads_to_login(ask.url):
                host = origin(target).host
                raise login_error(ask, f"the host leads to a login page on {host} instead (status {answer.status}).")
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

    def _heed_robots(self, ask: Ask) -> None:
        """Keep to the host's robots.txt: its pace, and what it wants left alone."""
        place = origin(ask.url)
        rules = self._fetcher.robots.rules(place, lambda: self._read_robots(place))
        longest = self._fetcher.limits.longest_wait
        if rules.delay > longest:
            what = (
                f"robots.txt of {place.host} asks for {rules.delay:.0f} seconds between two requests, more than the "
                f"{longest:.0f} that a run keeps to, so nothing was asked."
            )
            raise ask.error(BlockedError, what, f"Set enabled = false in [sources.{self._source}], or ask the site for access.")
        if rules.delay > 0:
            self._fetcher.lane(place.host).slow_to(1 / rules.delay)
        if not rules.allows(ask.url):
            what = f"robots.txt of {place.host} does not allow {OUR_NAME} to read this page, so it was not asked."
            refused = ask.error(BlockedError, what, "Take the page out of `pages`, or ask the site to allow it.")
            refused.whole_host = False
            raise refused

    def _read_robots(self, place: Origin) -> Rules:
        """RFC 9309: no rules where there is no such file (4xx); where it cannot be read, nothing may be asked."""
        ask = Ask(source=self._source, url=f"{place.scheme}://{place.host}/robots.txt")
        try:
            _, answer = self._followed(ask, {**self._headers, "Accept": "text/plain"}, self._manner, heed_robots=False)
        except (StatusError, BlockedError) as error:
            if error.status in range(500, 600):
                what = f"robots.txt cannot be read (status {error.status}), so no page of the host was asked."
                raise ask.error(TransientFetchError, what, "The next run tries again.") from error
            if error.status == 0:  # a challenge or a login, which stand before the pages too
                raise
            return Rules()
        except TransientFetchError as error:
            error.remedy = f"Without robots.txt no page of the host is asked. {error.remedy}"
            raise
        return Rules(answer.body)


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def _conditions(validators: Validators | None) -> dict[str, str]:
    """The headers that ask "has it changed?"; a validator that cannot be sent back as it came is left out."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and value.isascii() and value.isprintable()}
