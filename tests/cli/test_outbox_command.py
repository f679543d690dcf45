"""Operators see what webhooks were not told, and send it again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.exchange.webhooks import Webhook
from engine.store import Store
from engine.store.outbox.letters import LetterClaim, Sent
from tests.store.store_world import START
from tests.store.test_store_outbox import whole_call


@pytest.fixture
def db(tmp_path: Path) -> str:
    """A database with one dead letter and two that wait."""
    url = f"sqlite:///{tmp_path}/outbox.db"

    async def told() -> None:
        async with await Store.open(url, "worker-1", lambda: START) as store:
            webhook = Webhook("https://crm.example.com/calls", ("answered", "billed", "ended"))
            await store.outbox.subscribe({"crm": webhook})
            await whole_call(store)
            claim = LetterClaim("a", {"crm": 8}, START, START + 1)
            (first,) = await store.outbox.turn((), claim)
            await store.outbox.leave("a", [Sent(first.entry, "dead", "HTTP 500", START)])

    asyncio.run(told())
    return url


def cordboard(db: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", db])


def test_the_outbox_lists_what_waits_and_what_is_dead(db: str) -> None:
    shown = json.loads(cordboard(db, "outbox", "--json").stdout)
    assert shown["counts"] == {"waiting": 2, "delivered": 0, "dead": 1}
    assert [(one["event"], one["state"]) for one in shown["letters"]] == [
        ("ended", "waiting"),
        ("billed", "waiting"),
        ("answered", "dead"),
    ]
    lines = cordboard(db, "outbox", "--dead").stdout.splitlines()
    assert len(lines) == 1
    assert "answered" in lines[0]
    assert lines[0].endswith("HTTP 500")


def test_a_dead_letter_is_sent_again_by_its_number_once(db: str) -> None:
    again = cordboard(db, "outbox", "retry", "1")
    assert (again.exit_code, again.stdout) == (0, "1 letter is sent again\n")
    assert cordboard(db, "outbox", "retry", "1").exit_code == 1
    assert json.loads(cordboard(db, "outbox", "--json").stdout)["counts"]["dead"] == 0


def test_a_dead_letter_is_dropped_and_one_that_waits_is_not(db: str) -> None:
    assert cordboard(db, "outbox", "drop", "2").exit_code == 1
    assert cordboard(db, "outbox", "drop").exit_code == 2
    assert cordboard(db, "outbox", "drop", "--all-dead").stdout == "1 letter is dropped\n"
    assert json.loads(cordboard(db, "outbox", "--json").stdout)["counts"] == {
        "waiting": 2,
        "delivered": 0,
        "dead": 0,
    }


def test_all_dead_letters_are_sent_again_and_nothing_by_accident(db: str) -> None:
    assert cordboard(db, "outbox", "retry").exit_code == 2
    assert cordboard(db, "outbox", "retry", "1", "--all-dead").exit_code == 2
    assert cordboard(db, "outbox", "retry", "--all-dead").stdout == "1 letter is sent again\n"
