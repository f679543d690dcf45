"""Writes what an engine leaves behind: journals, revisions, evidence of every story of the examples.

`python -m tests.corpus.write_corpus OUT` from the root of a checkout; with PYTHONPATH set to this checkout
from the root of an older one, whose engine then writes. `--journals` leaves evidence out. OUT gets a folder
named by the checkout's revision (README.md beside this file says what is in it).

It asks little of the engine: check a folder, run a story, feed a machine, keep a call, sign evidence. What
is kept is read from the database's own tables, word for word.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib.metadata
import json
import lzma
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import engine
from engine.core.events import CallArrived
from engine.core.machine import CallMachine
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import signed_evidence
from engine.language.revisions import check_all, read_network_dir
from engine.rehearsal.stories import run_story
from engine.store.seal import Seal
from engine.store.store import Store

MADE_AT = 1_796_083_200_000  # 2026-12-01T00:00:00Z, when every evidence file says that it was made
SEED = hashlib.sha256(b"Cordboard's corpus: a key that guards nothing").digest()
JOURNAL_KEY = base64.urlsafe_b64encode(SEED).decode()
PACKAGES = ("holidays", "tzdata", "zipcodes", "cel-expr-python", "PyYAML", "msgspec")


def write(out: Path, whole: bool = True) -> Path:
    """Write the corpus of this checkout's engine below `out`; its folder. Without `whole`, journals alone."""
    root = Path(engine.__file__).parents[1]
    folder = out / revision_of(root)
    folder.mkdir(parents=True, exist_ok=True)
    counted: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        key_file = Path(scratch, "key.pem")
        key_file.write_bytes(private_key())
        for name, network in networks(root).items():
            kept = asyncio.run(_network(network, Path(scratch, f"{name}.db"), key_file, whole))
            write_lines(folder / "journals" / f"{name}.jsonl.xz", kept["journals"])
            if whole:
                write_lines(folder / "evidence" / f"{name}.jsonl.xz", kept["evidence"])
            counted[name] = {"stories": len(kept["journals"]) - 1, "evidence": len(kept["evidence"])}
        public = signing_key(key_file).public
    write_json(folder / "public-key.json", public)
    (folder / "journal-key.txt").write_text(f"{JOURNAL_KEY}\n", "ascii")
    write_json(
        folder / "manifest.json",
        {
            "revision": folder.name,
            "python": platform.python_version(),
            "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
            "networks": counted,
        },
    )
    return folder


def networks(root: Path) -> dict[str, Path]:
    """Name → folder of every example, and of the small live network."""
    examples = sorted(path.parent for path in root.glob("examples/flows/*/network.yaml"))
    return {**{folder.name: folder for folder in examples}, "front_desk": root / "flows"}


def network_copy(root: Path, folder: Path) -> Path:
    """The network that real calls are made to. An engine from before a rule was made gets what broke it since.

    Since 3920c0e a sensitive answer is no parameter of a subflow.
    """
    shutil.copytree(Path(__file__).parent / "network", folder)
    rule = re.compile("parameters (are not|aren't) masked")
    language = (root / "engine" / "language").rglob("*.py")
    if not any(rule.search(file.read_text("utf-8")) for file in language):
        flow = folder / "intake.yaml"
        text = flow.read_text("utf-8")
        flow.write_text(
            text.replace("need: {type: choice,", "need: {type: choice, sensitive: true,"), "utf-8"
        )
    return folder


def revision_of(root: Path) -> str:
    said = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"], cwd=root, check=True, capture_output=True, text=True
    )
    return said.stdout.strip()


async def _network(folder: Path, database: Path, key_file: Path, whole: bool) -> dict[str, list[Any]]:
    """The lines of both files of one network."""
    checked = check_all(folder)
    revision = checked.published.revision
    assert revision is not None, [str(mistake) for mistake in checked.mistakes]
    key, now = signing_key(key_file), [0]
    lines: list[Any] = []
    evidence: list[Any] = []
    seal = Seal(Path(f"{database}.key"), JOURNAL_KEY)
    async with await Store.open(f"sqlite:///{database}", "writer", lambda: now[0], seal=seal) as store:
        await store.keep_revision(
            revision.id, getattr(checked.published, "files", None) or read_network_dir(folder)
        )
        lines.append({"revision": revision.id, "files": _kept_files(database, revision.id)})
        for number, story in enumerate(checked.stories):
            result = run_story(story, checked.published)
            call = f"{folder.name}-{number:03d}"
            machine = CallMachine(revision)
            commands: list[Any] = []
            kinds = revision.flows[result.flow].answers.values() if result.flow in revision.flows else ()
            is_sealed = any(kind.sensitive for kind in kinds)
            for seq, entry in enumerate(result.journal):
                event: Any = entry.event
                if isinstance(event, CallArrived):
                    event = _renamed(event, call)
                store.append(call, seq, event, sealed=is_sealed)
                answered = machine.receive(event)
                store.append_commands(call, seq, answered)
                commands += answered
            now[0] = story.started_at + result.duration_ms
            await store.flush(call)
            lines.append(
                {
                    "call": call,
                    "story": story.name,
                    "revision": revision.id,
                    "journal": _kept_journal(database, call),
                    "outcome": outcome_of(commands),
                }
            )
            if whole:
                evidence += [{"call": call, **one} for one in await evidence_of(store, call, key)]
    return {"journals": lines, "evidence": evidence}


