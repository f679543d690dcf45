"""What older engines wrote, unpacked in memory and read by the engine of today."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from engine.core.flow import Revision
from engine.core.journal import Entry, event_from_json
from engine.evidence.signing import public_key
from engine.language.kept.reading import read_kept
from engine.store.seal import Seal
from engine.store.tables.journal import unsealed
from tests.corpus.write_corpus import read_lines

FOLDER = Path(__file__).parent
RELEASES = ("5c051a1", "924edba", "5021ba4")
"""Whose calls stay good: every journal replays, every proof holds, every open call is closed and billed."""

REAL_CALLS = ("5c051a1", "5021ba4")
"""Those of the releases that also left databases, with calls over sockets and a kill."""

OLDER = ("8140197", "814a7fc", "a1400ec")
"""Written before anything was promised: their calls come to the same outcome, their wording may differ."""


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call of a story: its journal as it was kept, and what it came to."""

    call: str
    story: str
    revision: str
    kept: list[list[Any]]  # [event, its commands], as JSON
    outcome: Mapping[str, Any]

    def journal(self, seal: Seal) -> list[Entry]:
        """The entries as the store reads them, keys unsealed."""
        return [
            Entry(unsealed(event_from_json(event), self.call, seal), tuple(commands))
            for event, commands in self.kept
        ]


@dataclass(frozen=True, slots=True)
class KeptNetwork:
    """All calls of one network, and the files of the revision that they ran by."""

    revision: str
    files: Mapping[str, str]
    calls: tuple[KeptCall, ...]


def networks_of(engine: str) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in (FOLDER / engine / "journals").iterdir())


@cache
def network(engine: str, name: str) -> KeptNetwork:
    first, *others = read_lines(FOLDER / engine / "journals" / f"{name}.jsonl.xz")
    calls = [
        KeptCall(one["call"], one["story"], one["revision"], one["journal"], one["outcome"]) for one in others
    ]
    return KeptNetwork(first["revision"], first["files"], tuple(calls))


def read_revision(kept: KeptNetwork) -> Revision:
    """A revision that was kept, as the engine of today reads it. Read once: engines share most of them."""
    if kept.revision not in _READ:
        _READ[kept.revision] = read_kept(kept.files)
    return _READ[kept.revision]


_READ: dict[str, Revision] = {}


def evidence(engine: str, name: str) -> Iterator[tuple[str, str, str]]:
    """(call, audience, the file's text) of every evidence file of a network."""
    for line in read_lines(FOLDER / engine / name):
        yield line["call"], line["audience"], json.dumps(line["document"])


@cache
def seal(engine: str) -> Seal:
    """Opens what callers keyed to sensitive questions."""
    return Seal(Path(), (FOLDER / engine / "journal-key.txt").read_text("ascii").strip())


@cache
def key(engine: str) -> ECKey:
    """The public key that every evidence file of that engine was signed with."""
    return public_key((FOLDER / engine / "public-key.json").read_text("utf-8"))


def unpacked(engine: str, database: str, folder: Path) -> Path:
    """A copy of a database, as it lay there when its engine stopped or was killed."""
    copy = folder / f"{database}.db"
    copy.write_bytes(lzma.decompress((FOLDER / engine / "calls" / f"{database}.db.xz").read_bytes()))
    return copy


def expected(engine: str) -> Any:
    """What the calls of the databases came to, by the engine that wrote them."""
    return json.loads((FOLDER / engine / "calls" / "expected.json").read_text("utf-8"))
