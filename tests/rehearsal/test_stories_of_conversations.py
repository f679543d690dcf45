"""Stories in which a model talks: whatever it says, the graph stays in charge, and what is wrong is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

import pytest

from engine.core.commands import AskModel
from engine.core.json_values import JsonObject
from engine.core.model_events import ModelReplied
from engine.core.replay import replay
from engine.language.revisions import check_all
from engine.nodes.conversation_terms import GivenUp, RefusedFill, RefusedWords
from engine.rehearsal.simulation import simulate
from engine.rehearsal.stories import StoryResult, run_story
from engine.wording.catalogue import english

CONVERSING = Path(__file__).parent / "conversing"
NETWORK = (CONVERSING / "network.yaml").read_text(encoding="utf-8")
FLOW = (CONVERSING / "roofing.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results() -> list[StoryResult]:
    checked = check_all(CONVERSING)
    assert [str(found) for found in checked.mistakes if found.severity == "error"] == []
    return [run_story(story, checked.published) for story in checked.stories]


def turns_of(results: list[StoryResult]) -> Iterator[JsonObject]:
    for result in results:
        for entry in result.journal:
            for command in entry.commands:
                fact = cast("JsonObject", command.get("fact") or {})
                if fact.get("type") == "Turn":
                    yield fact


def test_every_story_comes_true(results: list[StoryResult]) -> None:
    """Each is replayed from its journal too, where no model is asked."""
    assert results
    assert [line for result in results for line in result.differences] == []


def test_the_stories_leave_by_every_exit(results: list[StoryResult]) -> None:
    left = {step.exit for result in results for step in result.steps if step.node == "talk"}
    assert left == {"next", "person", "emergency", "ask_zip", "noinput", "nomatch", "command:operator"}


def test_a_journal_replays_where_there_is_no_model(results: list[StoryResult]) -> None:
    revision = check_all(CONVERSING).published.revision
    assert revision is not None
    talked = [
        result for result in results if any(isinstance(each.event, ModelReplied) for each in result.journal)
    ]
    assert len(talked) > 8
    for result in talked:
        again = replay(result.journal, revision)
        assert again.difference is None
        # what was asked is known again, word for word, and nobody was asked
        assert [one for commands in again.commands for one in commands if isinstance(one, AskModel)]


def test_what_was_refused_and_given_up_is_in_the_record(results: list[StoryResult]) -> None:
    turns = list(turns_of(results))
    refused = {cast("JsonObject", turn["details"]).get("refused") for turn in turns} - {None}
    given_up = {cast("JsonObject", turn["details"]).get("given_up") for turn in turns} - {None}
    assert refused >= {"not_said", "contradicts", "not_valid", "not_asked", "no_exit", "repeats"}
    assert refused >= {"too_long", "unspeakable"}
    assert given_up == {"refused", "steps", "timeout", "failed", "malformed", "unset"}


@pytest.mark.parametrize(
    ("group", "code"),
    [
        *(("given_up", code) for code in get_args(GivenUp)),
        *(("refused", code) for code in (*get_args(RefusedFill), *get_args(RefusedWords))),
    ],
)
def test_every_reason_has_its_words(group: str, code: str) -> None:
    assert english().versions(f"words.{group}.{code}")


def mistakes(folder: Path, network: str = NETWORK, flow: str = FLOW) -> list[str]:
    (folder / "network.yaml").write_text(network)
    (folder / "roofing.yaml").write_text(flow)
    return [str(mistake) for mistake in check_all(folder).mistakes]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    else: ask_zip\n",
            "    exits_: x\n",
            "unknown key 'exits_'",
        ),
        (
            "    model: assistant\n",
            "    model: asistant\n",
            "roofing.yaml:18:12: warning: node 'talk': 'asistant' isn't one of the network's models, so every",
        ),
        (
            "    answers: [need, zip]\n",
            "    answers: [need, zip, owner]\n",
            "node 'talk': 'owner' is a yes_no, which means nothing without its question; remove it, and ask for",
        ),
        (
            "    answers: [need, zip]\n",
            "    answers: [need, zip, pin]\n",
            "node 'talk': a model can't fill 'pin', which is sensitive; remove it, or add 'reveal: [pin]'",
        ),
        (
            "    else: ask_zip\n",
            "    else: ask_zipp\n",
            "exit 'ask_zipp' goes to 'ask_zipp', which isn't a node",
        ),
        ("person: desk, emergency", "persom: desk, emergency", "did you mean 'person'"),
        ("    max_steps: 6\n", "    max_steps: 0\n", "max_steps"),
        ("    max_words: 20\n", "    max_words: 5000\n", "max_words"),
        ("    answers: [need, zip]\n", "    answers: [need, zipp]\n", "'zipp' isn't an answer of this flow"),
        (
            "    prompt: What can I do for your roof?",
            "    prompt: Is it {{ pin }}?",
            "'prompt' tells whoever calls",
        ),
    ],
)
def test_mistakes_of_conversations_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    flow = FLOW.replace(
        "answers:\n  zip:",
        "answers:\n  owner: {type: yes_no}\n  pin: {type: digits, length: 4, sensitive: true}\n  zip:",
        1,
    )
    assert old in flow
    found = mistakes(tmp_path, flow=flow.replace(old, new, 1))
    assert any(said in mistake for mistake in found), found


def test_a_node_without_a_model_is_as_good_as_one_with_it_where_else_has_a_node(tmp_path: Path) -> None:
    assert "    model: assistant\n" in FLOW
    assert mistakes(tmp_path, flow=FLOW.replace("    model: assistant\n", "", 1)) == mistakes(tmp_path)


def test_a_node_without_a_model_and_without_else_is_refused(tmp_path: Path) -> None:
    flow = FLOW.replace("    model: assistant\n", "").replace("    else: ask_zip\n", "")
    flow = flow.replace("noinput: ask_zip, nomatch", "failed: ask_zip, noinput: ask_zip, nomatch", 1)
    found = mistakes(tmp_path, flow=flow)
    assert any(
        "roofing.yaml:14:3: node 'talk': it has no model, and no node to go to without one; "
        "add 'model: …' (one of assistant), or 'else: NODE'" in mistake
        for mistake in found
    ), found


def test_a_model_that_the_network_does_not_list_is_refused_without_else(tmp_path: Path) -> None:
    flow = FLOW.replace("    else: ask_zip\n", "")
    flow = flow.replace("noinput: ask_zip, nomatch", "failed: ask_zip, noinput: ask_zip, nomatch", 1)
    assert [each for each in mistakes(tmp_path, flow=flow) if "warning" not in each] == []
    found = mistakes(tmp_path, NETWORK.replace("models: [assistant]\n", ""), flow)
    assert any(
        "roofing.yaml:16:12: node 'talk': 'assistant' isn't one of the network's models; "
        "add it to network.yaml: models: [assistant]" in mistake
        for mistake in found
    ), found


def test_a_circle_through_a_conversation_without_a_model_is_refused(tmp_path: Path) -> None:
    flow = FLOW.replace("    else: ask_zip\n", "    else: again\n")
    flow = flow.replace("  ask_zip:\n", "  again: {type: say, say: Again., next: talk}\n  ask_zip:\n", 1)
    assert any("loops without ever waiting for the caller" in each for each in mistakes(tmp_path, flow=flow))


def test_terms_that_want_heard_questions_are_warned_of(tmp_path: Path) -> None:
    found = mistakes(tmp_path)
    said = "node 'talk': 'zip' counts for 'redriver' only where what the model fills in is read back"
    assert any(said in each for each in found), found
    read_back = FLOW.replace(
        "    barge_in: none\n    else", "    barge_in: none\n    confirm: always\n    else"
    )
    assert not [each for each in mistakes(tmp_path, flow=read_back) if "counts for" in each]


FRONT = """
flow: roofing
start: home
answers: {zip: {type: zip}}
nodes:
  home:
    type: subflow
    flow: lib/ask
    returns: {zip: zip}
    next: find
    exits: {person: bye}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""
