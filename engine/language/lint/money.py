"""What is wrong with amounts beyond their shape: sales at a loss, caps that no call fits, no such money."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.money import format_money, parse_money
from engine.exchange.currencies import known_decimals, unit_micros, unit_text
from engine.language.mistakes import Mistakes, listed
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

DEFAULT_CURRENCY = "USD"

_WINDOWS = ("hour", "day", "month", "total")
_SPENDING: tuple[tuple[str, ...], ...] = (
    ("day_spend",),
    ("month_spend",),
    *(("spend", window) for window in _WINDOWS),
)


def check_money(document: Document, mistakes: Mistakes) -> None:
    """Warn of all that. What a call costs or pays may hang on more, so nothing here is an error."""
    _check_currency(document, mistakes)
    _check_margins(document, mistakes)
    _check_caps(document, mistakes)


# The currency


def _check_currency(document: Document, mistakes: Mistakes) -> None:
    code = text_at(document, ("currency",)) or DEFAULT_CURRENCY
    if not code.isupper():
        return  # refused by the schema
    if code not in known_decimals():
        found, cure = f"there is no currency '{code}'", "use a code of ISO 4217, such as USD"
        mistakes.warn(document.place(("currency",)), found, cure=cure)
        return
    smallest = unit_micros(code)
    for path in _amounts(document):
        amount = micros_at(document, path)
        if amount is not None and amount % smallest:
            setting = ".".join(str(step) for step in path[2:])
            found = f"{subject(path)}'{setting}' is {document.raw(path)}, finer than {unit_text(code)}"
            mistakes.warn(document.place(path), found, cure="round it")


def _amounts(document: Document) -> Iterator[Pointer]:
    """Where every amount of the network stands, set or not."""
    for buyer in mapping_at(document, ("buyers",)):
        yield from (("buyers", buyer, "price"), ("buyers", buyer, "bid", "floor"))
        yield from _spending(("buyers", buyer))
    for campaign in mapping_at(document, ("campaigns",)):
        path = ("campaigns", campaign)
        yield from ((*path, "payout", "amount"), (*path, "bidding", "floor"))
        yield from _spending(path)
        yield from _spending((*path, "payout"))
    for publisher in mapping_at(document, ("publishers",)):
        yield from _spending(("publishers", publisher))


def _spending(path: Pointer) -> Iterator[Pointer]:
    return ((*path, "caps", *setting) for setting in _SPENDING)


# Margins


def _check_margins(document: Document, mistakes: Mistakes) -> None:
    """A buyer that pays less than the publisher gets costs money with every call."""
    losses: dict[tuple[str, int | None, Pointer, int], list[str]] = {}  # with the campaigns of each
    for campaign in mapping_at(document, ("campaigns",)):
        payout = micros_at(document, ("campaigns", campaign, "payout", "amount"))
        for buyer in _sold_to(document, campaign) if payout else ():
            price, path = _price(document, campaign, buyer)
            is_open = price is None and document.has(("buyers", buyer, "bid"))
            if payout and (is_open or (price is not None and price < payout)):
                losses.setdefault((buyer, price, path, payout), []).append(f"'{campaign}'")
    for (buyer, price, path, payout), campaigns in losses.items():
        whose = f"campaign{'s' * (len(campaigns) > 1)} {listed(campaigns)}"
        pays = f"the payout of {whose} is {format_money(payout)}"
        if price is None:
            cure = "set its 'floor', or the campaign's 'bidding: {floor: …}'"
            place = document.key_place(("buyers", buyer, "bid"))
            mistakes.warn(place, f"buyer '{buyer}': it may bid anything, and {pays}", cure=cure)
        else:
            what = "price" if path[-1] == "price" else "floor"
            found = f"buyer '{buyer}': its {what} is {format_money(price)}, but {pays}, "
            found += "so each such call loses money"
            mistakes.warn(document.place(path), found, cure=f"raise the {what}, or lower the payout")


def _price(document: Document, campaign: str, buyer: str) -> tuple[int | None, Pointer]:
    """The least that the buyer pays for a call of the campaign, and where that is set."""
    set_at: list[Pointer] = [("buyers", buyer, "price")]
    if document.has(("buyers", buyer, "bid")):
        set_at = [("buyers", buyer, "bid", "floor"), ("campaigns", campaign, "bidding", "floor")]
    found = [(amount, path) for path in set_at if (amount := micros_at(document, path)) is not None]
    return max(found, key=lambda each: each[0]) if found else (None, set_at[0])


def _sold_to(document: Document, campaign: str) -> list[str]:
    buyers = value_at(document, ("campaigns", campaign, "buyers"))
    known = mapping_at(document, ("buyers",))
    return [buyer for buyer in buyers if buyer in known] if isinstance(buyers, list) else []


# Caps


def _check_caps(document: Document, mistakes: Mistakes) -> None:
    """A cap on money that is below what one call costs lets no call through."""
    campaigns_of: dict[str, set[str]] = {}  # by publisher
    for number in mapping_at(document, ("numbers",)):
        publisher = text_at(document, ("numbers", number, "publisher"))
        campaign = text_at(document, ("numbers", number, "campaign"))
        if publisher and campaign:
            campaigns_of.setdefault(publisher, set()).add(campaign)
    selling: dict[str, set[str]] = {}  # the campaigns of each buyer
    for campaign in mapping_at(document, ("campaigns",)):
        path = ("campaigns", campaign)
        for buyer in _sold_to(document, campaign):
            selling.setdefault(buyer, set()).add(campaign)
        _check_sold(document, campaign, mistakes)
        payout = micros_at(document, (*path, "payout", "amount"))
        for cap, at in _set_caps(document, (*path, "payout")):
            if payout is not None and cap < payout:
                found = (
                    f"campaign '{campaign}': 'payout.{_setting(at)}' is {format_money(cap)}, less than the "
                )
                found += f"payout of one call ({format_money(payout)}), so none is ever paid"
                mistakes.warn(document.place(at), found, cure="raise the cap, or lower the payout")
    for publisher in mapping_at(document, ("publishers",)):
        _check_paid(document, publisher, sorted(campaigns_of.get(publisher, ())), mistakes)
    for buyer in mapping_at(document, ("buyers",)):
        prices = [_price(document, campaign, buyer)[0] for campaign in selling.get(buyer, ())]
        known = [price for price in prices if price is not None]
        for cap, at in _set_caps(document, ("buyers", buyer)) if known else ():
            if cap < min(known):
                found = (
                    f"buyer '{buyer}': '{_setting(at)}' is {format_money(cap)}, less than the price of one "
                )
                found += f"call ({format_money(min(known))}), so it gets none"
                mistakes.warn(document.place(at), found, cure="raise the cap, or lower the price")


def _check_paid(document: Document, publisher: str, campaigns: list[str], mistakes: Mistakes) -> None:
    """A publisher's spending cap counts what it is paid: beside the payout of each of its campaigns."""
    paid = {
        campaign: payout
        for campaign in campaigns
        if (payout := micros_at(document, ("campaigns", campaign, "payout", "amount"))) is not None
    }
    for cap, at in _set_caps(document, ("publishers", publisher)):
        dear = {campaign: payout for campaign, payout in paid.items() if cap < payout}
        if dear:
            least = format_money(min(dear.values()))
            found = f"publisher '{publisher}': '{_setting(at)}' is {format_money(cap)}, less than the payout "
            found += f"of one call of {listed(sorted(dear))} (from {least}), so its calls there reach nobody"
            mistakes.warn(document.place(at), found, cure="raise the cap, or lower the payout")


def _check_sold(document: Document, campaign: str, mistakes: Mistakes) -> None:
    """A campaign's spending cap counts what its buyers pay: beside the price of each of them."""
    path = ("campaigns", campaign)
    for cap, at in _set_caps(document, path):
        dear = {
            buyer: price
            for buyer in _sold_to(document, campaign)
            if (price := _price(document, campaign, buyer)[0]) is not None and cap < price
        }
        if dear:
            least = format_money(min(dear.values()))
            found = (
                f"{subject(path)}'{_setting(at)}' is {format_money(cap)}, less than the price of one call "
            )
            found += f"of {listed(sorted(dear))} (from {least}), so they get none here"
            mistakes.warn(document.place(at), found, cure="raise the cap")


def _set_caps(document: Document, path: Pointer) -> Iterator[tuple[int, Pointer]]:
    for at in _spending(path):
        amount = micros_at(document, at)
        if amount is not None:
            yield amount, at


def _setting(path: Pointer) -> str:
    return ".".join(str(step) for step in path[path.index("caps") :])


def micros_at(document: Document, path: Pointer) -> int | None:
    """The amount at a path; None where there is none, or none that can be read."""
    text = text_at(document, path)
    try:
        return None if text is None else parse_money(text)
    except ValueError:
        return None
