"""What is wrong with a buyer's price or bid beyond its shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.core.answers import answers_behind
from engine.language.flows import FlowReading
from engine.language.mistakes import Mistakes, suggestion
from engine.language.sensitive import as_told
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at, value_at


def check_price(document: Document, buyer: str, flows: Iterable[FlowReading], mistakes: Mistakes) -> None:
    """A buyer has a price or bids one, and a bidder is told only what may be told and what there is."""
    path: Pointer = ("buyers", buyer)
    has_price, has_bid = document.has((*path, "price")), document.has((*path, "bid"))
    if has_price and has_bid:
        found = f"buyer '{buyer}': it has both a price and a bid"
        mistakes.error(document.key_place((*path, "price")), found, cure="remove one of them")
    elif not has_price and not has_bid:
        found = f"buyer '{buyer}': 'price' is missing"
        cure = "set what the buyer pays per billable call, or add 'bid: {ping: {url: …}}'"
        mistakes.error(document.key_place(path), found, cure=cure)
    flows = list(flows)
    whose = f"buyer '{buyer}': "
    if document.has((*path, "bid", "release")) and not document.has((*path, "bid", "confirm")):
        found = f"{whose}it has 'release' without 'confirm', so it would hear only of calls it doesn't get"
        cure = "add 'confirm: {url: …}', or remove 'release'"
        mistakes.error(document.key_place((*path, "bid", "release")), found, cure=cure)
    check_told(document, (*path, "bid", "sends"), whose, flows, mistakes)
    _check_tell(document, (*path, "tell"), whose, flows, mistakes)


def _check_tell(
    document: Document, path: Pointer, whose: str, flows: Iterable[FlowReading], mistakes: Mistakes
) -> None:
    revealed = value_at(document, (*path, "reveal"))
    names = [str(name) for name in revealed] if isinstance(revealed, list) else []
    check_told(document, (*path, "sends"), whose, flows, mistakes, revealed=names)
    to = text_at(document, (*path[:-1], "to")) or ""
    if value_at(document, (*path, "headers")) is True and not to.startswith("sip"):
        found = f"{whose}it asks for headers, but phone calls can't carry them"
        cure = "set 'to' to a SIP address, or use 'webhook'"
        mistakes.error(document.key_place((*path, "headers")), found, cure=cure)
    if document.has(path) and not any(document.has((*path, way)) for way in ("webhook", "headers")):
        found = f"{whose}'tell' says what to send, but not how"
        mistakes.error(document.key_place(path), found, cure="add 'webhook: {url: …}' or 'headers: true'")


def check_told(
    document: Document,
    path: Pointer,
    whose: str,
    flows: Iterable[FlowReading],
    mistakes: Mistakes,
    *,
    revealed: Iterable[str] = (),
) -> None:
    """The names under `path` must be answers of one of the flows, and not sensitive ones not revealed.

    A call is told what its own flow has of them.
    """
    told = value_at(document, path)
    served = list(flows)
    for index, name in enumerate(told if isinstance(told, list) else []):
        if not isinstance(name, str):
            continue
        if served and not any(name in known_names(flow) for flow in served):
            where = " or ".join(f"'{flow.name}'" for flow in served)
            found = f"{whose}'{name}' isn't an answer of flow {where}"
            known = dict.fromkeys(each for flow in served for each in known_names(flow))
            mistakes.error(document.place((*path, index)), found, cure=suggestion(name, known))
        for flow in served:
            answer = next(answers_behind((name,), flow.answers), name)
            if answer in flow.sensitive and answer not in revealed:
                found = f"{whose}{as_told(answer, flow.sensitive, ' is')}"
                cure = "remove it" if path[-2] == "bid" else f"remove it, or add 'reveal: [{answer}]'"
                mistakes.error(document.place((*path, index)), found, cure=cure)
                break


def known_names(flow: FlowReading) -> Mapping[str, str]:
    """The names of answers that the flow's conditions may read; those of the call itself left out."""
    names = {name: str(kind) for name, kind in flow.names.types.items() if not name.startswith("call.")}
    return {**dict.fromkeys(flow.declared, ""), **names}
