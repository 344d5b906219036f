"""E-mail addresses: what the configuration passes, delivery sends to, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY
from tests.deliver.builders import make_mail, make_message, make_settings
from tests.deliver.servers import dead_port
from tracker.config.addresses import channel_problem, mailbox_problem, mailto_problem
from tracker.deliver import channels
from tracker.errors import PermanentDeliveryError, TransientDeliveryError
from tracker.model.watch import Channel
from tracker.text.mailboxes import Mailbox, ascii_host, read_mailbox, read_mailto


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("you@example.org", Mailbox("", "you", "example.org")),
        ("Trial tracker <you@example.org>", Mailbox("Trial tracker", "you", "example.org")),
        ('"A, B" <you+lists@example.org>', Mailbox("A, B", "you+lists", "example.org")),
        ("you@localhost", Mailbox("", "you", "localhost")),
        ("you@groß.example", Mailbox("", "you", "xn--gro-7ka.example")),
        ("you@xn--gro-7ka.example", Mailbox("", "you", "xn--gro-7ka.example")),
        ("you@GROSS.example", Mailbox("", "you", "GROSS.example")),
    ],
)
def test_an_address_is_read_as_it_goes_on_the_wire(text: str, mailbox: Mailbox) -> None:
    assert read_mailbox(text) == mailbox
    assert mailbox_problem(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "you",
        "@example.org",
        "you@",
        "a@b@c",
        "you@two_words.example",
        "you@-a.example",
        "you@a..example",
        "you@a.example.",
        "grün@example.org",
        "a b@example.org",
        "you@snow☃.example",
        "a@example.org;b@example.org",
        "a@example.org\nBcc: b@example.org",
        f"you@{'a' * 64}.example",
        f"{'a' * 65}@example.org",
    ],
)
def test_what_no_mail_can_go_to_is_refused_with_a_reason(text: str) -> None:
    assert isinstance(read_mailbox(text), str)
    assert mailbox_problem(text)


def test_a_host_is_written_by_idna_2008_and_an_ascii_one_stays() -> None:
    assert ascii_host("post.groß.example") == "post.xn--gro-7ka.example"
    assert ascii_host("mail_server") == "mail_server", "the name of a container is no domain, but a host"
    assert ascii_host("snow☃.example") is None


@pytest.mark.parametrize(
    ("url", "to", "cc"), [("mailto:a@x.org,b@x.org", 2, 0), ("mailto:a@x.org?cc=b@x.org&cc=c@x.org", 1, 2)]
)
def test_a_mailto_names_readers_and_copies(url: str, to: int, cc: int) -> None:
    read = read_mailto(url)
    assert not isinstance(read, str)
    assert (len(read.to), len(read.cc)) == (to, cc)


PIECES = st.sampled_from(
    [
        "you",
        "@",
        "example.org",
        "groß.example",
        "a_b.example",
        "ü",
        ",",
        "?cc=",
        "?subject=x",
        "&bcc=",
        " ",
        "%40",
        ":",
        "<",
        ">",
        ";",
        ".",
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=7).map("".join))
def test_the_configuration_and_delivery_judge_every_address_alike(rest: str) -> None:
    url = f"mailto:{rest}"
    settings = make_settings(make_mail(PORT), {"me": url})
    with pytest.raises((PermanentDeliveryError, TransientDeliveryError)) as caught:
        channels.send(settings, Channel(name="me", url=url), make_message(), (), DAY)
    passes = not (channel_problem(url, has_mail=True) or mailto_problem(url))
    assert passes == isinstance(caught.value, TransientDeliveryError), "no server is there: what could be sent is tried again"


PORT = dead_port()
