"""A clause as it is shown: one line of a trace."""

from __future__ import annotations

from collections.abc import Iterable

from engine.accounts.shown import Shown
from engine.core.conditions import ClauseOutcome, OutcomeWord, Value, outcome_word
from engine.wording.sentences import clause_text


class ClauseShown(Shown, frozen=True, kw_only=True):
    """One clause: its file and line (`at`), its outcome, and the values it read.

    `clause` is the operator's own text; one of another `kind` follows from a setting, and is said in words.
    """

    clause: str
    kind: str
    at: str
    outcome: OutcomeWord
    values: dict[str, Value | None]
    answers: tuple[str, ...]

    @classmethod
    def of(cls, line: ClauseOutcome) -> ClauseShown:
        return cls(
            clause=clause_text(line),
            kind=line.kind,
            at=line.place.at,  # the column is for editors
            outcome=outcome_word(line.outcome),
            values=dict(line.values),
            answers=line.answers,
        )


def clauses_of(lines: Iterable[ClauseOutcome]) -> tuple[ClauseShown, ...]:
    return tuple(ClauseShown.of(line) for line in lines)
