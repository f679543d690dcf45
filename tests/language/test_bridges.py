"""What `check` says of how a flow asks others to take its calls."""

from __future__ import annotations

import pytest

from engine.language.revisions import Published, publish

FLOW = """
flow: main
start: ask
answers: {zip: {type: zip}, pin: {type: digits, length: 4PIN}}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: pin, exits: {noinput: desk, nomatch: desk}}
  pin: {type: collect, answer: pin, prompt: Your PIN?, next: find, exits: {noinput: desk, nomatch: desk}}
  find: {type: choose_buyer, next: connect, exits: {none: desk}}
  connect:
    type: bridge
    whisper: "WHISPER"
    accept: {ACCEPT}
    next: bye
    exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}
  desk: {type: bridge, to: "DESK", next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""
NETWORK = """
network: acme
machine_detection: true
dialling: {allow: [US], sip_hosts: [pbx.example.com]}
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [lonestar, redriver]}}
buyers:
  lonestar: {to: "TO", price: "45.00", billable: {after: 90s}, machine_detection: false}
  redriver: {to: "+15550112", price: "45.00", billable: {after: 90s}}
"""


def published(
    whisper: str = "Press 1 to take it, or 2 to decline.",
    accept: str = "key: 1, decline: 2",
    to: str = "+15550111",
    desk: str = "+15550199",
    pin: str = "",
    more: str = "",
) -> Published:
    flow = FLOW.replace("WHISPER", whisper).replace("ACCEPT", accept).replace("DESK", desk)
    flow = flow.replace("PIN", pin, 1).replace("    type: bridge\n", f"    type: bridge\n{more}")
    return publish({"network.yaml": NETWORK.replace("TO", to), "main.yaml": flow})


def told(**given: str) -> list[str]:
    return [str(mistake) for mistake in published(**given).mistakes]


def test_the_key_that_declines_needs_a_word_in_the_whisper() -> None:
    assert told() == []
    assert told(whisper="Press one to take it. Two declines.") == []
    (line,) = told(whisper="Press 1 to take it.")
    assert "node 'connect': key 2 declines the call, but nobody is told so" in line
    assert 'say it in the whisper: "… Press 1 to take it, or 2 to decline."' in line


def test_one_key_cant_take_and_decline() -> None:
    (line,) = told(accept='key: "2", decline: "2"')
    assert "key 2 both takes and declines the call; give 'decline' another key" in line


@pytest.mark.parametrize(
    "to",
    ["+15550111,,123", "+15550111x9#", "+15550111;ext=77", "sip:desk@pbx.example.com,1,2"],
)
def test_extensions_of_buyers_and_desks_are_published(to: str) -> None:
    assert told(to=to, desk=to) == []


def test_what_cant_be_keyed_is_refused_where_it_stands() -> None:
    (line,) = told(to="+15550111,12b")
    assert line.startswith("network.yaml:8:18: buyer 'lonestar': found 'b' among the keys after the answer")
    assert line.endswith('expected keys and commas, as in "+15550100,,123" (each comma waits 2 s)')
    (line,) = told(desk="+15550199x")
    assert "node 'desk': no key follows the comma" in line
    (line,) = told(desk="5550199")
    assert 'one with an extension such as "+15550100x123"' in line


def test_a_desk_at_a_sip_address_is_held_to_the_dialling_rules() -> None:
    (line,) = told(desk="sip:desk@elsewhere.example")
    assert "node 'desk': SIP host elsewhere.example isn't among the network's dialling.sip_hosts" in line
    (line,) = told(desk="+19005551234,,1")
    assert "+19005551234 is a premium-rate" in line


def test_keys_of_the_talk_cant_be_kept_beside_sensitive_answers() -> None:
    kept = "    keep_keys: true\n"
    assert told(more=kept) == []
    (line,) = told(more=kept, pin=", sensitive: true")
    assert "node 'connect': the keys of a talk can't be kept by a flow with sensitive answers" in line


def test_a_buyers_own_word_on_machines_goes_before_the_networks() -> None:
    revision = published().revision
    assert revision is not None
    market = revision.market
    assert [market.detects_machines(each) for each in ("lonestar", "redriver", None)] == [False, True, True]


def test_a_talk_that_the_carrier_joins_keeps_no_keys() -> None:
    assert told(more="    via: carrier\n") == []
    assert told(more="    via: auto\n    keep_keys: true\n") == []
    (line,) = told(more="    via: carrier\n    keep_keys: true\n")
    assert "keys of a talk that the carrier joins aren't heard here, so they can't be kept" in line
    assert "write 'via: auto'" in line


def test_a_recorded_call_is_not_joined_by_the_carrier() -> None:
    recorded = NETWORK.replace("TO", "+15550111") + "recording: {channels: both, announcement: Recorded.}\n"
    flow = FLOW.replace("WHISPER", "Press 1, or 2 to decline.").replace("ACCEPT", "key: 1, decline: 2")
    flow = flow.replace("DESK", "+15550199").replace("PIN", "")
    for via, count in (("auto", 0), ("carrier", 1)):
        joined = flow.replace("    type: bridge\n", f"    type: bridge\n    via: {via}\n")
        mistakes = publish({"network.yaml": recorded, "main.yaml": joined}).mistakes
        assert len(mistakes) == count, mistakes
        for mistake in mistakes:
            assert "campaign 'roofing' is recorded" in str(mistake)
            assert str(mistake).startswith("main.yaml:11:10")
