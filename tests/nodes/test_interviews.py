"""Questions that are asked only while they decide: when_needed on collect and form, and the interview."""

from __future__ import annotations

import pytest

from engine.core.commands import Record
from engine.core.facts import Turn
from engine.core.replay import replay
from engine.language.mistakes import Mistakes
from engine.language.revisions import Published, publish
from engine.language.stories.story import StoryWorld, read_stories
from engine.language.yaml import documents
from engine.rehearsal.stories import StoryResult, run_story
from engine.wording.sentences import turn_sentence

NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: roofing, buyers: [texas, florida]}}
buyers:
  texas: {to: "+15550111", price: "40.00", accepts: {all: [zip.state == "TX", need == "replace"]}}
  florida: {to: "+15550112", price: "90.00", accepts: {all: [zip.state == "FL", insured == true]}}
"""

HEAD = """
flow: roofing
language: en-US
start: START
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: "1"}, replace: {key: "2"}}}
  insured: {type: yes_no}
nodes:
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup}
"""

COLLECTS = """
  ask_zip: {type: collect, answer: zip, prompt: ZIP?, ask: when_needed, next: ask_need, exits: {noinput: ask_need, nomatch: ask_need}}
  ask_need: {type: collect, answer: need, prompt: Need?, ask: when_needed, next: ask_insured, exits: {noinput: ask_insured, nomatch: ask_insured}}
  ask_insured: {type: collect, answer: insured, prompt: Insured?, ask: when_needed, next: find, exits: {noinput: find, nomatch: find}}
"""

INTERVIEW = """
  interview: {type: interview, answers: {need: ask_need, insured: ask_insured, zip: ask_zip}, next: find}
  ask_zip: {type: collect, answer: zip, prompt: ZIP?, attempts: 1, next: interview, exits: {noinput: interview, nomatch: interview}}
  ask_need: {type: collect, answer: need, prompt: Need?, attempts: 1, next: interview, exits: {noinput: interview, nomatch: interview}}
  ask_insured: {type: collect, answer: insured, prompt: Insured?, attempts: 1, next: interview, exits: {noinput: interview, nomatch: interview}}
"""

FORM = """
  ask_zip: {type: collect, answer: zip, prompt: ZIP?, next: rest, exits: {noinput: rest, nomatch: rest}}
  rest: {type: form, answers: [need, insured], prompt: "What, and who pays?", ask: when_needed, next: find, exits: {noinput: find, nomatch: find}}
