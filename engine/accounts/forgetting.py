"""Forgetting a person, and making the erasures that were asked for: files first, then rows, then the file.

Rules
1. Before anything is erased, a call's evidence is hashed once more with the salts that only it has. These go
   with the rest: who holds older evidence can compare digests, nobody can guess a value from them.
2. Recordings are deleted before a call's rows are erased: whoever is interrupted finds the call again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from engine.core.erasing import ERASED
from engine.core.facts import Fact
from engine.core.journal import fact_from_json, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.phone_numbers import international_digits
from engine.core.sought import LEAST_DIGITS, Sought
from engine.evidence.collecting import collect
from engine.evidence.dossier import Material, dossier_of
from engine.evidence.parts import Part, root_of
from engine.evidence.rebuilding import is_abridged
from engine.evidence.signing import SigningKey
from engine.evidence.vcon import parts_of
from engine.store.databases.database import is_passing
from engine.store.errors import StoreError
from engine.store.shredder import rewriting
from engine.store.store import Store
from engine.store.tables.erasures import Erasure, Forgetting
from engine.store.tables.journal import KeptEntry
from engine.store.views import CallView

log = logging.getLogger("cordboard.forgetting")

MOST_DIGITS = 15
A_PIECE = 500  # calls that are looked up at once

AnyFact = TypeVar("AnyFact", bound=Fact)


class UnusableNumber(StoreError):
    """What was given is no telephone number."""


class NumberInReason(StoreError):
    """The reason would keep the number that is to be forgotten."""

    def __init__(self) -> None:
        super().__init__("the reason and the name are kept; write them without the number")


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where a person's traces are besides the database: recordings, spoken prompts; and the signing key."""

    recordings: Path
    key: SigningKey
    forget_spoken: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Erased:
    """The erasures that were made, and those that failed and are still asked for."""

    made: tuple[Erasure, ...] = ()
    failed: tuple[Erasure, ...] = ()

    def __add__(self, other: Erased) -> Erased:
        return Erased((*self.made, *other.made), (*self.failed, *other.failed))


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

    def is_in(self, text: str) -> bool:
        """Whether the text has the number in it."""
        return Sought(self.digits).is_number_in(text)


async def trace(store: Store, number: str, country: str = "") -> Traced:
    """What there is of the number, in any spelling; raises UnusableNumber.

    A national spelling is read as in `country`, two letters; without one, as where the network is called.
    """
    digits = await digits_of(store, number, country)
    found = await store.shredder.calls_of(digits)
    return Traced(
        digits=digits,
        own=tuple(each.call for each in found if each.is_callers),
        given_in=tuple(each.call for each in found if not each.is_callers),
        going_on=tuple(each.call for each in found if each.ended_at is None),
        ledger_entries=tuple(await store.shredder.entries_naming(digits)),
    )


async def digits_of(store: Store, number: str, country: str = "") -> str:
    """The number's international digits; raises UnusableNumber."""
    digits = international_digits(number, country or await store.shredder.country())
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise UnusableNumber(
            f"found {number[:40]!r}; expected a telephone number of {LEAST_DIGITS} to {MOST_DIGITS} digits, "
            "such as +15125550123"
        )
    return digits


async def times_forgotten(
    store: Store, number: str, key: SigningKey, country: str = ""
) -> Sequence[Forgetting]:
    """When whoever has this number was forgotten, oldest first; raises UnusableNumber."""
    digits = await digits_of(store, number, country)
    return await store.shredder.of_person(key.person_of(digits))


async def forget(store: Store, traced: Traced, holdings: Holdings, by: str, why: str = "") -> Erased:
    """Forget who has this number. Calls that go on, or that can't be erased now, are erased later.

    Raises NumberInReason where the number would be kept with the reason.
    """
    if traced.is_in(why) or traced.is_in(by):
        raise NumberInReason
    person = holdings.key.person_of(traced.digits)
    await store.shredder.ask(traced.calls, "person", by, person=person, why=why)
    erased = Erased()
    for at in range(0, len(traced.calls), A_PIECE):
        asked = await store.shredder.waiting(of=traced.calls[at : at + A_PIECE])
        erased += await _make_all(store, asked, holdings, traced.digits)
    await store.wishes.forget(traced.digits)
    await holdings.forget_spoken()
    return erased


async def erase_waiting(
    store: Store, held: Callable[[], Holdings], most: int, passing_over: Collection[int] = ()
) -> Erased:
    """Make up to so many erasures that were asked for and can be made now, but for these."""
    asked = await store.shredder.waiting(most, passing_over=passing_over)
    if not asked:
        return Erased()
    holdings = held()
    erased = await _make_all(store, asked, holdings)
    if any(each.what in ("person", "answers") for each in erased.made):
        await holdings.forget_spoken()
    return erased


async def _make_all(
    store: Store, asked: Sequence[Erasure], holdings: Holdings, digits: str | None = None
) -> Erased:
    """Each on its own: what fails keeps nothing else from being erased."""
    made, failed = [], []
    for each in asked:
        try:
            if await _make(store, each, holdings, digits):
                made.append(each)
        except Exception:
            log.exception("call %s: %s could not be erased; it is tried again", each.call, each.what)
            failed.append(each)
    return Erased(tuple(made), tuple(failed))


async def _make(store: Store, asked: Erasure, holdings: Holdings, digits: str | None) -> bool:
    """Whether it was made: not where somebody else was quicker."""
    while True:
        view = await store.call(asked.call)
        assert view is not None, "a call that is erased is there"
        known = Sought(view.record.from_number if digits is None else digits)
        if asked.what != "numbers":
            known = known.with_words(await store.shredder.words_of(asked.call))
        proven = await _proven(store, view, asked, holdings.key, known)
        if asked.what in ("person", "answers"):
            is_all = asked.what == "person"
            await _drop_recordings(store, asked.call, holdings.recordings, is_all=is_all)
        outcome = await store.shredder.erase(proven, known, [each.erasure for each in view.erasures])
        if outcome == "made":
            log.info("call %s: %s erased, asked for by %s", asked.call, asked.what, asked.made_by)
        if outcome != "outdated":
            return outcome == "made"


async def _drop_recordings(store: Store, call: str, folder: Path, *, is_all: bool) -> None:
    """The files, and what is left of one that was never finished: all, or those of answers' sounds."""
    for kept in await store.recordings(call):
        if not is_all and not kept.fact.answer:
            continue
        path = folder / kept.path
        for file in path.parent.glob(f"{path.stem}.*"):
            await asyncio.to_thread(file.unlink, missing_ok=True)
        await store.recordings_pruned([kept])


async def _proven(store: Store, view: CallView, asked: Erasure, key: SigningKey, known: Sought) -> Erasure:
    """The erasure with the digests of the parts that it changes, and what the journal will not lead to."""
    try:
        material = await collect(store, asked.call)
        return await asyncio.to_thread(_hashed, view, material, asked, key, known)
    except Exception as error:  # whatever keeps a call from being proven keeps nobody from being forgotten
        if is_passing(error):
            raise
        log.warning(
            "call %s: erased without digests, for nothing can be proven of it", asked.call, exc_info=error
        )
        return asked


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
