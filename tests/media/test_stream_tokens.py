"""Stream tokens: once, soon, and only for the call that they were issued for."""

from __future__ import annotations

from engine.media.tokens import StreamGrant, StreamTokens

GRANT = StreamGrant("call-1", "caller", "CA1")


def test_a_token_works_once() -> None:
    tokens = StreamTokens()
    token = tokens.issue(GRANT, 60, 0)
    assert tokens.redeem(token, "CA1", 1) == GRANT
    assert tokens.redeem(token, "CA1", 1) is None


def test_a_token_expires() -> None:
    tokens = StreamTokens()
    token = tokens.issue(GRANT, 60, 0)
    assert tokens.redeem(token, "CA1", 60) is None
    assert len(tokens) == 0


def test_a_foreign_call_id_is_refused_and_spoils_nothing() -> None:
    tokens = StreamTokens()
    token = tokens.issue(GRANT, 60, 0)
    assert tokens.redeem(token, "CA2", 1) is None
    assert tokens.redeem(token, "CA1", 1) == GRANT


def test_a_leg_whose_carrier_call_is_not_known_yet_takes_any() -> None:
    tokens = StreamTokens()
    grant = StreamGrant("call-1", "buyer-1", None)
    assert tokens.redeem(tokens.issue(grant, 60, 0), "CA7", 1) == grant


def test_when_full_the_expired_go_first_and_then_the_oldest() -> None:
    tokens = StreamTokens(capacity=3)
    soon_over, first, second = (tokens.issue(GRANT, ttl, 0) for ttl in (1, 60, 60))
    third = tokens.issue(GRANT, 60, 2)
    assert len(tokens) == 3
    fourth = tokens.issue(GRANT, 60, 2)
    assert len(tokens) == 3
    assert tokens.redeem(soon_over, "CA1", 2) is None
    assert tokens.redeem(first, "CA1", 2) is None
    assert all(tokens.redeem(token, "CA1", 2) == GRANT for token in (second, third, fourth))
