"""A call's record in lines."""

from __future__ import annotations

import click

from engine.accounts.answer_shown import AnswerShown
from engine.cli.telling import tell_answer
from engine.core.facts import Answer, Source


def test_an_answer_that_the_caller_did_not_give_names_who_did() -> None:
    answer = Answer(
        name="owner",
        kind="yes_no",
        value=True,
        values={"owner": True},
        label="yes",
        raw="True",
        mode="lookup",
        confidence=1.0,
        attempts=1,
        confirmed=False,
        node="homes",
        question=None,
        asked_at=0,
        answered_at=4_690,
        source=Source("https://api.example.com/homes", "HTTP 200", "ab" * 32),
    )
    (line,) = tell_answer("owner", AnswerShown.of(answer))
    told = click.unstyle(line)
    assert told.endswith("by lookup “True”, from https://api.example.com/homes (HTTP 200), at homes")