"""


def published(start: str, nodes: str, network: str = NETWORK) -> Published:
    return publish({"network.yaml": network, "roofing.yaml": HEAD.replace("START", start) + nodes})


def told(of: Published, acts: str) -> StoryResult:
    assert [str(mistake) for mistake in of.mistakes] == []
    document, _ = documents.load(
        f"stories: {{a: {{caller: [{acts}], expect: {{ended_by: flow}}}}}}", "a.stories.yaml"
    )
    assert document is not None
    mistakes = Mistakes()
    (story,) = read_stories(document, StoryWorld(), mistakes)
    assert list(mistakes) == []
    result = run_story(story, of)
    assert result.differences == ()
    return result


def turns(of: Published, result: StoryResult) -> list[Turn]:
    assert of.revision is not None
    made = [command for some in replay(result.journal, of.revision).commands for command in some]
    return [each.fact for each in made if isinstance(each, Record) and isinstance(each.fact, Turn)]


def test_an_answer_that_no_longer_decides_is_passed_over_and_its_record_says_why() -> None:
    of = published("ask_zip", COLLECTS)
    result = told(of, "{keys: '78701'}, {keys: '2'}")
    assert result.buyer == "texas"
    assert result.answers == {"zip": "78701", "need": "replace"}
    (turn,) = turns(of, result)
    assert (turn.node, turn.exit) == ("ask_insured", "next")
    assert turn_sentence(turn) == (
        "insured is not asked for: no buyer of 'roofing' that could still take the call needs it."
    )
    assert turn.values == {"not_asked": "insured", "campaign": "roofing"}


def test_where_nobody_can_take_the_call_nothing_more_is_asked() -> None:
    result = told(published("ask_zip", COLLECTS), "{keys: '10001'}")
    assert result.answers == {"zip": "10001"}
    assert result.path == ("ask_zip", "ask_need", "ask_insured", "find", "bye")


def test_the_call_is_judged_by_the_campaign_that_the_node_names() -> None:
    network = NETWORK.replace(
        "campaigns: {", "campaigns: {solar: {flow: roofing, buyers: [sun]}, "
    ).replace("buyers:\n", 'buyers:\n  sun: {to: "+15550113", price: "9.00", accepts: insured == true}\n').replace(
        'numbers: {', 'numbers: {"+15550101": {campaign: solar}, '
    )  # fmt: skip
    collects = COLLECTS.replace(
        "prompt: Insured?, ask: when_needed", "prompt: Insured?, ask: when_needed, campaign: solar"
    )
    of = published("ask_zip", collects, network)
    assert of.revision is not None
    document, _ = documents.load(
        "stories: {a: {call: {to: '+15550100'}, caller: [{keys: '78701'}, {keys: '2'}, {keys: '1'}], expect: {ended_by: flow}}}",
        "a.stories.yaml",
    )
    assert document is not None
    (story,) = read_stories(document, StoryWorld(numbers=("+15550100", "+15550101")), Mistakes())
    assert run_story(story, of).answers == {"zip": "78701", "need": "replace", "insured": True}


def test_a_form_asks_only_for_what_is_needed_of_its_answers() -> None:
    of = published("ask_zip", FORM)
    result = told(of, "{keys: '33130'}, {keys: '1'}")
    assert result.answers == {"zip": "33130", "insured": True}  # the key means insured, for need is not asked
    assert result.buyer == "florida"
    (turn,) = turns(of, result)
    assert (turn.node, turn.values["not_asked"]) == ("rest", "need")


def test_a_form_of_which_nothing_is_needed_is_passed_over() -> None:
    of = published("ask_zip", FORM)
    result = told(of, "{keys: '10001'}")
    assert result.path == ("ask_zip", "rest", "find", "bye")
    (turn,) = turns(of, result)
    assert turn_sentence(turn) == (
        "need, insured are not asked for: no buyer of 'roofing' that could still take the call needs them."
    )


def test_an_interview_asks_first_what_most_money_hangs_on() -> None:
    of = published("interview", INTERVIEW)
    result = told(of, "{keys: '78701'}, {keys: '2'}")
    assert result.path == (
        "interview",
        "ask_zip",
        "interview",
        "ask_need",
        "interview",
        "find",
        "connect",
        "bye",
    )
    assert result.buyer == "texas"
    first, second, last = turns(of, result)
    assert turn_sentence(first) == "zip is asked for first: of zip, insured, need, it decides the most."
    assert turn_sentence(second) == "need is asked for: it is the only one left."
    assert last.values == {"not_asked": "insured", "campaign": "roofing"}


def test_an_interview_as_written_keeps_its_order_and_still_leaves_out_what_is_not_needed() -> None:
    of = published("interview", INTERVIEW.replace("next: find}", "order: as_written, next: find}", 1))
    result = told(of, "{keys: '1'}, {keys: '1'}, {keys: '33130'}")
    assert result.path[:6] == ("interview", "ask_need", "interview", "ask_insured", "interview", "ask_zip")
    assert result.buyer == "florida"


def test_an_interview_may_ask_for_everything_and_order_it_all_the_same() -> None:
    of = published("interview", INTERVIEW.replace("next: find}", "ask: unless_known, next: find}", 1))
    result = told(of, "{keys: '10001'}, {keys: '1'}, {keys: '1'}")
    assert result.answers == {"zip": "10001", "need": "repair", "insured": True}


def test_a_caller_who_stays_silent_is_led_to_each_question_once() -> None:
    result = told(published("interview", INTERVIEW), "silence, silence, silence")
    assert result.path == (
        "interview",
        "ask_zip",
        "interview",
        "ask_insured",
        "interview",
        "ask_need",
        "interview",
        "find",
        "bye",
    )


def test_an_interview_in_a_subflow_asks_for_that_flows_answers() -> None:
    inner = (
        HEAD.replace("flow: roofing", "flow: qualify")
        .replace("START", "interview")
        .replace("nodes:", "returns: [zip, need, insured]\nnodes:")
    )
    inner = "\n".join(
        line for line in inner.splitlines() if not line.startswith(("  find", "  connect", "  bye"))
    )
    outer = HEAD.replace("START", "enter") + (
        "  enter: {type: subflow, flow: lib/qualify, returns: {zip: zip, need: need, insured: insured}, next: find}\n"
    )
    questions = INTERVIEW.replace("next: find}", "next: done}", 1) + "  done: {type: return}\n"
    of = publish({"network.yaml": NETWORK, "roofing.yaml": outer, "lib/qualify.yaml": inner + questions})
    result = told(of, "{keys: '33130'}, {keys: '1'}")
    assert result.answers == {"zip": "33130", "insured": True}
    assert "enter.ask_need" not in result.path
    assert result.buyer == "florida"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("insured == true", 'zip.county == "Dade"'), "node 'ask_insured': no buyer of 'roofing' uses 'insured', so the caller is never asked"),
        (("prompt: Need?, ask: when_needed", "prompt: Need?, ask: when_needed, campaign: roof"), "node 'ask_need': campaign 'roof' doesn't exist; did you mean 'roofing'?"),
        (("prompt: Need?, ask: when_needed", "prompt: Need?, campaign: roofing"), "'campaign' has no effect here"),
        (("next: find, exits: {noinput: find, nomatch: find}", "next: ask_zip, exits: {noinput: find, nomatch: find}"), "loops without ever waiting for the caller"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_needed_as_written_is_named(change: tuple[str, str], found: str) -> None:
    network, flow = NETWORK.replace(*change), HEAD.replace("START", "ask_zip") + COLLECTS.replace(*change)
    of = publish({"network.yaml": network, "roofing.yaml": flow})
    assert [str(mistake) for mistake in of.mistakes if found in str(mistake)] != [], of.mistakes


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("zip: ask_zip", "zip: ask_zap"), "exit 'ask_zap' goes to 'ask_zap', which isn't a node in this flow; did you mean 'ask_zip'?"),
        (("zip: ask_zip", "zap: ask_zip"), "node 'interview': 'zap' isn't an answer of this flow; did you mean 'zip'?"),
        (("next: find}", "next: interview}"), "interview → interview loops"),
    ],
)  # fmt: skip
def test_an_interview_that_leads_nowhere_is_named(change: tuple[str, str], found: str) -> None:
    of = published("interview", INTERVIEW.replace(*change, 1))
    assert [str(mistake) for mistake in of.mistakes if found in str(mistake)] != [], of.mistakes
