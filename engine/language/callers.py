"""A network's `callers` as written → whose calls no buyer is offered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.exchange.terms import Callers, Velocity
from engine.language.lists import read_list
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.language.yaml.units import duration_ms

_PATH: Pointer = ("callers",)
_NUMBER = re.compile(r"\+[1-9]\d{0,14}\*?", re.ASCII)


def read_callers(document: Document, files: Mapping[str, str], mistakes: Mistakes) -> Callers | None:
    """None where the network takes everybody's calls."""
    if not mapping_at(document, _PATH):
        return None
    listed = read_list(document, (*_PATH, "blocked"), files, mistakes)
    entries = () if listed is None else listed.entries
    for entry in entries:
        if _NUMBER.fullmatch(entry.text) is None:
            found = f"{entry.shown} isn't a number or prefix that can be blocked"
            expected = 'a number such as "+15550133", or a prefix such as "+1900*"'
            mistakes.refuse(entry.place, found, expected=expected)
    blocked = [entry.text for entry in entries]
    return Callers(
        blocked=frozenset(number for number in blocked if not number.endswith("*")),
        blocked_prefixes=tuple(sorted({number[:-1] for number in blocked if number.endswith("*")})),
        blocked_place=document.key_place((*_PATH, "blocked") if entries else _PATH),
        refuses_anonymous=text_at(document, (*_PATH, "anonymous")) == "refuse",
        anonymous_place=document.key_place(
            (*_PATH, "anonymous") if document.has((*_PATH, "anonymous")) else _PATH
        ),
        velocity=_velocity(document),
        refuses_opted_out=text_at(document, (*_PATH, "opted_out")) != "accept",
        opted_out_place=document.key_place(
            (*_PATH, "opted_out") if document.has((*_PATH, "opted_out")) else _PATH
        ),
    )


def _velocity(document: Document) -> Velocity | None:
    path = (*_PATH, "velocity")
    calls = value_at(document, (*path, "calls"))
    within_ms = duration_ms(text_at(document, (*path, "within")) or "")
    if not isinstance(calls, int) or within_ms is None:
        return None
    return Velocity(calls, within_ms, document.key_place(path))
