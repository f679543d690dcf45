"""A carrier's signed record that differs from our times corrects the bill; one that agrees does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.accounts.rejudging import read_carrier_records
from engine.accounts.revisions import RevisionLost
from engine.core.places import Place
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.exchange.carrier_times import CarrierFinding
from engine.language.kept.reading import UnreadableRevision
from engine.language.mistakes import Mistake
from engine.store import Correction, Store
from engine.store.errors import DatabaseFails, FlushFailed, SealError
from engine.store.reports.spans import Span
from engine.store.tables.carrier_records import CarrierRecord
from engine.wording.ledger import carrier_sentence, entry_sentence
from tests.runtime.kept_calls import START, kept_call

LEG = "buyer-1"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "worker-1", lambda: START) as opened:
        yield opened


async def our_ms(store: Store, call: str = "call-1") -> int:
    view = await store.call(call)
    assert view is not None
    (leg,) = view.legs
    return (leg.ended_at or 0) - (leg.answered_at or 0)


async def carrier_says(store: Store, duration_ms: int, leg: str = LEG) -> str:
    """Keep and read the carrier's record; what came of it."""
    await store.keep_carrier_record(CarrierRecord("call-1", leg, "twilio", duration_ms, START))
    await read_carrier_records(store)
    view = await store.call("call-1")
    assert view is not None
    (record,) = view.carrier_records
    assert record.finding is not None
    return carrier_sentence(record.finding)


async def entries(store: Store) -> list[tuple[str, int, int | None]]:
    view = await store.call("call-1")
    assert view is not None
    return [(entry.kind, entry.amount_micros, entry.corrects) for entry in view.ledger]


BILLED = [("revenue", 45_000_000, None), ("payout", 30_000_000, None)]


async def test_a_shorter_record_takes_the_bill_back(store: Store) -> None:
    await kept_call(store, talk_ms=90_500)
    assert await entries(store) == BILLED
    finding = await carrier_says(store, await our_ms(store) - 1_500)
    assert finding.endswith("lonestar owes nothing: bridged for 89s, 90s required.")
    assert await entries(store) == [
        *BILLED,
        ("correction", -45_000_000, 1),
        ("correction", -30_000_000, 2),
    ]
    view = await store.call("call-1")
    assert view is not None
    assert view.ledger[2].made_by == "carrier twilio"
    assert (view.ledger[2].cause.by, view.ledger[2].cause.leg) == ("carrier", LEG)
    assert entry_sentence(view.ledger[2].cause, view.ledger[2].why).endswith("0.00 instead of 45.00")
    await read_carrier_records(store)
    assert len(await entries(store)) == 4


async def test_a_longer_record_bills_what_we_missed(store: Store) -> None:
    await kept_call(store, talk_ms=88_000)
    assert await entries(store) == []
    await carrier_says(store, await our_ms(store) + 2_500)
    assert await entries(store) == BILLED


@pytest.mark.parametrize("differs_ms", [-1_000, 0, 1_000])
async def test_a_record_within_a_second_changes_nothing(store: Store, differs_ms: int) -> None:
    await kept_call(store, talk_ms=90_000)
    finding = await carrier_says(store, await our_ms(store) + differs_ms)
    assert finding.endswith("they agree")
    assert await entries(store) == BILLED


async def test_a_longer_record_of_a_talk_that_the_caller_ended_is_our_own_hanging_up(store: Store) -> None:
    await kept_call(store, talk_ms=88_000, ended_by="caller")
    finding = await carrier_says(store, await our_ms(store) + 4_000)
    assert "the caller ended it, and the rest is hang-up time" in finding
    assert await entries(store) == []


async def test_a_shorter_record_of_a_talk_that_the_caller_ended_counts(store: Store) -> None:
    await kept_call(store, talk_ms=90_500, ended_by="caller")
    await carrier_says(store, await our_ms(store) - 2_000)
    assert len(await entries(store)) == 4


async def test_what_somebody_corrected_by_hand_is_left_alone(store: Store) -> None:
    await kept_call(store, talk_ms=90_500)
    await store.correct(Correction("call-1", "lonestar", "revenue", 20_000_000, "agreed", "desk"))
    await carrier_says(store, await our_ms(store) - 1_500)
    assert await entries(store) == [
        *BILLED,
        ("correction", -25_000_000, 1),
        ("correction", -30_000_000, 2),
    ]


async def test_a_record_of_a_leg_that_we_never_had_is_noted_and_no_more(store: Store) -> None:
    await kept_call(store)
    assert await carrier_says(store, 1_000, "buyer-9") == "no answered leg of ours matches it"
    await store.keep_carrier_record(CarrierRecord("nobody's", LEG, "twilio", 1_000, START))
    assert await read_carrier_records(store) == 0


