"""The demo's own registry and mail server: the recorded answers, the mails that were sent, and nothing left behind."""

from __future__ import annotations

import smtplib
import threading
from email.message import EmailMessage

import pytest

from tests.lab import LoopbackRegistry
from tests.lab import days as lab_days
from tests.lab.asking import ask, numbers
from tracker.demo.days import MEDDATAX_PAGE, days
from tracker.demo.mailbox import DemoMailbox
from tracker.demo.server import DemoServer


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("condition", ["Vasculitis", "Systemic Sclerosis"])
def test_a_recorded_search_finds_what_the_search_language_finds(number: int, condition: str) -> None:
    """The near watch narrows its search to Munich, where all that is found lies."""
    params = {"query.cond": condition, "sort": "StudyFirstPostDate:asc", "pageSize": "1000"}
    if condition == "Systemic Sclerosis":
        params["filter.geo"] = "distance(48.1374,11.5755,100km)"
    with DemoServer(days()[number]) as demo, LoopbackRegistry(lab_days()[number]) as registry:
        found = numbers(ask(demo.url + "/api/v2/studies", params))
        assert found == numbers(ask(registry.base_url + "/studies", params)) != []


def test_trials_asked_for_by_number_are_served_as_recorded_and_a_missing_one_is_left_out() -> None:
    with DemoServer(days()[0]) as server:
        page = ask(server.url + "/api/v2/studies", {"filter.ids": "NCT09900006,NCT09900012"})
        assert numbers(page) == ["NCT09900006"]
        server.day = days()[2]
        page = ask(server.url + "/api/v2/studies", {"filter.ids": "NCT09900006,NCT09900012"})
        assert numbers(page) == ["NCT09900012"]


def test_a_page_that_the_client_has_is_not_sent_again() -> None:
    with DemoServer(days()[0]) as server:
        first = ask(server.url + "/meddatax" + MEDDATAX_PAGE)
        same = ask(server.url + "/meddatax" + MEDDATAX_PAGE, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status, same.status, same.body) == (200, 304, b"")


def test_a_question_without_a_recorded_answer_is_refused() -> None:
    with DemoServer(days()[0]) as server:
        assert ask(server.url + "/api/v2/studies", {"query.cond": "Asthma"}).status == 404
        assert ask(server.url + "/api/v2/stats").status == 404


def test_a_mail_is_kept_as_it_was_written() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "tracker@example.org", "reader@example.org", "Jetzt in München"
    message.set_content("The next line begins with a dot.\n.hidden\n")
    with DemoMailbox() as mailbox:
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=10) as client:
                assert client.send_message(message) == {}
    [first, second] = mailbox.mails
    assert first.recipient == second.recipient == "reader@example.org"
    assert first.message["Subject"] == "Jetzt in München"
    assert first.message.get_content().splitlines() == ["The next line begins with a dot.", ".hidden"]


def test_both_servers_leave_no_thread() -> None:
    before = set(threading.enumerate())
    with DemoServer(days()[0]) as server, DemoMailbox():
        ask(server.url + "/robots.txt")
    assert set(threading.enumerate()) == before
