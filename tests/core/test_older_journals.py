"""Journals of older versions replay: what they did not write yet is no difference, what they wrote is."""

from __future__ import annotations

from dataclasses import replace

from engine.core.facts import Decision
from engine.core.journal import Entry
from engine.core.json_values import JsonObject
from engine.core.replay import replay
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story
from tests.runtime.kept_calls import ROOFING

LATER = {"others", "strategy", "together", "limit"}  # what Decision has got since 0.1


def as_kept_before(entry: Entry, **changes: object) -> Entry:
    return replace(entry, commands=tuple([_without(command, changes) for command in entry.commands]))


def _without(command: JsonObject, changes: dict[str, object]) -> JsonObject:
    fact = command.get("fact")
    if not isinstance(fact, dict) or fact["type"] != Decision.__name__:
        return command
    return {**command, "fact": {key: held for key, held in fact.items() if key not in LATER} | changes}  # type: ignore[dict-item]


def test_a_journal_that_lacks_later_fields_replays_and_one_that_says_otherwise_does_not() -> None:
    checked = check_all(ROOFING)
    revision = checked.published.revision
    assert revision is not None
    journal = next(
        result.journal
        for result in (run_story(story, checked.published) for story in checked.stories)
        if result.buyer is not None
    )
    assert replay([as_kept_before(entry) for entry in journal], revision).difference is None
    other = replay([as_kept_before(entry, chosen="nobody") for entry in journal], revision).difference
    assert other is not None
    assert other.node == "find"
