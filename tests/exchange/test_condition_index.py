"""All buyers judged together are judged as one by one, whatever is known."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from engine.core.conditions import All, AnyOf, Clause, Condition, Evaluator, Not, Selection, Value
from engine.exchange.buyer_sets import Posting, places_in, set_of
from engine.exchange.condition_index import ConditionIndex
from tests.exchange.exchange_world import place

NAMES = ("zip", "zip.state", "need", "insured")
VALUES = ("a", "b", "c")


def selecting(name: str, wanted: frozenset[Value], is_excluding: bool) -> Clause:
    selection = Selection((name,), wanted, is_excluding)
    text = f"{name} {'not ' if is_excluding else ''}in {sorted(map(str, wanted))}"
    return Clause(text, place(41), (name,), (name.partition(".")[0],), selection.evaluate, selection)


def comparing(name: str, least: str) -> Clause:
    def evaluate(values: Mapping[str, Value]) -> bool | None:
        value = values.get(name)
        return None if value is None else str(value) >= least

    return Clause(f'{name} >= "{least}"', place(42), (name,), (name.partition(".")[0],), evaluate)


names = st.sampled_from(NAMES)
leaves = st.builds(
    selecting, names, st.frozensets(st.sampled_from(VALUES), min_size=1), st.booleans()
) | st.builds(comparing, names, st.sampled_from(VALUES))
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda children: All(tuple(children)))
        | st.lists(inner, max_size=3).map(lambda children: AnyOf(tuple(children)))
        | inner.map(Not)
    ),
    max_leaves=8,
)
known = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, st.sampled_from((*VALUES, "d"))))


@given(st.sets(st.integers(0, 199)), st.sets(st.integers(0, 199)))
def test_sets_of_buyers_are_sets(one, other):
    assert set(places_in(set_of(one, 200))) == one
    assert set_of(one, 200) & set_of(other, 200) == set_of(one & other, 200)
    assert Posting(sorted(one), 200).buyers == set_of(one, 200)


@given(st.lists(st.none() | conditions, min_size=1, max_size=12), known)
def test_the_index_finds_what_each_buyers_condition_is(accepted, values):
    parts = [(place, condition) for place, condition in enumerate(accepted) if condition is not None]
    evaluator = Evaluator(values)
    unmet, unknown = ConditionIndex(parts, len(accepted)).judge(evaluator, (1 << len(accepted)) - 1)
    for place_, condition in enumerate(accepted):
        outcome = True if condition is None else condition.judged(evaluator)
        assert bool(unmet >> place_ & 1) is (outcome is False)
        assert bool(unknown >> place_ & 1) is (outcome is None)


@given(st.lists(conditions, min_size=1, max_size=8), known)
def test_an_answer_that_is_not_open_cannot_decide(accepted, values):
    """Whatever is filled in for the answers that are not open, an unknown condition stays unknown."""
    index = ConditionIndex(list(enumerate(accepted)), len(accepted))
    evaluator = Evaluator(values)
    unknown = index.judge(evaluator, (1 << len(accepted)) - 1).unknown
    open_to: dict[str, int] = {}
    for answer, buyers in index.opened(evaluator, unknown):
        open_to[answer] = open_to.get(answer, 0) | buyers
    for place_ in places_in(unknown):
        mine = {answer for answer, buyers in open_to.items() if buyers >> place_ & 1}
        assert mine
        filled = {name: "a" for name in NAMES if name not in values and name.partition(".")[0] not in mine}
        assert accepted[place_].judged(Evaluator({**filled, **values})) is None