async def test_the_first_record_of_a_leg_stands(store: Store) -> None:
    await kept_call(store, talk_ms=90_500)
    ours = await our_ms(store)
    await store.keep_carrier_record(CarrierRecord("call-1", LEG, "twilio", ours, START))
    assert (await carrier_says(store, ours - 5_000)).endswith("they agree")


ONCE = {"billable: {after: 90s,": "billable: {duplicates: {within: 30d}, after: 90s,"}
PAID_ONCE = {'payout: {amount: "30.00",': 'payout: {duplicates: {within: 30d}, amount: "30.00",'}


async def test_a_longer_record_bills_nobody_for_a_caller_who_was_billed_meanwhile(store: Store) -> None:
    once = {**ONCE, **PAID_ONCE}
    await kept_call(store, talk_ms=88_000, changes=once, claims=True)
    await kept_call(store, "call-2", talk_ms=95_000, changes=once, claims=True)
    finding = await carrier_says(store, await our_ms(store) + 5_000)
    assert finding.endswith("not corrected, because the revenue of lonestar is already owed for call call-2")
    assert await entries(store) == []


async def test_what_another_call_has_keeps_nothing_else_back(store: Store) -> None:
    await kept_call(store, talk_ms=88_000, changes=ONCE, claims=True)
    await kept_call(store, "call-2", talk_ms=95_000, changes=ONCE, claims=True)
    finding = await carrier_says(store, await our_ms(store) + 5_000)
    assert finding.endswith("it was already billed for this caller within 30d, for call call-2.")
    assert await entries(store) == [BILLED[1]]  # whose terms don't mind, as in a call that nobody corrected


async def test_a_record_of_a_transfer_says_that_nobody_pays_for_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await kept_call(store, talk_ms=60_000, acts=())  # a silent caller is put through to the desk
    view = await store.call("call-1")
    assert view is not None
    (leg,) = view.legs
    assert (leg.buyer, view.verdicts) == (None, ())
    finding = await carrier_says(store, await our_ms(store) + 7_000, leg.leg)
    assert finding.endswith("nobody pays for this leg, so nothing changes")
    assert caplog.records == []


async def test_the_time_of_a_caller_who_was_transferred_alone_bills_nothing(store: Store) -> None:
    await kept_call(store, talk_ms=60_000, acts=())  # put through to the desk
    assert "nobody pays for this leg" in await carrier_says(store, 20_000, "caller")
    assert await entries(store) == []


async def test_evidence_of_a_transfer_whose_time_the_carrier_has_verifies(
    store: Store, tmp_path: Path
) -> None:
    """It is judged by nobody; the caller's own time bounds it, too."""
    await kept_call(store, talk_ms=60_000, acts=())
    for leg, duration_ms in (("transfer-1", 20_000), ("caller", 25_000)):
        await store.keep_carrier_record(CarrierRecord("call-1", leg, "twilio", duration_ms, START))
    assert await read_carrier_records(store) == 0
    view = await store.call("call-1")
    assert view is not None
    assert {record.finding and record.finding.code for record in view.carrier_records} == {"unbilled"}
    collected = await collect(store, "call-1")
    assert collected.corrected == ()
    dossier, key = dossier_of(collected), signing_key(tmp_path / "key.pem")
    for who in (NETWORK, "publisher:radio-tx"):
        report = verify(read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START))))
        assert [each.sentence for each in report.findings if each.outcome == "fails"] == []


# What is no fault of the record


async def differing(store: Store) -> None:
    """A call whose bill the carrier's record, which nobody read yet, takes back."""
    await kept_call(store, talk_ms=90_500)
    ours = await our_ms(store) - 1_500
    await store.keep_carrier_record(CarrierRecord("call-1", LEG, "twilio", ours, START))


async def finding_code(store: Store) -> str | None:
    view = await store.call("call-1")
    assert view is not None
    (record,) = view.carrier_records
    return None if record.finding is None else record.finding.code


TAKEN_BACK = [*BILLED, ("correction", -45_000_000, 1), ("correction", -30_000_000, 2)]


async def test_of_two_workers_that_read_a_record_at_once_one_corrects_and_both_find_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await differing(store)
    met, correct = asyncio.Barrier(2), Store.correct
    left = 2

    async def after_both_have_judged(self: Store, *wanted: Correction, **options: object) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            await met.wait()
        await correct(self, *wanted, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "correct", after_both_have_judged)
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "worker-2", lambda: START) as other:
        assert sorted(await asyncio.gather(*map(read_carrier_records, (store, other)))) == [0, 1]
    assert await finding_code(store) == "differs"
    assert await entries(store) == TAKEN_BACK


