"""Decisions among many buyers: few are written, all were judged, and the rest can be had."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.call import Call
from engine.core.conditions import Condition, Selection
from engine.core.events import Contact, Standing
from engine.core.facts import Candidate
from engine.exchange.choosing import WRITTEN_FIRST, WRITTEN_WHOLE
from engine.exchange.terms import Buyer, Duplicates
from tests.exchange.exchange_world import (
    NOON,
    buyer,
    call,
    clause,
    equals,
    hours,
    instant,
    network,
    place,
)
from tests.exchange.test_condition_index import conditions, known

MANY = WRITTEN_WHOLE + 50
DAY_MS = 86_400_000
CLOSED = hours({5: ((480, 720),)})
REFUSES = Duplicates(30 * DAY_MS, "refuse", place(47))
ANY_CALL_OF_THE_CAMPAIGN = Duplicates(30 * DAY_MS, "refuse", place(47), per="campaign")
SAME_AGAIN = Duplicates(30 * DAY_MS, "route_same", place(47))
ANOTHER_FIRST = Duplicates(30 * DAY_MS, "route_other", place(47), after="billed")


def in_state(state: str) -> Condition:
    selection = Selection(("zip.state",), frozenset((state,)))
    return replace(equals("zip.state", state), meaning=selection)


def many(*first: Buyer) -> list[Buyer]:
    return [*first, *(buyer(f"b{n}", in_state("TX"), weight=1 + n % 7) for n in range(MANY - len(first)))]


def head(made: Call) -> list[Candidate]:
    return list(made.revision.market.choose(made.moment, "roofing").candidates)


def test_of_few_buyers_everybody_is_written():
    made = call(network(*many()[:WRITTEN_WHOLE]), zip="10001")
    decision = made.revision.market.choose(made.moment, "roofing")
    assert len(decision.candidates) == WRITTEN_WHOLE
    assert decision.others == {}


def test_of_many_the_first_are_written_and_the_others_counted():
    field = many(
        buyer("okie", in_state("OK")), buyer("asleep", hours=CLOSED), buyer("asks", equals("need", "x"))
    )
    made = call(network(*field), zip="78701")
    decision = made.revision.market.choose(made.moment, "roofing")
    assert [each.rank for each in decision.candidates] == list(range(1, WRITTEN_FIRST + 1))
    assert decision.others == {
        "eligible": MANY - 3 - WRITTEN_FIRST,
        "terms_not_met": 1,
        "terms_unknown": 1,
        "closed": 1,
    }


def test_the_rest_of_a_ranking_comes_in_its_order_and_then_no_more():
    made = call(network(*many()), zip="78701")
    market = made.revision.market
    decision = market.choose(made.moment, "roofing")
    while True:
        more = market.choose_more(made.moment, decision)
        if more is decision:
            break
        decision = more
    assert decision.others == {}
    whole = market.in_full().choose(made.moment, "roofing")
    assert sorted(decision.candidates, key=lambda each: each.buyer) == sorted(
        whole.candidates, key=lambda each: each.buyer
    )
    assert [each.rank for each in decision.candidates] == list(range(1, MANY + 1))


terms = st.none() | conditions
duplicates = st.sampled_from((None, REFUSES, ANY_CALL_OF_THE_CAMPAIGN, SAME_AGAIN, ANOTHER_FIRST))
buyers = st.builds(
    lambda accepts, area, is_closed, has, priority: {
        "accepts": accepts,
        "area": area,
        "hours": CLOSED if is_closed else None,
        "duplicates": has,
        "priority": priority,
    },
    terms,
    terms,
    st.booleans(),
    duplicates,
    st.integers(1, 3),
)
contacts = st.lists(
    st.builds(
        lambda key, days, is_billed, campaign: Contact(
            key, instant(NOON) - days * DAY_MS, is_billed, campaign
        ),
        st.sampled_from(("b0", "b1", "b2", "stranger")),
        st.integers(1, 40),
        st.booleans(),
        st.sampled_from(("roofing", "windows", "")),
    ),
    max_size=4,
)


@settings(max_examples=150)
@given(
    st.lists(buyers, min_size=1, max_size=10),
    known,
    contacts,
    st.sampled_from(("+15125550123", "")),
    st.sets(st.sampled_from(("b0", "b3"))),
    st.sampled_from((None, "b1")),
)
def test_all_together_are_refused_for_the_same_reasons_as_one_by_one(
    drawn, values, earlier, caller, tried, paused
):
    copies = WRITTEN_WHOLE // len(drawn) + 1
    terms_of = [drawn[n % len(drawn)] for n in range(copies * len(drawn))]
    field = [buyer(f"b{n}", **each) for n, each in enumerate(terms_of)]  # type: ignore[arg-type]
    made = call(network(*field), caller=caller, contacts=tuple(earlier))
    made.know(values)
    made.tried |= tried
    made.standings = {paused: Standing(paused, paused="holidays")} if paused else {}
    market = made.revision.market
    decision, whole = market.choose(made.moment, "roofing"), market.in_full().choose(made.moment, "roofing")
    counts: dict[str, int] = dict(decision.others)
    for candidate in decision.candidates:
        counts[candidate.code] = counts.get(candidate.code, 0) + 1
    codes = [each.code for each in whole.candidates]
    assert counts == {code: codes.count(code) for code in codes}
    ranked = sorted((each for each in whole.candidates if each.rank), key=lambda each: each.rank or 0)
    assert list(decision.candidates) == ranked[:WRITTEN_FIRST]


def test_like_clauses_of_many_buyers_are_judged_once_for_all():
    judged: list[object] = []

    def holds(value: object) -> bool:
        judged.append(value)
        return False

    field = [buyer(f"b{n}", clause("shared", "zip", holds)) for n in range(MANY)]
    made = call(network(*field), zip="78701")
    assert made.revision.market.choose(made.moment, "roofing").others == {"terms_not_met": MANY}
    assert len(judged) == 1