async def evidence_of(store: Store, call: str, key: Any) -> list[dict[str, Any]]:
    """The evidence files of a call: the whole one, then every party's view."""
    dossier = dossier_of(await collect(store, call))
    return [
        {"audience": party, "document": signed_evidence(dossier, key, party, made_at=MADE_AT)}
        for party in dossier.parties
    ]


def _renamed(event: CallArrived, call: str) -> CallArrived:
    held = {name: getattr(event, name) for name in event.__struct_fields__}  # type: ignore[attr-defined]
    return CallArrived(**{**held, "call": call, "carrier": "twilio", "carrier_call": f"CA{call}"})


# What is held against what a later engine makes of the same journal


def outcome_of(commands: Iterable[Any]) -> dict[str, Any]:
    """What a call came to, by its commands: codes, names and amounts, no sentence."""
    facts: dict[str, list[Any]] = {}
    entries: list[Any] = []
    for command in commands:
        if type(command).__name__ == "Record":
            facts.setdefault(type(command.fact).__name__, []).append(command.fact)
        elif type(command).__name__ == "Post":
            entries += command.entries
    legs = {leg.leg: leg for leg in facts.get("Leg", ())}  # the last word on each
    return {
        "flow": [opened.flow for opened in facts.get("CallOpened", ())],
        "steps": [[step.at, step.node, step.exit] for step in facts.get("Step", ())],
        "answers": [_answer(answer) for answer in facts.get("Answer", ())],
        "decisions": [_decision(decision) for decision in facts.get("Decision", ())],
        "legs": [_named(leg, "leg", "buyer", "price_micros", "outcome", "ended_by") for leg in legs.values()],
        "verdicts": [
            _named(
                verdict,
                *("leg", "buyer", "billable", "reason", "revenue_micros"),
                *("payable", "payout_micros", "currency", "near_miss_by"),
            )
            for verdict in facts.get("Verdict", ())
        ],
        "ledger": [_named(entry, "kind", "party", "buyer", "amount_micros", "currency") for entry in entries],
        "tags": [[tag.name, tag.value] for tag in facts.get("Tag", ())],
        "consents": [
            _named(consent, "answer", "version", "granted", "given_by")
            for consent in facts.get("Consent", ())
        ],
        "ended_by": [ending.ended_by for ending in facts.get("Ending", ())],
    }


def _answer(answer: Any) -> dict[str, Any]:
    """A sensitive answer's value stays out."""
    value = "" if answer.sensitive else answer.value
    return {**_named(answer, "name", "kind", "mode", "confirmed", "sensitive"), "value": value}


def _decision(decision: Any) -> dict[str, Any]:
    return {
        **_named(decision, "campaign", "chosen"),
        "codes": {each.buyer: each.code for each in decision.candidates},
        "order": [
            each.buyer
            for each in sorted(decision.candidates, key=lambda one: one.rank or 0)
            if each.rank is not None
        ],
    }


def _named(fact: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(fact, name, None) for name in names}


# Reading the store's own tables


def _kept_files(database: Path, revision: str) -> Mapping[str, str]:
    ((files,),) = _rows(database, "SELECT files FROM revisions WHERE id = ?", revision)
    return json.loads(files)  # type: ignore[no-any-return]


def _kept_journal(database: Path, call: str) -> list[list[Any]]:
    """Event and commands of every entry, as JSON; what is sealed stays so."""
    rows = _rows(database, "SELECT event, commands FROM journal WHERE call = ? ORDER BY seq", call)
    return [[json.loads(event), json.loads(commands or "[]")] for event, commands in rows]


def _rows(database: Path, query: str, *parameters: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query, parameters).fetchall()
    finally:
        connection.close()


# Files


def private_key() -> bytes:
    """The same key in every corpus, so that the salts of a call's evidence are the same too."""
    key = ec.derive_private_key(int.from_bytes(SEED, "big") >> 1, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_lines(path: Path, lines: Sequence[Any]) -> None:
    """JSON lines, packed; the same lines give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines)
    path.write_bytes(packed(text.encode()))


def packed(content: bytes) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 26}]
    return lzma.compress(content, check=lzma.CHECK_SHA256, filters=filters)


def read_lines(path: Path) -> Iterator[Any]:
    """What `write_lines` wrote."""
    for line in lzma.decompress(path.read_bytes()).splitlines():
        yield json.loads(line)


def write_json(path: Path, value: object) -> None:
    path.write_text(f"{json.dumps(value, indent=2, ensure_ascii=False)}\n", "utf-8")


if __name__ == "__main__":
    written = write(Path(sys.argv[1]), whole="--journals" not in sys.argv[2:])
    sys.stdout.write(f"{written}\n")
