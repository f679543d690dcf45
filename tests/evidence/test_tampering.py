"""Whatever is changed of evidence, by whoever has not the network's key: verify fails and names it."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.core.json_values import Json, JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.parts import canonical
from engine.evidence.signing import EvidenceError, SigningKey, public_key, signing_key
from engine.evidence.strictly import decoded, encoded
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.store.store import Store
from tests.evidence.evidence_world import START, keep_story

SAMPLE = 40 * int(os.environ.get("CORDBOARD_HUNT", "1"))
VIEWS = (NETWORK, "buyer:lonestar", "buyer:redriver", "publisher:radio-tx")
STORY = "texas_replacement_goes_to_lonestar"

Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> tuple[SigningKey, Dossier]:
    folder = tmp_path_factory.mktemp("proof")

    async def gathered() -> Dossier:
        async with await Store.open(f"sqlite:///{folder}/c.db", "w", lambda: START) as store:
            return dossier_of(await collect(store, await keep_story(store, STORY)))

    return signing_key(folder / "key.pem"), asyncio.run(gathered())


def leaves(value: Json, path: Path_ = ()) -> Iterator[Path_]:
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield path
    for key, each in held:
        yield from leaves(each, (*path, key))


def lists(value: Json, path: Path_ = ()) -> Iterator[Path_]:
    """Where there are lists that hold something."""
    if isinstance(value, list) and value:
        yield path
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in held:
        yield from lists(each, (*path, key))


def at(value: Json, path: Path_) -> Json:
    for step in path:
        value = value[step]  # type: ignore[index, call-overload]
    return value


def another(value: Json) -> Json:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + 1
    return value[:-1] + ("1" if value[-1:] == "0" else "0") if isinstance(value, str) else None


def changed_at(value: Json, path: Path_) -> Json:
    forged = copy.deepcopy(value)
    at(forged, path[:-1])[path[-1]] = another(at(forged, path))  # type: ignore[index, call-overload]
    return forged


def with_vcon(document: JsonObject, vcon: Json) -> JsonObject:
    return {**document, "payload": encoded(canonical(vcon))}


def with_body(document: JsonObject, index: int, body: Json) -> JsonObject:
    vcon = vcon_of(document)
    at(vcon, ("attachments", index))["body"] = canonical(body).decode()  # type: ignore[index, call-overload]
    return with_vcon(document, vcon)


def vcon_of(document: JsonObject) -> JsonObject:
    return cast(JsonObject, json.loads(decoded(document["payload"])))


def bodies_of(document: JsonObject) -> list[list[Json]]:
    attachments = cast("list[JsonObject]", vcon_of(document)["attachments"])
    return [json.loads(str(attachment["body"])) for attachment in attachments]


def wrong(document: JsonObject, key: SigningKey | None = None) -> list[str]:
    """What verify names; the reader's own refusal is one too."""
    published = public_key(json.dumps(key.public)) if key else None
    try:
        report: Report = verify(read_evidence(json.dumps(document)), published)
    except EvidenceError as error:
        return [str(error)]
    assert not report.holds
    return [f"{each.what}: {each.sentence}" for each in report.findings if each.outcome == "fails"]


def sampled(paths: list[Path_], who: str) -> list[Path_]:
    """All of a view's; of the network's file, whose journal is fed again each time, some."""
    return paths if who != NETWORK else random.Random(7).sample(paths, min(len(paths), SAMPLE))


@pytest.mark.parametrize("who", VIEWS)
def test_every_value_of_every_part_is_named_where_it_is_another(
    who: str, proof: tuple[SigningKey, Dossier]
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, who, made_at=START)
    changes = [(n, path) for n, body in enumerate(bodies_of(document)) for path in leaves(cast(Json, body))]
    for n, path in [(int(one[0]), one[1:]) for one in sampled([(n, *path) for n, path in changes], who)]:
        body = cast(Json, bodies_of(document)[n])
        part = cast("list[Json]", body)[int(path[0])]
        found = wrong(with_body(document, n, changed_at(body, path)))
        name = str(part["name"]) if isinstance(part, dict) else "root"
        if path[1:2] == ("body",):
            assert any(line.startswith(f"{name}: ") for line in found), (name, path, found)
        assert len(found) > 1 or "is no part of evidence" in found[0], (name, path, found)


