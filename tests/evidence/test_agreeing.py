"""A view that says in one part what another part does not is found out, even where the network signed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.json_values import Json, JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.parts import Part, canonical, root_of
from engine.evidence.signing import HEADER, SigningKey, public_key, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.store.store import Store
from tests.evidence.evidence_world import ROOFING, START, keep_story

LONESTAR, RADIO = "buyer:lonestar", "publisher:radio-tx"
REVENUE, PAYOUT = "verdict/buyer-1/revenue", "verdict/buyer-1/payout"


def wholly_resigned(
    document: JsonObject, key: SigningKey, name: str, change: Callable[[Any], None]
) -> list[str]:
    """What verify names of a part that whoever has the network's key changed, digests, root and signature too."""
    evidence = read_evidence(json.dumps(document))
    digests, vcon = list(evidence.digests), evidence.vcon
    attachments: Any = vcon["attachments"]
    for attachment in attachments:
        parts = json.loads(attachment["body"])
        for part in parts if attachment["type"] != "cordboard/digests" else []:
            if part["name"] == name:
                change(part["body"])
                digests[part["index"]] = Part(**part).digest
                attachment["body"] = canonical(parts).decode()
    attachments[-1]["body"] = canonical(list(digests)).decode()
    header: dict[str, Json] = {key: held for key, held in evidence.header.items() if key not in HEADER}
    signed = key.sign(canonical(vcon), {**header, "root": root_of(digests)})
    report = verify(read_evidence(json.dumps(signed)), public_key(json.dumps(key.public)))
    assert next(each for each in report.findings if each.what == "signature").outcome == "holds"
    return [each.sentence for each in report.findings if each.outcome == "fails"]


@pytest.fixture
async def views(tmp_path: Path) -> tuple[SigningKey, dict[str, JsonObject]]:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        dossier = dossier_of(
            await collect(store, await keep_story(store, "texas_replacement_goes_to_lonestar"))
        )
    return key, {who: signed_evidence(dossier, key, who, made_at=START) for who in (LONESTAR, RADIO)}


CHANGES: list[tuple[str, str, Callable[[Any], None], str]] = [
    (LONESTAR, "answer/zip", lambda body: body.update(value="73102"), "but clauses read '78701'"),
    (
        LONESTAR,
        "answer/zip",
        lambda body: body.update(value="73102", values={"zip": "73102"}),
        f"{REVENUE}: `answered: zip` reads zip = '78701', but the answer is '73102' (answer/zip)",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body["clauses"][0]["values"].update(seconds=195.0),
        "reads seconds = 195.0, but the leg's times give seconds = 95.0",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body["clauses"][0].update(outcome=False),
        f"{REVENUE}: `bridged for at least 90s` is false in the file, but the times give true",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body["clauses"][1].update(outcome=False),
        f"{REVENUE}: `answered: zip` is false in the file, but the answer is present",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body.update(details={"as_written": "lonestar owes nothing: it was short."}),
        "expected 'lonestar owes 45.00 USD: '",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body.update(reason="below_duration"),
        f"{REVENUE}.reason is below_duration, but billable is true",
    ),
    (
        LONESTAR,
        "terms/buyer/lonestar",
        lambda body: body["settings"]["billable"].update(after="120s"),
        "its first clause is `bridged for at least 90s`, but the terms have `bridged for at least 120s`",
    ),
    (
        LONESTAR,
        "terms/buyer/lonestar",
        lambda body: body["settings"]["billable"].update(timer_from="answered"),
        f"{REVENUE}.timer.counted_from is bridged, but the terms have answered",
    ),
    (
        LONESTAR,
        "terms/buyer/lonestar",
        lambda body: body["settings"]["billable"]["requires"].append("age"),
        "the terms require zip, need, insurance, age; the answers with a clause are zip, need, insurance",
    ),
    (LONESTAR, "call", lambda body: body.update(started_at=0), "call.started_at is 1970-01-01"),
    (
        RADIO,
        "leg/buyer-1",
        lambda body: body.update(bridged_at=body["bridged_at"] - 60_000),
        f"{PAYOUT}: `bridged for at least 90s` reads seconds = 95.0, but the leg's times give seconds = 155.0",
    ),
    (
        RADIO,
        "terms/payout/roofing",
        lambda body: body["settings"].update(after="30s"),
        "the terms have `bridged for at least 30s`",
    ),
]


@pytest.mark.parametrize(("who", "name", "change", "told"), CHANGES)
async def test_a_part_that_the_network_itself_made_another_is_named_by_the_parts_around_it(
    who: str,
    name: str,
    change: Callable[[Any], None],
    told: str,
    views: tuple[SigningKey, dict[str, JsonObject]],
) -> None:
    key, documents = views
    found = wholly_resigned(documents[who], key, name, change)
    assert any(told in line for line in found), found


@pytest.mark.parametrize("amount", ["20.00", "25.00"])
async def test_a_payout_of_another_campaign_is_held_against_that_campaigns_terms(
    amount: str, tmp_path: Path
) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    for path in ROOFING.glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    network = (folder / "network.yaml").read_text()
    second = f"""campaigns:
  overflow:
    flow: roofing
    buyers: [lonestar, redriver, sunstate]
    payout: {{amount: "{amount}", after: 60s}}"""
    (folder / "network.yaml").write_text(network.replace("campaigns:", second, 1))
    flow = (folder / "roofing.yaml").read_text()
    (folder / "roofing.yaml").write_text(
        flow.replace("type: choose_buyer", "type: choose_buyer\n    campaign: overflow", 1)
    )
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        call = await keep_story(store, "texas_replacement_goes_to_lonestar", folder)
        dossier = dossier_of(await collect(store, call))
    for who in dossier.parties:
        report = verify(read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START))))
        assert report.holds, (who, [each for each in report.findings if each.outcome == "fails"])
        if who == RADIO:
            assert f"payout: payable, {amount}" in [each.sentence for each in report.findings]
