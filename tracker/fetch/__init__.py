"""The polite HTTP client: the only door to the registries.

``addresses`` says which addresses may be asked, ``pace`` when, ``tls`` with which handshake, ``decoding`` unpacks within
bounds, ``refusals`` names what an unwelcome answer means, and ``client`` puts them together. httpx is imported there only.
"""

from __future__ import annotations

from tracker.fetch.client import Fetcher, user_agent
from tracker.fetch.limits import Limits
from tracker.fetch.tls import ssl_context

__all__ = ["Fetcher", "Limits", "ssl_context", "user_agent"]
