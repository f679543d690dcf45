"""The ledger: what parties owe and are owed. Rows are added, never changed; corrections name their row.

A bill is entered once per call, kind and buyer. What stands of it is its amount and its corrections'. Each
party's entries are a chain of hashes (`chain`); the next link is made in the transaction that
enters it, and a party's position is unique, so that two workers cannot both follow the same link.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Row, Select, func, select

from engine.core.facts import LedgerEntry
from engine.core.money import format_money
from engine.exchange.currencies import unit_micros, unit_text
from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.errors import CorrectionRefused
from engine.store.ledger import heads
from engine.store.ledger.causes import OPERATOR, VERDICT, Cause, cause_of, cause_text, kept_cause
from engine.store.ledger.chain import ChainCheck, Following, KeptLink, Link, hash_of
from engine.store.outbox import announcements
from engine.store.reports.spans import Span
from engine.store.tables import calls as calls_table
from engine.store.tables import reservations
from engine.store.tables.schema import calls, ledger, verdicts

Kind = Literal["revenue", "payout"]

BLIND_BYTES = 16
CHUNK = 1_000  # links of a chain that are read at once

_c = ledger.c


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """An entry as it stands. A correction adds its amount to that of the entry that it names.

    `cause` is what made it. `made_by` says who, where no verdict did, and `why` is the reason in the words of
    whoever gave one.
    """

    entry: int
    kind: Literal["revenue", "payout", "correction"]
    party: str
    buyer: str
    amount_micros: int
    currency: str
    posted_at: int
    corrects: int | None
    why: str = ""
    made_by: str = ""
    position: int = 0
    hash: str = ""
    cause: Cause = VERDICT


@dataclass(frozen=True, slots=True)
class Correction:
    """Somebody, or something, wants `amount_micros` to stand of a call's bill."""

    call: str
    buyer: str
    kind: Kind
    amount_micros: int
    why: str
    made_by: str
    cause: Cause = OPERATOR


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entry before it has its place in its party's chain."""

    call: str
    kind: str
    party: str
    buyer: str
    amount_micros: int
    currency: str
    corrects: PostedEntry | None = None


async def enter(connection: Connection, call: str, entries: Sequence[LedgerEntry], at_ms: int) -> None:
    """Enter each amount once per call, kind and buyer; what stands already is left as it is."""
    await wait_for_turn(connection, "ledger")
    query = select(_c.kind, _c.buyer).where(_c.call == call, _c.corrects.is_(None))
    standing = {(kind, buyer) for kind, buyer in await connection.execute(query)}
    for entry in entries:
        if (entry.kind, entry.buyer) not in standing:
            draft = _Draft(call, entry.kind, entry.party, entry.buyer, entry.amount_micros, entry.currency)
            await _append(connection, draft, at_ms)


async def correct(
    connection: Connection, correction: Correction, at_ms: int, *, in_units: bool = False
) -> None:
    """Enter what makes the wanted amount stand; raises CorrectionRefused where nothing would change.

    A call that was not billed gets its bill now. `in_units` refuses amounts that the currency can't pay.
    """
    await wait_for_turn(connection, "ledger")
    entries = (await read(connection, [correction.call]))[correction.call]
    bill = next((e for e in entries if (e.kind, e.buyer) == (correction.kind, correction.buyer)), None)
    what = f"call {correction.call}: the {correction.kind} for {correction.buyer}"
    if await calls_table.is_practice(connection, correction.call):
        raise CorrectionRefused(f"call {correction.call} was a practice call, for which nobody is billed")
    if correction.amount_micros < 0:
        raise CorrectionRefused(f"{what} can't be less than 0.00")
    stands = standing_micros(entries, correction.kind, correction.buyer)
    if correction.amount_micros == stands:
        raise CorrectionRefused(f"{what} is already {format_money(stands)}; nothing was entered")
    if bill is None:
        party, currency = await _owing(connection, correction, what)
        draft = _Draft(
            correction.call, correction.kind, party, correction.buyer, correction.amount_micros, currency
        )
    else:
        delta = correction.amount_micros - stands
        draft = _Draft(correction.call, "correction", bill.party, bill.buyer, delta, bill.currency, bill)
    if in_units:
        _check_unit(correction, draft.currency, bill, what)
    entry = await _append(connection, draft, at_ms, correction)
    sold = (correction.call, correction.buyer)
    await reservations.restate(connection, *sold, correction.kind, correction.amount_micros)
    await announcements.announce_correction(connection, entry, correction.amount_micros)


