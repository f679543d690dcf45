"""Every command has its line in the table of answers, and every event is an answer or comes unasked."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from engine.core.answering import ANSWERED_BY, COSTS_MONEY, SETTLED_BY_THE_STORE, UNASKED, Free
from engine.core.commands import COMMAND_TYPES
from engine.core.events import EVENT_TYPES
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story

ROOFING = Path(__file__).parents[2] / "examples/flows/roofing"
COMMANDS = {kind.__name__: kind for kind in COMMAND_TYPES}


def test_the_table_has_every_command_once() -> None:
    assert set(ANSWERED_BY) == set(COMMAND_TYPES)


def test_every_event_answers_a_command_or_comes_unasked() -> None:
    answers = {event for events in ANSWERED_BY.values() for event in events}
    assert not answers & UNASKED
    assert answers | UNASKED == set(EVENT_TYPES)


def test_nobody_waits_for_what_the_store_settles() -> None:
    assert {kind for kind in SETTLED_BY_THE_STORE if ANSWERED_BY[kind]} == set()


def test_a_command_costs_money_or_is_free() -> None:
    free = set(get_args(Free))
    assert not free & COSTS_MONEY
    assert free | COSTS_MONEY == set(COMMAND_TYPES)


def test_what_happens_in_a_story_answers_what_was_commanded() -> None:
    checked = check_all(ROOFING)
    assert checked.stories
    for story in checked.stories:
        asked: set[type] = set()
        for entry in run_story(story, checked.published).journal:
            answered = {kind for kind, events in ANSWERED_BY.items() if type(entry.event) in events}
            assert type(entry.event) in UNASKED or answered & asked, (story.name, entry.event)
            asked |= {COMMANDS[str(command["type"])] for command in entry.commands}
