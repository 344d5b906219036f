"""The page behind the link by which a reader stops a series of messages. Opening it changes nothing; its form does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tracker.config import Settings
from tracker.deliver.pausing import pause, watches_of
from tracker.deliver.stop_links import is_signed
from tracker.errors import StoreError
from tracker.model.vocabulary import When
from tracker.model.watch import Sending
from tracker.render.notices import sending_name
from tracker.store import Store
from tracker.web.pages import Page
from tracker.web.refusals import Refusal

LONGEST_FORM = 4_096
"""Bytes of a form that is sent to this page."""
FORM_WITHIN = 10
"""Seconds in which a form has to come."""

_SPEEDS: Mapping[str, When] = {"immediate": "immediate", "daily": "daily", "weekly": "weekly"}


def endpoint(
    settings: Callable[[], Settings],
    store: Store,
    now: Callable[[], datetime],
    drawn: Callable[[Page], bytes],
    refused: Callable[[Request, Refusal], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Answers GET with the question and POST with the deed."""

    async def answer(request: Request) -> Response:
        try:
            if request.method != "POST":
                return await run_in_threadpool(_asked, request)
            form = await _form(request)
            return await run_in_threadpool(_done, request, form)
        except Refusal as refusal:
            return await run_in_threadpool(refused, request, refusal)

    def _asked(request: Request) -> Response:
        sending = _sending(request, settings())
        stopped = any(one.sending == sending for one in store.paused())
        return _page(sending, "stopped already" if stopped else "asked")

    def _done(request: Request, form: Mapping[str, str]) -> Response:
        if form.get("List-Unsubscribe") != "One-Click" and form.get("stop") != "yes":
            raise Refusal(400, "This form is not the one of the page: nothing was changed.")
        current = settings()
        sending = _sending(request, current)
        try:
            with Store.open(current.store_url) as writing:
                pause(current, writing, sending, now())
        except StoreError:
            raise Refusal(503, "This could not be kept at present: nothing was changed. Try again in a moment.") from None
        return _page(sending, "stopped")

    def _page(sending: Sending, state: str) -> Response:
        named = sending_name(sending)
        title = f"Stop the {named}?" if state == "asked" else f"Stopped: {named}"
        watches = watches_of(settings(), sending)
        values = {"named": named, "channel": sending.channel, "watches": watches, "state": state}
        page = Page(template="stop.html.j2", title=title, path="", values=values)
        return Response(drawn(page), media_type="text/html", headers={"cache-control": "no-store"})

    return answer


def _sending(request: Request, settings: Settings) -> Sending:
    """What the link is for. Raises Refusal for one that is not signed by our secret."""
    given = {key: request.query_params.getlist(key) for key in request.query_params}
    one = {key: values[0] for key, values in given.items() if len(values) == 1}
    when = _SPEEDS.get(one.get("when", ""))
    if when is not None and given.keys() <= {"channel", "when", "watch", "sign"} and len(one) == len(given):
        sending = Sending(channel=one.get("channel", ""), when=when, watch=one.get("watch", ""))
        if is_signed(settings.web, sending, one.get("sign", "")):
            return sending
    raise Refusal(
        403,
        "This link does not stop anything: it is not whole, or older than the secret it is signed with. "
        "Use the link of a newer message, or write to whoever sends them.",
    )


async def _form(request: Request) -> dict[str, str]:
    """The fields of the form that was sent, as browsers and as mail providers send it."""
    body = b""
    try:
        async with asyncio.timeout(FORM_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST_FORM:
                    raise Refusal(413, "This form is longer than any here.")
    except TimeoutError:
        raise Refusal(408, "The form did not come.") from None
    except ClientDisconnect:
        raise Refusal(400, "The form did not come whole.") from None
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == "multipart/form-data":
        head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
        parts = BytesParser(policy=HTTP).parsebytes(head + body)
        fields = parts.iter_parts() if parts.is_multipart() else ()
        return {str(one.get_param("name", "", "content-disposition")): str(one.get_payload()).strip() for one in fields}
    return {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
