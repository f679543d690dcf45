"""A verdict that a carrier's record corrects stands beside its first, in what is shown and in the evidence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click import unstyle

from engine.accounts.call_shown import CallShown
from engine.accounts.disputing import decision_of, open_dispute
from engine.accounts.rejudging import read_carrier_records
from engine.accounts.retelling import call_in_full
from engine.cli.telling import tell_call
from engine.core.json_values import JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import SigningKey, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.exchange.disputes import Claim
from engine.store import Correction, Store
from engine.store.errors import DisputeRefused
from engine.store.tables.carrier_records import CarrierRecord
from tests.runtime.kept_calls import START, kept_call
from tests.shown import show_json


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "worker-1", lambda: START) as opened:
        yield opened


async def corrected(store: Store, talk_ms: int = 90_500, by_ms: int = -1_500) -> Dossier:
    """A call whose buyer's leg the carrier measured otherwise, after the bill."""
    await kept_call(store, talk_ms=talk_ms)
    view = await store.call("call-1")
    assert view is not None
    (leg,) = view.legs
    ours = (leg.ended_at or 0) - (leg.answered_at or 0)
    await store.keep_carrier_record(CarrierRecord("call-1", "buyer-1", "twilio", ours + by_ms, START))
    assert await read_carrier_records(store) == 1
    return dossier_of(await collect(store, "call-1"))


def verified(dossier: Dossier, key: SigningKey, who: str = NETWORK) -> Report:
    return verify(read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START))))


def failures(report: Report) -> list[str]:
    return [f"{each.what}: {each.sentence}" for each in report.findings if each.outcome == "fails"]


async def test_show_has_the_first_verdict_the_corrected_one_and_what_stands(store: Store) -> None:
    await corrected(store)
    view = await call_in_full(store, "call-1")
    assert view is not None
    shown = show_json(view)
    (verdict,) = shown["verdicts"]  # type: ignore[misc, str-unpack]
    assert isinstance(verdict, dict)
    assert (verdict["billable"], verdict["revenue"]) == (True, "45.00")
    second = verdict["corrected"]
    assert isinstance(second, dict)
    assert (second["by"], second["reason"], second["revenue"]) == ("twilio", "below_duration", "0.00")
    assert [(one["kind"], one["amount"]) for one in shown["stands"]] == [  # type: ignore[union-attr, call-overload, index]
        ("revenue", "0.00"),
        ("payout", "0.00"),
    ]
    told = "\n".join(unstyle(line) for line in tell_call(CallShown.of(view)))
    assert "corrected by the times of twilio: not billable, below_duration" in told
    assert "lonestar owes nothing: bridged for 89s, 90s required." in told
    assert "revenue lonestar: 0.00 USD after corrections" in told


@pytest.mark.parametrize(("talk_ms", "by_ms"), [(90_500, -1_500), (88_000, 2_500)])
async def test_the_evidence_of_every_party_holds_both_verdicts(
    store: Store, tmp_path: Path, talk_ms: int, by_ms: int
) -> None:
    dossier, key = await corrected(store, talk_ms, by_ms), signing_key(tmp_path / "key.pem")
    for who in (NETWORK, "buyer:lonestar", "publisher:radio-tx"):
        assert failures(verified(dossier, key, who)) == []
    stands = [each.sentence for each in verified(dossier, key).findings if each.what == "ledger"]
    if by_ms < 0:
        assert stands[0].startswith("revenue, lonestar: 45.00 billed, -45.00 by carrier twilio (twilio has ")
        assert stands[0].endswith("now 0.00 USD")
    else:
        assert stands[0].startswith("revenue, lonestar: +45.00 by carrier twilio (twilio has ")
    judged = [each.what for each in verified(dossier, key, "buyer:lonestar").findings]
    assert judged.count("corrected/buyer-1/revenue") == 2
    shown = dossier.visible("publisher:radio-tx")
    assert {"corrected/buyer-1/payout", "carrier/buyer-1"} <= shown
    assert "corrected/buyer-1/revenue" not in shown
    assert "carrier/buyer-1/finding" not in shown


