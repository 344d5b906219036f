"""One request over the network, within its caps: time, bytes on the wire, bytes unpacked.

The only file that imports httpx, so that moving to its maintained fork is a one-line change.
"""

from __future__ import annotations

import io
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import msgspec

from tracker import log
from tracker.errors import FetchError, TooLargeError, TransientFetchError
from tracker.fetch.addresses import DEFAULT_PORTS, PrivateAddressError, SsrfGuard, origin_of, proxy_for
from tracker.fetch.exchange import RawResponse, Request, RequestOptions
from tracker.fetch.tls import ssl_context
from tracker.fetch.transfer import Sockets, Speed, TooSlow, Transfer
from tracker.fetch.unpacking import DecodeErrors, decoded
from tracker.model.source import TlsProfile
from tracker.stopping import Ending

Transport = httpx.BaseTransport
"""What may stand in for the network."""

MIB = 1024 * 1024

_LOG = log.get(__name__)
_ACCEPT_ENCODING = "gzip, zstd"
_REFUSAL_BYTES = 64 * 1024  # of a body that is refused anyway, enough to quote its first words
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
_UNASKABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on what one answer may cost. Sizes are in bytes, times in seconds.

    ``max_bytes`` bounds the body twice: as it comes over the wire and unpacked. ``read_timeout`` is the longest silence
    within an answer, ``total_timeout`` the longest a single try may take from the look-up of the name to the last byte. A try
    that brings less than ``least_speed`` bytes a second ends after ``slow_after``.
    ``attempts`` counts the first try. ``longest_wait`` is the longest Retry-After that a run waits for, and the longest
    Crawl-delay that it respects. After ``circuit`` consecutive failed requests, or ``patience`` seconds of tries without any
    answer, a host is not asked again in the run. ``robots_timeout`` bounds each try for a robots.txt.
    """

    max_bytes: int = 64 * MIB
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    total_timeout: float = 300.0
    slow_after: float = 30.0
    least_speed: float = 8 * 1024
    attempts: int = 4
    longest_wait: float = 120.0
    redirects: int = 5
    circuit: int = 5
    patience: float = 45.0
    robots_timeout: float = 20.0


class ProxySettingError(Exception):
    """The proxy of the environment cannot be used; never quotes its address, which may hold a password."""


class Network(httpx.BaseTransport):
    """The real network: through the proxy of the environment, or direct; pages to checked addresses only.

    A request's extensions say how: ``profile`` is its TLS profile, ``public_only`` that the host must resolve to public
    addresses. Connections are kept apart by profile and, for page hosts, by host: two sites at one address share none.
    """

    def __init__(self, guard: SsrfGuard) -> None:
        self._guard = guard
        self._contexts: dict[TlsProfile, ssl.SSLContext] = {}
        self._pools: dict[tuple[TlsProfile, str | None, str], httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises PrivateAddressError and ProxySettingError besides httpx's own errors."""
        profile: TlsProfile = request.extensions["profile"]
        host, port = request.url.host, _port(request.url)
        proxy = proxy_for(request.url.scheme, host, port)
        if proxy is not None or not request.extensions["public_only"]:
            return self._pool(profile, proxy, "").handle_request(request)
        return self._pinned(request, self._pool(profile, None, host), port)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def _pinned(self, request: httpx.Request, pool: httpx.HTTPTransport, port: int) -> httpx.Response:
        """Send it to a checked address; Host header, server name and certificate stay those of the host."""
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
        raise ProxySettingError("is not the address of a proxy") from error
    if proxy.url.scheme.startswith("socks"):
        raise ProxySettingError("names a SOCKS proxy, which is not supported")
    return proxy


