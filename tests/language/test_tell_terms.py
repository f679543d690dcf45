"""A buyer may be told answers of any flow that it serves; a call is told what its own flow has of them."""

from __future__ import annotations

from engine.language.revisions import publish

NETWORK = """
network: acme
zone: America/Chicago
numbers:
  "+15550100": {campaign: roofing}
  "+15550101": {campaign: solar}
campaigns:
  roofing: {flow: roofing, buyers: [lonestar]}
  solar: {flow: solar, buyers: [lonestar]}
buyers:
  lonestar:
    to: "+15550111"
    price: "45.00"
    billable: {after: 90s}
    tell: {sends: [SENT], webhook: {url: "https://crm.example.com/calls"}, secret: LONESTAR}
"""
FLOW = """
flow: NAME
start: ask
answers: {ANSWER: {type: yes_no}}
exits: {noinput: bye, nomatch: bye}
nodes:
  ask: {type: collect, answer: ANSWER, prompt: "Please say yes or no.", next: find}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""


def mistakes(sent: str) -> list[str]:
    flows = {"roofing": "leak", "solar": "owner"}
    files = {
        f"{flow}.yaml": FLOW.replace("NAME", flow).replace("ANSWER", answer) for flow, answer in flows.items()
    }
    found = publish({**files, "network.yaml": NETWORK.replace("SENT", sent)}).mistakes
    return [str(each) for each in found if each.severity == "error"]


def test_a_buyer_in_two_verticals_is_told_the_answers_of_both() -> None:
    assert mistakes("leak, owner") == []


def test_an_answer_of_neither_flow_is_named_with_the_nearest() -> None:
    (found,) = mistakes("leak, onwer")
    assert "buyer 'lonestar': 'onwer' isn't an answer of flow 'roofing' or 'solar'" in found
    assert "did you mean 'owner'?" in found
