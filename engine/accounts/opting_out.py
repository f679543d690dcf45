"""Putting a number on the list of those who are not to be called, as operators do it."""

from __future__ import annotations

from engine.accounts.forgetting import LEAST_DIGITS, MOST_DIGITS, UnusableNumber
from engine.store.shredder import digits_of
from engine.store.store import Store
from engine.store.tables.opt_outs import OptOutStep


async def opt(store: Store, step: OptOutStep) -> bool:
    """Put the number on the list or take it off; False where it is so already. Raises UnusableNumber."""
    digits = digits_of(step.number)
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise UnusableNumber(
            f"found {step.number[:40]!r}; expected a telephone number of {LEAST_DIGITS} to {MOST_DIGITS} "
            "digits, such as +15125550123"
        )
    made = OptOutStep(f"+{digits}", step.action, step.call, step.made_by, step.why, step.made_at)
    return await store.wishes.opt(made)
