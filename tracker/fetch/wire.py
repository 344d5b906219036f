"""One request over the network, within its caps.

The only file that imports httpx, so that its maintained fork is a one-line change.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from tracker import log
from tracker.errors import FetchError, TooLargeError, TransientFetchError
from tracker.fetch.addresses import DEFAULT_PORTS, Origin, origin
from tracker.fetch.deadline import Deadline
from tracker.fetch.decoding import ACCEPT_ENCODING, DecodeErrors, decoded
from tracker.fetch.guard import Guard, PrivateAddressError
from tracker.fetch.limits import MIB, Limits
from tracker.fetch.proxies import proxy_for
from tracker.fetch.refusals import Answer, Ask
from tracker.fetch.tls import ssl_context
from tracker.model.source import TlsProfile

Transport = httpx.BaseTransport
"""What may stand in for the network."""

_LOG = log.get(__name__)
_REFUSAL_BYTES = 64 * 1024  # of an answer that is refused anyway, enough to quote its first words
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
_UNASKABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class ProxySettingError(Exception):
    """The proxy of the environment cannot be used; never quotes its address, which may hold a password."""


class Network(httpx.BaseTransport):
    """The real network: through the proxy of the environment, or direct; pages to judged addresses only.

    A request's extensions say how: ``profile`` is its TLS profile, ``guarded`` that the host's addresses must be public.
    Connections are kept apart by profile and, for guarded hosts, by host: two sites at one address share none.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._contexts: dict[TlsProfile, ssl.SSLContext] = {}
        self._pools: dict[tuple[TlsProfile, str | None, str], httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises PrivateAddressError and ProxySettingError besides httpx's own errors."""
        profile: TlsProfile = request.extensions["profile"]
        host, port = request.url.host, _port(request.url)
        proxy = proxy_for(request.url.scheme, host, port)
        if proxy is not None or not request.extensions["guarded"]:
            return self._pool(profile, proxy, "").handle_request(request)
        return self._pinned(request, self._pool(profile, None, host), port)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def _pinned(self, request: httpx.Request, pool: httpx.HTTPTransport, port: int) -> httpx.Response:
        """Send it to an address that was judged; Host header, server name and certificate stay those of the host."""
        host = request.url.host
        try:
            addresses = self._guard.addresses(host, port)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        failure: httpx.TransportError = httpx.ConnectError("no address could be reached")
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return pool.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        self._guard.forget(host, port)
        raise failure

    def _pool(self, profile: TlsProfile, proxy: str | None, host: str) -> httpx.HTTPTransport:
        with self._lock:
            if profile not in self._contexts:
                self._contexts[profile] = ssl_context(profile)
            context = self._contexts[profile]
            key = (profile, proxy, host)
            if key not in self._pools:
                self._pools[key] = httpx.HTTPTransport(verify=context, proxy=_proxy(proxy, context))
            return self._pools[key]


def _proxy(url: str | None, context: ssl.SSLContext) -> httpx.Proxy | None:
    if url is None:
        return None
    try:
        proxy = httpx.Proxy(url, ssl_context=context if url.startswith("https:") else None)
    except (ValueError, httpx.InvalidURL) as error:
        raise ProxySettingError("is no address of a proxy") from error
    if proxy.url.scheme.startswith("socks"):
        raise ProxySettingError("names a SOCKS proxy, which is not supported")
    return proxy


class Wire:
    """Sends requests and reads answers within the caps; names what goes wrong. Safe across threads."""

    def __init__(self, *, transport: Transport | None, guard: Guard, limits: Limits) -> None:
        self._limits = limits
        self._sockets: dict[tuple[Origin, TlsProfile], socket.socket] = {}
        self._client = httpx.Client(
            headers={"Accept-Encoding": ACCEPT_ENCODING},
            transport=transport or Network(guard),
            timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
            follow_redirects=False,
            trust_env=False,  # Network asks the environment for proxies itself
        )
        del self._client.headers["User-Agent"]  # httpx's; ours comes with each request, or none

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, ask: Ask, headers: dict[str, str], *, profile: TlsProfile, guarded: bool) -> Answer:
        """One request and its answer, whatever its status. Raises TransientFetchError, TooLargeError and FetchError."""
        place = origin(ask.url)
        with Deadline(self._sockets, (place, profile), self._limits.total_timeout) as deadline:
            extensions = {"trace": deadline.trace, "profile": profile, "guarded": guarded}
            try:
                request = self._client.build_request("GET", ask.url, headers=headers, extensions=extensions)
                _check_reading(ask, request.url)
                response = self._client.send(request, stream=True)
                try:
                    body = self._body(ask, response, deadline)
                finally:
                    response.close()
            except _LOST as error:
                if deadline.passed:
                    raise self._too_slow(ask) from error
                raise _lost(ask, error) from error
            except _UNASKABLE as error:
                raise ask.error(FetchError, f"this cannot be asked for ({error}).", "Correct the address.") from error
            except PrivateAddressError as error:
                raise _private(ask, *error.args) from error
            except ProxySettingError as error:
                remedy = "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY in the environment: http://host:port."
                raise ask.error(FetchError, f"the proxy setting of the environment {error}.", remedy) from error
        _LOG.debug(log.pairs("fetch", source=ask.source, status=response.status_code, bytes=len(body)))
        return Answer(status=response.status_code, headers=dict(response.headers.items()), body=body)

    def _body(self, ask: Ask, response: httpx.Response, deadline: Deadline[tuple[Origin, TlsProfile]]) -> bytes:
        """The unpacked body within the cap; what is refused anyway is only read as far as it will be quoted."""
        wanted = response.status_code == 200
        cap = self._limits.max_bytes if wanted else _REFUSAL_BYTES
        announced = response.headers.get("content-length", "")
        if wanted and announced.isascii() and announced.isdigit() and int(announced[:18]) > cap:
            raise self._too_large(ask)
        body = bytearray()
        try:
            for piece in decoded(self._chunks(ask, response, deadline), response.headers.get("content-encoding", "")):
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

    def _chunks(self, ask: Ask, response: httpx.Response, deadline: Deadline[tuple[Origin, TlsProfile]]) -> Iterator[bytes]:
        """The bytes as they come, counted: httpx would unpack them without bounds."""
        received = 0
        assert isinstance(response.stream, httpx.SyncByteStream)
        for chunk in response.stream:
            received += len(chunk)
            if received > self._limits.max_bytes:
                raise self._too_large(ask)
            if deadline.passed:
                raise self._too_slow(ask)
            yield chunk

    def _too_large(self, ask: Ask) -> TooLargeError:
        return ask.error(TooLargeError, f"the answer is larger than {self._limits.max_bytes / MIB:g} MiB and was dropped.")

    def _too_slow(self, ask: Ask) -> TooLargeError:
        return ask.error(TooLargeError, f"the answer took longer than {self._limits.total_timeout:g} s and was dropped.")


