"""The ledger as a chain of hashes, one for each party: no entry can be changed, dropped or slipped in later.

An entry's hash is the SHA-256 of its canonical JSON: the fields of `Link` under their names, keys sorted,
no spaces, UTF-8. `position` counts a party's entries from 1, `corrects` is the position of the entry that
is corrected, `previous` the hash of the entry before, "" for the first. `cause` is left out where there is
none: entries of engines before 0.2.0 have the hash that they were given. Whoever notes a party's last hash
(the *head*) can show later that all entries up to it are the same still.

In the place of `buyer` the hash covers what `sold_to` makes of it and of `blind`, which is random: publishers
get their entries with their hashes, and could find out by guessing to whom their calls were sold. Entries
from before there was a blind cover the buyer itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from engine.core.conditions import Details, Value
from engine.store.ledger.causes import Cause, cause_json

HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Link:
    """What an entry's hash covers."""

    party: str
    position: int
    call: str
    kind: str
    buyer: str
    amount_micros: int
    currency: str
    posted_at: int
    corrects: int | None
    why: str
    made_by: str
    previous: str
    blind: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class KeptLink:
    """An entry as the ledger keeps it: its number there, what its hash covers, the hash."""

    entry: int
    link: Link
    hash: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """A party's chain: how many entries hold, the last hash of them, and what breaks it, if anything.

    `code` is "holds", or what is wrong with the chain, which `details` explain.
    """

    party: str
    entries: int
    head: str
    code: str = HOLDS
    broken_entry: int | None = None
    details: Details = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return self.code == HOLDS


def hash_of(link: Link, sold: str = "") -> str:
    """The entry's hash. With `sold`, what `sold_to` made of its buyer, the link itself need not name it."""
    canonical = json.dumps(
        covered(link, sold or sold_to(link.buyer, link.blind)),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def covered(link: Link, buyer: str) -> dict[str, object]:
    """What a hash covers of the link, with this for its buyer."""
    fields = {**asdict(replace(link, cause=None)), "buyer": buyer}
    del fields["blind"], fields["cause"]
    return fields if link.cause is None else {**fields, "cause": cause_json(link.cause)}


def sold_to(buyer: str, blind: str) -> str:
    """The buyer as a hash covers it: nobody finds it by guessing who has not the blind too."""
    return f"sha256:{hashlib.sha256(f'{blind}:{buyer}'.encode()).hexdigest()}" if blind else buyer


def check(party: str, kept: Iterable[KeptLink], pinned: str = "") -> ChainCheck:
    """Follow a party's chain from its first entry; `previous` of each link is filled in from the one before.

    With `pinned`, a head that was noted earlier, the chain must also pass through it: at its place, where
    that was noted too, as in `12:HASH`.
    """
    noted_at, _, noted = pinned.rpartition(":")
    previous, count, seen = "", 0, {""}

    def broken(code: str, broken_entry: int | None, **details: Value) -> ChainCheck:
        return ChainCheck(party, count, previous, code, broken_entry, {"party": party, **details})

    for each in kept:
        link, entry = each.link, each.entry
        if link.position != count + 1:
            return broken("gap", entry, entry=entry, position=link.position, expected=count + 1)
        expected = hash_of(replace(link, previous=previous))
        if not each.hash:
            return broken("hash_missing", entry, entry=entry, expected=expected)
        if each.hash != expected:
            return broken("changed", entry, entry=entry, hash=each.hash, expected=expected)
        previous, count = expected, count + 1
        seen.add(expected)
        if str(count) == noted_at and expected != noted:
            return broken("rewritten", entry, entry=entry, number=count, hash=expected, noted=noted)
    if noted not in seen:
        if noted_at.isdecimal():
            return broken("cut_off", None, entries=count, noted_entries=noted_at)
        return broken("head_missing", None, noted=noted)
    return ChainCheck(party, count, previous)
