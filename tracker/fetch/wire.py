"""One request over the network, within its caps: time, bytes on the wire, bytes unpacked.

The only file that imports httpx, so that moving to its maintained fork is a one-line change.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import msgspec

from tracker import log
from tracker.errors import FetchError, TooLargeError, TransientFetchError
from tracker.fetch.addresses import DEFAULT_PORTS, Origin, PrivateAddressError, SsrfGuard, origin_of, proxy_for
from tracker.fetch.exchange import RawResponse, Request, RequestOptions
from tracker.fetch.tls import ssl_context
from tracker.model.source import TlsProfile

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

Transport = httpx.BaseTransport
"""What may stand in for the network."""

MIB = 1024 * 1024
PIECE = 64 * 1024
DecodeErrors = (zlib.error, ZstdError, EOFError)
"""What `decoded` raises for a damaged body; EOFError when it ends early."""

_LOG = log.get(__name__)
_ACCEPT_ENCODING = "gzip, zstd"
_REFUSAL_BYTES = 64 * 1024  # of a body that is refused anyway, enough to quote its first words
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
_UNASKABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
_ZSTD_OPTIONS: dict[int, int] = {DecompressionParameter.window_log_max: 23}  # RFC 9659: at most 8 MiB over HTTP

_NOT_PACKED = frozenset(
    {
        *("", "identity", "none", "null", "off", "plain", "text", "raw", "binary", "7bit", "8bit", "chunked"),
        *("utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "unicode"),
        *("application/json", "text/html", "text/plain", "text/xml"),
    }
)
"""What stands as Content-Encoding although the body is plain: character sets, words of mail, and "none"."""

ConnectionKey = tuple[Origin, TlsProfile]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on what one answer may cost. Sizes are in bytes, times in seconds.

    ``max_bytes`` bounds the body twice: as it comes over the wire and unpacked. ``read_timeout`` is the longest silence
    within an answer, ``total_timeout`` the longest a single try may take from connecting to the last byte.
    ``attempts`` counts the first try. ``longest_wait`` is the longest Retry-After that a run waits for, and the longest
    Crawl-delay that it respects. After ``circuit`` consecutive failed requests a host is not asked again in the run.
    """

    max_bytes: int = 64 * MIB
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    total_timeout: float = 300.0
    attempts: int = 4
    longest_wait: float = 120.0
    redirects: int = 5
    circuit: int = 5


