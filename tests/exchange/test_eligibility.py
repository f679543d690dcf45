"""Who may take the call: every clause told, unknown never qualifies, one code and one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.conditions import All, AnyOf, Clause, Condition, Not, judge
from engine.core.events import Contact
from engine.core.records import changed
from engine.exchange.codes import CANDIDATE_CODES
from engine.exchange.terms import Caps, Duplicates
from engine.wording.sentences import candidate_sentence, clause_text
from tests.exchange.exchange_world import (
    IN_TEXAS,
    NOON,
    WANTS_NEW,
    all_of,
    buyer,
    call,
    candidates,
    clause,
    equals,
    hours,
    instant,
    network,
    order,
    place,
)

DAY_MS = 86_400_000
REFUSES = Duplicates(30 * DAY_MS, "refuse", place(47))
SAME_AGAIN = Duplicates(30 * DAY_MS, "route_same", place(47))
MORNINGS = hours({0: ((480, 720),)})


def contact(key: str, days_ago: float) -> Contact:
    return Contact(key, round(instant(NOON) - days_ago * DAY_MS), billed=True)


def test_every_clause_of_every_buyer_is_told_with_its_line():
    lonestar = buyer("lonestar", all_of(IN_TEXAS, WANTS_NEW), hours=MORNINGS, duplicates=REFUSES)
    told = candidates(call(network(lonestar), at="2026-11-23 09:00", zip="78701", need="repair"))["lonestar"]
    assert [(clause_text(line), line.outcome, line.place.at) for line in told.clauses] == [
        ('zip.state == "TX"', True, "network.yaml:41"),
        ('need == "replace"', False, "network.yaml:42"),
        ("hours mon 08:00-12:00 America/Chicago", True, "network.yaml:45"),
        ("no call of this caller within 30d", True, "network.yaml:47"),
        ("not tried in this call", True, "network.yaml:40"),
    ]
    assert told.clauses[1].values == {"need": "repair"}
    assert told.clauses[1].answers == ("need",)


def test_who_takes_the_call_is_ranked_and_priced():
    told = candidates(call(network(buyer("lonestar")), zip="78701"))["lonestar"]
    assert (told.eligible, told.code, told.rank, told.price_micros) == (True, "eligible", 1, 45_000_000)
    assert candidate_sentence(told) == "lonestar takes this call."


def test_the_decision_names_its_place_and_chooses_nobody_yet():
    made = call(network(buyer("lonestar"), buyer("okie", equals("zip.state", "OK"))), zip="78701")
    made.at = 9_000
    decision = made.revision.market.choose(made.moment, "roofing")
    assert (decision.at, decision.node, decision.campaign, decision.chosen) == (
        9_000,
        "find",
        "roofing",
        None,
    )
    assert [each.buyer for each in decision.candidates] == ["lonestar", "okie"]


def refused(accepts: Condition, **answers: object) -> tuple[str, str]:
    told = candidates(call(network(buyer("lonestar", accepts)), **answers))["lonestar"]  # type: ignore[arg-type]
    assert told.rank is None
    return told.code, candidate_sentence(told)


def test_the_sentence_names_the_clause_that_decided_and_what_it_read():
    assert refused(all_of(IN_TEXAS, WANTS_NEW), zip="73301", need="repair") == (
        "terms_not_met",
        'lonestar wants need == "replace"; need is "repair".',
    )
    assert refused(all_of(IN_TEXAS, WANTS_NEW), zip="78701") == (
        "terms_unknown",
        'lonestar wants need == "replace"; need is not known.',
    )


def test_a_false_clause_decides_before_an_unknown_one():
    code, sentence = refused(all_of(WANTS_NEW, IN_TEXAS), zip="10001")
    assert code == "terms_not_met"
    assert sentence == 'lonestar wants zip.state == "TX"; zip.state is "NY".'


def test_what_refuses_whatever_is_answered_decides_before_an_unknown_clause():
    """A closed buyer's terms are not asked about: that they are unknown is no reason of its own."""
    closed = buyer("lonestar", WANTS_NEW, hours=hours({5: ((480, 720),)}))
    assert candidates(call(network(closed), zip="78701"))["lonestar"].code == "closed"
    asked_again = call(network(buyer("lonestar", WANTS_NEW)), zip="78701")
    asked_again.tried.add("lonestar")
    assert candidates(asked_again)["lonestar"].code == "already_tried"


