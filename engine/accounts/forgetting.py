"""Forgetting a person, and making the erasures that were asked for: files first, then rows, then the file.

Rules
1. Before anything is erased, a call's evidence is hashed once more with the salts that only it has. These go
   with the rest: who holds older evidence can compare digests, nobody can guess a value from them.
2. Recordings are deleted before a call's rows are erased: whoever is interrupted finds the call again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from engine.core.erasing import ERASED
from engine.core.facts import Fact
from engine.core.journal import fact_from_json, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.sought import Sought
from engine.evidence.collecting import collect
from engine.evidence.dossier import Material, dossier_of
from engine.evidence.parts import Part, root_of
from engine.evidence.rebuilding import is_abridged
from engine.evidence.signing import EvidenceError, SigningKey
from engine.evidence.vcon import parts_of
from engine.store.errors import StoreError
from engine.store.shredder import digits_of, rewriting
from engine.store.store import Store
from engine.store.tables.erasures import Erasure
from engine.store.tables.journal import KeptEntry
from engine.store.views import CallView

log = logging.getLogger("cordboard.forgetting")

LEAST_DIGITS, MOST_DIGITS = 7, 15


AnyFact = TypeVar("AnyFact", bound=Fact)


class UnusableNumber(StoreError):
    """What was given is no telephone number."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where a person's traces are besides the database: recordings, spoken prompts; and the signing key."""

    recordings: Path
    key: SigningKey
    forget_spoken: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Traced:
    """Calls from a number, calls in which it was given, those that go on, and what has to stay."""

    digits: str
    own: tuple[str, ...]
    given_in: tuple[str, ...]
    going_on: tuple[str, ...]
    ledger_entries: tuple[int, ...]

    @property
    def calls(self) -> tuple[str, ...]:
        return (*self.own, *self.given_in)


async def trace(store: Store, number: str) -> Traced:
    """What there is of the number, in any spelling; raises UnusableNumber."""
    digits = digits_of(number)
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise UnusableNumber(
            f"found {number[:40]!r}; expected a telephone number of {LEAST_DIGITS} to {MOST_DIGITS} digits, "
            "such as +15125550123"
        )
    found = await store.shredder.calls_of(number)
    return Traced(
        digits=digits,
        own=tuple(each.call for each in found if each.is_callers),
        given_in=tuple(each.call for each in found if not each.is_callers),
        going_on=tuple(each.call for each in found if each.ended_at is None),
        ledger_entries=tuple(await store.shredder.entries_naming(number)),
    )


async def forget(store: Store, traced: Traced, holdings: Holdings, by: str, why: str = "") -> int:
    """Forget who has this number; how many calls were erased. One that goes on is erased when it is over."""
    person = holdings.key.person_of(traced.digits)
    await store.shredder.ask(traced.calls, "person", by, person=person, why=why)
    known = Sought(traced.digits)
    made = 0
    while asked := [each for each in await store.shredder.waiting() if each.call in traced.calls]:
        for each in asked:
            await _make(store, each, holdings, known)
            made += 1
    await store.wishes.forget(traced.digits)
    await asyncio.to_thread(holdings.forget_spoken)
    return made


async def erase_waiting(store: Store, held: Callable[[], Holdings], most: int) -> Sequence[Erasure]:
    """Make up to so many erasures that were asked for and can be made now."""
    asked = await store.shredder.waiting(most)
    if not asked:
        return ()
    holdings = held()
    for each in asked:
        view = await store.call(each.call)
        number = "" if view is None else view.record.from_number
        await _make(store, each, holdings, Sought(digits_of(number)))
    if any(each.what in ("person", "answers") for each in asked):
        await asyncio.to_thread(holdings.forget_spoken)
    return asked


async def _make(store: Store, asked: Erasure, holdings: Holdings, known: Sought) -> None:
    call = asked.call
    words = await store.shredder.words_of(call)
    known = known.with_words(words)
    made = await _proven(store, asked, holdings.key, known)
    if asked.what == "person":
        await _drop_recordings(store, call, holdings.recordings)
    await store.shredder.erase(made, known)
    log.info("call %s: %s erased, asked for by %s", call, asked.what, asked.made_by)


async def _drop_recordings(store: Store, call: str, folder: Path) -> None:
    """The files, and what is left of one that was never finished."""
    for kept in await store.recordings(call):
        path = folder / kept.path
        for file in path.parent.glob(f"{path.stem}*"):
            await asyncio.to_thread(file.unlink, missing_ok=True)
        await store.recordings_pruned([kept])


async def _proven(store: Store, asked: Erasure, key: SigningKey, known: Sought) -> Erasure:
    """The erasure with the digests of the parts that it changes, and what the journal will not lead to."""
    view = await store.call(asked.call)
    assert view is not None, "a call that is erased is there"
    try:
        material = await collect(store, asked.call)
    except (EvidenceError, StoreError, ValueError) as error:
        log.warning("call %s: erased without digests, for nothing can be proven of it: %s", asked.call, error)
        return asked
    return await asyncio.to_thread(_hashed, view, material, asked, key, known)


def _hashed(view: CallView, material: Material, asked: Erasure, key: SigningKey, known: Sought) -> Erasure:
    before = parts_of(dossier_of(material), key)
    root = root_of([part.digest for part in before])
    rebuilt = _rebuilt(view, material, asked, known)
    changed = _changed(before, material, asked, known) if material.blind else {}
    return replace(asked, root=root, digests=changed, rebuilt=rebuilt)


def _rebuilt(view: CallView, material: Material, asked: Erasure, known: Sought) -> JsonObject | None:
    """Whatever the store makes of a journal that it can replay, as far as it may still be known."""
    is_needed = material.corrected or is_abridged(view.decisions)
    if not is_needed or asked.what == "journal":
        return None
    rewrite = rewriting(asked.what, known)
    decisions = [rewrite(to_json(each)) for each in material.decisions or ()]
    corrected = [rewrite(to_json(each)) for each in material.corrected]
    return {"decisions": cast(Json, decisions), "corrected": cast(Json, corrected)}


def _changed(before: Sequence[Part], material: Material, asked: Erasure, known: Sought) -> dict[str, str]:
    """The digests of the parts that will not be what they were."""
    after = dossier_of(_erased(material, asked, known)).bodies if asked.what != "journal" else {}
    return {
        part.name: part.digest
        for part in before
        if part.name not in after or after[part.name] != part.body or part.group == "dispute"
    }


def _erased(material: Material, asked: Erasure, known: Sought) -> Material:
    """What there will be to prove."""
    rewrite = rewriting(asked.what, known)

    def again(facts: Iterable[AnyFact]) -> tuple[AnyFact, ...]:
        return tuple(cast(AnyFact, fact_from_json(rewrite(to_json(fact)))) for fact in facts)

    record = material.record
    if asked.what in ("person", "numbers"):
        record = replace(record, from_number=ERASED, carrier_call=ERASED)
    return replace(
        material,
        record=record,
        journal=tuple(
            KeptEntry(rewrite(each.event), tuple(rewrite(command) for command in each.commands))
            for each in material.journal
        ),
        decisions=None if material.decisions is None else again(material.decisions),
        corrected=again(material.corrected),
    )
