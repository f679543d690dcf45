"""Disputes of bills: opened once, decided once; neither is ever changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Row, select

from engine.core.journal import record_from_json, to_json
from engine.core.json_values import JsonObject
from engine.core.money import format_money, parse_money
from engine.core.older import AS_WRITTEN
from engine.exchange.disputes import Ground, Proposal
from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.errors import DisputeRefused
from engine.store.ledger import entries as ledger
from engine.store.ledger import marks
from engine.store.ledger.causes import Cause
from engine.store.ledger.entries import Correction
from engine.store.ledger.refunds import payout_after
from engine.store.tables.schema import dispute_decisions, disputes

Outcome = Literal["accepted", "partly", "rejected"]

_d, _x = disputes.c, dispute_decisions.c


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute to be opened. `proposal` is what the evidence says."""

    call: str
    buyer: str
    clause: str
    reason: str
    says: str
    proposal: Proposal
    opened_by: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a dispute ends: what shall stand of the revenue, and of the payout.

    `payout_micros` None leaves the payout alone. With `by_the_rules` the payout follows that of `refunds`,
    amounts are such as the currency can pay, and a rejection moves no money.
    """

    outcome: Outcome
    amount_micros: int
    payout_micros: int | None
    why: str
    made_by: str
    by_the_rules: bool = False


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute with its decision, if there is one. Times are milliseconds since 1970.

    `why` is the reason in the words of whoever decided; "" where nobody gave another than the evidence's.
    """

    dispute: int
    call: str
    buyer: str
    clause: str
    reason: str
    says: str
    proposal: Proposal
    opened_by: str
    opened_at: int
    state: Literal["open", "accepted", "partly", "rejected"]
    amount_micros: int | None
    why: str | None
    decided_by: str | None
    decided_at: int | None
    payout_micros: int | None = None  # what stands of the payout by the decision; older engines kept none


async def open_dispute(connection: Connection, opening: NewDispute, at_ms: int) -> int:
    """Keep the dispute; its number. Raises DisputeRefused while another one of the same bill is open."""
    await wait_for_turn(connection, "disputes")
    for other in await find(connection, call=opening.call):
        if other.buyer == opening.buyer and other.state == "open":
            raise DisputeRefused(
                f"dispute {other.dispute} of call {opening.call} for {opening.buyer} is open; decide it first"
            )
    row = {name: getattr(opening, name) for name in NewDispute.__dataclass_fields__}
    row |= {"proposal": json.dumps(proposal_json(opening.proposal), ensure_ascii=False), "opened_at": at_ms}
    made = await connection.execute(disputes.insert().returning(_d.dispute), row)
    return int(made.scalar_one())


