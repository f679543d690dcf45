"""Over random networks and calls: every party's evidence holds, and tells nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import CallArrived, Contact
from engine.core.json_values import Json
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.evidence.collecting import collect
from engine.evidence.dossier import Dossier, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import Published, revision_id
from engine.language.stories.story import BuyerPlan
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store.store import Store
from tests.evidence.test_discretion import texts, words
from tests.properties.random_networks import (
    CALLERS,
    NUMBERS,
    ORDERS,
    PLANS,
    Drawn,
    hunting,
    networks,
    published,
)
from tests.properties.test_the_shortest_interview import MONDAY_MORNING, called


async def kept(folder: Path, of: Published, files: Mapping[str, str], world: VirtualWorld) -> Dossier:
    """The call as the store keeps a live one."""
    assert of.revision is not None
    async with await Store.open(f"sqlite:///{folder}/c.db", "w", lambda: MONDAY_MORNING) as store:
        await store.keep_revision(of.revision.id, of.files)
        machine = CallMachine(of.revision)
        for seq, entry in enumerate(world.journal):
            store.append("call-1", seq, entry.event)
            store.append_commands("call-1", seq, machine.receive(entry.event))
        await store.flush("call-1")
        return dossier_of(await collect(store, "call-1"))


@hunting(25)
@given(
    network=networks(),
    order=ORDERS,
    answers=CALLERS,
    plans=st.fixed_dictionaries({f"b{number}": PLANS for number in range(5)}),
    had=st.lists(st.integers(0, 4), max_size=2),
    way=st.sampled_from(sorted(NUMBERS)),
    seed=st.integers(0, 1 << 32),
)
def test_every_view_holds_and_is_discreet(
    network: Drawn,
    order: list[str],
    answers: Mapping[str, str],
    plans: Mapping[str, BuyerPlan],
    had: list[int],
    way: str,
    seed: int,
) -> None:
    of = published(network, order)
    files = of.files
    assert of.revision is not None
    assert of.network is not None
    assert revision_id(files) == of.revision.id
    contacts = tuple(
        Contact(f"b{buyer}", MONDAY_MORNING - 600_000, billed=True, campaign=way) for buyer in had
    )
    number = NUMBERS[way]
    arrived = CallArrived(
        0, "call-1", "practice", "x", "+15125550123", number, MONDAY_MORNING, seed, contacts
    )
    _, world = called(of, number, answers, plans, arrived)
    buyers = of.network.buyers
    with TemporaryDirectory() as name:
        folder = Path(name)
        dossier = asyncio.run(kept(folder, of, files, world))
        key = signing_key(folder / "key.pem")
        for who in dossier.parties:
            document = signed_evidence(dossier, key, who, made_at=MONDAY_MORNING)
            report = verify(read_evidence(json.dumps(document)))
            assert report.holds, (who, [each for each in report.findings if each.outcome == "fails"])
            kind, _, own = who.partition(":")
            told = words(set(texts(cast(Json, document))))
            its_own = words(set(texts(_terms(dossier, kind, own))))
            others = [buyer for buyer in buyers.values() if buyer.key != own] if kind != "network" else []
            prices = {buyer.price_micros for buyer in others} - {
                buyer.price_micros for buyer in buyers.values() if buyer.key == own
            }
            for secret in (
                *(text for buyer in others for text in (buyer.key, buyer.to)),
                *(
                    text
                    for price in prices
                    if price > 1_000_000
                    for text in (str(price), format_money(price))
                ),
                *(("radio", "Radio", "payout_micros") if kind == "buyer" else ()),
                *(("revenue_micros", "price_micros") if kind == "publisher" else ()),
            ):
                assert secret not in told or secret in its_own, (who, secret)


def _terms(dossier: Dossier, kind: str, own: str) -> Json:
    """What the party itself agreed to; a buyer may have said from which publisher it takes calls."""
    begins = "terms/payout/" if kind == "publisher" else f"terms/buyer/{own}"
    return [body for name, body in dossier.bodies.items() if name.startswith(begins)]
