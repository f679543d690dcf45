"""Evidence shows an answer that was given again as it was when each clause was judged, and as it is now."""

from __future__ import annotations

import json
from pathlib import Path

from engine.core.conditions import ClauseOutcome
from engine.core.facts import Answer, Decision
from engine.core.given_answers import earlier_answers
from engine.core.places import Place
from engine.core.records import changed
from engine.evidence.agreeing import check_answers
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.shown import given_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.stories.story import PressKeys
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged
from tests.runtime.changed_answers import ANSWERS, ASKS_AGAIN, REPAIR
from tests.runtime.kept_calls import kept_call
from tests.shown import show_json
from tests.store.store_world import DECISION, ZIP


async def test_file_and_view_show_both_and_hold(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/e.db", "worker-1", lambda: START) as store:
        await kept_call(store, acts=(*ANSWERS, REPAIR), changes=ASKS_AGAIN)
        dossier = dossier_of(await collect(store, "call-1"))
    views = {who: signed_evidence(dossier, key, who, made_at=START) for who in (NETWORK, "buyer:lonestar")}
    for document in views.values():
        evidence = read_evidence(json.dumps(document))
        assert [answer.value for answer in given_of(evidence)["need"]] == ["replace", "repair"]
        report = verify(evidence)
        assert report.holds, [each.sentence for each in report.findings if each.outcome == "fails"]
    lied = edit("answer/need/earlier/1", lambda body: body.update(values={"need": "repair"}))
    found = {finding.code for finding in verify(forged(views["buyer:lonestar"], lied)).findings}
    assert "clause_rests_on_another" in found


# A buyer is chosen by an answer, nobody can take the call, and the flow assumes another at once.
ASSUMES = {
    "    next: connect\n    exits: {none: sorry}\n": """    next: connect
    exits: {none: assume}

  assume: {type: set, values: {insurance: claim}, next: find_again}

  find_again:
    type: choose_buyer
    next: connect
    exits: {none: sorry}
""",
}


async def test_an_answer_that_the_flow_sets_anew_right_after_a_choice_is_shown_as_both(
    tmp_path: Path,
) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/e.db", "worker-1", lambda: START) as store:
        await kept_call(store, acts=(PressKeys("78701"), PressKeys("1"), PressKeys("2")), changes=ASSUMES)
        dossier = dossier_of(await collect(store, "call-1"))
        view = await store.call("call-1")
    assert view is not None
    shown = show_json(view)["answers"]["insurance"]  # type: ignore[index, call-overload]
    assert (shown["value"], [one["value"] for one in shown["earlier"]]) == ("claim", ["none"])
    for who in (NETWORK, "buyer:lonestar"):
        evidence = read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START)))
        given = given_of(evidence)["insurance"]
        assert [answer.value for answer in given] == ["none", "claim"]
        report = verify(evidence)
        assert report.holds, [each.sentence for each in report.findings if each.outcome == "fails"]


def given(value: str, answered_at: int) -> Answer:
    return changed(ZIP, value=value, values={"zip": value}, answered_at=answered_at)


def test_an_answer_put_right_at_once_was_not_given_unless_a_choice_was_made_by_it() -> None:
    first, second = given("1", 5), given("2", 5)
    assert earlier_answers([first, second], "zip") == []
    assert earlier_answers([first, DECISION, second], "zip") == [first]
    assert earlier_answers([DECISION, first, second, given("3", 6)], "zip") == [second]
    assert isinstance(DECISION, Decision)


def test_a_key_pressed_before_a_choice_and_read_after_it_makes_no_clause_false() -> None:
    answers = {"zip": [given("78701", 5_100), given("33130", 8_900)]}

    def told(read: str) -> list[str]:
        clause = ClauseOutcome("zip", Place("network.yaml", 1, 1), True, {"zip": read}, ("zip",))
        return [finding.code for finding in check_answers(answers, "decision/1/lonestar", (clause,), 9_000)]

    assert told("78701") == told("33130") == []
    assert told("73102") == ["clause_rests_on_another"]