@pytest.mark.parametrize("who", VIEWS)
def test_every_value_around_the_parts_is_named_where_it_is_another(
    who: str, proof: tuple[SigningKey, Dossier]
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, who, made_at=START)
    vcon = vcon_of(document)
    for path in [each for each in leaves(vcon) if each[-1] != "body"]:
        found = wrong(with_vcon(document, changed_at(vcon, path)))
        assert any(not line.startswith("signature: ") for line in found), (path, found)


@pytest.mark.parametrize("who", VIEWS)
def test_every_value_of_the_header_is_held_against_the_rest(
    who: str, proof: tuple[SigningKey, Dossier]
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, who, made_at=START)
    (signature,) = cast("list[JsonObject]", document["signatures"])
    header = json.loads(decoded(signature["protected"]))
    for path in leaves(header):
        protected = encoded(canonical(changed_at(header, path)))
        found = wrong({**document, "signatures": [{**signature, "protected": protected}]}, key)
        assert found[0].startswith("signature: "), (path, found)


@pytest.mark.parametrize("who", VIEWS)
@pytest.mark.parametrize("how", ["gone", "twice", "swapped"])
def test_nothing_is_dropped_doubled_or_moved(how: str, who: str, proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, who, made_at=START)
    texts = [cast(Json, body) for body in bodies_of(document)]
    everywhere: list[Path_] = [(n, *path) for n, body in enumerate(texts) for path in lists(body)]
    for n, *path in sampled(everywhere, who):
        body = copy.deepcopy(texts[int(n)])
        held = cast("list[Json]", at(body, tuple(path)))
        if how == "gone":
            del held[-1]
        elif how == "twice":
            held.append(copy.deepcopy(held[0]))
        elif len(held) > 1 and held[0] != held[1]:
            held[0], held[1] = held[1], held[0]
        else:
            continue
        assert wrong(with_body(document, int(n), body)), (n, path)
    for name in ("attachments", "parties"):
        vcon = vcon_of(document)
        held = cast("list[Json]", vcon[name])
        held[:] = held[:-1] if how == "gone" else [*held, held[0]] if how == "twice" else held[::-1]
        assert wrong(with_vcon(document, vcon)), name