def _check_unit(correction: Correction, currency: str, bill: PostedEntry | None, what: str) -> None:
    """A verdict's own amount, as its terms have it, can be made to stand even if nobody can pay it."""
    is_as_billed = bill is not None and correction.amount_micros == bill.amount_micros
    if not is_as_billed and correction.amount_micros % unit_micros(currency):
        found = f"{what} can't be {format_money(correction.amount_micros)}"
        raise CorrectionRefused(f"{found}: that is finer than {unit_text(currency)}; round it")


def standing_micros(entries: Sequence[PostedEntry], kind: str, buyer: str) -> int:
    """What stands of a call's bill: the entry and all that corrects it."""
    bills = {entry.entry for entry in entries if (entry.kind, entry.buyer) == (kind, buyer)}
    return sum(entry.amount_micros for entry in entries if entry.entry in bills or entry.corrects in bills)


def is_billed(entries: Sequence[PostedEntry], buyer: str, judged: bool | None) -> bool | None:
    """Whether the buyer is billed for the call: as it was judged, until that is corrected."""
    bills = [entry for entry in entries if entry.kind == "revenue" and entry.buyer == buyer]
    numbers = {bill.entry for bill in bills}
    is_as_judged = all(bill.cause.by == "verdict" for bill in bills)
    if is_as_judged and not any(entry.corrects in numbers for entry in entries):
        return judged
    return standing_micros(entries, "revenue", buyer) > 0


async def read(connection: Connection, names: Sequence[str]) -> dict[str, tuple[PostedEntry, ...]]:
    """The entries of each of the calls, oldest first."""
    found: dict[str, tuple[PostedEntry, ...]] = dict.fromkeys(names, ())
    query = select(ledger).where(_c.call.in_(names)).order_by(_c.entry)
    for row in await connection.execute(query):
        found[row.call] += (posted(row),)
    return found


async def links_of(connection: Connection, call: str) -> tuple[KeptLink, ...]:
    """The call's entries as links of their parties' chains, each with the hash before it, oldest first."""
    bill, before = ledger.alias("bill"), ledger.alias("before")
    corrects = select(bill.c.position).where(bill.c.entry == _c.corrects).scalar_subquery()
    previous = (
        select(before.c.hash)
        .where(before.c.party == _c.party, before.c.position == _c.position - 1)
        .scalar_subquery()
    )
    query = (
        select(ledger, corrects.label("corrects_position"), previous.label("previous"))
        .where(_c.call == call)
        .order_by(_c.entry)
    )
    return tuple([_kept(row, row.previous or "") for row in await connection.execute(query)])


async def parties(connection: Connection) -> Sequence[str]:
    """Everybody who owes or is owed anything, or did, by name."""
    entered = (await connection.execute(select(_c.party).distinct())).scalars()
    return sorted({*entered, *await heads.parties(connection)})


async def check_chain(connection: Connection, following: Following) -> ChainCheck:
    """Follow a party's chain to its end, from where it was followed to before.

    In one transaction with what is kept beside the chain, for calls are billed meanwhile. Hashes of many
    thousand entries take seconds, so they are reckoned in a thread, some at a time. What calls say of their
    bills is asked where the chain is followed from its first entry.
    """
    party, is_from_first = following.party, following.position == 0
    while rows := (await connection.execute(_links(party, following.position))).all():
        if not await asyncio.to_thread(following.follow, [_kept(row) for row in rows]):
            break
    beside = await heads.beside(connection, party, asks_calls=is_from_first)
    return heads.held_against(following.check(), beside)


