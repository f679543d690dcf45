"""A view holds nothing of another party: the whole file is searched, whatever it is written in."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from engine.core.conditions import Details
from engine.core.facts import Candidate
from engine.core.json_values import Json, JsonObject
from engine.core.money import format_money
from engine.evidence.collecting import collect
from engine.evidence.discretion import as_the_buyer_reads_it, candidate_json, for_the_network_alone
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import SigningKey, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import Network
from engine.language.revisions import check_all
from engine.store.store import Store
from engine.wording.sentences import candidate_sentence
from tests.evidence.evidence_world import START, keep_story

EXAMPLES = sorted(path.name for path in Path("examples/flows").iterdir() if (path / "network.yaml").exists())
ENCODED = re.compile(r"[A-Za-z0-9_+/-]{16,}={0,2}")


def texts(value: Json) -> Iterator[str]:
    """Every key and value as text, and what is hidden in it: JSON in strings, base64."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts(held)
    elif isinstance(value, str):
        yield value
        yield from nested(value)
        for run in ENCODED.findall(value):
            whole = run.rstrip("=").translate(str.maketrans("+/", "-_"))
            whole = whole[: len(whole) - (len(whole) % 4 == 1)]
            with contextlib.suppress(UnicodeDecodeError):  # salts and digests spell short names by chance
                hidden = base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4)).decode()
                yield hidden
                yield from nested(hidden)
    else:
        yield json.dumps(value)


def nested(text: str) -> Iterator[str]:
    """The texts of JSON in a text."""
    try:
        found = json.loads(text) if text[:1] in ("[", "{") else None
    except ValueError:
        return
    yield from texts(cast(Json, found)) if found is not None else ()


def traces_of(network: Network, key: str) -> set[str]:
    """What would give a buyer away: its key, name and number."""
    buyer = network.buyers[key]
    return {text for text in (buyer.key, buyer.name, buyer.to) if text}


def words(found: set[str]) -> set[str]:
    return {word for text in found for word in re.findall(r"[\w+.-]+", text)}


Proof = tuple[str, Dossier, SigningKey, Network]

_proven: dict[str, list[Proof]] = {}


async def proofs(vertical: str, folder: Path) -> list[Proof]:
    """Of every story of the example; made once, for several tests read the same."""
    if vertical not in _proven:
        _proven[vertical] = await _proofs(vertical, folder)
    return _proven[vertical]


async def _proofs(vertical: str, folder: Path) -> list[Proof]:
    path = Path("examples/flows") / vertical
    checked = check_all(path)
    market = checked.published.revision.market if checked.published.revision else None
    assert isinstance(market, NetworkMarket)
    key, found = signing_key(folder / "key.pem"), []
    async with await Store.open(f"sqlite:///{folder}/c.db", "w", lambda: START) as store:
        for number, story in enumerate(checked.stories):
            call = await keep_story(store, story.name, path, f"c{number}")
            found.append((story.name, dossier_of(await collect(store, call)), key, market.network))
    return found


@pytest.mark.parametrize("vertical", EXAMPLES)
async def test_no_view_of_any_example_holds_anything_of_another(vertical: str, tmp_path: Path) -> None:
    seen: set[str] = set()
    for story, dossier, key, network in await proofs(vertical, tmp_path):
        for who in dossier.parties[1:]:
            kind, _, name = who.partition(":")
            document = signed_evidence(dossier, key, who, made_at=START)
            report = verify(read_evidence(json.dumps(document)))
            assert report.holds, (story, who, report.findings)
            everything = set(texts(cast(Json, document)))
            told, text = words(everything), "\n".join(everything)
            # A question may offer a company that buys calls too: then the caller's answer names it.
            asked = [body for part, body in dossier.bodies.items() if part.startswith("answer/")]
            own = words(set(texts([*asked, dossier.bodies.get(f"terms/buyer/{name}")])))
            own |= traces_of(network, name) if kind == "buyer" else set()
            for trace in {trace for other in network.buyers for trace in traces_of(network, other)} - own:
                assert trace not in told, (story, who, trace)
                assert " " not in trace or trace not in text, (story, who, trace)
            if kind == "buyer":
                assert not {"payout_micros", "payout_reason", "payout_clauses"} & told, (story, who)
                senders = {each.name for each in network.publishers.values()} | set(network.publishers)
                assert not {sender for sender in senders if sender in told}, (story, who)
            else:
                assert not {"revenue_micros", "price_micros", "expected_micros"} & told, (story, who)
            assert not {"expected_micros", "contacts", "standings"} & told, (story, who)
            seen.add(kind)
    assert seen <= {"buyer", "publisher"}


