"""What a call read of the ZIP data is in its journal: another version of the data changes no old call."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.core.events import CallArrived
from engine.core.flow import Revision
from engine.core.journal import Entry, event_from_json, to_json
from engine.core.json_values import JsonObject
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.core.replay import replay
from engine.core.zip_reads import ZipReads
from engine.language.revisions import Checked, check_all, publish
from engine.rehearsal.stories import run_story
from engine.understanding import zip as zip_kind
from engine.understanding import zip_table
from engine.understanding.zip_table import ZipPlace

ROOFING = Path("examples/flows/roofing")
STORY = "texas_replacement_goes_to_lonestar"


class OtherTable:
    """ZIP data of another day: every code that anybody asks for lies in Alaska."""

    def place(self, code: str) -> ZipPlace | None:
        return ZipPlace(code, "Nome", "Nome Census Area", "AK", None, None, None)

    def states_of_area(self, area: str) -> tuple[str, ...]:
        return ("AK",)


@cache
def roofing() -> Checked:
    return check_all(ROOFING)


def revision() -> Revision:
    found = roofing().published.revision
    assert found is not None
    return found


def played(behaviour: int | None = None) -> list[Entry]:
    """The story's journal; as a machine of this behaviour gives it, where one is named."""
    story = next(each for each in roofing().stories if each.name == STORY)
    journal = list(run_story(story, roofing().published).journal)
    if behaviour is None:
        return journal
    first = journal[0].event
    assert isinstance(first, CallArrived)
    events = [changed(first, behaviour=behaviour), *(entry.event for entry in journal[1:])]
    machine = CallMachine(revision())
    return [Entry(event, tuple(to_json(command) for command in machine.receive(event))) for event in events]


def reads(journal: list[Entry]) -> list[JsonObject]:
    facts = [command.get("fact") for entry in journal for command in entry.commands]
    return [fact for fact in facts if isinstance(fact, dict) and fact["type"] == "ZipRead"]


@pytest.fixture
def other_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_kind, "zip_table", OtherTable)


def test_a_code_is_recorded_the_first_time_that_the_call_reads_it() -> None:
    (read,) = reads(played())
    assert read["code"] == "78701"
    assert read["row"]["state"] == "TX"  # type: ignore[index,call-overload]


def test_a_journal_replays_by_the_rows_that_it_recorded(request: pytest.FixtureRequest) -> None:
    journal = played()
    request.getfixturevalue("other_data")
    assert replay(journal, revision()).difference is None
    machine = CallMachine(revision())  # which is told of no rows
    facts = [to_json(command) for entry in journal for command in machine.receive(entry.event)]
    assert "Nome" in str(facts)


def test_an_older_journal_records_no_read_and_replays_by_its_answers(request: pytest.FixtureRequest) -> None:
    journal = played(behaviour=1)
    assert reads(journal) == []
    request.getfixturevalue("other_data")
    assert replay(journal, revision()).difference is None


def test_a_journal_that_names_no_behaviour_is_of_the_first() -> None:
    event = to_json(played()[0].event)
    assert event.pop("behaviour") != 1
    read = event_from_json(event)
    assert isinstance(read, CallArrived)
    assert read.behaviour == 1


def test_a_code_that_does_not_exist_is_recorded_too() -> None:
    assert zip_table.zip_table().place("00000") is None
    noted: list[tuple[str, object]] = []
    kind = zip_kind.Zip().bound(ZipReads({}, lambda code, row: noted.append((code, row))))
    assert kind.understand_keys("00000") is None
    assert kind.understand_keys("00000") is None
    assert kind.understand_keys("1234") is None
    assert noted == [("00000", None)]
    assert kind == zip_kind.Zip()


def test_a_sensitive_zip_is_read_and_not_recorded() -> None:
    files = {
        name: text.replace("{type: zip}", "{type: zip, sensitive: true}").replace(
            "    whisper:", "    reveal: [zip]\n    whisper:"
        )
        for name, text in roofing().published.files.items()
        if name != "reference-data.json"
    }
    published = publish(files)
    assert published.revision is not None, published.mistakes
    story = next(each for each in roofing().stories if each.name == STORY)
    journal = list(run_story(story, published).journal)
    assert reads(journal) == []
    assert "Austin" not in str([entry.commands for entry in journal])
