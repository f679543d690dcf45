"""lookup: ask a web service, and keep what it says as answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from engine.core.answers import AnswerName, answers_behind
from engine.core.call import Call
from engine.core.commands import LookUp, Told
from engine.core.events import LookedUp
from engine.core.expressions import Expression
from engine.core.facts import Source
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds
from engine.nodes.settings import JsonSchemaText, LookupUrl


@dataclass(frozen=True, slots=True)
class Lookup(NodeType):
    """Asks `url` and keeps parts of its JSON answer: `answers` tells each answer's path, such as home.owner.

    `sends` are told as a query string, with `method: post` as JSON; one over something unknown is left out,
    and a sensitive answer goes only where `reveal` names it; where the service gives it back, that is as
    sensitive. `headers` hold `${NAME}` for a secret. The host must stand under `lookups` of the network. It
    leaves by notfound for 404 and 204, by timeout, or by failed for all that is not as it should be: another
    status, an answer that `schema` refuses, a part that is no such answer. What is null or missing is no
    answer, and no failure.

    ```yaml
    owner:
      type: lookup
      url: https://api.example.com/homes
      sends: {zip: zip}
      answers: {zip: home.zip}
      timeout: 1500ms
      next: bye
      exits: {failed: bye, timeout: bye, notfound: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "failed", "timeout", "notfound")
    LEARNS: ClassVar[tuple[str, ...]] = ("answers",)
    TELLS: ClassVar[str] = "sends"

    url: LookupUrl
    answers: Mapping[AnswerName, str]
    method: Literal["get", "post"] = "get"
    sends: Mapping[str, Expression] = field(default_factory=dict)
    reveal: tuple[AnswerName, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    schema: JsonSchemaText | None = None
    timeout_ms: int = 2_000
    cache_ms: int = 0

    @property
    def finds(self) -> tuple[str, ...]:
        return tuple(self.answers)

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        told = tuple(self._told(call))
        found = await call.look_up(
            LookUp(
                lookup=call.number("l"),
                node=call.node,
                method=self.method,
                url=self.url,
                told=told,
                headers=self.headers,
                fields=dict(self.answers),
                schema=self.schema or "",
                timeout_ms=self.timeout_ms,
                cache_ms=self.cache_ms,
            )
        )
        if found.outcome != "found":
            return found.outcome
        return "next" if self._keep(call, found, told) else "failed"

    def _told(self, call: Call) -> Iterator[Told]:
        for name, expression in self.sends.items():
            value = expression.evaluate(call.values)
            sensitive = self._sensitive(call, expression)
            if value is not None and sensitive <= set(self.reveal):
                yield Told(name, value, bool(sensitive))

    def _sensitive(self, call: Call, expression: Expression) -> set[str]:
        """The answers and parameters of those that it reads which go only where they are revealed."""
        read = [name for name in expression.names if call.secrecy.hides(name)]
        return {next(answers_behind((name,), call.flow.answers), name) for name in read}

    def _keep(self, call: Call, found: LookedUp, told: tuple[Told, ...]) -> bool:
        """Keep all that was found, in the order of `answers`, or nothing where a part is no such answer."""
        digest = call.secrecy.digest_of(found.sha256)
        source = Source(self.url.partition("?")[0], f"HTTP {found.status}", digest)
        secrets = [each.value for each in told if each.sensitive]
        fields = {name: found.fields[name] for name in self.answers if name in found.fields}
        private = {name: call.secrecy.echoes(value, secrets) for name, value in fields.items()}
        understood = {
            name: call.answer_type(name, is_private=private[name]).understand_value(value)
            for name, value in fields.items()
        }
        if any(each is None for each in understood.values()):
            return False
        for name, each in understood.items():
            if each is not None:
                raw, is_private = str(fields[name]), private[name]
                call.learn(name, each, raw=raw, mode="lookup", source=source, is_private=is_private)
        return True
