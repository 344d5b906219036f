"""Getting records one by one, for registries and sites where each trial has an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tracker.errors import BlockedError, FetchError, StatusError
from tracker.model.source import Absent, Answer, Asked, Document, Failed, Fetch, Found, NotModified, SourceInfo

_GONE = (404, 410)


def retrieve_each(
    info: SourceInfo, asked: Sequence[Asked], fetch: Fetch, address: Callable[[Asked], str | None], *, accept: str
) -> Iterator[Answer]:
    """One answer for each trial, got from an address of its own.

    A block of the whole host ends the source; any other failure is that of one trial. 404 and 410 mean that it is absent.
    """
    for one in asked:
        url = address(one)
        if url is None:
            yield Failed(trial=one.trial, error=f"{one.trial} has no address. Put its page under `pages`.")
            continue
        try:
            response = fetch.get(url, accept=accept, validators=one.validators)
        except BlockedError as error:
            if error.whole_host:
                raise
            yield Failed(trial=one.trial, error=str(error))
            continue
        except FetchError as error:
            if isinstance(error, StatusError) and error.status in _GONE:
                yield Absent(trial=one.trial, why=f"{url} answered {error.status}")
            else:
                yield Failed(trial=one.trial, error=str(error))
            continue
        if response.status == 304:
            yield NotModified(trial=one.trial)
            continue
        document = Document(
            source=info.key,
            trial=one.trial,
            url=response.url,
            body=response.body,
            content_type=response.content_type,
            fetched_at=response.fetched_at,
            as_of=response.fetched_at,
        )
        yield Found(trial=one.trial, document=document, validators=response.validators)
