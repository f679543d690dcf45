"""Letters reach their webhooks: signed, in order, again after failures, and never twice at once."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.exchange.webhooks import CallEvent, Webhook
from engine.runtime.clock import Clock
from engine.runtime.outward.requests import Secrets, signature
from engine.runtime.outward.webhooks import FIRST_RETRY_MS, LONGEST_RETRY_MS, WebhooksOut, retry_after_ms
from engine.store import Store
from engine.store.outbox.letters import Letter
from tests.runtime.bidders import Asked, Bidders, Conduct, http, never, says, serving
from tests.store.test_store_outbox import letters, whole_call
from tests.waiting import until

EVENTS: tuple[CallEvent, ...] = ("answered", "bridged", "billed", "ended")
KEYS = Secrets({"CORDBOARD_SECRET_CRM": "between us", "CORDBOARD_SECRET_OTHER": "us too"})
SPEED = 500.0  # five seconds until the first retry are ten milliseconds
PATIENCE_MS = 10_000_000  # twenty seconds of the wall's

Clerk = Callable[..., Awaitable[WebhooksOut]]


@pytest.fixture
async def clerk(tmp_path: Path) -> AsyncIterator[tuple[Store, Clerk]]:
    clock = Clock(SPEED, asyncio.get_running_loop().time)
    running: list[WebhooksOut] = []
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "worker-1", clock.now_ms) as store:

        async def start(webhooks: dict[str, Webhook], keys: Secrets = KEYS) -> WebhooksOut:
            out = WebhooksOut(store.outbox, clock, keys)
            running.append(out)
            await out.start(webhooks)
            return out

        yield store, start
        for out in running:
            await out.close()


def webhook(server: Bidders, name: str = "crm", **settings: object) -> Webhook:
    made = Webhook(server.url(name), EVENTS, reveal=("zip",), timeout_ms=PATIENCE_MS)
    return replace(made, **settings)  # type: ignore[arg-type]


async def letters_once(store: Store, holds: Callable[[list[Letter]], bool]) -> list[Letter]:
    """The letters, once that holds of them."""

    async def found() -> list[Letter] | None:
        look = await letters(store)
        return look if holds(look) else None

    return await until(found) or []


def all_settled(found: list[Letter]) -> bool:
    return bool(found) and all(letter.state != "waiting" for letter in found)


async def test_a_call_is_told_in_order_signed_and_with_a_name(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=says(http({}))) as server:
        await start({"crm": webhook(server)})
        await whole_call(store)
        kept = await letters_once(store, all_settled)
    assert [asked.json["event"] for asked in server.asked] == list(EVENTS)
    assert [asked.headers["x-cordboard-delivery"] for asked in server.asked] == [
        letter.delivery for letter in kept
    ]
    for asked in server.asked:
        signed = asked.headers["x-cordboard-signature"]
        at_s = int(signed.removeprefix("t=").partition(",")[0])
        assert signed == signature(asked.body, at_s, "between us")
        assert asked.json["answers"] == {"zip": "78701"}
    assert {(letter.state, letter.attempts, letter.detail) for letter in kept} == {
        ("delivered", 1, "HTTP 200")
    }


def failing(times: int, reply: bytes | None) -> Conduct:
    asked_before: list[str] = []

    async def conduct(asked: Asked) -> bytes | None:
        asked_before.append(asked.headers["x-cordboard-attempt"])
        return reply if len(asked_before) <= times else http({})

    return conduct


@pytest.mark.parametrize("reply", [http({}, "500 Oops"), None, http(b"", "302 Found", "Location: /crm\r\n")])
async def test_what_fails_is_tried_again_and_holds_its_successors(
    clerk: tuple[Store, Clerk], reply: bytes | None
) -> None:
    store, start = clerk
    async with serving(crm=failing(2, reply)) as server:
        await start({"crm": webhook(server)})
        await whole_call(store)
        kept = await letters_once(store, all_settled)
    assert [asked.json["event"] for asked in server.asked] == ["answered"] * 2 + list(EVENTS)
    assert [asked.headers["x-cordboard-attempt"] for asked in server.asked[:3]] == ["1", "2", "3"]
    assert len({asked.headers["x-cordboard-delivery"] for asked in server.asked[:3]}) == 1
    assert kept[0].attempts == 3


async def test_after_the_last_attempt_a_letter_is_dead_and_says_why(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=says(http(b"no such account", "404 Not Found"))) as server:
        await start({"crm": webhook(server, attempts=2, events=("billed",))})
        await whole_call(store)
        (letter,) = await letters_once(store, all_settled)
    assert (letter.state, letter.attempts, letter.detail) == ("dead", 2, "HTTP 404: no such account")


async def test_a_receiver_that_never_answers_holds_up_no_other(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=never, other=says(http({}))) as server:
        await start({"crm": webhook(server), "other": webhook(server, "other")})
        for number in range(10):
            await whole_call(store, f"call-{number}")
        kept = await letters_once(
            store, lambda found: sum(letter.state == "delivered" for letter in found) == 10 * len(EVENTS)
        )
    assert {letter.webhook for letter in kept if letter.state == "delivered"} == {"other"}


async def test_without_its_secret_nothing_leaves_the_house(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=says(http({}))) as server:
        await start({"crm": webhook(server, attempts=1, events=("ended",))}, Secrets({}))
        await whole_call(store)
        (letter,) = await letters_once(store, all_settled)
    assert server.asked == []
    assert letter.detail == "the secret CRM is missing; set CORDBOARD_SECRET_CRM"


async def test_while_a_secret_is_changed_both_sign(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    both = {"CORDBOARD_SECRET_CRM": "new", "CORDBOARD_SECRET_CRM_PREVIOUS": "old"}
    async with serving(crm=says(http({}))) as server:
        await start({"crm": webhook(server, events=("ended",))}, Secrets(both))
        await whole_call(store)
        await letters_once(store, all_settled)
    (asked,) = server.asked
    at, *signed = asked.headers["x-cordboard-signature"].split(",")
    at_s = int(at.removeprefix("t="))
    assert [f"{at},{one}" for one in signed] == [
        signature(asked.body, at_s, "new"),
        signature(asked.body, at_s, "old"),
    ]


async def test_of_a_huge_or_packed_refusal_only_the_beginning_is_read(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    bomb = gzip.compress(b"no " * 10_000_000)
    packed = (
        b"HTTP/1.1 500 Broken\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(bomb), bomb)
    )
    async with serving(crm=says(packed), other=says(http(b"x" * 1_000_000, "500 Broken"))) as server:
        await start(
            {
                "crm": webhook(server, attempts=1, events=("ended",)),
                "other": webhook(server, "other", attempts=1, events=("ended",)),
            }
        )
        await whole_call(store)
        kept = {letter.webhook: letter for letter in await letters_once(store, all_settled)}
    assert {letter.state for letter in kept.values()} == {"dead"}
    assert kept["crm"].detail == "HTTP 500"
    assert kept["other"].detail == f"HTTP 500: {'x' * 120}"


async def test_a_redirect_is_not_followed(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(inner=says(http({}))) as server:
        moved = (
            b"HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % server.url("inner").encode()
        )
        async with serving(crm=says(moved)) as outer:
            await start({"crm": webhook(outer, attempts=1, events=("ended",))})
            await whole_call(store)
            (letter,) = await letters_once(store, all_settled)
    assert (letter.state, letter.detail) == ("dead", "HTTP 307")
    assert server.asked == []


async def test_two_clerks_of_one_database_send_each_letter_once(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=says(http({}))) as server:
        for _ in range(2):
            await start({"crm": webhook(server)})
        for number in range(25):
            await whole_call(store, f"call-{number}")
        await letters_once(store, all_settled)
    told = [asked.headers["x-cordboard-delivery"] for asked in server.asked]
    assert len(told) == len(set(told)) == 25 * len(EVENTS)
    for number in range(25):
        own = [asked.json["event"] for asked in server.asked if asked.json["call"] == f"call-{number}"]
        assert own == list(EVENTS)


async def test_what_an_earlier_life_left_is_sent_by_the_next(clerk: tuple[Store, Clerk]) -> None:
    store, start = clerk
    async with serving(crm=never, late=says(http({}))) as server:
        first = await start({"crm": webhook(server, events=("ended",))})
        await whole_call(store)
        await until(lambda: bool(server.asked))
        await first.close()
        await start({"crm": webhook(server, "late", events=("ended",))})
        (letter,) = await letters_once(store, all_settled)
    assert letter.state == "delivered"
    assert json.loads(server.asked[-1].body)["id"] == letter.delivery


def test_twelve_attempts_take_about_a_day() -> None:
    total_ms = sum(retry_after_ms("letter", attempts) for attempts in range(1, 12))
    assert 18 * 3_600_000 < total_ms < 30 * 3_600_000
    assert abs(retry_after_ms("letter", 1) - FIRST_RETRY_MS) <= FIRST_RETRY_MS / 5
    assert retry_after_ms("letter", 30) <= LONGEST_RETRY_MS * 1.2
    assert retry_after_ms("letter", 3) == retry_after_ms("letter", 3) != retry_after_ms("other", 3)
