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


class Following:
    """Follows a party's chain from its first entry, some links at a time.

    `previous` of each link is filled in from the one before. With `pinned`, a head that was noted earlier,
    the chain must also pass through it: at its place, where that was noted too, as in `12:HASH`.
    """

    def __init__(self, party: str, pinned: str = "") -> None:
        self.party = party
        self._noted_at, _, self._noted = pinned.rpartition(":")
        self._is_noted_seen = not self._noted
        self._head = ""
        self._count = 0
        self._broken: ChainCheck | None = None

    @property
    def position(self) -> int:
        """How many links were followed."""
        return self._count

    def follow(self, kept: Iterable[KeptLink]) -> bool:
        """Follow the next links; False where the chain broke, and the rest proves nothing."""
        for each in kept:
            if self._broken is None:
                self._broken = self._next(each)
        return self._broken is None

    def check(self) -> ChainCheck:
        """What there is to say of the chain once its last link was followed."""
        if self._broken is not None:
            return self._broken
        if not self._is_noted_seen:
            if self._noted_at.isdecimal():
                return self._break("cut_off", None, entries=self._count, noted_entries=self._noted_at)
            return self._break("head_missing", None, noted=self._noted)
        return ChainCheck(self.party, self._count, self._head)

    def _next(self, each: KeptLink) -> ChainCheck | None:
        link, entry = each.link, each.entry
        number = self._count + 1
        if link.position != number:
            return self._break("gap", entry, entry=entry, position=link.position, expected=number)
        expected = hash_of(replace(link, previous=self._head))
        if not each.hash:
            return self._break("hash_missing", entry, entry=entry, expected=expected)
        if each.hash != expected:
            return self._break("changed", entry, entry=entry, hash=each.hash, expected=expected)
        self._head, self._count = expected, number
        self._is_noted_seen = self._is_noted_seen or expected == self._noted
        if str(number) == self._noted_at and expected != self._noted:
            return self._break(
                "rewritten", entry, entry=entry, number=number, hash=expected, noted=self._noted
            )
        return None

    def _break(self, code: str, broken_entry: int | None, **details: Value) -> ChainCheck:
        told = {"party": self.party, **details}
        return ChainCheck(self.party, self._count, self._head, code, broken_entry, told)