class TransferTimeout:
    """Closes the connection known as ``key`` after so many seconds, unless the ``with`` block ends before.

    A read timeout only bounds the silence between two bytes: a server that sends one now and then, in the header or in
    the body, would hold a host's queue for ever. ``sockets`` outlives one request: a kept-alive connection reports its
    socket only to the request that opened it.
    """

    def __init__(self, sockets: MutableMapping[ConnectionKey, socket.socket], key: ConnectionKey, seconds: float) -> None:
        self.passed = False
        self._sockets = sockets
        self._key = key
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> TransferTimeout:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()

    def trace(self, name: str, info: Mapping[str, object]) -> None:
        """The hook for httpx's ``trace`` extension: notes the socket of each new connection."""
        if name.endswith(_CONNECTED):
            stream = info["return_value"]
            self._sockets[self._key] = stream.get_extra_info("socket")  # type: ignore[attr-defined]  # httpcore's stream

    def _end(self) -> None:
        self.passed = True
        connection = self._sockets.get(self._key)
        if connection is not None:
            with suppress(OSError):  # already closed
                # not SSLSocket.shutdown: it would take the TLS layer away from under the thread that is reading
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


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

    def __init__(self, *, transport: Transport | None, guard: SsrfGuard, limits: Limits) -> None:
        self._limits = limits
        self._sockets: dict[ConnectionKey, socket.socket] = {}
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

    def send(self, request: Request, options: RequestOptions, profile: TlsProfile) -> RawResponse:
        """One request and its response, whatever its status. Raises TransientFetchError, TooLargeError and FetchError."""
        key = (origin_of(request.url), profile)
        with TransferTimeout(self._sockets, key, self._limits.total_timeout) as timeout:
            extensions = {"trace": timeout.trace, "profile": profile, "public_only": options.public_only}
            try:
                outgoing = self._client.build_request("GET", request.url, headers=options.headers, extensions=extensions)
                _check_reading(request, outgoing.url)
                response = self._client.send(outgoing, stream=True)
                try:
                    body = self._body(request, response, timeout)
                finally:
                    response.close()
            except _LOST as error:
                if timeout.passed:
                    raise self._too_slow(request) from error
                raise _lost(request, error) from error
            except _UNASKABLE as error:
                raise request.error(FetchError, f"this cannot be asked for ({error}).", "Correct the address.") from error
            except PrivateAddressError as error:
                raise _private(request, *error.args) from error
            except ProxySettingError as error:
                remedy = "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY in the environment: http://host:port."
                raise request.error(FetchError, f"the proxy setting of the environment {error}.", remedy) from error
        _LOG.debug(log.pairs("fetch", source=request.source, status=response.status_code, bytes=len(body)))
        return RawResponse(status=response.status_code, headers=dict(response.headers.items()), body=body)

    def _body(self, request: Request, response: httpx.Response, timeout: TransferTimeout) -> bytes:
        """The unpacked body within the cap; a refused one is read only as far as it will be quoted."""
        wanted = response.status_code == 200
        cap = self._limits.max_bytes if wanted else _REFUSAL_BYTES
        announced = response.headers.get("content-length", "")
        if wanted and announced.isascii() and announced.isdigit() and int(announced[:18]) > cap:
            raise self._too_large(request)
        body = bytearray()
        try:
            for piece in decoded(self._chunks(request, response, timeout), response.headers.get("content-encoding", "")):
                body += piece
                if len(body) > cap:
                    if wanted:
                        raise self._too_large(request)
                    break
        except DecodeErrors as error:
            if wanted:
                raise request.error(TransientFetchError, f"the compressed body arrived damaged ({error}).") from error
        except LookupError as error:
            if wanted:
                raise request.error(FetchError, f"the body is packed as {error}, which was not asked for.") from error
        if timeout.passed:
            raise self._too_slow(request)
        return bytes(body)

    def _chunks(self, request: Request, response: httpx.Response, timeout: TransferTimeout) -> Iterator[bytes]:
        """The bytes as they come, counted: httpx would unpack them without bounds."""
        received = 0
        assert isinstance(response.stream, httpx.SyncByteStream)
        for chunk in response.stream:
            received += len(chunk)
            if received > self._limits.max_bytes:
                raise self._too_large(request)
            if timeout.passed:
                raise self._too_slow(request)
            yield chunk

    def _too_large(self, request: Request) -> TooLargeError:
        return request.error(TooLargeError, f"the answer is larger than {self._limits.max_bytes / MIB:g} MiB and was dropped.")

    def _too_slow(self, request: Request) -> TooLargeError:
        return request.error(TooLargeError, f"the answer took longer than {self._limits.total_timeout:g} s and was dropped.")


# --- unpacking ------------------------------------------------------------------------------------------------------


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decoded(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The unpacked body in pieces of at most `PIECE` bytes (plain bodies in the chunks they came in).

    httpx unpacks a whole network read at once, and sixty kilobytes of zstd can hold gigabytes; here the caller can stop at
    its cap with flat memory. ``coding`` is the Content-Encoding; words of it that name no packing, as servers write them, are
    passed over. Raises LookupError for one we do not know, and one of `DecodeErrors`.
    """
    named = [word for part in coding.lower().split(",") if (word := part.strip()) not in _NOT_PACKED]
    match ", ".join(named):
        case "":
            return iter(chunks)
        case "gzip" | "x-gzip":
            return _pieces(chunks, _gzip, magic=b"\x1f")
        case "deflate":
            return _pieces(chunks, _deflate, magic=None)
        case "zstd":
            return _pieces(chunks, _zstd, magic=b"\x28")
    raise LookupError(coding)


def _gzip(_data: bytes) -> _Unpacker:
    return zlib.decompressobj(31)


def _zstd(_data: bytes) -> _Unpacker:
    return ZstdDecompressor(options=_ZSTD_OPTIONS)


def _deflate(data: bytes) -> _Unpacker:
    """Servers use the name for zlib's format and for bare deflate; zlib's first two bytes are a multiple of 31."""
    wrapped = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.decompressobj(15 if wrapped else -15)


def _pieces(chunks: Iterable[bytes], start: Callable[[bytes], _Unpacker], magic: bytes | None) -> Iterator[bytes]:
    """``magic`` starts a further member or frame; other bytes after the end are padding and ignored."""
    unpacker: _Unpacker | None = None
    for chunk in chunks:
        data, piece = chunk, b""
        while data or len(piece) == PIECE:
            if unpacker is None:
                unpacker = start(data)
            elif unpacker.eof and not data:
                break
            elif unpacker.eof:
                if magic is None or not data.startswith(magic):
                    return
                unpacker = start(data)
            piece = unpacker.decompress(data, PIECE)
            if piece:
                yield piece
            # zlib hands back what it did not get to; zstd keeps it inside and is asked again with nothing
            data = unpacker.unused_data if unpacker.eof else getattr(unpacker, "unconsumed_tail", b"")
    if unpacker is not None and not unpacker.eof:
        raise EOFError("the compressed body ends early")


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
