"""What of an event is sealed where its flow has sensitive answers, and how it is opened again.

Theory. Nobody knows of an event alone whether it holds something sensitive: a key may be half of an account
number or the yes to another question. So all is sealed that callers, publishers, web services and models
gave, and with it the salt of their digests and every plain digest. A text stands sealed in its place. Named
values (a publisher's parameters, a look-up's fields) are sealed as a whole, with their order: they stand as
one name, `sealed:…`, with no value. No parameter and no answer can have such a name, so what was never sealed
is never taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from engine.core.events import CALLER, CallArrived, Event, KeyPressed, LookedUp, Said, SpeechHeard
from engine.core.leg_events import TalkKeyPressed
from engine.core.model_events import ModelReplied
from engine.core.records import changed
from engine.store.seal import PREFIX, Seal

Named = TypeVar("Named", bound=Mapping[str, object])


def sealed_event(event: Event, seal: Seal) -> Event:
    """The event as it is kept."""
    return _rewritten(event, seal.seal, lambda named: _shut(named, seal))


def opened_event(event: Event, seal: Seal) -> Event:
    """The event as it happened; raises SealError where the key is another."""
    return _rewritten(event, seal.unseal, lambda named: _opened(named, seal))


def _rewritten(event: Event, text: Callable[[str], str], named: Callable[[Named], Named]) -> Event:
    match event:
        case KeyPressed() if event.leg == CALLER:
            return changed(event, key=text(event.key))
        case TalkKeyPressed() if event.key:
            return changed(event, key=text(event.key))
        case SpeechHeard():
            said = tuple(_said(one, text) for one in event.alternatives)
            return changed(event, text=text(event.text), alternatives=said)
        case CallArrived():
            parameters = named(cast(Named, event.parameters))
            return changed(event, parameters=parameters, salt=text(event.salt))
        case LookedUp():
            return changed(event, fields=named(cast(Named, event.fields)), sha256=text(event.sha256))
        case ModelReplied():
            fills = tuple(
                changed(fill, answer=text(fill.answer), value=text(fill.value), quote=text(fill.quote))
                for fill in event.fills
            )
            return changed(event, text=text(event.text), fills=fills, leave=text(event.leave))
    return event


def _said(one: Said, text: Callable[[str], str]) -> Said:
    other = one.other if one.other is None else changed(one.other, option=text(one.other.option))
    return changed(one, text=text(one.text), other=other)


def _shut(named: Named, seal: Seal) -> Named:
    if not named:
        return named
    return cast(Named, {seal.seal(json.dumps(dict(named), ensure_ascii=True)): ""})


def _opened(named: Named, seal: Seal) -> Named:
    names = list(named)
    if len(names) != 1 or not names[0].startswith(PREFIX):
        return named
    return cast(Named, json.loads(seal.unseal(names[0])))