async def counted(connection: Connection, span: Span) -> Sequence[str]:
    """The parties whose entries count in reports of the span, and those that it names."""
    query = span.owned(span.begun(select(_c.party).join_from(ledger, calls).distinct()), ledger)
    named = {name for name in (span.buyer, span.publisher) if name is not None}
    return sorted({*(await connection.execute(query)).scalars(), *named})


def _links(party: str, after: int) -> Select[tuple[object, ...]]:
    bill = ledger.alias("bill")
    corrects = select(bill.c.position).where(bill.c.entry == _c.corrects).scalar_subquery()
    links = select(ledger, corrects.label("corrects_position"))
    return links.where(_c.party == party, _c.position > after).order_by(_c.position).limit(CHUNK)


def _kept(row: Row[tuple[object, ...]], previous: str = "") -> KeptLink:
    named = row._mapping
    apart = ("corrects", "previous", "cause")
    own = {name: named[name] for name in Link.__dataclass_fields__ if name not in apart}
    corrects, cause = named["corrects_position"], kept_cause(named["cause"])
    link = Link(**own, corrects=corrects, previous=previous, cause=cause)
    return KeptLink(named["entry"], link, named["hash"])


async def _append(connection: Connection, draft: _Draft, at_ms: int, made: Correction | None = None) -> int:
    """Add the entry as its party's next link; its number. Whoever adds has had its turn at the ledger."""
    last = select(_c.position, _c.hash).where(_c.party == draft.party).order_by(_c.position.desc()).limit(1)
    before = (await connection.execute(last)).one_or_none()
    cause = made.cause if made else VERDICT
    link = Link(
        party=draft.party,
        position=1 if before is None else before.position + 1,
        call=draft.call,
        kind=draft.kind,
        buyer=draft.buyer,
        amount_micros=draft.amount_micros,
        currency=draft.currency,
        posted_at=at_ms,
        corrects=draft.corrects.position if draft.corrects else None,
        why=made.why if made else "",
        made_by=made.made_by if made else "",
        previous="" if before is None else before.hash,
        blind=secrets.token_hex(BLIND_BYTES),
        cause=cause,
    )
    row = {name: getattr(link, name) for name in Link.__dataclass_fields__ if name != "previous"}
    row |= {"corrects": draft.corrects.entry if draft.corrects else None, "hash": hash_of(link)}
    row["cause"] = cause_text(cause)
    await heads.note(connection, link.party, link.position, str(row["hash"]))
    return int((await connection.execute(ledger.insert().returning(_c.entry), row)).scalar_one())


async def _owing(connection: Connection, correction: Correction, what: str) -> tuple[str, str]:
    """Who owes or is owed what was not billed before, and in which currency."""
    v = verdicts.c
    judged = select(func.max(v.currency)).where(v.call == correction.call, v.buyer == correction.buyer)
    currency = (await connection.execute(judged)).scalar_one_or_none()
    if currency is None:
        raise CorrectionRefused(
            f"{what} can't be corrected: no leg of that call to {correction.buyer} has a verdict; "
            "`cordboard show` lists its verdicts"
        )
    if correction.kind == "revenue":
        return correction.buyer, str(currency)
    sender = select(calls.c.publisher).where(calls.c.call == correction.call)
    publisher = (await connection.execute(sender)).scalar_one()
    if not publisher:
        raise CorrectionRefused(f"{what} can't be paid: the call didn't come from a publisher")
    return str(publisher), str(currency)


def posted(row: Row[tuple[object, ...]]) -> PostedEntry:
    named = row._mapping
    own = {name: named[name] for name in PostedEntry.__dataclass_fields__ if name != "cause"}
    return PostedEntry(**own, cause=cause_of(kept_cause(named["cause"]), named["made_by"], named["why"]))
