"""What a story says was before its call: the caller's calls, how buyers stand, what is used of caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.events import Contact, Standing
from engine.core.money import parse_money
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.language.yaml.units import duration_ms


@dataclass(frozen=True, slots=True)
class Used:
    """What a buyer has had already in this hour, day and month, and how many calls it has now."""

    calls: int = 0
    concurrent: int = 0
    spend_micros: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """The past of a story's call."""

    contacts: tuple[Contact, ...] = ()
    beside: tuple[Contact, ...] = ()  # what comes of the caller's calls that go on beside this one
    earlier_calls: tuple[int, ...] = ()
    standings: tuple[Standing, ...] = ()
    used: Mapping[str, Used] = field(default_factory=dict)  # by buyer
    campaign_used: Used = Used()  # of the caps of the call's campaign
    publisher_used: Used = Used()  # of those of its publisher
    opted_out: bool = False  # the caller asked before not to be called any more

    @property
    def paused(self) -> Mapping[str, str]:
        """The paused buyers, and why."""
        return {each.buyer: each.paused for each in self.standings if each.paused is not None}


NOTHING_GIVEN = Given()


def read_given(document: Document, path: Pointer, started_at: int) -> Given:
    """What the story under `path` says; its shape is checked. Times are told before the call's start."""
    given = (*path, "given")
    return Given(
        contacts=_contacts(document, (*given, "contacts"), started_at),
        beside=_contacts(document, (*given, "beside"), started_at),
        earlier_calls=tuple(
            started_at - _span(document, (*given, "calls", index))
            for index in range(_count(document, (*given, "calls")))
        ),
        standings=tuple(
            _standing(document, (*given, "standings", buyer), buyer, started_at)
            for buyer in mapping_at(document, (*given, "standings"))
        ),
        used={
            buyer: _used(document, (*given, "used", buyer))
            for buyer in mapping_at(document, (*given, "used"))
        },
        campaign_used=_used(document, (*given, "campaign_used")),
        publisher_used=_used(document, (*given, "publisher_used")),
        opted_out=value_at(document, (*given, "opted_out")) is True,
    )


def buyers_given(document: Document, path: Pointer) -> list[Pointer]:
    """Where the story names a buyer under `given`."""
    given = (*path, "given")
    places: list[Pointer] = [
        (*given, part, index, "buyer")
        for part in ("contacts", "beside")
        for index in range(_count(document, (*given, part)))
    ]
    for part in ("standings", "used"):
        places += [(*given, part, buyer) for buyer in mapping_at(document, (*given, part))]
    return places


def _contacts(document: Document, path: Pointer, started_at: int) -> tuple[Contact, ...]:
    return tuple(_contact(document, (*path, index), started_at) for index in range(_count(document, path)))


def _contact(document: Document, path: Pointer, started_at: int) -> Contact:
    return Contact(
        buyer=text_at(document, (*path, "buyer")) or "",
        started_at=started_at - _span(document, (*path, "ago")),
        billed=value_at(document, (*path, "billed")) is True,
        campaign=text_at(document, (*path, "campaign")) or "",
        connected=value_at(document, (*path, "connected")) is not False,
        paid=value_at(document, (*path, "paid")) is True,
    )


def _standing(document: Document, path: Pointer, buyer: str, started_at: int) -> Standing:
    has_offer = document.has((*path, "last_offered"))
    return Standing(
        buyer=buyer,
        paused=text_at(document, (*path, "paused")),
        last_offered_at=started_at - _span(document, (*path, "last_offered")) if has_offer else None,
        offered=_number(document, (*path, "offered")),
        billed=_number(document, (*path, "billed")),
    )


def _used(document: Document, path: Pointer) -> Used:
    return Used(
        calls=_number(document, (*path, "calls")),
        concurrent=_number(document, (*path, "concurrent")),
        spend_micros=parse_money(text_at(document, (*path, "spend")) or "0"),
    )


def _count(document: Document, path: Pointer) -> int:
    value = value_at(document, path)
    return len(value) if isinstance(value, list) else 0


def _span(document: Document, path: Pointer) -> int:
    return duration_ms(text_at(document, path) or "") or 0


def _number(document: Document, path: Pointer) -> int:
    value = value_at(document, path)
    return value if isinstance(value, int) else 0
