"""Mail providers that ``tracker init`` knows: their outgoing server, and where a password for programs is made."""

from __future__ import annotations

import msgspec

from tracker.config.settings import Security


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """``page`` is where an app password is made; ``remark`` is what its users must know besides."""

    title: str
    host: str
    port: int = 587
    security: Security = "starttls"
    page: str = ""
    remark: str = ""
    domains: tuple[str, ...] = ()


PROVIDERS = {
    "gmail": Provider(
        title="Gmail",
        host="smtp.gmail.com",
        page="https://myaccount.google.com/apppasswords",
        remark="Google gives app passwords to accounts with 2-step verification only.",
        domains=("gmail.com", "googlemail.com"),
    ),
    "outlook": Provider(
        title="Outlook",
        host="smtp-mail.outlook.com",
        page="https://account.live.com/proofs/AppPassword",
        remark="Microsoft has refused passwords of other programs for private accounts since September 2024. "
        "Where the test of `tracker doctor --mail` fails, send from another provider; your address can stay.",
        domains=("outlook.com", "outlook.de", "hotmail.com", "live.com", "msn.com"),
    ),
    "fastmail": Provider(
        title="Fastmail",
        host="smtp.fastmail.com",
        port=465,
        security="tls",
        page="https://www.fastmail.com/help/clients/apppassword.html",
        domains=("fastmail.com", "fastmail.fm"),
    ),
    "gmx": Provider(
        title="GMX",
        host="mail.gmx.net",
        page="https://hilfe.gmx.net/sicherheit/2fa/anwendungsspezifisches-passwort.html",
        remark='Switch on "POP3 und IMAP" in the mail settings of GMX first; '
        "with two-factor login it wants an application-specific password.",
        domains=("gmx.net", "gmx.de", "gmx.at", "gmx.ch"),
    ),
    "web.de": Provider(
        title="Web.de",
        host="smtp.web.de",
        page="https://hilfe.web.de/sicherheit/2fa/anwendungsspezifisches-passwort.html",
        remark='Switch on "POP3 und IMAP" in the mail settings of Web.de first; '
        "with two-factor login it wants an application-specific password.",
        domains=("web.de",),
    ),
}


def provider_of(address: str) -> str | None:
    """The provider that an address is of, by its domain."""
    domain = address.rpartition("@")[2].strip("> ").lower()
    return next((key for key, provider in PROVIDERS.items() if domain in provider.domains), None)


def provider_at(host: str) -> Provider | None:
    """The provider whose outgoing server this is."""
    return next((provider for provider in PROVIDERS.values() if provider.host == host.lower()), None)
