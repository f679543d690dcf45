"""What webhooks are told of a call: events found in its facts, written with them in one transaction.

Rules
1. An event is told once to each webhook, by a name of its own: handing in the same facts again adds none.
2. Facts come here as the journal keeps them, sensitive answers masked; nothing here could unmask them.
3. A publisher's webhook is told of its own calls alone, and never who bought one, for how much, or why.
4. An event is `qualified` once per call, `bridged`, `billed` and `not_billed` once per leg, `corrected` once
   per ledger entry, `callback_requested` and `opted_out` once per call.
5. Nobody is told of a practice call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from engine.core.facts import CallbackRequest, CallOpened, Decision, Ending, Fact, Leg, OptOut, Verdict
from engine.core.json_values import JsonObject
from engine.core.money import format_money
from engine.exchange.webhooks import CallEvent, Webhook
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.instants import iso
from engine.store.ledger.causes import cause_of, kept_cause
from engine.store.outbox.call_stories import CallStory, of_calls
from engine.store.outbox.subscriptions import subscribed
from engine.store.tables.schema import ledger, outbox
from engine.wording.ledger import entry_sentence
from engine.wording.sentences import ending_sentence, verdict_sentence

_OF_BUYERS = frozenset({"buyer", "buyers", "price", "reason", "sentence", "revenue", "why", "made_by"})
"""What of an event is between the network and its buyers: a publisher's webhook never reads it."""

_TOLD_OF = (CallOpened, Decision, Leg, Verdict, CallbackRequest, OptOut, Ending)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something happened in a call. `subject` tells events of one kind apart; `at_ms` is since 1970."""

    call: str
    event: CallEvent
    subject: str
    at_ms: int | None  # None: `since_ms` after the call's start
    since_ms: int
    details: JsonObject


async def announce(connection: Connection, facts: Sequence[tuple[str, Fact]], now_ms: int) -> bool:
    """Put what the facts tell into the outbox; whether anything was put there."""
    if not any(isinstance(fact, _TOLD_OF) for _, fact in facts):
        return False
    found = [one for call, fact in facts if (one := _announcement(call, fact)) is not None]
    return await put(connection, found, now_ms)


async def announce_correction(connection: Connection, entry: int, stands_micros: int) -> None:
    """Put a ledger entry that corrected a bill, or entered it late, into the outbox."""
    bill = ledger.alias("bill")
    kind = select(bill.c.kind).where(bill.c.entry == ledger.c.corrects).scalar_subquery()
    row = (await connection.execute(select(ledger, kind.label("of")).where(ledger.c.entry == entry))).one()
    details: JsonObject = {
        "entry": row.entry,
        "corrects": row.corrects,
        "kind": row.of or row.kind,
        "party": row.party,
        "buyer": row.buyer,
        "change": format_money(row.amount_micros),
        "stands": format_money(stands_micros),
        "currency": row.currency,
        "why": entry_sentence(cause_of(kept_cause(row.cause), row.made_by, row.why), row.why),
        "made_by": row.made_by,
    }
    told = Announcement(row.call, "corrected", str(entry), row.posted_at, 0, details)
    await put(connection, [told], row.posted_at)


async def put(connection: Connection, found: Sequence[Announcement], now_ms: int) -> bool:
    """One letter for each webhook that wants to be told; whether there was any."""
    if not found:
        return False
    webhooks = await subscribed(connection)
    wanted = {event for webhook in webhooks.values() for event in webhook.events}
    found = [one for one in found if one.event in wanted]
    if not found:
        return False
    revealed = {name for webhook in webhooks.values() for name in webhook.reveal}
    stories = await of_calls(connection, sorted({one.call for one in found}), revealed)
    rows = [
        {
            "webhook": name,
            "made_at": now_ms,
            "due_at": now_ms,
            **_letter(name, webhook, one, stories[one.call]),
        }
        for one in found
        for name, webhook in webhooks.items()
        if one.event in webhook.events and _is_for(webhook, one, stories[one.call])
    ]
    if rows:
        await connection.execute(insert(outbox).on_conflict_do_nothing(), rows)
    return bool(rows)


def _is_for(webhook: Webhook, told: Announcement, story: CallStory) -> bool:
    """Whether it is of a call, and of an amount, that the webhook is told of."""
    if story.practice or (webhook.campaigns and story.campaign not in webhook.campaigns):
        return False
    if not webhook.is_a_publishers:
        return True
    if story.publisher not in webhook.publishers:
        return False
    # By its kind too: a buyer may have the publisher's name in what older networks sold.
    is_own = (told.details.get("kind"), told.details.get("party")) == ("payout", story.publisher)
    return told.event != "corrected" or is_own


def _letter(name: str, webhook: Webhook, told: Announcement, story: CallStory) -> dict[str, object]:
    """The letter's own part: its name, and all that its receiver reads."""
    at_ms = story.started_at + told.since_ms if told.at_ms is None else told.at_ms
    identity = f"{name}\n{told.call}\n{told.event}\n{told.subject}"
    delivery = hashlib.sha256(identity.encode()).hexdigest()[:32]
    is_open = told.event == "ended" or not webhook.is_a_publishers  # how a call ended is no buyer's affair
    hidden = frozenset[str]() if is_open else _OF_BUYERS
    body: JsonObject = {
        "id": delivery,
        "event": told.event,
        "at": iso(at_ms),
        "call": told.call,
        "campaign": story.campaign,
        "publisher": story.publisher,
        "from": story.from_number,
        "to": story.to_number,
        "started_at": iso(story.started_at),
        **{key: held for key, held in told.details.items() if key not in hidden},
        **_talk(told, story),
        "answers": {answer: story.answers[answer] for answer in webhook.reveal if answer in story.answers},
        "tags": {tag: value for tag, value in story.tags.items() if _is_told(webhook, tag)},
    }
    return {
        "call": told.call,
        "event": told.event,
        "delivery": delivery,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    }


