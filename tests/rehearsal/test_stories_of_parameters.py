"""Stories whose publisher answers beforehand: what is known is not asked, and its source is kept."""

from __future__ import annotations

from pathlib import Path

from engine.core.events import CallArrived
from engine.core.facts import Turn
from engine.core.journal import fact_from_json
from engine.core.machine import CallMachine
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story
from engine.wording.sentences import turn_sentence

NETWORK = """
network: acme
numbers: {"+15550100": {campaign: homes, publisher: radio}}
publishers: {radio: {parameters: {secret: RADIO, answers: {zip: zip, need: need}}}}
campaigns: {homes: {flow: homes, buyers: [lonestar]}}
buyers: {lonestar: {to: "+15550111", price: "45.00", accepts: zip.state == "TX"}}
"""
FLOW = """
flow: homes
start: ask
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: 1}, replace: {key: 2}}}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: ask_need, exits: {noinput: bye, nomatch: bye}}
  ask_need: {type: collect, answer: need, prompt: Need?, next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Bye.}
"""
STORIES = """
stories:
  the_publisher_knew_the_zip:
    call: {parameters: {zip: "78701", need: roof}}
    caller: [{keys: "2"}]
    expect: {answers: {zip: "78701", need: replace}, modes: {zip: publisher, need: keys}, buyer: lonestar}
"""


def folder_of(folder: Path, network: str = NETWORK) -> Path:
    (folder / "network.yaml").write_text(network)
    (folder / "homes.yaml").write_text(FLOW)
    (folder / "homes.stories.yaml").write_text(STORIES)
    return folder


def test_what_the_publisher_knew_is_not_asked_and_what_makes_no_sense_is_said(tmp_path: Path) -> None:
    checked = check_all(folder_of(tmp_path))
    assert [str(mistake) for mistake in checked.mistakes] == []
    result = run_story(checked.stories[0], checked.published)
    assert result.differences == ()
    facts = [c["fact"] for entry in result.journal for c in entry.commands if c["type"] == "Record"]
    zip_, need = (fact for fact in facts if fact["type"] == "Answer")  # type: ignore[index,call-overload]
    assert (zip_["source"]["name"], zip_["source"]["detail"]) == ("radio", "zip")  # type: ignore[index,call-overload]
    assert need["source"] is None  # type: ignore[index,call-overload]
    (turn,) = (fact_from_json(fact) for fact in facts if fact["type"] == "Turn")  # type: ignore[arg-type,index,call-overload]
    assert isinstance(turn, Turn)
    assert turn_sentence(turn) == "radio's parameter 'need' is not a choice and is ignored."


def test_what_is_not_believed_is_said_and_changes_nothing(tmp_path: Path) -> None:
    revision = check_all(folder_of(tmp_path)).published.revision
    assert revision is not None
    machine = CallMachine(revision)
    commands = machine.receive(
        CallArrived(
            0, "c1", "x", "CA1", "+15125550123", "+15550100", 0, 7, parameters_ignored="they are not signed"
        )
    )
    assert "code='parameters_ignored'" in str(commands)
    assert machine.call is not None
    assert machine.call.answers == {}


def test_a_parameter_for_an_answer_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, NETWORK.replace("answers: {zip: zip,", "answers: {zip: zipp,"))
    (mistake,) = check_all(folder).mistakes
    assert "publisher 'radio': 'zipp' isn't an answer of flow 'homes'; did you mean 'zip'?" in str(mistake)
