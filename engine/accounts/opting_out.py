"""Putting a number on the list of those who are not to be called, as operators do it."""

from __future__ import annotations

from dataclasses import replace

from engine.accounts.forgetting import digits_of
from engine.store.store import Store
from engine.store.tables.opt_outs import OptOutStep


async def opt(store: Store, step: OptOutStep) -> bool:
    """Put the number on the list or take it off; False where it is so already. Raises UnusableNumber.

    A national spelling is read as where the network is called.
    """
    return await store.wishes.opt(replace(step, number=f"+{await digits_of(store, step.number)}"))
