"""`dialling` of a network: what its own files name has to be allowed, and `check` says what to write."""

from __future__ import annotations

import pytest

from engine.language.revisions import Published, publish

FLOW = """
flow: main
start: ask
answers: {zip: {type: zip}}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: find, exits: {noinput: desk, nomatch: desk}}
  find: {type: choose_buyer, next: connect, exits: {none: desk}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}}
  desk: {type: bridge, to: "DESK", next: bye, exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""
NETWORK = """
network: acme
MORE
numbers: {"NUMBER": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [lonestar]}}
buyers: {lonestar: {to: "TO", price: "45.00", billable: {after: 90s}}}
"""


def published(
    to: str = "+15550111", desk: str = "+15550199", more: str = "", number: str = "+15550100"
) -> Published:
    network = NETWORK.replace("NUMBER", number).replace("TO", to).replace("MORE", more)
    return publish({"network.yaml": network, "main.yaml": FLOW.replace("DESK", desk)})


def told(**given: str) -> list[str]:
    return [str(mistake) for mistake in published(**given).mistakes]


def test_a_buyer_in_another_country_is_refused_and_the_setting_is_named() -> None:
    (line,) = told(to="+442079460000")
    assert line == (
        "network.yaml:6:25: buyer 'lonestar': +442079460000 is outside what the network's dialling.allow lists "
        "(US); add its country, or its prefix, to network.yaml: dialling: {allow: […]}"
    )


def test_a_desk_at_a_premium_number_is_refused() -> None:
    (line,) = told(desk="+19005551234")
    assert line.startswith("main.yaml:9:28: node 'desk': +19005551234 is a premium-rate")


@pytest.mark.parametrize(
    ("to", "more"),
    [
        ("+442079460000", "dialling: {allow: [US, GB]}"),
        ("+442079460000", 'dialling: {allow: [US, "+4420"]}'),
        ("+19005551234", 'dialling: {allow: [US, "+1900"]}'),
        ("+4722865500", "dialling: {allow: [US, NO]}"),  # YAML's no is Norway here
        ("sip:calls@pbx.example.com", ""),
        ("sip:calls@pbx.example.com", "dialling: {sip_hosts: [pbx.example.com]}"),
    ],
)
def test_what_is_allowed_is_published(to: str, more: str) -> None:
    assert told(to=to, more=more) == []


def test_without_the_setting_the_countries_of_the_networks_numbers_are_dialled() -> None:
    assert told(number="+442079460123", to="+442079460000", desk="+441614960000") == []
    assert len(told(number="+442079460123")) == 2


def test_a_country_that_is_none_and_a_sip_host_that_is_not_listed_are_refused() -> None:
    (line, *_) = told(more="dialling: {allow: [US, XX]}")
    assert line.endswith("'XX' isn't a country; expected two letters such as US, or a prefix such as +1512")
    (line,) = told(to="sip:a@elsewhere.example", more="dialling: {sip_hosts: [pbx.example.com]}")
    assert "add its host to network.yaml: dialling: {sip_hosts: […]}" in line