async def decide(connection: Connection, number: int, decision: Settlement, at_ms: int) -> None:
    """Keep the decision and enter the corrections that follow from it, both or neither."""
    await wait_for_turn(connection, "disputes")
    found = await find(connection, number=number)
    if not found:
        raise DisputeRefused(f"dispute {number} doesn't exist; `cordboard dispute list` lists them")
    (dispute,) = found
    if dispute.state != "open":
        raise DisputeRefused(f"dispute {number} was already {dispute.state} by {dispute.decided_by}")
    await wait_for_turn(connection, "ledger")
    entries = (await ledger.read(connection, [dispute.call]))[dispute.call]
    stands = ledger.standing_micros(entries, "revenue", dispute.buyer)
    if decision.outcome == "partly" and not 0 < decision.amount_micros < stands:
        raise DisputeRefused(
            f"dispute {number}: {format_money(decision.amount_micros)} isn't between 0.00 "
            f"and the bill, {format_money(stands)}; accept or reject the dispute instead"
        )
    amount = stands if decision.outcome == "rejected" else decision.amount_micros
    _check_reason(dispute, decision)
    row: dict[str, object] = {"dispute": number, "outcome": decision.outcome, "amount_micros": amount}
    row |= {"why": decision.why, "made_by": decision.made_by, "made_at": at_ms}
    paid = ledger.standing_micros(entries, "payout", dispute.buyer)
    payout = decision.payout_micros
    if decision.by_the_rules and decision.outcome == "rejected" and payout not in (None, paid):
        raise DisputeRefused(
            f"dispute {number}: a rejection keeps the payout as it is, {format_money(paid)}; leave --payout "
            "out, or correct the payout with `cordboard correct`"
        )
    if decision.by_the_rules and decision.outcome != "rejected":
        payout = payout_after(entries, dispute.buyer, amount, payout)
    row["payout_micros"] = paid if payout is None else payout
    cause = Cause("dispute", dispute=number, details={"state": decision.outcome})
    wanted: list[tuple[ledger.Kind, int]] = [("revenue", amount)] if amount != stands else []
    if payout is not None and payout != paid:
        wanted.append(("payout", payout))
    for kind, micros in wanted:
        correction = Correction(
            dispute.call, dispute.buyer, kind, micros, decision.why, decision.made_by, cause
        )
        await ledger.correct(connection, correction, at_ms, in_units=decision.by_the_rules)
    row["ledger_mark"] = str(await marks.now(connection))
    await connection.execute(dispute_decisions.insert(), [row])


def _check_reason(dispute: Dispute, decision: Settlement) -> None:
    """A rejection has a reason: the grounds of the evidence, where nobody gives another."""
    proposed = dispute.proposal.outcome
    if decision.outcome == "rejected" and not decision.why and proposed != "reject":
        raise DisputeRefused(
            f"dispute {dispute.dispute}: the evidence doesn't support a rejection (it proposes "
            f"'{proposed}'); give a reason"
        )


async def find(
    connection: Connection, *, number: int | None = None, call: str | None = None
) -> Sequence[Dispute]:
    """One dispute, those of a call, or all of them; oldest first."""
    query = (
        select(disputes, _x.outcome, _x.amount_micros, _x.why, _x.made_by, _x.made_at, _x.payout_micros)
        .outerjoin(dispute_decisions, _x.dispute == _d.dispute)
        .order_by(_d.dispute)
    )
    if number is not None:
        query = query.where(_d.dispute == number)
    if call is not None:
        query = query.where(_d.call == call)
    return [_dispute(row) for row in await connection.execute(query)]


def _dispute(row: Row[tuple[object, ...]]) -> Dispute:
    kept = row._mapping
    return Dispute(
        dispute=kept[_d.dispute],
        call=kept[_d.call],
        buyer=kept[_d.buyer],
        clause=kept[_d.clause],
        reason=kept[_d.reason],
        says=kept[_d.says],
        proposal=proposal_from_json(json.loads(kept[_d.proposal])),
        opened_by=kept[_d.opened_by],
        opened_at=kept[_d.opened_at],
        state=kept[_x.outcome] or "open",
        amount_micros=kept[_x.amount_micros],
        why=kept[_x.why],
        decided_by=kept[_x.made_by],
        decided_at=kept[_x.made_at],
        payout_micros=kept[_x.payout_micros],
    )


def proposal_json(proposal: Proposal) -> JsonObject:
    """A proposal as it is kept and proven."""
    return {name: held for name, held in to_json(proposal).items() if name != "type"}


def proposal_from_json(kept: JsonObject) -> Proposal:
    """A proposal that `proposal_json` wrote; one of an older engine has sentences for grounds."""
    sentences = kept.get("sentences")
    if not isinstance(sentences, list):
        return record_from_json(Proposal, kept)
    grounds = tuple(Ground(AS_WRITTEN, {AS_WRITTEN: str(sentence)}) for sentence in sentences)
    outcome = cast("Literal['accept', 'partly', 'reject']", kept["outcome"])
    return Proposal(outcome, parse_money(str(kept["amount"])), grounds)
