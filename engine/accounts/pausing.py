"""Pausing and resuming a buyer, as operators do it: by command or over the API, and for no typo."""

from __future__ import annotations

from engine.accounts.revisions import revision_if_readable
from engine.exchange.market import NetworkMarket
from engine.language.mistakes import suggestion
from engine.store.errors import StoreError
from engine.store.store import Store
from engine.store.tables.pauses import EVERYWHERE, PauseStep


class UnknownNameError(StoreError):
    """A buyer or a campaign that no network of this database has."""


async def take_step(store: Store, step: PauseStep) -> bool:
    """Pause or resume; False where it is so already. Raises UnknownNameError for who is nobody."""
    await _check_known(store, step.buyer, step.campaign)
    return await store.pause(step)


async def _check_known(store: Store, buyer: str, campaign: str) -> None:
    """The newest revision is asked first; an older one's buyers may still be in a call."""
    buyers: set[str] = set()
    campaigns: set[str] = set()
    for name in await store.revisions():
        revision = await revision_if_readable(store, name)
        if revision is None or not isinstance(revision.market, NetworkMarket):
            continue
        network = revision.market.network
        buyers |= set(network.buyers)
        campaigns |= set(network.campaigns)
        if buyer in buyers and (campaign == EVERYWHERE or campaign in campaigns):
            return
    if buyer not in buyers:
        raise UnknownNameError(f"buyer '{buyer}' doesn't exist; {suggestion(buyer, buyers)}")
    raise UnknownNameError(f"campaign '{campaign}' doesn't exist; {suggestion(campaign, campaigns)}")