def _is_told(webhook: Webhook, tag: str) -> bool:
    return tag in webhook.tags or not (webhook.tags or webhook.is_a_publishers)


def _talk(told: Announcement, story: CallStory) -> JsonObject:
    """How long the caller talked: on the leg that was judged, or in the whole call."""
    if told.event == "ended":
        return {"talk_s": sum(story.talks_ms.values()) / 1000}
    if told.event in ("billed", "not_billed"):
        return {"talk_s": story.talks_ms.get(told.subject, 0) / 1000}
    return {}


def _announcement(call: str, fact: Fact) -> Announcement | None:
    """What the fact tells, if anything."""
    found = next(_events(fact), None)
    return None if found is None else Announcement(call, found[0], found[1], None, found[2], found[3])


def _events(fact: Fact) -> Iterator[tuple[CallEvent, str, int, JsonObject]]:
    """The event, its subject, when it was since the call's start, and its details."""
    match fact:
        case CallOpened() if fact.flow:
            yield "answered", "", fact.at, {"flow": fact.flow}
        case Decision() if buyers := [one.buyer for one in fact.candidates if one.eligible]:
            # in their order; among many, as far as they were written
            yield "qualified", "", fact.at, {"buyers": list(buyers), "node": fact.node}
        case Leg() if fact.bridged_at is not None and fact.buyer:
            price = format_money(fact.price_micros)
            yield "bridged", fact.leg, fact.bridged_at, {"leg": fact.leg, "buyer": fact.buyer, "price": price}
        case CallbackRequest():
            told: JsonObject = {"number": fact.number, "node": fact.node, "callers_own": fact.is_callers_own}
            yield "callback_requested", "", fact.at, told
        case OptOut():
            yield "opted_out", "", fact.at, {"number": fact.number, "node": fact.node}
        case Verdict():
            yield "billed" if fact.billable else "not_billed", fact.leg, fact.at, _verdict(fact)
        case Ending():
            details: JsonObject = {"ended_by": fact.ended_by, "reason": ending_sentence(fact.reason)}
            yield "ended", "", fact.at, {**details, "reason_code": fact.reason}


def _verdict(fact: Verdict) -> JsonObject:
    return {
        "leg": fact.leg,
        "buyer": fact.buyer,
        "reason": fact.reason,
        "sentence": verdict_sentence(fact),
        "revenue": format_money(fact.revenue_micros),
        "payable": fact.payable,
        "payout_reason": fact.payout_reason,
        "payout": format_money(fact.payout_micros),
        "currency": fact.currency,
    }