class Wire:
    """Sends requests and reads answers within the caps; names what goes wrong. Safe across threads."""

    def __init__(self, *, transport: Transport | None, guard: SsrfGuard, limits: Limits, ending: Ending) -> None:
        self._limits = limits
        self._ending = ending
        self._sockets: Sockets = {}
        self._client = httpx.Client(
            headers={"Accept-Encoding": _ACCEPT_ENCODING},
            transport=transport or Network(guard),
            timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
            follow_redirects=False,
            trust_env=False,  # Network asks the environment for proxies itself
        )
        del self._client.headers["User-Agent"]  # httpx's; ours comes with each request, or none

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, request: Request, options: RequestOptions, profile: TlsProfile, patience: float) -> RawResponse:
        """One request and its response, whatever its status; ``patience`` is how long the host may still be silent.

        Raises TransientFetchError, TooLargeError and FetchError; StoppedError and PassLimitError when the pass is to end.
        """
        limits = self._limits
        speed = Speed(
            least=limits.least_speed,
            slow_after=min(limits.slow_after, patience, options.time_limit),
            longest=min(limits.total_timeout, options.time_limit),
        )
        transfer = Transfer[RawResponse](self._sockets, (origin_of(request.url), profile), speed)
        try:
            response = transfer.run(lambda: self._exchange(request, options, profile, transfer), self._ending)
        except TooSlow as error:
            what = f"too slow: the host sent {error.received:,} bytes in {error.seconds:.0f} s, and the answer was dropped."
            raise request.error(TransientFetchError, what) from error
        except _LOST as error:
            raise _lost(request, error) from error
        except _UNASKABLE as error:
            raise request.error(FetchError, f"this cannot be asked for ({error}).", "Correct the address.") from error
        except PrivateAddressError as error:
            raise _private(request, *error.args) from error
        except ProxySettingError as error:
            remedy = "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY in the environment: http://host:port."
            raise request.error(FetchError, f"the proxy setting of the environment {error}.", remedy) from error
        _LOG.debug(log.pairs("fetch", source=request.source, status=response.status, bytes=len(response.body)))
        return response

    def _exchange(
        self, request: Request, options: RequestOptions, profile: TlsProfile, transfer: Transfer[RawResponse]
    ) -> RawResponse:
        extensions = {"trace": transfer.trace, "profile": profile, "public_only": options.public_only}
        outgoing = self._client.build_request(
            request.method, request.url, headers=options.headers, content=request.body, extensions=extensions
        )
        _check_reading(request, outgoing.url)
        response = self._client.send(outgoing, stream=True)
        try:
            body = self._body(request, options, response, transfer)
        finally:
            response.close()
        return RawResponse(status=response.status_code, headers=dict(response.headers.items()), body=body)

    def _body(
        self, request: Request, options: RequestOptions, response: httpx.Response, transfer: Transfer[RawResponse]
    ) -> bytes:
        """The unpacked body within the cap; a refused one is read only as far as it will be quoted."""
        wanted = response.status_code == 200
        cap = (options.read_bytes or self._limits.max_bytes) if wanted else _REFUSAL_BYTES
        whole = wanted and options.read_bytes is None
        announced = response.headers.get("content-length", "")
        if whole and announced.isascii() and announced.isdigit() and int(announced[:18]) > cap:
            raise self._too_large(request)
        body = io.BytesIO()  # hands out what it holds without a copy
        try:
            for piece in decoded(self._chunks(request, response, transfer), response.headers.get("content-encoding", "")):
                if body.tell() + len(piece) > cap:
                    if whole:
                        raise self._too_large(request)
                    body.write(piece[: cap - body.tell()])
                    break
                body.write(piece)
        except DecodeErrors as error:
            if wanted:
                raise request.error(TransientFetchError, f"the compressed body arrived damaged ({error}).") from error
        except LookupError as error:
            if wanted:
                raise request.error(FetchError, f"the body is packed as {error}, which was not asked for.") from error
        return body.getvalue()

    def _chunks(self, request: Request, response: httpx.Response, transfer: Transfer[RawResponse]) -> Iterator[bytes]:
        """The bytes as they come, counted: httpx would unpack them without bounds."""
        assert isinstance(response.stream, httpx.SyncByteStream)
        for chunk in response.stream:
            transfer.received += len(chunk)
            if transfer.received > self._limits.max_bytes:
                raise self._too_large(request)
            if transfer.left:
                return
            yield chunk

    def _too_large(self, request: Request) -> TooLargeError:
        return request.error(TooLargeError, f"the answer is larger than {self._limits.max_bytes / MIB:g} MiB and was dropped.")


# --- what went wrong ------------------------------------------------------------------------------------------------


def _port(url: httpx.URL) -> int:
    return url.port or DEFAULT_PORTS[url.scheme]


def _check_reading(request: Request, url: httpx.URL) -> None:
    """Refuse an address that urllib, which checked its host, and httpx, which connects, read differently."""
    checked = urlsplit(request.url)
    host = checked.hostname or ""
    port = checked.port or DEFAULT_PORTS[checked.scheme]
    if host.isascii() and (checked.scheme, host, port) != (url.scheme, url.raw_host.decode("ascii"), _port(url)):
        raise request.error(FetchError, "it is not clear which host this address names.", "Correct the address.")


def _private(request: Request, host: str, address: str) -> FetchError:
    what = f"{host} leads to {address}, which is not an address of the public internet, so it was not asked."
    return request.error(
        FetchError,
        what,
        f"If this is a mirror of your own, set base_url in [sources.{request.source}] to it; if not, the site's name server or "
        "yours is not to be trusted.",
    )


def _lost(request: Request, error: Exception) -> FetchError:
    """Timeouts and broken connections may pass; an untrusted certificate will not."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = "Check the clock and the certificates of this machine (ca-certificates, SSL_CERT_FILE)."
            return request.error(FetchError, f"the host's certificate is not trusted ({cause.verify_message}).", remedy)
        cause = cause.__cause__ or cause.__context__
    what = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection failed"
    if isinstance(error, httpx.ProxyError):
        what = "the proxy of the environment refused"
    return request.error(TransientFetchError, f"{what} ({str(error) or type(error).__name__}).")