INSIDE = """
flow: ask
start: talk
returns: [zip]
answers: {zip: {type: zip}}
nodes:
  talk:
    type: converse
    model: assistant
    prompt: Where is your roof?
    answers: [zip]
    leave_when: {person: The caller asks for a person.}
    else: ask_zip
    next: done
    exits: {person: person, noinput: ask_zip, nomatch: ask_zip}
  ask_zip: {type: collect, answer: zip, prompt: Your ZIP?, next: done, exits: {noinput: person, nomatch: person}}
  done: {type: return}
  person: {type: return, exit: person}
"""
INSIDE_STORIES = """
stories:
  it_fills_the_answer_of_the_flow_that_entered:
    caller: [{says: "78701"}]
    model: {home.talk: [{fills: [{answer: zip, value: "78701", quote: "78701"}]}]}
    expect: {path: [home, home.talk, home.done, find, connect, bye], filled: {zip: unread}, buyer: lonestar}
  it_leaves_to_a_person:
    caller: [{says: hello}]
    model: {home.talk: [{leaves: person}]}
    expect: {path: [home, home.talk, home.person, bye]}
  it_dies:
    caller: [{says: hello}, {keys: "78701"}]
    expect: {path: [home, home.talk, home.ask_zip, home.done, find, connect, bye], filled: {zip: engine}}
"""


def test_a_conversation_stands_in_flows_that_others_enter(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    network = NETWORK.replace(", need]", "]").replace("[zip, need]", "[zip]")
    for name, text in (
        ("network.yaml", network),
        ("roofing.yaml", FRONT),
        ("lib/ask.yaml", INSIDE),
        ("roofing.stories.yaml", INSIDE_STORIES),
    ):
        (tmp_path / name).write_text(text)
    checked = check_all(tmp_path)
    assert [str(found) for found in checked.mistakes if found.severity == "error"] == []
    results = [run_story(story, checked.published) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []


def test_whoever_simulates_a_call_is_the_model_too() -> None:
    typed = iter(
        [
            "water drips into my kitchen",
            "need=repair: water drips",
            "And your ZIP code?",
            "yes",
            "78701",
            "?",
            "zip=78701: 78701",
            "",
            "answers",
        ]
    )
    told: list[str] = []
    asked: list[str] = []

    def read(prompt: str) -> str | None:
        asked.append(prompt)
        return next(typed, None)

    simulate(
        check_all(CONVERSING).published,
        read,
        told.append,
        called_number="+15550100",
        caller_number="+15125550123",
        started_at=1_795_341_600_000,
    )
    assert [prompt for prompt in asked if prompt.startswith("talk")] == [
        *("talk replies> ", "talk says> ", "talk replies> ", "talk replies> ", "talk says> ")
    ]
    assert any("understood: need is repair" in line for line in told)
    assert any("the caller hears: And your ZIP code?" in line for line in told)
    assert any("chosen: lonestar" in line for line in told)