@pytest.mark.parametrize(
    "hiccup", [DatabaseFails("locked", is_passing=True), FlushFailed("full")], ids=["locked", "unflushed"]
)
async def test_a_hiccup_of_the_database_leaves_the_record_for_the_next_round(
    store: Store, monkeypatch: pytest.MonkeyPatch, hiccup: Exception
) -> None:
    await differing(store)

    async def fails(*_: object, **__: object) -> None:
        raise hiccup

    with monkeypatch.context() as once:
        once.setattr(Store, "correct", fails)
        assert await read_carrier_records(store) == 0
    assert await finding_code(store) is None
    assert await read_carrier_records(store) == 1
    assert await finding_code(store) == "differs"


@pytest.mark.parametrize("is_sealed", [False, True])
async def test_what_this_worker_cannot_read_is_left_to_another_and_tried_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_sealed: bool
) -> None:
    await differing(store)
    tries: list[str] = []

    async def newer(_: Store, name: str) -> None:
        tries.append(name)
        if is_sealed:
            raise SealError("another key")
        raise RevisionLost(name, UnreadableRevision(Mistake(Place("network.yaml", 1, 1), "format 9")))

    unreadable: set[tuple[str, str]] = set()
    with monkeypatch.context() as older:
        older.setattr("engine.accounts.rejudging.kept_revision", newer)
        for _ in range(3):
            assert await read_carrier_records(store, unreadable) == 0
    assert (len(tries), unreadable) == (1, {("call-1", LEG)})
    assert await finding_code(store) is None
    assert await read_carrier_records(store) == 1


async def two_buyers_of_a_phone_call(store: Store) -> None:
    """The engine died in the caller's talk with one buyer; brought back, the caller talked with another."""
    await kept_call(store, talk_ms=50_000, ended_by="engine", claims=True)
    again = {"carrier_call": "CAcall-1", "again_of": "call-1", "busy": "lonestar"}
    await kept_call(store, "call-2", talk_ms=95_000, claims=True, **again)


async def test_a_lost_talk_is_billed_though_the_phone_call_went_on_with_another_buyer(store: Store) -> None:
    await two_buyers_of_a_phone_call(store)
    assert await entries(store) == []
    finding = await carrier_says(store, await our_ms(store) + 45_000)
    assert await entries(store) == [BILLED[0]]
    assert "lonestar owes 45.00" in finding
    other = await store.call("call-2")
    assert other is not None
    assert [(entry.kind, entry.buyer) for entry in other.ledger] == [
        ("revenue", "redriver"),
        ("payout", "redriver"),
    ]
    await read_carrier_records(store)
    assert await entries(store) == [BILLED[0]]


async def test_evidence_of_a_bill_that_was_partly_refused_verifies(store: Store, tmp_path: Path) -> None:
    await two_buyers_of_a_phone_call(store)
    await carrier_says(store, await our_ms(store) + 45_000)
    dossier = dossier_of(await collect(store, "call-1"))
    key = signing_key(tmp_path / "key.pem")
    for who in (NETWORK, "buyer:lonestar", "publisher:radio-tx"):
        report = verify(read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START))))
        assert [each.sentence for each in report.findings if each.outcome == "fails"] == []
    (again,) = (await collect(store, "call-1")).corrected
    assert (again.billable, again.payable, again.payout_reason) == (True, False, "duplicate")


@pytest.mark.parametrize("leg", [LEG, "caller"])
async def test_the_talk_in_reports_follows_the_carrier(store: Store, leg: str) -> None:
    await kept_call(store, talk_ms=95_000)
    view = await store.call("call-1")
    assert view is not None
    (ours,) = view.legs
    assert ours.answered_at is not None
    assert ours.bridged_at is not None
    assert ours.ended_at is not None
    before_ms = ours.ended_at - ours.bridged_at
    lasted_ms = ours.ended_at - (ours.answered_at if leg == LEG else 0)
    await carrier_says(store, lasted_ms - 40_000, leg)
    (row,) = (await store.books.report("campaign", Span(), ZoneInfo("UTC"))).rows
    assert (row.talks, row.talk_ms) == (1, before_ms - 40_000)
    known = CarrierRecord("call-1", leg, "twilio", 1, START)
    await store.note_carrier_record(known, CarrierFinding("differs"), {LEG: 1})
    (row,) = (await store.books.report("campaign", Span(), ZoneInfo("UTC"))).rows
    assert (row.talks, row.talk_ms) == (1, 0)  # never less than nothing
