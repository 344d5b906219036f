"""The polite HTTP client: the only door to the registries.

``client`` is what a run and a source see. ``site`` and ``addresses`` say which addresses may be asked, ``robots`` which
pages; ``pace`` says when, and when no more; ``tls`` with which ClientHello. ``exchange`` and ``challenges`` say what an
unwelcome response means. ``wire`` sends and reads within bounds, and alone imports httpx; ``transfer`` waits for it no longer
than it should, ``unpacking`` unpacks what comes.
"""

from __future__ import annotations

from tracker.fetch.client import BoundFetch, Fetcher, Waiting, tell_nobody, user_agent
from tracker.fetch.tls import TlsAttempt, ssl_context
from tracker.fetch.wire import Limits

__all__ = ["BoundFetch", "Fetcher", "Limits", "TlsAttempt", "Waiting", "ssl_context", "tell_nobody", "user_agent"]
