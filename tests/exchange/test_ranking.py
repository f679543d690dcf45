"""The order among the eligible: fixed where the terms say so, drawn honestly where they don't."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.ranking import AVOIDED, IN_TURN, OWED, Runner, lot_of, rank

runners = st.lists(
    st.builds(
        lambda buyer, priority, price, weight, turn: Runner(
            buyer, priority, price, weight, lot_of(buyer), turn
        ),
        st.text(min_size=1, max_size=8),
        st.integers(1, 3),
        st.sampled_from((0, 30_000_000, 45_000_000)),
        st.integers(0, 20),
        st.sampled_from((OWED, IN_TURN, AVOIDED)),
    ),
    max_size=12,
    unique_by=lambda runner: runner.buyer,
)
seeds = st.integers(-(2**63), 2**64)


def equal(weights: dict[str, int]) -> list[Runner]:
    return [Runner(buyer, 1, 0, weight, lot_of(buyer)) for buyer, weight in weights.items()]


@given(runners, seeds)
def test_a_ranking_is_a_permutation(field, seed):
    ranked = rank(field, seed)
    assert Counter(ranked) == Counter(field)


@given(runners, seeds)
def test_owed_then_priority_then_price_come_before_the_draw(field, seed):
    keys = [(each.turn, each.priority, -each.price_micros) for each in rank(field, seed)]
    assert keys == sorted(keys)


@given(runners, seeds, st.randoms(use_true_random=False))
def test_the_same_seed_draws_the_same_whatever_the_order_of_the_file(field, seed, shuffler):
    shuffled = list(field)
    shuffler.shuffle(shuffled)
    assert rank(shuffled, seed) == rank(field, seed)


@given(runners.filter(bool), seeds)
def test_leaving_one_out_moves_nobody_else(field, seed):
    ranked = list(rank(field, seed))
    assert list(rank(ranked[1:], seed)) == ranked[1:]


def test_a_draw_is_the_same_in_every_release():
    drawn = [
        "".join(each.buyer for each in rank(equal(dict.fromkeys("abcde", 1)), seed)) for seed in range(4)
    ]
    assert drawn == ["bdcae", "deacb", "dbcea", "aedcb"]


def test_the_first_place_is_drawn_in_proportion_to_the_weights():
    field = equal({"heavy": 6, "middle": 3, "light": 1})
    firsts = Counter(rank(field, seed)[0].buyer for seed in range(10_000))
    assert abs(firsts["heavy"] - 6_000) < 200
    assert abs(firsts["middle"] - 3_000) < 200
    assert abs(firsts["light"] - 1_000) < 150


def test_the_second_place_is_drawn_among_those_who_remain():
    field = equal({"heavy": 6, "middle": 3, "light": 1})
    seconds = Counter(
        ranked[1].buyer for seed in range(20_000) if (ranked := rank(field, seed))[0].buyer == "heavy"
    )
    assert abs(seconds["middle"] / seconds.total() - 3 / 4) < 0.02


def test_a_weight_of_nothing_comes_last_among_equals():
    field = equal({"spare": 0, "a": 1, "b": 1})
    assert all(rank(field, seed)[-1].buyer == "spare" for seed in range(200))
