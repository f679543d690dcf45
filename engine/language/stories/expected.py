"""What a story expects to come of its call. What it does not state is not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from engine.core.conditions import Value
from engine.core.events import EndedBy, LegOutcome
from engine.core.facts import AnswerMode
from engine.core.money import parse_money
from engine.core.places import Place
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

PromptHeard = Literal["whole", "part", "ahead"]
"""What was heard of an answer's question before it was given: all, some, or it was keyed ahead."""

FilledHow = Literal["read_back", "unread", "engine"]
"""Whether what a model filled in was read back to the caller; `engine`: none filled it."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of the call. `places` names what the story states; nothing else is looked at."""

    path: tuple[str, ...] = ()
    answers: Mapping[str, Value] = field(default_factory=dict)
    modes: Mapping[str, AnswerMode] = field(default_factory=dict)
    heard: Mapping[str, PromptHeard] = field(default_factory=dict)
    filled: Mapping[str, FilledHow] = field(default_factory=dict)
    buyer: str | None = None
    tried: tuple[str, ...] = ()
    outcomes: Mapping[str, LegOutcome] = field(default_factory=dict)  # buyer → how its last leg ended
    keys: Mapping[str, int] = field(default_factory=dict)  # buyer → how many were pressed in the talk with it
    joined_by: Mapping[str, str] = field(default_factory=dict)  # buyer → who joined the talk with it
    refused: Mapping[str, str] = field(default_factory=dict)  # buyer → code
    released: Mapping[str, str] = field(default_factory=dict)  # buyer → why the promised call did not come
    ended_by: EndedBy | None = None
    language: str | None = None
    billable: bool | None = None
    reason: str | None = None
    revenue_micros: int | None = None
    payout_micros: int | None = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)


def read_expectation(document: Document, path: Pointer) -> Expectation:
    """The expectation at the path; its shape is checked."""
    revenue, payout = text_at(document, (*path, "revenue")), text_at(document, (*path, "payout"))
    return Expectation(
        path=_texts(document, (*path, "path")),
        answers=cast("Mapping[str, Value]", mapping_at(document, (*path, "answers"))),
        modes=cast("Mapping[str, AnswerMode]", mapping_at(document, (*path, "modes"))),
        heard=cast("Mapping[str, PromptHeard]", mapping_at(document, (*path, "heard"))),
        filled=cast("Mapping[str, FilledHow]", mapping_at(document, (*path, "filled"))),
        buyer=text_at(document, (*path, "buyer")),
        tried=_texts(document, (*path, "tried")),
        outcomes=cast("Mapping[str, LegOutcome]", mapping_at(document, (*path, "outcomes"))),
        keys=cast("Mapping[str, int]", mapping_at(document, (*path, "keys"))),
        joined_by=cast("Mapping[str, str]", mapping_at(document, (*path, "joined_by"))),
        refused=cast("Mapping[str, str]", mapping_at(document, (*path, "refused"))),
        released=cast("Mapping[str, str]", mapping_at(document, (*path, "released"))),
        language=text_at(document, (*path, "language")),
        ended_by=cast("EndedBy | None", text_at(document, (*path, "ended_by"))),
        billable=cast("bool | None", value_at(document, (*path, "billable"))),
        reason=text_at(document, (*path, "reason")),
        revenue_micros=None if revenue is None else parse_money(revenue),
        payout_micros=None if payout is None else parse_money(payout),
        places={name: document.key_place((*path, name)) for name in mapping_at(document, path)},
    )


def _texts(document: Document, path: Pointer) -> tuple[str, ...]:
    listed = value_at(document, path)
    return tuple(listed) if isinstance(listed, list) else ()