async def test_prices_of_others_are_in_nobodys_view(tmp_path: Path) -> None:
    for story, dossier, key, network in await proofs("roofing", tmp_path):
        prices = {buyer.key: buyer.price_micros for buyer in network.buyers.values()}
        for who in dossier.parties[1:]:
            kind, _, name = who.partition(":")
            found = set(texts(cast(Json, signed_evidence(dossier, key, who, made_at=START))))
            own = prices.get(name)
            payout = {30_000_000} if kind == "publisher" else set()
            for price in {*prices.values(), 30_000_000} - {own} - payout:
                for spelling in (str(price), format_money(price)):
                    assert spelling not in words(found), (story, who, spelling)


async def test_who_was_never_called_learns_neither_the_caller_nor_how_the_call_went(tmp_path: Path) -> None:
    for story, dossier, key, _ in await proofs("roofing", tmp_path):
        for who in dossier.parties[1:]:
            if not who.startswith("buyer:") or "leg/buyer-1/party" not in dossier.bodies:
                continue
            reached = {
                f"buyer:{cast(JsonObject, body)['buyer']}"
                for name, body in dossier.bodies.items()
                if name.startswith("leg/") and name.endswith("/party")
            }
            found = set(texts(cast(Json, signed_evidence(dossier, key, who, made_at=START))))
            is_told = dossier.material.record.from_number in words(found)
            assert is_told == (who in reached), (story, who)
            if who not in reached:
                assert not {"ended_by", "duration_ms", "bridged_at", "accepted_at"} & found, (story, who)


async def test_what_is_left_out_cannot_be_guessed(tmp_path: Path) -> None:
    """Whoever guesses a hidden part word for word still lacks its salt, which comes from the key."""
    import hashlib

    from engine.evidence.parts import canonical, numbered

    (_, dossier, key, _), *_ = await proofs("roofing", tmp_path)
    view = read_evidence(json.dumps(signed_evidence(dossier, key, "buyer:redriver", made_at=START)))
    shown = {part.name for part in view.parts}
    disclosed = {part.salt for part in view.parts}
    hidden = [
        part
        for part in numbered(dossier.bodies, key.salt_key("c0", dossier.material.blind))
        if part.name not in shown
    ]
    assert len(hidden) > 20
    salts = ("", *disclosed, key.thumbprint, str(view.header["root"]), "c0")
    for part in hidden:
        assert part.salt not in disclosed
        guesses = {hashlib.sha256(canonical([part.name, salt, part.body])).hexdigest() for salt in salts}
        guesses |= {hashlib.sha256(canonical(part.body)).hexdigest()}
        assert part.digest in view.digests
        assert not guesses & set(view.digests)


@pytest.mark.parametrize(
    ("code", "details", "sentence"),
    [
        (
            "campaign_cap_spend_day",
            {"who": "campaign roofing", "spent_micros": 5_000_000_000},
            "A cap is full.",
        ),
        ("publisher_cap_day", {"who": "publisher radio-tx", "calls": 5}, "A cap is full."),
        (
            "duplicate",
            {"had_by": "lonestar", "ago": "3d", "per": "campaign"},
            "redriver refuses duplicates, and this caller called recently.",
        ),
    ],
)
def test_what_another_has_is_not_told_as_a_reason(code: str, details: Details, sentence: str) -> None:
    candidate = Candidate("redriver", False, code, (), details, expected_micros=7)
    own = as_the_buyer_reads_it(candidate)
    assert own == Candidate("redriver", False, code, ())
    assert "expected_micros" not in candidate_json(own)
    assert candidate_sentence(own) == sentence
    assert for_the_network_alone(candidate) == {"details": dict(details), "expected_micros": 7}


async def test_the_networks_file_holds_everything(tmp_path: Path) -> None:
    (_, dossier, key, _), *_ = await proofs("roofing", tmp_path)
    view = read_evidence(json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START)))
    assert {part.name for part in view.parts} == set(dossier.bodies)
