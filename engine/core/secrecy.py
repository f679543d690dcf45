"""What of a call is secret now: sensitivity follows a value wherever it goes.

Rules
1. An answer that is declared sensitive always is. One that was made of something sensitive is sensitive for
   as long as it has that value, whatever its declaration says, and so is a subflow's parameter.
2. A value that an expression makes is made of every name that the expression reads. A yes or no that comes of
   comparing is not sensitive, however sensitive what was compared: buyers, callers and clauses may know how a
   condition came out, not what it read. A yes or no that is made of a sensitive yes or no is.
3. What a web service gives back of what it was told in confidence is as sensitive as that: any four letters
   or digits of it in a row, however they are written (830-51-9274, *****9274). No yes or no is such.
4. Nothing sensitive is said to a buyer or a desk but where the node reveals it by name. What a prompt may say
   to the caller, the check of a draft sees to.
5. Calls from before (`FOLLOWS_SENSITIVE`) hold secret what is declared sensitive, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from engine.core.answers import AnswerType, answers_behind
from engine.core.behaviour import FINDS_PARTS_OF_SECRETS, FOLLOWS_SENSITIVE
from engine.core.conditions import Value
from engine.core.events import CallArrived
from engine.core.expressions import Expression
from engine.core.salted import salted_digest

LEAST_ECHO = 4
"""A shorter text comes back by chance: who is told 40 and answers "TX 40" has told on nobody."""


class Secrecy:
    """The names of a call that read something sensitive; `names` is another set after each change."""

    def __init__(
        self, answers: Mapping[str, AnswerType], declared: frozenset[str], arrived: CallArrived
    ) -> None:
        """`answers` are the flow's kinds, which note nothing for any record; `declared` every name that reads
        a sensitive one."""
        self.names = declared
        self.unrecorded = answers
        self._declared = declared
        self._salt = arrived.salt
        self._is_followed = arrived.behaviour >= FOLLOWS_SENSITIVE
        self._is_compared_loosely = arrived.behaviour >= FINDS_PARTS_OF_SECRETS

    @property
    def is_at_stake(self) -> bool:
        """Whether anything sensitive may be known."""
        return self._is_followed and bool(self.names)

    def hides(self, name: str) -> bool:
        """Whether what is behind this name is sensitive: an answer, one of its values, or a parameter."""
        return name in self.names

    def learnt(self, name: str, *, is_private: bool) -> None:
        """An answer has another value, made of something sensitive or not."""
        if name in self._declared or not (is_private or name in self.names) or not self._is_followed:
            return
        parts = self.unrecorded[name].value_types
        self._set({name, *(f"{name}.{part}" for part in parts if part)}, is_private=is_private)

    def stated(self, name: str, *, is_private: bool) -> None:
        """A parameter has another value, made of something sensitive or not."""
        if self._is_followed:
            self._set({name}, is_private=is_private)

    def reaches(self, expression: Expression, values: Mapping[str, Value]) -> bool:
        """Whether what the expression makes of these values is sensitive."""
        if not self._is_followed:
            return False
        read = [name for name in expression.names if self.hides(name)]
        if expression.type != "bool":
            return bool(read)
        return any(isinstance(values.get(name), bool) for name in read)

    def echoes(self, value: Value, told: Iterable[Value]) -> bool:
        """Whether a service's answer gives back what it was told in confidence, or four letters of it."""
        if not self._is_followed:
            return False
        if not self._is_compared_loosely:
            text = str(value)
            return any(len(secret) >= LEAST_ECHO and secret in text for secret in map(str, told))
        if isinstance(value, bool):
            return False
        runs = _runs(value)
        return any(not runs.isdisjoint(_runs(secret)) for secret in told if not isinstance(secret, bool))

    def unsaid(self, names: Iterable[str], revealed: Collection[str]) -> frozenset[str]:
        """Those of the names whose values may not be said where these answers are revealed."""
        hidden = [name for name in names if self._is_followed and self.hides(name)]
        return frozenset(
            name for name in hidden if {name, *answers_behind((name,), self.unrecorded)}.isdisjoint(revealed)
        )

    def digest_of(self, sha256: str) -> str:
        """The digest under which the call keeps what others gave, of which `sha256` is the plain one."""
        return salted_digest(sha256, self._salt) if self._is_followed and sha256 else sha256

    def _set(self, own: set[str], *, is_private: bool) -> None:
        if is_private:
            self.names = self.names | own
        elif not self.names.isdisjoint(own):
            self.names = self.names - own


def _runs(value: Value) -> frozenset[str]:
    """Every LEAST_ECHO letters and digits in a row, whatever stands between them."""
    plain = "".join(each for each in str(value).casefold() if each.isalnum())
    return frozenset(plain[at : at + LEAST_ECHO] for at in range(len(plain) - LEAST_ECHO + 1))