def _port(url: httpx.URL) -> int:
    return url.port or DEFAULT_PORTS[url.scheme]


def _check_reading(ask: Ask, url: httpx.URL) -> None:
    """An address that two readers take for two hosts is not asked: one of them checked the host, the other connects."""
    checked = urlsplit(ask.url)
    host = checked.hostname or ""
    port = checked.port or DEFAULT_PORTS[checked.scheme]
    if host.isascii() and (checked.scheme, host, port) != (url.scheme, url.raw_host.decode("ascii"), _port(url)):
        raise ask.error(FetchError, "it is not clear which host this address names.", "Correct the address.")


def _private(ask: Ask, host: str, address: str) -> FetchError:
    what = f"{host} leads to {address}, which is not an address of the public internet, so it was not asked."
    return ask.error(
        FetchError,
        what,
        f"If this is a mirror of your own, set base_url in [sources.{ask.source}] to it; if not, the site's name server or "
        "yours is not to be trusted.",
    )


def _lost(ask: Ask, error: Exception) -> FetchError:
    """Timeouts and broken connections may be over next time; a certificate that is not trusted will not be."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = "Check the clock and the certificates of this machine (ca-certificates, SSL_CERT_FILE)."
            return ask.error(FetchError, f"the host's certificate is not trusted ({cause.verify_message}).", remedy)
        cause = cause.__cause__ or cause.__context__
    what = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection failed"
    if isinstance(error, httpx.ProxyError):
        what = "the proxy of the environment refused"
    return ask.error(TransientFetchError, f"{what} ({str(error) or type(error).__name__}).")