def test_alternatives_are_told_as_one():
    either = AnyOf((WANTS_NEW, equals("insured", True)))
    assert refused(all_of(IN_TEXAS, either), zip="78701", need="repair", insured=False) == (
        "terms_not_met",
        'lonestar wants need == "replace" or insured == "True"; need is "repair"; insured is false.',
    )
    assert refused(Not(IN_TEXAS), zip="78701")[1] == (
        'lonestar wants not zip.state == "TX"; zip.state is "TX".'
    )
    assert refused(Not(all_of(IN_TEXAS, WANTS_NEW)), zip="78701", need="replace")[1].startswith(
        'lonestar wants not (zip.state == "TX" and need == "replace"); '
    )


def test_an_empty_alternative_accepts_nobody():
    assert refused(AnyOf(())) == ("terms_not_met", "lonestar wants one of no conditions.")


def test_a_sensitive_value_is_in_no_clause_and_no_sentence():
    made = call(network(buyer("lonestar", equals("ssn", "9999"))), ssn="4242")
    assert "4242" not in repr(candidates(made))


def test_a_buyer_called_in_vain_is_not_chosen_again():
    made = call(network(buyer("lonestar"), buyer("redriver", priority=2)), zip="78701")
    assert order(made) == ["lonestar", "redriver"]
    made.tried.add("lonestar")
    assert order(made) == ["redriver"]
    assert candidate_sentence(candidates(made)["lonestar"]) == "lonestar was already called in this call."


@pytest.mark.parametrize(("days_ago", "code"), [(29.99, "duplicate"), (30, "eligible"), (31, "eligible")])
def test_a_duplicate_is_refused_within_the_span(days_ago, code):
    made = call(
        network(buyer("lonestar", None, duplicates=REFUSES)), contacts=(contact("lonestar", days_ago),)
    )
    assert candidates(made)["lonestar"].code == code


def test_the_latest_of_several_contacts_counts():
    contacts = (contact("lonestar", 2), contact("lonestar", 40), contact("redriver", 1))
    made = call(network(buyer("lonestar", None, duplicates=REFUSES)), contacts=contacts)
    told = candidates(made)["lonestar"]
    assert candidate_sentence(told) == "lonestar had this caller 2d ago and refuses duplicates."
    assert told.clauses[0].values == {"last_call_ago": "2d"}


def test_another_buyers_contact_is_no_duplicate():
    made = call(network(buyer("lonestar", None, duplicates=REFUSES)), contacts=(contact("redriver", 1),))
    assert candidates(made)["lonestar"].eligible


def test_a_withheld_number_cannot_be_shown_to_be_no_duplicate():
    told = candidates(call(network(buyer("lonestar", None, duplicates=REFUSES)), caller=""))["lonestar"]
    assert (told.eligible, told.code, told.clauses[0].outcome) == (False, "duplicate_unknown", None)


def test_a_returning_caller_goes_to_the_same_buyer_first():
    loyal = buyer("loyal", priority=9, duplicates=SAME_AGAIN)
    field = network(buyer("first", priority=1), loyal)
    assert order(call(field, zip="78701")) == ["first", "loyal"]
    assert order(call(field, zip="78701", contacts=(contact("loyal", 3),))) == ["loyal", "first"]
    assert order(call(field, zip="78701", contacts=(contact("loyal", 31),))) == ["first", "loyal"]


@pytest.mark.parametrize(("then", "had"), [("route_same", "second"), ("route_other", "first")])
def test_a_campaigns_returning_caller_goes_to_or_past_who_had_them(then, had):
    """Not to or past all of the campaign's buyers, which would move nobody."""
    mine = Duplicates(30 * DAY_MS, then, place(47), per="campaign")
    field = network(buyer("first", priority=1, duplicates=mine), buyer("second", priority=2, duplicates=mine))
    here, elsewhere = (changed(contact(had, 3), campaign=name) for name in ("roofing", "windows"))
    assert order(call(field, zip="78701", contacts=(here,))) == ["second", "first"]
    assert order(call(field, zip="78701", contacts=(elsewhere,))) == ["first", "second"]


def test_a_returning_caller_who_meets_no_terms_goes_elsewhere():
    loyal = buyer("loyal", equals("zip.state", "OK"), duplicates=SAME_AGAIN)
    made = call(network(buyer("first"), loyal), zip="78701", contacts=(contact("loyal", 3),))
    assert order(made) == ["first"]


CAPPED = Caps(2, 5, 40, 600, 9_000, 2_000_000_000, 30_000_000_000)


