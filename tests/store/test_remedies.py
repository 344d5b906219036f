"""What is advised fits what the database said: each sentence comes from a real server or file."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from tests import postgres
from tests.store.builders import DAY_0
from tracker.errors import StoreError
from tracker.store import Store, migrate


def said(url: URL) -> str:
    with pytest.raises(StoreError) as caught:
        migrate(url.render_as_string(hide_password=False), now=DAY_0)
    return caught.value.remedy


def test_each_refusal_of_postgresql_has_its_own_remedy(postgres_server: URL) -> None:
    assert "Make the role" in said(postgres_server.set(username="nobody_here"))
    assert "Make the database" in said(postgres_server.set(database="not_here"))
    assert "server runs there" in said(postgres_server.set(host="127.0.0.1", port=1, query={}))
    assert "server runs there" in said(postgres_server.set(query={"host": "/nowhere"}))
    assert "Correct the host" in said(postgres_server.set(host="no-such-host.invalid", query={}))


def test_a_postgresql_that_takes_no_writes_is_said_to_take_none(postgres_server: URL) -> None:
    with postgres.fresh_database(postgres_server) as url:
        address = url.render_as_string(hide_password=False)
        migrate(address, now=DAY_0)
        with Store.open(address) as store:
            with store.writing() as connection:
                connection.execute(text(f"ALTER DATABASE {url.database} SET default_transaction_read_only = on"))
            store.close()
            with pytest.raises(StoreError) as caught:
                store.set_due("sync", DAY_0, None)
            assert "name the primary" in caught.value.remedy
