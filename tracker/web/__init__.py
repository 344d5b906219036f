"""Read-only pages, feeds and a JSON API over the read layer: served (`serving`) or written as files (`publishing`).

    address and query ─► `asked` (checked) ─► `views`, `api` (values for a page) ─► `pages` (one renderer for both)

`guard` stands before everything that is served: who may read, which host was meant, how long and how slow a request may be.
"""
