"""What `check` warns of in answers: those that nobody gives, and those that change after the choice."""

from __future__ import annotations

import pytest

from engine.language.revisions import publish

NETWORK = """\
network: acme
numbers: {"+15550100": {campaign: roofing, publisher: radio}}
publishers: {radio: {}}
campaigns:
  roofing: {flow: roofing, buyers: [first, second]}
buyers:
  first: {to: "+15550111", price: "45.00", accepts: need == "replace", billable: {after: 30s}}
  second: {to: "+15550112", price: "20.00", priority: 3, billable: {after: 30s, when: zip.state == "TX"}}
"""
FLOW = """\
flow: roofing
start: ask_zip
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: "1"}, replace: {key: "2"}}}
exits: {noinput: sorry, nomatch: sorry}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: ZIP code., next: ask_need}
  ask_need: {type: collect, answer: need, prompt: "Repair press 1, roof press 2.", next: find}
  find: {type: choose_buyer, next: connect, exits: {none: sorry}}
  connect: {type: bridge, next: bye, exits: {busy: find, noanswer: find, failed: find}}
  sorry: {type: hangup, say: All busy.}
  bye: {type: hangup, say: Thank you.}
"""
AGAIN = '  again: {type: collect, answer: ANSWER, ask: always, prompt: "Once more?", next: NEXT}\n'


def warned(network: str, flow: str) -> list[str]:
    mistakes = publish({"network.yaml": network, "roofing.yaml": flow}).mistakes
    assert all(mistake.severity == "warning" for mistake in mistakes), mistakes
    return [mistake.message for mistake in mistakes]


def asked_again(answer: str, before: str, then: str, flow: str = FLOW) -> str:
    """The flow with one more question; the node whose line has `before` leads to it, and it to `then`."""
    old, new = before.split(" → ")
    assert old in flow
    return flow.replace(old, new) + AGAIN.replace("ANSWER", answer).replace("NEXT", then)


def test_the_flow_itself_is_warned_of_nothing() -> None:
    assert warned(NETWORK, FLOW) == []


def test_a_question_between_choice_and_call_may_change_what_a_buyer_was_chosen_by() -> None:
    flow = asked_again(
        "need", "find: {type: choose_buyer, next: connect → find: {type: choose_buyer, next: again", "connect"
    )
    assert warned(NETWORK, flow) == [
        (
            "node 'again': 'need' may change here, after a buyer was chosen by it ('first'); "
            "ask before 'choose_buyer', or keep it as another answer"
        )
    ]


def test_a_bidder_was_chosen_by_what_it_was_sent() -> None:
    bids = """  third:
    to: "+15550113"
    billable: {after: 30s}
    bid: {ping: {url: "https://bids.example.com/ping"}, sends: [zip.state], floor: "20.00"}
"""
    flow = asked_again(
        "zip", "find: {type: choose_buyer, next: connect → find: {type: choose_buyer, next: again", "connect"
    )
    network = NETWORK.replace("[first, second]", "[first, second, third]") + bids
    assert [message.partition(";")[0] for message in warned(network, flow)] == [
        "node 'again': 'zip' may change here, after a buyer was chosen by it ('third')"
    ]


def test_a_name_is_a_buyers_or_a_publishers() -> None:
    network = NETWORK.replace("publisher: radio}", "publisher: first}").replace("{radio: {}}", "{first: {}}")
    (mistake,) = publish({"network.yaml": network, "roofing.yaml": FLOW}).mistakes
    assert mistake.severity == "error"
    assert mistake.message == (
        "'first' is a buyer and a publisher; the ledger knows a party by its name alone; "
        "give them two names, such as 'first_traffic' for the publisher"
    )


def test_a_question_after_the_talk_may_change_what_a_buyer_pays_by() -> None:
    flow = asked_again(
        "zip", "connect: {type: bridge, next: bye → connect: {type: bridge, next: again", "bye"
    )
    assert [message.partition(";")[0] for message in warned(NETWORK, flow)] == [
        "node 'again': 'zip' may change here, after a buyer was chosen by it ('second')"
    ]


def test_an_answer_that_no_buyer_was_chosen_by_may_be_asked_before_the_call() -> None:
    flow = asked_again(
        "zip", "find: {type: choose_buyer, next: connect → find: {type: choose_buyer, next: again", "connect"
    )
    assert warned(NETWORK, flow) == []


@pytest.mark.parametrize(
    "before",
    ["exits: {none: sorry}} → exits: {none: again}}", "{busy: find, → {busy: again,"],
    ids=["when nobody was chosen", "when the chosen one was busy"],
)
def test_who_is_asked_again_and_chosen_anew_is_no_worry(before: str) -> None:
    assert warned(NETWORK, asked_again("need", before, "find")) == []


def test_a_node_that_sets_an_answer_after_the_choice_changes_it_too() -> None:
    flow = FLOW.replace("choose_buyer, next: connect", "choose_buyer, next: mark")
    flow += "  mark: {type: set, values: {need: repair}, next: connect}\n"
    assert ["'need' may change here" in message for message in warned(NETWORK, flow)] == [True]


UNASKED = FLOW.replace("next: ask_need}", "next: find}").replace(
    '  ask_need: {type: collect, answer: need, prompt: "Repair press 1, roof press 2.", next: find}\n', ""
)


def test_an_answer_that_nobody_gives_is_warned_of() -> None:
    assert warned(NETWORK, UNASKED) == [
        "answer 'need' is declared but never collected; collect it, or remove it"
    ]


def test_an_answer_that_only_a_publisher_gives_is_not() -> None:
    given = NETWORK.replace("radio: {}", "radio: {parameters: {secret: RADIO, answers: {n: need}}}")
    assert warned(given, UNASKED) == []


def test_what_a_publisher_of_another_flow_gives_is_not_given_here() -> None:
    other = NETWORK.replace(
        "publishers: {radio: {}}",
        "publishers: {radio: {}, web: {parameters: {secret: WEB, answers: {n: need}}}}",
    )
    assert [message.partition(";")[0] for message in warned(other, UNASKED)] == [
        "answer 'need' is declared but never collected"
    ]
