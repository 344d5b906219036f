"""Pages that come instead of the one that was asked for: challenge pages of firewalls, and login pages.

They are recognised and reported, never solved. A marker is an identifier or title that only the firewall's own page has;
the scripts that firewalls add to every page of a site are not markers, since real trial pages have them too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_HEADERS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("cf-mitigated", frozenset({"challenge"}), "Cloudflare"),
    ("x-amzn-waf-action", frozenset({"challenge", "captcha"}), "AWS WAF"),
)
_MARKERS: tuple[tuple[bytes, str], ...] = (
    (b"<title>just a moment", "Cloudflare"),
    (b"<title>attention required! | cloudflare", "Cloudflare"),
    (b"_cf_chl_opt", "Cloudflare"),
    (b"window.gokuprops", "AWS WAF"),
    (b"geo.captcha-delivery.com/captcha", "DataDome"),
    (b"captcha-delivery.com/c.js", "DataDome"),
    (b'id="px-captcha"', "HUMAN"),
    (b"incapsula incident id", "Imperva"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"<title>ddos-guard", "DDoS-Guard"),
    (b'id="anubis_challenge"', "Anubis"),
    (b"sec-if-cpt-container", "Akamai"),
)
_LOOKED_AT = 64 * 1024  # challenge pages are small, and identify themselves at the top
_LOGIN_LOOKED_AT = 256 * 1024
_LITTLE_TEXT = 600  # characters; a login page has hardly more, a trial page with a login in its header far more
_LOGIN_TITLE = re.compile(r"\b(log[ -]?[io]n|sign[ -]?in|anmelden|anmeldung|authentication|connexion)\b", re.IGNORECASE)
_LOGIN_PART = re.compile(r"(?:users?[_-])?(?:log[_-]?[io]n|sign[_-]?[io]n|sso|saml2?|auth|oauth2?|openid|adfs)(?:\.\w+)?\Z")


def challenge(headers: Mapping[str, str], body: bytes) -> str:
    """The vendor whose challenge page this is, empty for any other page; ``headers`` in lower case."""
    for name, values, vendor in _HEADERS:
        if headers.get(name, "").strip().lower() in values:
            return vendor
    if not is_html(headers, body):
        return ""
    top = body[:_LOOKED_AT].lower()
    return next((vendor for marker, vendor in _MARKERS if marker in top), "")


def is_login_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a page is only a password form: its title says so, or it has hardly any other text."""
    top = body[:_LOGIN_LOOKED_AT]
    if not is_html(headers, body) or b"password" not in top.lower():
        return False
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(top)
    if page.css_first("input[type=password i]") is None:
        return False
    title = page.css_first("title")
    if title is not None and _LOGIN_TITLE.search(title.text()):
        return True
    page.strip_tags(["script", "style", "noscript", "template"])
    return page.body is not None and len(" ".join(page.body.text(separator=" ").split())) < _LITTLE_TEXT


def leads_to_login(url: str) -> bool:
    """Whether the host or a part of the path of a redirect's target is named after logging in."""
    parts = urlsplit(url.lower())
    names = [*(parts.hostname or "").split(".")[:-1], *parts.path.split("/")]
    return any(_LOGIN_PART.match(name) for name in names)


def is_html(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a body is a page by its content type or, without one, by its first character."""
    kind = headers.get("content-type", "").lower()
    return "html" in kind if kind else body[:256].lstrip().startswith(b"<")


def is_json(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a body comes from the programming interface itself, not from a firewall in front of it."""
    return "json" in headers.get("content-type", "").lower() or body[:256].lstrip()[:1] in (b"{", b"[")
