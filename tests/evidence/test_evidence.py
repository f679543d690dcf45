"""Evidence holds as it was signed, and names what was changed of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.json_values import JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import EvidenceError, SigningKey, public_key, signing_key
from engine.evidence.vcon import Evidence, read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged, keep_story, resigned

STORY = "texas_replacement_goes_to_lonestar"


@pytest.fixture
async def signed(tmp_path: Path) -> tuple[SigningKey, dict[str, JsonObject]]:
    """The network's file of one billed call, and each party's view of it."""
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        dossier = dossier_of(await collect(store, await keep_story(store, STORY)))
    audiences = (NETWORK, "buyer:lonestar", "buyer:redriver", "publisher:radio-tx")
    return key, {who: signed_evidence(dossier, key, who, made_at=START) for who in audiences}


def read(document: JsonObject) -> Evidence:
    return read_evidence(json.dumps(document))


def failures(report: Report) -> list[str]:
    return [f"{each.what}: {each.sentence}" for each in report.findings if each.outcome == "fails"]


async def test_what_was_signed_holds(signed: tuple[SigningKey, dict[str, JsonObject]]) -> None:
    key, documents = signed
    published = public_key(json.dumps(key.public))
    for who, document in documents.items():
        report = verify(read(document), published)
        assert report.holds, (who, failures(report))
    sentences = [each.sentence for each in verify(read(documents[NETWORK])).findings]
    assert any("events lead to the same commands" in sentence for sentence in sentences)


CHANGES: dict[str, tuple[str, Callable[[JsonObject], None]]] = {
    "an answer": ("answer/zip", lambda body: body.update(value="78702")),
    "a clause's outcome": ("verdict/buyer-1/revenue", lambda body: body["clauses"][0].update(outcome=False)),
    "a time": ("leg/buyer-1", lambda body: body.update(bridged_at=1)),
    "an amount": ("verdict/buyer-1/revenue", lambda body: body.update(revenue_micros=1)),
    "a payout": ("verdict/buyer-1/payout", lambda body: body.update(payout_micros=1)),
    "an entry": ("ledger/1", lambda body: body.update(amount_micros=1)),
    "a candidate": ("decision/1/lonestar", lambda body: body.update(eligible=False)),
    "an event": ("journal/0", lambda body: body["event"].update(caller_number="+15125550199")),
    "the terms": ("terms/buyer/lonestar", lambda body: body["settings"].update(price="50.00")),
}  # type: ignore[index]


@pytest.mark.parametrize("what", CHANGES)
async def test_whatever_is_changed_is_named(
    what: str, signed: tuple[SigningKey, dict[str, JsonObject]]
) -> None:
    name, change = CHANGES[what]
    report = verify(forged(signed[1][NETWORK], edit(name, change)))
    found = failures(report)
    assert any(line.startswith("signature: ") for line in found)
    assert any(line == f"{name}: {name} isn't what was signed: its digest differs" for line in found)


@pytest.mark.parametrize("what", CHANGES)
async def test_a_forger_with_a_key_of_his_own_is_found_out_by_the_digests(
    what: str, signed: tuple[SigningKey, dict[str, JsonObject]], tmp_path: Path
) -> None:
    key, documents = signed
    name, change = CHANGES[what]
    other = signing_key(tmp_path / "other.pem")
    evidence = resigned(forged(documents[NETWORK], edit(name, change)), other)
    assert any(line.startswith(f"{name}: ") for line in failures(verify(evidence)))
    assert any(
        line.startswith("signature: ")
        for line in failures(verify(evidence, public_key(json.dumps(key.public))))
    )


async def test_a_network_that_lies_in_its_own_facts_is_found_out_by_the_replay(
    tmp_path: Path,
) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        dossier = dossier_of(await collect(store, await keep_story(store, STORY)))
    body = dossier.bodies["answer/zip"]
    assert isinstance(body, dict)
    dossier.bodies["answer/zip"] = {**body, "value": "78702"}
    report = verify(read(signed_evidence(dossier, key, NETWORK, made_at=START)))
    assert failures(report) == [
        "answer/zip: answer/zip.value: the file has '78702', but the journal gives '78701'"
    ]


async def test_a_buyers_view_holds_nothing_of_another_buyer_or_of_the_publisher(
    signed: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    view = json.dumps(read(signed[1]["buyer:lonestar"]).vcon)
    for foreign in ("redriver", "radio-tx", "payout_micros", "+15550112"):
        assert foreign not in view
    assert "78701" in view
    assert "revenue_micros" in view


async def test_a_publishers_view_holds_no_buyer_and_no_price(
    signed: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    view = json.dumps(read(signed[1]["publisher:radio-tx"]).vcon)
    for foreign in ("lonestar", "redriver", "revenue_micros", "+15550111"):
        assert foreign not in view
    assert "payout_micros" in view


async def test_all_views_of_a_call_have_one_root(
    signed: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    roots = {read(document).header["root"] for document in signed[1].values()}
    assert len(roots) == 1


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (
            "verdict/buyer-1/revenue",
            lambda body: body.update(billable=False, reason="below_duration", revenue_micros=0),
            "billable is false",
        ),
        ("verdict/buyer-1/revenue", lambda body: body.update(revenue_micros=1), "revenue_micros is 0.00"),
        ("leg/buyer-1", lambda body: body.update(ended_at=body["ended_at"] - 10_000), "timer.ran_ms"),
        ("answer/zip", lambda body: body.update(value="99999"), "answer/zip isn't what was signed"),
    ],
)
async def test_a_view_is_judged_by_itself(
    name: str,
    change: Callable[[JsonObject], None],
    told: str,
    signed: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    report = verify(forged(signed[1]["buyer:lonestar"], edit(name, change)))
    assert any(told in line for line in failures(report)), failures(report)


async def test_a_call_that_goes_on_proves_nothing_yet(tmp_path: Path) -> None:
    from tests.store.store_world import arrived

    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        store.append("call-1", 0, arrived())
        store.append_commands("call-1", 0, [])
        await store.flush()
        with pytest.raises(EvidenceError, match="still goes on"):
            await collect(store, "call-1")
        with pytest.raises(EvidenceError, match="doesn't exist"):
            await collect(store, "call-2")


def test_a_key_is_made_once_and_says_nothing_of_itself(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    assert signing_key(tmp_path / "key.pem").thumbprint == key.thumbprint
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert repr(key) == f"SigningKey({key.thumbprint})"
    assert "d" not in key.public
    (tmp_path / "bad.pem").write_text("no key")
    with pytest.raises(EvidenceError, match="expected a private P-256 key"):
        signing_key(tmp_path / "bad.pem")
    with pytest.raises(EvidenceError, match="expected a JWK or PEM"):
        public_key("no key")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "isn't JSON"),
        ("[]", "isn't a JSON object"),
        ("{}", "carries no signature"),
        ('{"payload": "e30", "signatures": [{"protected": "!"}]}', "header can't be read"),
        ('{"payload": "€", "signatures": [{"protected": "e30"}]}', "payload can't be read"),
        ('{"payload": "W10", "signatures": [{"protected": "e30"}]}', "the payload isn't a JSON object"),
    ],
)
def test_what_is_no_evidence_is_said_to_be_none(text: str, told: str) -> None:
    with pytest.raises(EvidenceError, match=told):
        read_evidence(text)


async def test_a_publisher_checks_its_entry_without_knowing_the_buyer(
    signed: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    key, documents = signed
    view = documents["publisher:radio-tx"]
    assert "sale/2" not in {part.name for part in read(view).parts}
    for change in ({"posted_at": 1}, {"sold_to": "sha256:0"}, {"hash": "0"}, {"position": 9}):
        report = verify(resigned(forged(view, edit("ledger/2", lambda body: body.update(change))), key))  # noqa: B023
        told = "ledger: ledger/2 isn't the entry that its hash in the ledger covers"
        assert told in failures(report), change
