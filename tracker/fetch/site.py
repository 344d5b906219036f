"""The fetcher's view of one source: which addresses may be asked, how, and where a redirect may lead."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from tracker.errors import FetchError, StatusError
from tracker.fetch.addresses import Origin, full_url, origin_of, redirect_target
from tracker.fetch.challenges import leads_to_login
from tracker.fetch.exchange import RawResponse, Request, RequestOptions, login_error
from tracker.model.source import SourceInfo, TlsChoice


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One source's base address and hosts, and the options that all its requests share.

    Trial pages are part of the open web: for a page site robots.txt is obeyed and private addresses are refused. Only
    ``configured``, a mirror or test server that the configuration names, may be anywhere, this machine included.
    """

    source: str
    base_url: str
    hosts: frozenset[str]
    is_page_site: bool
    configured: Origin | None
    options: RequestOptions

    def request(self, url: str, params: Sequence[tuple[str, str]] = ()) -> Request:
        """The request for an address. Raises FetchError when it cannot be read."""
        try:
            return Request(source=self.source, url=full_url(self.base_url, url, params))
        except ValueError as error:
            unreadable = Request(source=self.source, url=url)
            raise unreadable.error(FetchError, f"this address cannot be read ({error}).", "Correct the address.") from error

    def check(self, request: Request) -> None:
        """Raise FetchError unless the address is on one of the source's hosts."""
        remedy = f"Addresses of {self.source} are on {', '.join(sorted(self.hosts))}."
        try:
            host = origin_of(request.url).host
        except ValueError as error:
            raise request.error(FetchError, "this is not an address that can be asked.", remedy) from error
        if host not in self.hosts:
            raise request.error(FetchError, f"{host} is not a host of this source, so it was not asked.", remedy)
        if "@" in urlsplit(request.url).netloc:
            raise request.error(FetchError, "an address with a user name in it is not asked.", "Take the user name out.")

    def public_only(self, request: Request) -> bool:
        """Whether the request may go to public addresses only."""
        return self.is_page_site and origin_of(request.url) != self.configured

    def redirected(self, request: Request, response: RawResponse, seen: Sequence[str], most: int) -> Request:
        """The request that a redirect leads to; ``seen`` are the addresses so far, of which ``most`` may be redirects.

        Raises BlockedError where it leads to a login page, and StatusError where it must not be followed.
        """
        if request.body is not None:
            raise _not_followed(request, response, "a question is not posted to another address")
        try:
            target = redirect_target(request.url, response.redirect or "")
        except ValueError as error:
            raise _not_followed(request, response, str(error)) from error
        host = origin_of(target).host
        if leads_to_login(target) and not leads_to_login(request.url):
            what = f"the host leads to a login page on {host} instead (status {response.status})."
            raise login_error(request, what)
        if host not in self.hosts:
            raise _not_followed(request, response, f"it leads away to {host}")
        if target in seen:
            raise _not_followed(request, response, "it leads in a circle")
        if len(seen) > most:
            raise _not_followed(request, response, f"{most} redirects were followed before it")
        return Request(source=self.source, url=target)


def site_of(info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice, user_agent: str) -> Site:
    """The site of a source with its settings; an empty ``user_agent`` sends none. Raises ValueError for a bad base address."""
    base = origin_of(base_url)
    return Site(
        source=info.key,
        base_url=base_url,
        hosts=frozenset({*(host.lower() for host in info.hosts), base.host}),
        is_page_site=info.kind == "page",
        configured=base if base.host not in info.hosts else None,
        options=RequestOptions(
            pace=pace,
            headers={"User-Agent": user_agent} if user_agent else {},
            tls=tls,
            may_retry_tls=info.tls_profiles_may_help,
            interface=sum(1 for step in urlsplit(base_url).path.split("/") if step),
        ),
    )


def place_of(request: Request, options: RequestOptions) -> str:
    """The host and the interface that a request is for: as many steps of its path as the source's base address has."""
    steps = [step for step in urlsplit(request.url).path.split("/") if step][: options.interface]
    return "/".join((origin_of(request.url).host, *steps))


def _not_followed(request: Request, response: RawResponse, why: str) -> StatusError:
    what = f"the redirect (status {response.status}) was not followed: {why}."
    return request.unwelcome(what, status=response.status)