async def test_a_network_that_signs_another_correction_is_found_out(store: Store, tmp_path: Path) -> None:
    dossier, key = await corrected(store), signing_key(tmp_path / "key.pem")
    name = "corrected/buyer-1/revenue"
    body = dossier.bodies[name]
    assert isinstance(body, dict)
    dossier.bodies[name] = {**body, "billable": True, "revenue_micros": 45_000_000}
    found = failures(verified(dossier, key))
    assert any(line.startswith(f"{name}: {name}.billable: the file has True") for line in found)
    assert any("revenue is 0.00 in the ledger, but the carriers' times give 45.00" in line for line in found)
    assert failures(verified(dossier, key, "buyer:lonestar"))


async def test_a_network_that_drops_the_corrected_verdict_is_found_out(store: Store, tmp_path: Path) -> None:
    dossier, key = await corrected(store), signing_key(tmp_path / "key.pem")
    for name in ("corrected/buyer-1/revenue", "corrected/buyer-1/payout"):
        del dossier.bodies[name]
        del dossier.audiences[name]
    assert any(line.startswith("corrected/buyer-1/revenue") for line in failures(verified(dossier, key)))
    assert any(
        "the verdicts give 45.00 and nobody corrected them" in line
        for line in failures(verified(dossier, key, "buyer:lonestar"))
    )


async def test_a_bill_that_the_carrier_brought_is_disputed_by_the_carriers_times(store: Store) -> None:
    await corrected(store, 88_000, 2_500)
    claim = Claim("call-1", "lonestar", "", "too_short", "it was shorter")
    dispute = await open_dispute(store, claim, "lonestar", START)
    assert dispute.proposal.outcome == "reject", dispute.proposal


async def test_a_bill_that_the_carrier_took_back_is_disputed_no_more(store: Store) -> None:
    await corrected(store)
    with pytest.raises(DisputeRefused, match="nothing was billed to lonestar"):
        await open_dispute(store, Claim("call-1", "lonestar", "", "other", "no"), "lonestar", START)


async def test_an_operators_correction_and_a_dispute_are_told_with_who_and_why(
    store: Store, tmp_path: Path
) -> None:
    await kept_call(store)
    await store.correct(Correction("call-1", "lonestar", "revenue", 40_000_000, "goodwill", "desk"))
    await open_dispute(store, Claim("call-1", "lonestar", "", "other", "no"), "lonestar", START)
    await store.decide_dispute(1, decision_of("amount", 20_000_000, None, "half", "desk"))
    dossier, key = dossier_of(await collect(store, "call-1")), signing_key(tmp_path / "key.pem")
    for who in (NETWORK, "buyer:lonestar"):
        report = verified(dossier, key, who)
        assert failures(report) == []
        assert (
            "revenue, lonestar: 45.00 billed, -5.00 by desk (goodwill), "
            "-20.00 by desk (dispute 1 partly: half), now 20.00 USD"
        ) in [each.sentence for each in report.findings]
    body = dossier.bodies["dispute/1"]
    assert isinstance(body, dict)
    forged: JsonObject = {**body, "amount_micros": 10_000_000}
    dossier.bodies["dispute/1"] = forged
    assert "ledger: dispute/1 decided on 10.00, but the ledger has 20.00" in failures(verified(dossier, key))


async def test_a_verdict_that_the_callers_own_call_bounds_names_that_records_carrier(store: Store) -> None:
    await kept_call(store, talk_ms=95_000)
    view = await store.call("call-1")
    assert view is not None
    bridged_at = view.legs[0].bridged_at or 0
    await store.keep_carrier_record(CarrierRecord("call-1", "caller", "twilio", bridged_at + 60_000, START))
    assert await read_carrier_records(store) == 1
    view = await call_in_full(store, "call-1")
    assert view is not None
    (verdict,) = show_json(view)["verdicts"]  # type: ignore[misc, str-unpack]
    assert (verdict["corrected"]["by"], verdict["corrected"]["billable"]) == ("twilio", False)  # type: ignore[index, call-overload]
