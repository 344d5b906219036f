"""Every key that config.toml may hold, by table. docs/configuration.md must explain each one."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.model.page_site import PAGE_FIELDS

KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        "store",
        "http",
        "sources",
        "mail",
        "operator",
        "channel",
        "page",
        "watch",
        "link",
        "digest",
        "schedule",
        "daemon",
        "web",
        "severity",
        "duties",
        "privacy",
    ),
    "store": ("url",),
    "http": ("contact", "pass_limit"),
    "sources.*": ("base_url", "pace", "enabled", "tls", "user_agent", "canary"),
    "mail": ("host", "port", "security", "user", "password", "from", "reply_to"),
    "operator": ("channel", "second", "ping"),
    "channel": ("name", "url"),
    "page": ("key", "title", "address", "hosts", "home", "dates", "fields", "statuses"),
    "page.fields": PAGE_FIELDS,
    "watch": (
        "name",
        "trials",
        "trials_file",
        "pages",
        "search",
        "query",
        "registries",
        "registrations",
        "everything",
        "near",
        "exclude",
        "kinds",
        "about",
        "send",
    ),
    "watch.trials": ("id", "label"),
    "watch.near": ("place", "country", "km", "latitude", "longitude"),
    "watch.send": ("to", "when", "min_severity", "separate"),
    "link": ("trials", "refuse"),
    "digest": ("at", "days", "timezone", "when_empty", "group", "evidence"),
    "schedule": ("sync",),
    "daemon": ("port", "metrics"),
    "web": ("bind", "url", "token", "secret", "trusted_proxy", "public"),
    "web.trusted_proxy": ("address", "header"),
    "duties": ("good_practice",),
    "privacy": ("contacts",),
}
"""``[sources]``, ``[severity]``, ``query`` and the ``statuses`` of a page are missing: their keys are sources, change kinds,
the registry's fields and the site's own words."""

SECRET_KEYS = frozenset({"password", "url", "ping", "base_url", "token", "secret"})
"""Keys whose values are never quoted in an error: they are secret or may carry a password."""
