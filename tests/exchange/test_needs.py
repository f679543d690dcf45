"""Asking only what still decides: less is asked, and nothing is decided otherwise."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.call import Call
from engine.core.conditions import All, AnyOf, Condition, Not, Selection, Value
from engine.core.events import Contact
from engine.exchange.bids import Ask, BidTerms
from engine.exchange.terms import Buyer, Duplicates
from tests.exchange.exchange_world import (
    FLOW,
    IN_TEXAS,
    NOON,
    WANTS_NEW,
    all_of,
    buyer,
    call,
    clause,
    equals,
    hours,
    instant,
    network,
    order,
    place,
    talked,
    terms,
)

ANSWERS: dict[str, list[Value]] = {
    "zip": ["78701", "73301", "10001", "73102"],
    "need": ["repair", "replace"],
    "insured": [True, False],
    "ssn": ["1234", "9999"],
}


def learn(made: Call, name: str, value: Value) -> None:
    understood = FLOW.answers[name].understand_value(value)
    assert understood is not None
    made.learn(name, understood, raw=str(value), mode="flow")


def needed(made: Call) -> tuple[str, ...]:
    return made.revision.market.needed(made.moment, "roofing")


def test_an_answer_is_needed_while_a_possible_buyer_has_a_clause_over_it():
    made = call(network(buyer("lonestar", all_of(IN_TEXAS, WANTS_NEW))))
    assert needed(made) == ("zip", "need")
    learn(made, "zip", "10001")
    assert needed(made) == ()  # it takes no call from New York, whatever is needed there


def test_what_stands_beside_a_met_alternative_is_not_asked():
    either = AnyOf((WANTS_NEW, equals("insured", True)))
    made = call(network(buyer("lonestar", either)), need="replace")
    assert needed(made) == ()
    assert needed(call(network(buyer("lonestar", either)), need="repair")) == ("insured",)


def test_what_a_buyer_pays_for_is_needed_while_it_is_possible():
    lonestar = buyer("lonestar", IN_TEXAS, billable=terms(requires=("zip", "ssn"), when=WANTS_NEW))
    made = call(network(lonestar), zip="78701")
    assert set(needed(made)) == {"need", "ssn"}
    assert needed(call(network(lonestar), zip="10001")) == ()


def test_what_the_publisher_is_paid_for_is_needed_while_anybody_is_possible():
    field = network(buyer("lonestar", IN_TEXAS), payout=terms(requires=("insured",), when=WANTS_NEW))
    assert set(needed(call(field, zip="78701"))) == {"insured", "need"}
    assert needed(call(field, zip="10001")) == ()


def test_the_answer_with_the_most_money_behind_it_comes_first():
    dear = buyer("dear", equals("insured", True), billable=terms(90_000_000))
    field = network(buyer("cheap", WANTS_NEW), buyer("other", IN_TEXAS), dear)
    assert needed(call(field)) == ("insured", "zip", "need")


def test_nothing_is_asked_for_buyers_who_are_refused_whatever_is_answered():
    closed = buyer("closed", IN_TEXAS, hours=hours({5: ((480, 720),)}))
    had = buyer("had", WANTS_NEW, duplicates=Duplicates(86_400_000, "refuse", place(47)))
    made = call(network(closed, had), contacts=(Contact("had", instant(NOON) - 1_000, billed=True),))
    assert needed(made) == ()


def test_who_opens_while_the_questions_go_on_is_not_given_up():
    opens = buyer("opens", IN_TEXAS, hours=hours({0: ((12 * 60 + 3, 13 * 60),)}))
    assert needed(call(network(opens))) == ("zip",)


def test_an_answer_that_is_known_is_not_asked_again_for_a_part_that_it_lacks():
    lacking = clause("zip.county is known", "zip.county", lambda _: True)
    assert needed(call(network(buyer("lonestar", lacking)), zip="09001")) == ()


def selecting(name: str, *values: Value, is_excluding: bool = False) -> Condition:
    selection = Selection((name,), frozenset(values), is_excluding)
    made = clause(f"{name} {is_excluding} {sorted(map(str, values))}", name, lambda _: True)
    return replace(made, evaluate=selection.evaluate, meaning=selection)


leaves = st.sampled_from(
    [
        *(selecting("zip.state", *states) for states in (("TX",), ("TX", "OK"), ("NY",))),
        selecting("zip", "78701", "10001"),
        *(WANTS_NEW, equals("need", "repair"), equals("insured", True), equals("insured", False)),
        selecting("need", "repair", is_excluding=True),
        equals("ssn", "9999"),
    ]
)
conditions = st.none() | st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda children: All(tuple(children)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda children: AnyOf(tuple(children)))
        | inner.map(Not)
    ),
    max_leaves=5,
)
requires = st.sets(st.sampled_from(sorted(ANSWERS)), max_size=2).map(lambda names: tuple(sorted(names)))
owed = st.builds(
    lambda price, required, when: terms(price * 1_000_000, requires=required, when=when),
    st.integers(10, 90),
    requires,
    conditions,
)
prospects = st.builds(
    lambda accepts, area, billable, priority, is_closed: {
        "accepts": accepts,
        "area": area,
        "billable": billable,
        "priority": priority,
        "hours": hours({5: ((480, 720),)}) if is_closed else None,
    },
    *(conditions, conditions, owed, st.integers(1, 2), st.booleans()),
)


@settings(max_examples=300)
@given(
    st.lists(prospects, min_size=1, max_size=6),
    st.none() | owed,
    st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in ANSWERS.items()}),
    st.randoms(use_true_random=False),
)
def test_the_shortest_interview_leads_to_the_same_choice_and_bill_as_the_full_one(
    drawn, payout, answers, chance
):
    """`answers` are what the caller would answer; what is not in them the caller would never say."""
    field: list[Buyer] = [buyer(f"b{n}", **each) for n, each in enumerate(drawn)]
    market = network(*field, payout=payout)
    full = call(market, **answers)
    short, asked = call(market), set()
    while still := [name for name in needed(short) if name not in asked]:
        asked.add(name := chance.choice(still))
        if name in answers:
            learn(short, name, answers[name])
    assert order(short) == order(full)
    for best in order(full)[:1]:
        bills = []
        for made in (short, full):
            talked(made, best, 95_000)
            (verdict,) = made.revision.market.judge(made.moment)
            bills.append(
                (
                    *(verdict.billable, verdict.reason, verdict.revenue_micros),
                    *(verdict.payable, verdict.payout_reason, verdict.payout_micros),
                )
            )
        assert bills[0] == bills[1]


@settings(max_examples=60)
@given(
    st.lists(prospects, min_size=1, max_size=6),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in ANSWERS.items()}),
)
def test_a_candidates_trace_explains_its_outcome(drawn, answers):
    """Putting the outcomes of its lines together again, as its terms are put together, gives its code."""
    field = [buyer(f"b{n}", **each) for n, each in enumerate(drawn)]
    made = call(network(*field), **answers)
    for each, candidate in zip(
        field, made.revision.market.choose(made.moment, "roofing").candidates, strict=True
    ):
        lines = iter(candidate.clauses)
        outcomes = [recombined(part, lines) for part in (each.area, each.accepts) if part is not None]
        rest = list(lines)
        wanted = kleene_all(outcomes)
        refusing = next((line for line in rest if line.outcome is not True), None)
        assert candidate.eligible is (wanted is True and refusing is None)
        if wanted is False:
            assert candidate.code == "terms_not_met"
        elif refusing is not None:
            assert (candidate.code, refusing.kind) == ("closed", "hours")
        elif wanted is None:
            assert candidate.code == "terms_unknown"


def recombined(condition, lines):
    match condition:
        case All(children=children):
            return kleene_all([recombined(child, lines) for child in children])
        case AnyOf(children=children):
            told = [recombined(child, lines) for child in children]
            return True if True in told else None if None in told else False
        case Not(child=child):
            told = recombined(child, lines)
            return None if told is None else not told
    line = next(lines)
    assert line.clause == condition.text
    return line.outcome


def kleene_all(outcomes):
    return False if False in outcomes else None if None in outcomes else True


def test_what_a_bidder_is_told_is_needed_for_it_may_move_the_price():
    asked = BidTerms(Ask("https://bids.example.com"), sends=("zip.state", "need", "ssn"))
    bidder = buyer("bidder", equals("insured", True), bid=asked)
    assert set(needed(call(network(bidder)))) == {
        "insured",
        "zip",
        "need",
    }  # nobody is told what is sensitive
    assert needed(call(network(bidder), insured=False)) == ()
