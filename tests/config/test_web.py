"""``[web]``: where the pages are served, and who may read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.loading import loaded
from tracker.config.settings import TrustedProxy
from tracker.errors import ConfigError


def test_without_the_table_the_pages_stay_on_this_machine(tmp_path: Path) -> None:
    web = loaded(tmp_path, "").web
    assert (web.host, web.port, web.token, web.trusted_proxy, web.public) == ("127.0.0.1", 8760, None, None, False)


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:9", "::1", 9), (":9000", "127.0.0.1", 9000), ("localhost", "localhost", 8760)],
)
def test_an_address_to_listen_on_is_read(tmp_path: Path, bind: str, host: str, port: int) -> None:
    web = loaded(tmp_path, f'[web]\nbind = "{bind}"\n').web
    assert (web.host, web.port) == (host, port)


def test_all_of_it_is_read_and_the_token_never_shown(tmp_path: Path) -> None:
    text = """[web]
url = "https://trials.example.org/"
token = "${WEB_TOKEN}"
trusted_proxy = { address = "10.0.0.1", header = "X-Forwarded-User" }
public = true
"""
    settings = loaded(tmp_path, text, {"WEB_TOKEN": "correct-horse-battery"})
    assert settings.web.url == "https://trials.example.org"
    assert settings.web.token == "correct-horse-battery"
    assert settings.web.trusted_proxy == TrustedProxy(address="10.0.0.1", header="X-Forwarded-User")
    assert settings.web.public
    assert "correct-horse" not in repr(settings)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('bind = "nowhere.example:80"', "no address to listen on"),
        ('bind = "127.0.0.1:99999"', "no address to listen on"),
        ('bind = "::1:80"', "no address to listen on"),
        ('url = "trials.example.org"', "not the address of a site"),
        ('url = "https://trials.example.org/?x=1"', "not the address of a site"),
        ('url = "https://user:word@trials.example.org"', "not the address of a site"),
        ('url = "https://trials.example.org/below"', "not the address of a site"),
        ('token = "short"', "at least 16"),
        ('token = "with blanks in it, which is wrong"', "no blanks"),
        ('trusted_proxy = { address = "proxy.example", header = "X-User" }', "no IP address"),
        ('trusted_proxy = { address = "10.0.0.1" }', "header of the proxy is not named"),
        ('trusted_proxy = { address = "10.0.0.1", header = "X User" }', "no name of a header"),
        ('tokens = "x"', 'no key "tokens"'),
    ],
)
def test_a_mistake_is_named_with_its_remedy_and_never_with_the_token(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"\[web") as caught:
        loaded(tmp_path, f"[web]\n{line}\n")
    assert said in str(caught.value)
    if line.startswith("token"):
        assert "short" not in str(caught.value)
        assert "blanks in it" not in str(caught.value)
