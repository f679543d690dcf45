"""What is erased of a record leaves its form, and nothing that a caller said, keyed or was."""

from __future__ import annotations

import json

import msgspec
import pytest

from engine.core.commands import COMMAND_TYPES
from engine.core.erasing import ERASED, erased, without_number, without_words
from engine.core.events import EVENT_TYPES
from engine.core.facts import FACT_TYPES
from engine.core.journal import event_from_json, fact_from_json
from engine.core.kept_fields import KEPT
from engine.core.sought import Sought
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story
from tests.corpus.kept_corpus import RELEASES, network, networks_of
from tests.evidence.evidence_world import ROOFING

RECORDS = {kind.__name__: kind for kind in (*EVENT_TYPES, *COMMAND_TYPES, *FACT_TYPES)}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_record_says_what_of_it_stays_and_names_only_fields_that_it_has(name: str) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(RECORDS[name])}
    assert name in KEPT
    assert KEPT[name] == "*" or set(KEPT[name].split()) <= fields


def test_a_field_that_nobody_listed_is_erased() -> None:
    arrived = {
        "type": "CallArrived",
        "at": 0,
        "call": "c",
        "of_a_later_version": "+15125550177",
        "more": [1, 2],
    }
    assert erased(arrived) == {
        "type": "CallArrived",
        "at": 0,
        "call": "c",
        "of_a_later_version": ERASED,
        "more": [],
    }


@pytest.mark.parametrize("release", RELEASES)
def test_records_of_every_release_are_read_after_they_were_erased(release: str) -> None:
    """Erasing twice is erasing once, and neither events nor facts lose their form."""
    for name in networks_of(release):
        for call in network(release, name).calls:
            for event, commands in call.kept:
                for record in (event, *commands):
                    once = erased(record)
                    assert erased(once) == once
                event_from_json(erased(event))
                for command in commands:
                    if command["type"] == "Record":
                        fact_from_json(erased(command)["fact"])  # type: ignore[arg-type]


def test_no_key_word_or_value_of_a_caller_stays_in_any_story() -> None:
    checked = check_all(ROOFING)
    for story in checked.stories:
        for entry in run_story(story, checked.published).journal:
            for command in entry.commands:
                fact = command.get("fact")
                if isinstance(fact, dict) and fact["type"] == "Answer":
                    gone = json.dumps(erased(command))
                    for held in (fact["raw"], fact["label"]):
                        assert not held or json.dumps(held) not in gone
                    assert set(erased(fact)["values"].values()) == {ERASED}  # type: ignore[union-attr]


def test_nothing_that_a_model_said_or_was_told_of_a_conversation_stays() -> None:
    fill = {"answer": "Zanzibar", "value": "Zanzibar", "quote": "Zanzibar"}
    replied = {
        "type": "ModelReplied",
        "at": 1,
        "asking": "talk#1",
        "text": "Zanzibar",
        "leave": "Zanzibar",
        "fills": [fill],
        "ms": 150,
    }
    asked = {"type": "AskModel", "asking": "talk#1", "lines": [{"by": "caller", "text": "Zanzibar"}]}
    told = {**asked, "known": [{"name": "zip", "value": "Zanzibar", "sensitive": False}]}
    for record in (replied, told):
        gone = erased(record)  # type: ignore[arg-type]
        assert "Zanzibar" not in json.dumps(gone)
        assert erased(gone) == gone
    event_from_json(erased(replied))  # type: ignore[arg-type]
    assert "Zanzibar" not in json.dumps(without_words(asked))  # type: ignore[arg-type]
    assert without_words(replied)["text"] == ERASED  # type: ignore[arg-type]


def test_the_callers_key_is_an_answer_and_the_buyers_takes_the_call() -> None:
    pressed = {"type": "KeyPressed", "at": 1, "leg": "caller", "key": "7"}
    assert erased(pressed)["key"] == ERASED
    assert erased({**pressed, "leg": "leg-1"})["key"] == "7"


def test_words_go_without_the_answer_that_was_understood_of_them() -> None:
    answer = {"type": "Answer", "mode": "voice", "value": "78701", "raw": "seven eight", "heard": "seven"}
    assert without_words(answer) == {**answer, "raw": ERASED, "heard": ERASED}


@pytest.mark.parametrize("spelled", ["+15125550177", "(512) 555-0177", "512.555.0177", "1 512 555 0177"])
def test_a_number_is_found_in_any_spelling(spelled: str) -> None:
    known = Sought("+15125550177")
    assert known.is_number_in(f"call me at {spelled}, please")
    assert not known.is_number_in("call me at +15125550178")
    told = {"type": "Tag", "at": 1, "node": "n", "name": "callback", "value": spelled}
    assert without_number(told, known)["value"] == ERASED


@pytest.mark.parametrize(
    ("number", "text", "is_in"),
    [
        ("+15125550177", "+49 1512 5550177", False),
        ("+15125550177", "65125550177", False),
        ("+15125550177", "51255501771", False),
        ("+15125550177", "011 1 512 555 0177", True),
        ("+15550177", "(512) 555-0177", False),
        ("+15550177", "9f5550177c", False),
        ("+15550177", "555 0177 12", False),
        ("+15550177", "1-555-0177.", True),
        ("+442079460018", "020 7946 0018", True),
        ("+442079460018", "+44 (0)20 7946 0018", True),
        ("+442079460018", "2079460018", True),
        ("+442079460018", "32079460018", False),
    ],
)
def test_a_number_is_no_part_of_another(number: str, text: str, is_in: bool) -> None:
    assert Sought(number).is_number_in(text) is is_in


def test_a_number_that_was_keyed_is_found_in_groups() -> None:
    known = Sought("+15125550177", {"830519274"})
    assert known.is_in("your number 830-51-9274 was found")
    assert not known.is_in("1830-51-92745")


def test_what_is_sealed_as_a_name_goes_as_well_for_the_key_that_opens_it_stays() -> None:
    looked = {"type": "LookedUp", "at": 1, "lookup": "l", "fields": {"sealed:gAAA": "", "home.owner": "yes"}}
    assert erased(looked)["fields"] == {"home.owner": ERASED}
