"""What stands before everything that is served: the host meant, who may read, and how long a request may be."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracker.config.settings import Web
from tracker.deliver.stop_links import PATH
from tracker.web.refusals import PROBLEM_TYPE, Refusal, is_api, problem

LONGEST_PATH = 1_000
LONGEST_QUERY = 2_000
MOST_HEADERS = 100
LONGEST_HEADERS = 16_384
"""Bytes of all headers of a request."""
FEEDS = (".atom", ".ics")
"""Addresses that feed readers and calendars ask for: these send no header, so a key in the address opens them."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = (
    ("content-security-policy", POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""What keeps a browser safe; the server adds these to all that it sends, also where it refuses before the guard is asked."""
_OPEN = frozenset({"/robots.txt", PATH})
"""Addresses that hold nothing of what is kept; the links that stop messages are signed."""

_ASK = (b"www-authenticate", b'Basic realm="tracker", charset="UTF-8"')

ErrorPage = Callable[[int, str], bytes]
"""A page for people that says why there is no answer."""


def feed_key(token: str) -> str:
    """The key that opens feeds and calendars, and nothing else: the token cannot be learnt from it."""
    return hmac.new(token.encode(), b"feeds and calendars", hashlib.sha256).hexdigest()[:32]


class Guard:
    """Lets a request through to ``app``, or answers it. ``web`` gives the settings as they are now."""

    def __init__(self, app: ASGIApp, web: Callable[[], Web], error_page: ErrorPage) -> None:
        self._app, self._web, self._error_page = app, web, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        web = self._web()
        guarded = _with_headers(send, public=web.public)
        scope = _in_origin_form(scope)
        try:
            _require_sane(scope)
            _require_host(scope, web)
            if scope["path"] not in _OPEN and not scope["path"].startswith("/static/"):
                _require_reader(scope, web)
        except Refusal as refusal:
            await self._refuse(scope, guarded, refusal)
            return
        await self._app(scope, receive, guarded)

    async def _refuse(self, scope: Scope, send: Send, refusal: Refusal) -> None:
        api = is_api(scope["path"])
        body = (problem if api else self._error_page)(refusal.status, refusal.detail)
        kind = PROBLEM_TYPE if api else "text/html; charset=utf-8"
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        headers += [_ASK] if refusal.status == 401 else []
        headers += [(b"allow", b"GET, HEAD")] if refusal.status == 405 else []
        headers += [(b"connection", b"close")] if refusal.status in (405, 413, 414, 431) else []
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _with_headers(send: Send, *, public: bool) -> Send:
    """Sending with the headers that each answer has."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [] if public else [(b"x-robots-tag", b"noindex, nofollow")]
            given = list(message.get("headers", []))
            if not any(name.lower() == b"cache-control" for name, _ in given):
                own.append((b"cache-control", b"no-cache" if public else b"private, no-cache"))
            message = {**message, "headers": [*given, *own]}
        await send(message)

    return guarded


def _in_origin_form(scope: Scope) -> Scope:
    """A request whose target is a whole address (RFC 9112, 3.2.2): the host in it is meant, whatever the header says."""
    if not scope["path"].lower().startswith(("http://", "https://")):
        return scope
    host, _, path = scope["path"].partition("://")[2].partition("/")
    raw = (scope.get("raw_path") or b"").partition(b"://")[2].partition(b"/")[2]
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "path": f"/{path}", "raw_path": b"/" + raw, "headers": [*headers, (b"host", host.encode())]}


def _require_sane(scope: Scope) -> None:
    """Raise Refusal for a request that is too long, has a body, or would change something."""
    if len(scope.get("raw_path") or scope["path"].encode()) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
        raise Refusal(414, "This address is longer than any here.")
    if "\0" in scope["path"]:
        raise Refusal(404, "Nothing is at this address.")
    if b"%00" in scope["query_string"] or b"\0" in scope["query_string"]:
        raise Refusal(400, "There is a character in this address that no text has.")
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
        raise Refusal(431, "This request has more headers than any browser sends.")
    if scope["path"] == PATH and scope["method"] == "POST":
        return  # its page reads no more of the form than it has
    if scope["method"] not in ("GET", "HEAD"):
        raise Refusal(405, "Nothing can be changed here: these pages are only read.")
    if _header(scope, b"transfer-encoding") or (_header(scope, b"content-length") or "0").strip() != "0":
        raise Refusal(413, "A request here has no body.")


def _require_host(scope: Scope, web: Web) -> None:
    """Raise Refusal unless this site or this machine is meant: another site's name may have been pointed at this address."""
    if _count(scope, b"host") > 1:
        raise Refusal(400, "This request names several hosts.")
    host = host_of(_header(scope, b"host") or "")
    if not host or not (is_loopback(host) or host == urlsplit(web.url).hostname):
        raise Refusal(421, "This host is not served here. The address that is belongs into [web] url of the configuration.")


def host_of(authority: str) -> str:
    """The host of a ``Host`` header, without port; empty for what is none."""
    try:
        parts = urlsplit(f"//{authority}")
        named = parts.hostname or ""
        return "" if parts.username or parts.path or parts.query or parts.fragment or parts.port == 0 else named.rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return _address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _require_reader(scope: Scope, web: Web) -> None:
    """Raise Refusal unless whoever asks may read: by the token, by a feed's key, or by the word of the trusted proxy."""
    if web.token is None and web.trusted_proxy is None:
        return
    if web.trusted_proxy and _let_in_by_proxy(scope, web):
        return
    if web.token is None:
        raise Refusal(403, "These pages are read through the proxy that knows its users.")
    if _token_given(scope, web.token):
        return
    if scope["path"].endswith(FEEDS):
        given = parse_qs(scope["query_string"].decode("ascii", "replace")).get("key", [""])
        if len(given) == 1 and _same(given[0], feed_key(web.token)):
            return
    raise Refusal(401, "These pages need the token that [web] token of the configuration names, as the password.")


def _let_in_by_proxy(scope: Scope, web: Web) -> bool:
    proxy, client = web.trusted_proxy, scope.get("client")
    if proxy is None or not client:
        return False
    try:
        same = _address(client[0]) == _address(proxy.address)
    except ValueError:
        return False
    return same and bool((_header(scope, proxy.header.lower().encode()) or "").strip())


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; one of IPv4 that comes in the form of IPv6, as on a socket for both, is the IPv4 address."""
    found = ipaddress.ip_address(text)
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def _token_given(scope: Scope, token: str) -> bool:
    scheme, _, given = (_header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return _same(given.strip(), token)
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(given.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return False
        return _same(decoded.partition(":")[2], token)
    return False


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _count(scope: Scope, name: bytes) -> int:
    return sum(key == name for key, _ in scope["headers"])
