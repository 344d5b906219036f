"""The proxy of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as the standard library reads them."""

from __future__ import annotations

import ipaddress
from urllib.request import getproxies, proxy_bypass


def proxy_for(scheme: str, host: str, port: int) -> str | None:
    """The proxy to ask ``host`` through, or None to ask it directly; the address may hold a password."""
    if is_loopback(host):  # tests, the demo and a mirror on this machine are never reached through a proxy
        return None
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