@pytest.mark.parametrize("who", VIEWS)
def test_any_byte_of_the_file_counts(who: str, proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    text = json.dumps(signed_evidence(dossier, key, who, made_at=START), separators=(",", ":"))
    chance = random.Random(11)
    places = [*range(30), *range(len(text) - 120, len(text)), *chance.sample(range(len(text)), SAMPLE)]
    for place in places:
        byte = chance.choice([each for each in '"0Aa_-{}[],:\\ !€\x00' if each != text[place]])
        try:
            report = verify(read_evidence(text[:place] + byte + text[place + 1 :]))
        except EvidenceError:
            continue
        assert not report.holds, (place, text[place], byte)


@pytest.mark.parametrize("who", VIEWS)
def test_things_of_another_kind_are_told_and_no_traceback(
    who: str, proof: tuple[SigningKey, Dossier], tmp_path: Path
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, who, made_at=START)
    chance = random.Random(13)
    file = tmp_path / "call.json"
    strange: list[Json] = [None, True, -1, 1.5, "\x1b[2J", [], {}, [[]], {"": None}]
    for _ in range(SAMPLE):
        n = chance.randrange(len(bodies_of(document)))
        body = cast(Json, bodies_of(document)[n])
        path = chance.choice(list(leaves(body)))
        path = path[: chance.randint(1, len(path))]
        at(body, path[:-1])[path[-1]] = chance.choice(strange)  # type: ignore[index, call-overload]
        file.write_text(json.dumps(with_body(document, n, body)))
        result = CliRunner().invoke(main, ["verify", str(file)])
        assert result.exit_code == 1, (path, result.output)
        assert isinstance(result.exception, SystemExit), (path, result.exception)
        assert "\x1b" not in result.output


@pytest.mark.parametrize("levels", [65, 900, 100_000])
def test_what_nests_without_end_is_told_and_no_traceback(
    levels: int, proof: tuple[SigningKey, Dossier], tmp_path: Path
) -> None:
    key, dossier = proof
    text = json.dumps(signed_evidence(dossier, key, VIEWS[0], made_at=START))
    file = tmp_path / "call.json"
    file.write_text(f'{text[:-1]}, "more": {"[" * levels}{"]" * levels}}}')
    result = CliRunner().invoke(main, ["verify", str(file)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "nested too deeply (more than 64 levels)" in result.output


def test_signatures_are_not_exchanged_between_files(proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    documents = {who: signed_evidence(dossier, key, who, made_at=START) for who in VIEWS}
    later = signed_evidence(dossier, key, NETWORK, made_at=START + 1)
    for who, document in documents.items():
        for other in (*documents.values(), later):
            if other is not document:
                assert wrong({**document, "signatures": other["signatures"]}, key), who


def resigned(document: JsonObject, key: SigningKey, **header: Json) -> JsonObject:
    """The document with its header changed, signed by this key."""
    (signature,) = cast("list[JsonObject]", document["signatures"])
    own = json.loads(decoded(signature["protected"]))
    kept = {name: held for name, held in own.items() if name not in ("alg", "typ", "kid", "jwk")}
    return key.sign(decoded(document["payload"]), {**kept, **header})


@pytest.mark.parametrize("who", VIEWS)
def test_keys_and_algorithms_of_an_attackers_own_are_refused(
    who: str, proof: tuple[SigningKey, Dossier], tmp_path: Path
) -> None:
    key, dossier = proof
    attacker = signing_key(tmp_path / "attacker.pem")
    document = signed_evidence(dossier, key, who, made_at=START)
    (given,) = cast("list[JsonObject]", document["signatures"])
    header = json.loads(decoded(given["protected"]))
    told = f"signature: signed by key {attacker.thumbprint}, not by the given key {key.thumbprint}"
    assert told in wrong(resigned(document, attacker), key)
    assert any("but contains" in line for line in wrong(resigned(document, attacker, kid=key.thumbprint)))
    hidden = wrong(resigned(document, attacker, jwk=header["jwk"], kid=key.thumbprint))
    assert any("the file was changed after key" in line for line in hidden)
    for name, held in (("x5c", ["MIIB"]), ("jku", "https://example.com/k"), ("x5u", "https://example.com/c")):
        found = wrong(resigned(document, attacker, **{name: cast(Json, held)}))
        assert any(line.startswith(f"header.{name}: ") for line in found), found
    for name, held in (("crit", ["b64"]), ("b64", False)):
        protected = encoded(canonical({**header, name: cast(Json, held)}))
        assert wrong({**document, "signatures": [{**given, "protected": protected}]}), name
    for algorithm in ("none", "HS256", "ES384", "RS256", ""):
        protected = encoded(canonical({**header, "alg": algorithm}))
        for signature in ("", given["signature"]):
            forged: Json = [{"protected": protected, "signature": signature}]
            found = wrong({**document, "signatures": forged}, key)
            assert any("header.alg is" in line for line in found), (algorithm, found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda text: text.replace('{"payload"', '{"note":"paid","payload"', 1),
            "has 'note', which no signature",
        ),
        (lambda text: text.replace('{"payload"', '{"payload":"e30","payload"', 1), "has 'payload' twice"),
        (lambda text: text.replace('"protected"', '"header":{"alg":"none"},"protected"', 1), "has 'header'"),
        (lambda text: text.replace('"signatures":[', '"signatures":[{},', 1), "exactly one"),
        (lambda text: "[" * 100_000, "nested too deeply"),
        (lambda text: '{"payload": NaN}', "NaN isn't a JSON number"),
        (lambda text: '{"payload": 1e999}', "beyond all numbers"),
    ],
)
def test_a_file_has_one_meaning(change: object, told: str, proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    text = json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START), separators=(",", ":"))
    with pytest.raises(EvidenceError, match=told):
        read_evidence(change(text))  # type: ignore[operator]