@pytest.mark.parametrize("code", [limit.code for limit in CAPPED.limits()])
def test_a_full_cap_refuses_with_its_limit_and_keeps_the_rank(code):
    made = call(network(buyer("lonestar", caps=CAPPED)), zip="78701")
    told = made.revision.market.refuse(candidates(made)["lonestar"], code, {})
    assert (told.eligible, told.code, told.rank) == (False, code, 1)
    assert told.clauses[-1].outcome is False
    assert clause_text(told.clauses[-1]).startswith(f"under its cap: {code.removeprefix('cap_')} ")
    assert code in CANDIDATE_CODES


def test_a_spend_cap_is_told_as_money():
    made = call(network(buyer("lonestar", caps=CAPPED)), zip="78701")
    told = made.revision.market.refuse(candidates(made)["lonestar"], "cap_day_spend", {})
    assert clause_text(told.clauses[-1]) == "under its cap: day_spend 2000.00"


def test_every_code_of_a_choice_is_produced_and_documented():
    field = network(
        buyer("eligible"),
        buyer("terms_not_met", equals("zip.state", "OK")),
        buyer("terms_unknown", WANTS_NEW),
        buyer("closed", hours=MORNINGS),
        buyer("duplicate", duplicates=REFUSES),
        buyer("already_tried"),
    )
    made = call(field, zip="78701", contacts=(contact("duplicate", 1),))
    made.tried.add("already_tried")
    codes = {told.code for told in candidates(made).values()}
    assert all(told.code == told.buyer for told in candidates(made).values())
    refusing = {
        told.buyer: [line for line in told.clauses if not line.outcome] for told in candidates(made).values()
    }
    assert {buyer: len(lines) for buyer, lines in refusing.items()} == {
        buyer: int(buyer != "eligible") for buyer in field.buyers
    }
    withheld = call(network(buyer("duplicate_unknown", None, duplicates=REFUSES)), caller="")
    codes |= {told.code for told in candidates(withheld).values()}
    assert codes == {*field.buyers, "duplicate_unknown"}
    assert codes <= set(CANDIDATE_CODES)


NAMES = ("zip", "need", "insured")
leaves = st.sampled_from(NAMES).flatmap(
    lambda name: st.sampled_from(
        [
            clause(f"{name} is given", name, lambda _: True),
            clause(f"{name} is refused", name, lambda _: False),
        ]
    )
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda children: All(tuple(children)))
        | st.lists(inner, max_size=3).map(lambda children: AnyOf(tuple(children)))
        | inner.map(Not)
    ),
    max_leaves=6,
)
answers = st.fixed_dictionaries(
    {}, optional={"zip": st.just("78701"), "need": st.just("repair"), "insured": st.booleans()}
)


@given(st.lists(conditions, min_size=1, max_size=5), answers)
def test_only_true_qualifies_and_every_leaf_is_traced(accepted, given_answers):
    field = [buyer(f"b{index}", accepts) for index, accepts in enumerate(accepted)]
    made = call(network(*field), **given_answers)
    told = candidates(made)
    for each in field:
        assert each.accepts is not None
        outcome = judge(each.accepts, made.evaluator)
        candidate = told[each.key]
        assert candidate.eligible is (outcome is True)
        wanted = {True: "eligible", False: "terms_not_met", None: "terms_unknown"}
        assert candidate.code == wanted[outcome]
        written = [leaf.text for leaf in each.accepts.leaves()]
        assert [clause_text(line) for line in candidate.clauses] == [*written, "not tried in this call"]
        assert [line.outcome for line in candidate.clauses[:-1]] == [
            made.evaluator.outcome(leaf) for leaf in each.accepts.leaves()
        ]
    ranks = sorted(each.rank for each in told.values() if each.rank is not None)
    assert ranks == list(range(1, sum(each.eligible for each in told.values()) + 1))


def test_like_clauses_of_many_buyers_are_judged_once():
    judged = []

    def evaluate(values: object) -> bool:
        judged.append(values)
        return True

    shared = [Clause("shared", place(line), (), (), evaluate) for line in range(1, 101)]
    field = network(*(buyer(f"b{index}", each) for index, each in enumerate(shared)))
    told = candidates(call(field))
    assert len(judged) == 1
    assert {candidate.clauses[0].place.line for candidate in told.values()} == set(range(1, 101))


def test_the_same_call_chooses_the_same_whatever_was_asked_between():
    field = network(*(buyer(f"b{index}", weight=index) for index in range(20)))
    made = call(field, zip="78701")
    assert order(made) == order(made) == order(call(field, zip="78701"))
    assert order(made) != order(call(field, zip="78701", seed=8))
    assert changed(made.arrived, seed=7) == made.arrived
