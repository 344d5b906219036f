"""The polite HTTP client: the only door to the registries.

``bound`` is what a source sees: ``addresses`` says which addresses may be asked, ``robots`` which pages. ``client`` asks:
``pace`` says when, ``circuit`` when no more, ``ladder`` and ``tls`` with which greeting, ``refusals`` and ``challenges``
what an unwelcome answer means. ``wire`` sends and reads, ``guard`` and ``proxies`` say where to, ``decoding`` and
``deadline`` keep an answer within bounds. httpx is imported in ``wire`` only.
"""

from __future__ import annotations

from tracker.fetch.bound import BoundFetch
from tracker.fetch.client import Fetcher, user_agent
from tracker.fetch.ladder import Attempt
from tracker.fetch.limits import Limits
from tracker.fetch.tls import ssl_context

__all__ = ["Attempt", "BoundFetch", "Fetcher", "Limits", "ssl_context", "user_agent"]
