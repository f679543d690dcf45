"""What `check` says of answers that are whatever callers say: they decide nothing, and callers know of it."""

from __future__ import annotations

import pytest

from engine.language.revisions import publish

NETWORK = """\
network: acme
numbers: {"+15550100": {campaign: roofing, publisher: radio}}
publishers: {radio: {}}
recording: {channels: caller, announcement: This call may be recorded.}
campaigns:
  roofing: {flow: roofing, buyers: [first]}
buyers:
  first: {to: "+15550111", price: "45.00", accepts: zip.state == "TX", billable: {after: 30s, requires: [zip]}}
"""
FLOW = """\
flow: roofing
start: ask_zip
answers:
  zip: {type: zip}
  who: {type: words}
  vip: {type: yes_no}
exits: {noinput: sorry, nomatch: sorry}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: ZIP code., next: ask_who}
  ask_who: {type: collect, answer: who, prompt: "Your name, please?", next: find}
  find: {type: choose_buyer, next: connect, exits: {none: sorry}}
  connect: {type: bridge, whisper: "{{ who }} calls.", next: bye, exits: {busy: find, noanswer: find, rejected: find, failed: find}}
  sorry: {type: hangup, say: All busy.}
  bye: {type: hangup, say: "Goodbye, {{ who }}."}
"""
DECIDES = ", which is whatever callers say; nothing may be decided or paid by it"
CURE = "; ask for it as another type, such as choice or yes_no, or take it out"


def found(network: str = NETWORK, flow: str = FLOW) -> list[str]:
    mistakes = publish({"network.yaml": network, "roofing.yaml": flow}).mistakes
    return [str(mistake) for mistake in mistakes]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_prompts_and_whispers_may_say_it() -> None:
    assert [line for line in found() if "'vip'" not in line] == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('zip.state == "TX"', 'who == "Bob"', "network.yaml:8:53"),
        ('zip.state == "TX"', '{any: [zip.state == "TX", who != ""]}', "network.yaml:8:"),
        ("requires: [zip]", 'when: who == "Bob"', "network.yaml:8:"),
    ],
)
def test_no_condition_of_a_buyer_reads_it(old: str, new: str, place: str) -> None:
    (error,) = [line for line in found(changed(NETWORK, old, new)) if "warning" not in line]
    assert error.startswith(place)
    assert f"a condition reads 'who'{DECIDES}{CURE}" in error


def test_nothing_is_paid_for_it() -> None:
    (error,) = [
        line
        for line in found(changed(NETWORK, "requires: [zip]", "requires: [zip, who]"))
        if "warning" not in line
    ]
    assert f"buyer 'first': it requires 'who'{DECIDES}{CURE}" in error


def test_no_branch_reads_it_and_nothing_is_computed_from_it() -> None:
    branch = '  ask_who2: {type: branch, cases: {bob: who == "Bob"}, next: find, exits: {bob: find}}\n'
    flow = changed(FLOW, "next: find}\n", "next: ask_who2}\n") + branch
    errors = [line for line in found(flow=flow) if "warning" not in line]
    assert [f"a condition reads 'who'{DECIDES}" in line for line in errors] == [True]
    computed = """  mark: {type: set, compute: {vip: who == "Bob"}, next: find}\n"""
    flow = changed(FLOW, "next: find}\n", "next: mark}\n") + computed
    errors = [line for line in found(flow=flow) if "warning" not in line]
    assert [f"node 'mark': it computes from 'who'{DECIDES}" in line for line in errors] == [True]


def test_a_form_cannot_fill_it() -> None:
    flow = changed(FLOW, "{type: collect, answer: who,", "{type: form, answers: [zip, who],")
    errors = [line for line in found(flow=flow) if "warning" not in line]
    assert len(errors) == 1
    assert (
        "node 'ask_who': any sentence would be 'who', which is words; ask for it in a node of its own"
        in errors[0]
    )


def test_keys_alone_do_not_give_it_but_may_skip_it() -> None:
    flow = changed(FLOW, "answer: who,", "answer: who, input: keys,")
    errors = [line for line in found(flow=flow) if "warning" not in line]
    assert len(errors) == 1
    assert "node 'ask_who': no key gives 'who', which is words; remove 'input: keys'" in errors[0]
    skippable = changed(flow, "who: {type: words}", "who: {type: words, optional: true}")
    assert [line for line in found(flow=skippable) if "warning" not in line] == []


def test_the_key_that_skips_it_is_no_command() -> None:
    flow = changed(FLOW, "who: {type: words}", "who: {type: words, optional: true, skip_key: 0}")
    flow += 'commands: {operator: {key: "0", goto: sorry}}\n'
    (error,) = [line for line in found(flow=flow) if "warning" not in line]
    assert "answer 'who': key 0 means 'skip', but also command 'operator'" in error


def test_whoever_is_kept_should_be_told() -> None:
    network = changed(
        NETWORK, "recording: {channels: caller, announcement: This call may be recorded.}\n", ""
    )
    (warning,) = [line for line in found(network) if "'vip'" not in line]
    assert "warning: campaign 'roofing': the sound of 'who' is kept, but nothing tells callers so" in warning
    for said in ("sound: told_in_prompt", "sound: none", "sensitive: true"):
        flow = changed(FLOW, "who: {type: words}", f"who: {{type: words, {said}}}")
        flow = changed(changed(flow, "{{ who }} calls.", "Hello."), "Goodbye, {{ who }}.", "Goodbye.")
        assert [line for line in found(network, flow) if "'vip'" not in line] == []


def test_a_pattern_is_letters_digits_and_either() -> None:
    flow = changed(FLOW, "who: {type: words}", "who: {type: spelled, patterns: [AAA9999, 9999]}")
    assert [line for line in found(flow=flow) if "'vip'" not in line] == []
    flow = changed(FLOW, "who: {type: words}", "who: {type: spelled, patterns: [LLL9999]}")
    assert any("roofing.yaml:5:" in line for line in found(flow=flow))
