"""tag: keep names and values on the call, for reports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.conditions import MASK, Value
from engine.core.facts import Tag
from engine.core.filters import FILTERS
from engine.core.languages import home_language
from engine.core.prompts import Prompt, Slot
from engine.core.sayers import sayer_before_languages
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds


@dataclass(frozen=True, slots=True)
class TagNode(NodeType):
    """Keeps each of `tags` under its name; a value may hold answers: "{{ zip.state }}".

    Answers stand as they are, not as they are spoken: 78701, not "seven eight …". One that is not known
    is left out, a sensitive one is masked.

    ```yaml
    mark: {type: tag, tags: {desk: closed, area: "zip {{ zip }}"}, next: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    tags: Mapping[str, Prompt]

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        for name, template in self.tags.items():
            call.do(Record(Tag(call.at, call.node, name, _written(template, call))))
        return "next"


def _written(template: Prompt, call: Call) -> str:
    return "".join(
        _value(part, call) if isinstance(part, Slot) else part.text for part in template.parts
    ).strip()


def _value(slot: Slot, call: Call) -> str:
    value: Value | None = call.values.get(slot.name)
    if value is None:
        return ""
    if call.secrecy.hides(slot.name):
        return MASK
    if slot.filter is not None:
        return FILTERS[slot.filter](value, sayer_before_languages(home_language(call)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
