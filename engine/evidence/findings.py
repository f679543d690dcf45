"""What a check of evidence found: line by line, each with what it looked at and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from engine.core.conditions import ClauseOutcome
from engine.core.facts import Candidate
from engine.core.json_values import Json
from engine.core.older import AS_WRITTEN
from engine.core.replay import NOTHING_TO_SAY
from engine.evidence.shown import Revenue
from engine.wording.catalogue import Catalogue, english
from engine.wording.sentences import candidate_sentence, clause_text, verdict_sentence

Outcome = Literal["holds", "fails", "not_checked"]

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report: `what` was looked at, its outcome, and a code whose sentence `details` fill.

    Among the details may be clauses, a candidate, a verdict's revenue: they are told by their own sentences.
    """

    what: str
    outcome: Outcome
    code: str
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return finding_sentence(self)

    @property
    def is_named(self) -> bool:
        """Whether the sentence itself names what was looked at."""
        return "part" in self.details or "where" in self.details


def finding_sentence(finding: Finding, said: Catalogue | None = None) -> str:
    """What was found."""
    return _say(finding.code, finding.details, said or english())


def _say(code: str, details: Mapping[str, object], said: Catalogue) -> str:
    return said.say(f"finding.{code}", {name: _shown(held, said) for name, held in details.items()})


def _shown(held: object, said: Catalogue) -> object:
    """What stands for a detail in the sentence; a forged record that cannot be put into words stays raw."""
    try:
        return _record_shown(held, said)
    except (ValueError, TypeError, LookupError, AttributeError):
        return repr(held)[:_LONGEST]


def _record_shown(held: object, said: Catalogue) -> object:
    match held:
        case ClauseOutcome():
            return clause_text(held, said)
        case Candidate():
            return candidate_sentence(held, said)
        case Revenue():
            return verdict_sentence(held, said)
        case Phrase():
            return _say(held.code, held.details, said)
        case tuple():
            return ", ".join(str(_shown(each, said)) for each in held)
    return held


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a finding's sentence that is said by a code of its own."""

    code: str
    details: Mapping[str, object]


def holds(what: str, code: str, **details: object) -> Finding:
    return Finding(what, "holds", code, details)


def fails(what: str, code: str, **details: object) -> Finding:
    return Finding(what, "fails", code, details)


def not_checked(what: str, code: str, **details: object) -> Finding:
    return Finding(what, "not_checked", code, details)


def differences(
    kept: Json, found: Json, path: str = "", *, is_older: bool = False
) -> Iterator[tuple[str, Json, Json]]:
    """Where two JSON values part: (path, kept, found) for each leaf that differs.

    A file may lack a field that was not known when it was written, where that says nothing. What `is_older`
    may have a sentence where there is a code now.
    """
    if isinstance(kept, dict) and isinstance(found, dict):
        if is_older and AS_WRITTEN in kept and AS_WRITTEN not in found:
            return
        for key in [*kept, *(key for key in found if key not in kept)]:
            if key not in kept and found[key] in NOTHING_TO_SAY:
                continue
            below = f"{path}.{key}" if path else key
            yield from differences(kept.get(key), found.get(key), below, is_older=is_older)
    elif isinstance(kept, list) and isinstance(found, list):
        for index, (one, other) in enumerate(zip_longest(kept, found)):
            yield from differences(one, other, f"{path}[{index}]", is_older=is_older)
    elif kept != found and not (is_older and kept == AS_WRITTEN):
        yield path, kept, found
