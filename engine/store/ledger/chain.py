"""The ledger as a chain of hashes, one for each party: no entry can be changed, dropped or slipped in later.

An entry's hash is the SHA-256 of its canonical JSON: the fields of `Link` under their names, keys sorted,
no spaces, UTF-8. `position` counts a party's entries from 1, `corrects` is the position of the entry that
is corrected, `previous` the hash of the entry before, "" for the first. Whoever notes a party's last hash
(the *head*) can show later that all entries up to it are the same still.

In the place of `buyer` the hash covers what `sold_to` makes of it and of `blind`, which is random: publishers
get their entries with their hashes, and could find out by guessing to whom their calls were sold. Entries
from before there was a blind cover the buyer itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace


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


@dataclass(frozen=True, slots=True)
class KeptLink:
    """An entry as the ledger keeps it: its number there, what its hash covers, the hash."""

    entry: int
    link: Link
    hash: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """A party's chain: how many entries hold, the last hash of them, and what breaks it, if anything."""

    party: str
    entries: int
    head: str
    broken_entry: int | None = None
    sentence: str = ""


def hash_of(link: Link, sold: str = "") -> str:
    """The entry's hash. With `sold`, what `sold_to` made of its buyer, the link itself need not name it."""
    covered = {**asdict(link), "buyer": sold or sold_to(link.buyer, link.blind)}
    del covered["blind"]
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


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
    for each in kept:
        link = each.link
        if link.position != count + 1:
            missing = f"entry {each.entry} has position {link.position}, expected {count + 1}"
            return ChainCheck(party, count, previous, each.entry, f"{missing}: entries before it are gone")
        expected = hash_of(replace(link, previous=previous))
        if each.hash != expected:
            sentence = (
                f"entry {each.entry} of {party} has the hash {each.hash or '(none)'}, "
                f"its content gives {expected}: it, or an entry before it, was changed"
            )
            return ChainCheck(party, count, previous, each.entry, sentence)
        previous, count = expected, count + 1
        seen.add(expected)
        if str(count) == noted_at and expected != noted:
            sentence = (
                f"entry {each.entry}, number {count} of {party}, has the hash {expected}, noted was {noted}: "
                "it, or an entry before it, was rewritten since"
            )
            return ChainCheck(party, count, previous, each.entry, sentence)
    if noted not in seen:
        sentence = f"no entry of {party} has the noted hash {noted}: entries were cut off or rewritten"
        if noted_at.isdecimal():
            sentence = f"{party} has {count} entries, noted were {noted_at}: entries were cut off"
        return ChainCheck(party, count, previous, None, sentence)
    return ChainCheck(party, count, previous)
