"""Evidence of format 1, which held sentences, is read and checked as closely as that of today."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from engine.core.json_values import JsonObject
from engine.evidence.dossier import NETWORK
from engine.evidence.signing import HEADER, SigningKey, signing_key
from engine.evidence.strictly import decoded
from engine.evidence.vcon import read_evidence
from engine.evidence.verifying import verify
from engine.store.ledger.causes import Cause, cause_of
from tests.corpus.kept_corpus import FOLDER, evidence, key, seal
from tests.corpus.write_corpus import private_key
from tests.evidence.evidence_world import edit, forged
from tests.evidence.test_agreeing import wholly_resigned
from tests.evidence.test_elsewhere import VERIFIER

RELEASE = "5c051a1"
LONESTAR, RADIO = "buyer:lonestar", "publisher:radio-tx"
REVENUE, PAYOUT = "verdict/buyer-1/revenue", "verdict/buyer-1/payout"


@pytest.fixture(scope="module")
def documents() -> dict[str, JsonObject]:
    """A billed call's whole file and its views, by audience, as the first release wrote them."""
    found: dict[str, dict[str, JsonObject]] = {}
    for call, audience, text in evidence(RELEASE, "evidence/roofing.jsonl.xz"):
        found.setdefault(call, {})[audience] = json.loads(text)
    return next(
        views for views in found.values() if {LONESTAR, RADIO} <= views.keys() and is_billed(views[LONESTAR])
    )


def is_billed(document: JsonObject) -> bool:
    parts = {part.name: part.body for part in read_evidence(json.dumps(document)).parts}
    return bool(cast(Any, parts.get(REVENUE, {})).get("billable"))


@pytest.fixture
def signer(tmp_path: Path) -> SigningKey:
    """The key that the corpus was signed with: what the network itself could sign."""
    (tmp_path / "key.pem").write_bytes(private_key())
    return signing_key(tmp_path / "key.pem")


CHANGES: list[tuple[str, str, Callable[[Any], None], str]] = [
    (
        NETWORK,
        "answer/zip",
        lambda body: body.update(value="99999"),
        "answer/zip.value: the file has '99999'",
    ),
    (
        NETWORK,
        REVENUE,
        lambda body: body.update(revenue_micros=1),
        f"{REVENUE}.revenue_micros: the file has 1",
    ),
    (NETWORK, REVENUE, lambda body: body.update(sentence="lonestar owes nothing."), f"{REVENUE}.details"),
    (NETWORK, REVENUE, lambda body: body["clauses"][0].update(clause="bridged for at least 1s"), "needed_ms"),
    (NETWORK, "decision/1/lonestar", lambda body: body.update(eligible=False), "the file has False"),
    (LONESTAR, "answer/zip", lambda body: body.update(value="99999"), "but clauses read"),
    (LONESTAR, REVENUE, lambda body: body["clauses"][0].update(outcome=False), "is false in the file"),
    (
        LONESTAR,
        REVENUE,
        lambda body: body["clauses"][0].update(clause="bridged for at least 1s"),
        "but the terms have",
    ),
    (
        LONESTAR,
        REVENUE,
        lambda body: body.update(sentence="lonestar owes nothing."),
        "expected 'lonestar owes",
    ),
    (LONESTAR, "decision/1/lonestar", lambda body: body.update(eligible=False), "its clauses give True"),
    (
        RADIO,
        PAYOUT,
        lambda body: body["payout_clauses"][0].update(clause="answered: zip"),
        "its first clause is",
    ),
    (RADIO, PAYOUT, lambda body: body.update(payout_micros=1), "payout_micros is"),
]


@pytest.mark.parametrize(("who", "name", "change", "told"), CHANGES)
def test_what_even_the_network_changes_of_it_is_named(
    who: str,
    name: str,
    change: Callable[[Any], None],
    told: str,
    documents: dict[str, JsonObject],
    signer: SigningKey,
) -> None:
    found = wholly_resigned(documents[who], signer, name, change)
    assert any(told in line for line in found), found


@pytest.mark.parametrize(("who", "name", "change", "told"), CHANGES)
def test_what_a_stranger_changes_of_it_is_not_what_was_signed(
    who: str, name: str, change: Callable[[Any], None], told: str, documents: dict[str, JsonObject]
) -> None:
    report = verify(forged(documents[who], edit(name, change)), key(RELEASE), seal=seal(RELEASE))
    found = [each.what for each in report.findings if each.code in ("part_changed", "signature_broken")]
    assert {"signature", name} <= set(found)


@pytest.mark.parametrize("who", [NETWORK, LONESTAR, RADIO])
def test_the_documents_own_verifier_reads_it(
    who: str, documents: dict[str, JsonObject], tmp_path: Path
) -> None:
    (tmp_path / "call.json").write_text(json.dumps(documents[who]))
    public = (FOLDER / RELEASE / "public-key.json").absolute()
    command = [sys.executable, "-I", str(VERIFIER.absolute()), "call.json", str(public)]
    held = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert held.returncode == 0, held.stdout + held.stderr
    assert held.stdout.endswith(", format 1\n")


@pytest.mark.parametrize(
    ("number", "code"),
    [(3, "format_newer"), (0, "format_unknown"), ("2", "format_unknown"), (True, "format_unknown")],
)
@pytest.mark.parametrize("who", [NETWORK, LONESTAR, RADIO])
def test_a_form_that_this_version_does_not_know_is_named_and_its_signature_checked(
    who: str, number: Any, code: str, documents: dict[str, JsonObject], signer: SigningKey
) -> None:
    read = read_evidence(json.dumps(documents[who]))
    header = {name: held for name, held in read.header.items() if name not in HEADER}
    later = signer.sign(decoded(documents[who]["payload"]), {**header, "format": number})
    report = verify(read_evidence(json.dumps(later)), key(RELEASE))
    assert [each.outcome for each in report.findings] == ["holds", "holds", "fails"]
    assert report.findings[-1].code == code
    assert not report.holds


def test_a_number_that_the_file_never_had_is_named(
    documents: dict[str, JsonObject], signer: SigningKey
) -> None:
    """A file of format 1 says nothing of its format; with today's number it is none of today's."""
    read = read_evidence(json.dumps(documents[LONESTAR]))
    header = {name: held for name, held in read.header.items() if name not in HEADER}
    passed_off = signer.sign(decoded(documents[LONESTAR]["payload"]), {**header, "format": 2})
    assert not verify(read_evidence(json.dumps(passed_off)), key(RELEASE)).holds


@pytest.mark.parametrize(
    ("made_by", "why", "cause"),
    [
        ("", "", Cause("verdict")),
        ("desk", "goodwill", Cause("operator")),
        ("desk", "dispute of old", Cause("operator")),
        ("desk", "dispute 7 partly: half", Cause("dispute", dispute=7)),
        ("desk", "dispute 12 accepted", Cause("dispute", dispute=12)),
        (
            "carrier twilio",
            "twilio has 89s of leg buyer-1, ours 90.5s: 0.00 instead of 45.00",
            Cause("carrier", "buyer-1"),
        ),
    ],
)
def test_what_made_an_entry_of_the_first_release_is_read_from_its_words(
    made_by: str, why: str, cause: Cause
) -> None:
    assert cause_of(None, made_by, why) == cause


def test_a_cause_that_was_kept_needs_no_words() -> None:
    assert cause_of(Cause("operator"), "carrier twilio", "dispute 7 accepted") == Cause("operator")
