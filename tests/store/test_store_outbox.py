"""The outbox holds what the journal holds: each event once, in order, sent by one worker at a time."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from engine.core.commands import Post, Record
from engine.core.facts import Answer, LedgerEntry, Tag
from engine.core.journal import MASK
from engine.core.records import changed
from engine.exchange.webhooks import CALL_EVENTS, Webhook
from engine.store import Correction, Store
from engine.store.errors import FlushFailed, StoreError
from engine.store.outbox.letters import Letter, LetterClaim, Sent
from tests.store.store_world import (
    CLOSING,
    DECISION,
    OPENED,
    START,
    TALKED,
    VERDICT,
    ZIP,
    Clock,
    OpenStore,
    arrived,
)

CRM = Webhook("https://crm.example.com/calls", CALL_EVENTS, reveal=("zip", "ssn"))
SSN: Answer = changed(ZIP, name="ssn", kind="digits", value="4242", label="4242", raw="4242", sensitive=True)


async def whole_call(store: Store, call: str = "call-1") -> None:
    facts = (OPENED, ZIP, SSN, DECISION, TALKED)
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [*map(Record, facts), *CLOSING])
    await store.flush(call)


async def letters(store: Store) -> list[Letter]:
    return sorted(
        await store.outbox.letters(["waiting", "delivered", "dead"], 100), key=lambda one: one.entry
    )


async def claimed(store: Store, now_ms: int = START, holder: str = "a", room: int = 100) -> list[Letter]:
    return list(await store.outbox.turn((), LetterClaim(holder, {"crm": room}, now_ms, now_ms + 40_000)))


async def test_a_call_tells_each_of_its_events_once(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store)
    store.append_commands("call-1", 0, [Record(OPENED), *CLOSING])  # handed in again after a crash
    await store.flush()
    told = await letters(store)
    assert [letter.event for letter in told] == ["answered", "qualified", "bridged", "billed", "ended"]
    assert len({letter.delivery for letter in told}) == 5


async def test_a_letter_says_what_happened_and_masks_what_is_sensitive(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store)
    billed = next(letter for letter in await letters(store) if letter.event == "billed")
    body = json.loads(billed.body)
    assert body["id"] == billed.delivery
    assert body["answers"] == {"zip": "78701", "ssn": MASK}
    assert (body["event"], body["call"], body["at"]) == ("billed", "call-1", "2026-11-22T10:01:50.250Z")
    assert (body["buyer"], body["revenue"], body["payout"], body["currency"]) == (
        "lonestar",
        "45.00",
        "30.00",
        "USD",
    )
    assert (body["from"], body["campaign"], body["publisher"]) == ("+15125550123", "roofing", "radio-tx")
    assert all("4242" not in letter.body for letter in await letters(store))


TAGS = [Record(Tag(3, "mark", name, value)) for name, value in (("sub1", "adgroup-7"), ("need", "roof"))]
OF_BUYERS = {"buyer", "buyers", "price", "revenue", "reason", "sentence", "why", "made_by"}


async def tagged_call(store: Store, call: str, publisher: str) -> None:
    facts = (changed(OPENED, publisher=publisher), ZIP, DECISION, TALKED)
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [*map(Record, facts), *TAGS, *CLOSING])
    await store.flush(call)


async def test_letters_tell_the_tags_and_how_long_was_talked(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await tagged_call(store, "call-1", "radio-tx")
    told = {letter.event: json.loads(letter.body) for letter in await letters(store)}
    assert all(body["tags"] == {"sub1": "adgroup-7", "need": "roof"} for body in told.values())
    assert (told["billed"]["talk_s"], told["ended"]["talk_s"]) == (95.2, 95.2)


async def test_a_publishers_webhook_is_told_of_its_own_calls_and_of_no_buyer(store: Store) -> None:
    await store.outbox.subscribe({"radio": changed_(publishers=("radio-tx",), tags=("sub1",))})
    await tagged_call(store, "call-1", "radio-tx")
    await tagged_call(store, "call-2", "web")
    await store.correct(Correction("call-1", "lonestar", "revenue", 40_000_000, "lonestar begged", "desk"))
    await store.correct(Correction("call-1", "lonestar", "payout", 20_000_000, "lonestar begged", "desk"))
    told = [json.loads(letter.body) for letter in await letters(store)]
    assert [body["event"] for body in told] == [
        *("answered", "qualified", "bridged", "billed", "ended", "corrected")
    ]
    assert {body["call"] for body in told} == {"call-1"}
    assert all("lonestar" not in letter.body for letter in await letters(store))
    assert OF_BUYERS.isdisjoint({name for body in told if body["event"] != "ended" for name in body})
    assert (told[3]["payout"], told[5]["stands"]) == ("30.00", "20.00")
    assert told[3]["tags"] == {"sub1": "adgroup-7"}


async def test_a_publisher_that_has_a_buyers_name_is_not_told_what_the_buyer_owes(store: Store) -> None:
    await store.outbox.subscribe({"acme": changed_(events=("corrected",), publishers=("acme",))})
    store.append("call-1", 0, arrived("call-1"))
    verdict = changed(VERDICT, buyer="acme")
    owed = (
        LedgerEntry("revenue", "acme", "acme", 45_000_000, "USD"),
        LedgerEntry("payout", "acme", "acme", 30_000_000, "USD"),
    )
    opened = changed(OPENED, publisher="acme")
    store.append_commands("call-1", 0, [Record(opened), Record(verdict), Post(owed)])
    await store.flush("call-1")
    await store.correct(Correction("call-1", "acme", "revenue", 40_000_000, "half", "desk"))
    await store.correct(Correction("call-1", "acme", "payout", 20_000_000, "half", "desk"))
    (told,) = [json.loads(letter.body) for letter in await letters(store)]
    assert (told["kind"], told["stands"]) == ("payout", "20.00")


async def test_answers_that_are_not_revealed_are_not_told(store: Store) -> None:
    await store.outbox.subscribe({"crm": changed_(reveal=())})
    await whole_call(store)
    assert all(json.loads(letter.body)["answers"] == {} for letter in await letters(store))


async def test_only_wanted_events_of_wanted_campaigns_are_told(store: Store) -> None:
    await store.outbox.subscribe(
        {"crm": changed_(events=("billed",)), "other": changed_(campaigns=("gutters",))}
    )
    await whole_call(store)
    assert [(letter.webhook, letter.event) for letter in await letters(store)] == [("crm", "billed")]


async def test_a_call_that_is_not_billed_says_why(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    short = changed(VERDICT, billable=False, reason="below_duration", revenue_micros=0)
    store.append("call-1", 0, arrived())
    store.append_commands("call-1", 0, [Record(OPENED), Record(short)])
    await store.flush()
    (told,) = [letter for letter in await letters(store) if letter.event == "not_billed"]
    assert json.loads(told.body)["reason"] == "below_duration"


async def test_a_correction_is_told_with_what_stands_now(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store)
    await store.correct(Correction("call-1", "lonestar", "revenue", 20_000_000, "agreed", "desk"))
    await store.correct(Correction("call-1", "lonestar", "revenue", 0, "voided", "desk"))
    told = [json.loads(letter.body) for letter in await letters(store) if letter.event == "corrected"]
    assert [(body["change"], body["stands"], body["why"]) for body in told] == [
        ("-25.00", "20.00", "agreed"),
        ("-20.00", "0.00", "voided"),
    ]
    assert {body["kind"] for body in told} == {"revenue"}


async def test_what_is_not_kept_is_not_told(store: Store, tmp_path: Path) -> None:
    """The letter and the facts are of one transaction: without the one there is not the other."""
    await store.outbox.subscribe({"crm": CRM})
    with sqlite3.connect(tmp_path / "cordboard.db") as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON outbox WHEN new.event = 'ended' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    connection.close()
    with pytest.raises((StoreError, FlushFailed)):
        await whole_call(store)
    assert await letters(store) == []
    assert await store.call("call-1") is None


async def test_letters_of_a_call_are_claimed_one_after_the_other(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store, "call-1")
    await whole_call(store, "call-2")
    first = await claimed(store)
    assert [(one.call, one.event) for one in first] == [("call-1", "answered"), ("call-2", "answered")]
    assert await claimed(store) == []
    await store.outbox.leave("a", [Sent(first[0].entry, "delivered", "HTTP 200", START)])
    assert [(one.call, one.event) for one in await claimed(store)] == [
        ("call-1", "qualified"),
        ("call-2", "answered"),
    ]


async def test_no_other_worker_gets_a_letter_before_its_lease_is_over(
    open_store: OpenStore, clock: Clock
) -> None:
    one, other = await open_store("worker-1"), await open_store("worker-2")
    await one.outbox.subscribe({"crm": CRM})
    await whole_call(one)
    (held,) = await claimed(one, holder="a")
    assert await claimed(other, holder="b") == []
    assert [letter.entry for letter in await claimed(other, START + 40_000, "b")] == [held.entry]
    # Who lost the lease says nothing any more.
    await one.outbox.leave("a", [Sent(held.entry, "dead", "too late", START)])
    assert (await letters(one))[0].state == "waiting"


async def test_a_dead_letter_lets_the_next_pass_and_is_sent_again_on_demand(store: Store) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store)
    (first,) = await claimed(store)
    await store.outbox.leave("a", [Sent(first.entry, "dead", "HTTP 500", START)])
    assert [one.event for one in await claimed(store)] == ["qualified"]
    assert await store.outbox.retry([first.entry + 1]) == 0  # it is not dead
    assert await store.outbox.retry([first.entry]) == 1
    again = (await letters(store))[0]
    assert (again.state, again.attempts) == ("waiting", 0)


async def test_letters_to_a_webhook_that_is_no_more_are_given_up_and_delivered_ones_forgotten(
    store: Store,
) -> None:
    await store.outbox.subscribe({"crm": CRM})
    await whole_call(store)
    (first,) = await claimed(store)
    await store.outbox.leave("a", [Sent(first.entry, "delivered", "HTTP 200", START)])
    await store.outbox.tidy(["other"], START + 1)
    assert {letter.state for letter in await letters(store)} == {"dead"}
    assert await store.outbox.counts() == {"waiting": 0, "delivered": 0, "dead": 4}


def changed_(**settings: object) -> Webhook:
    from dataclasses import replace

    return replace(CRM, **settings)  # type: ignore[arg-type]
