"""The answers of a conversation that a model leads: what it fills is judged, read back and kept.

Rules
1. What an answer may be, and what it rests on, `engine.nodes.grounding` says.
2. An answer that was kept is another one only by later words, and then the caller is asked.
3. What the caller denied is not asked about again for the same words.
4. An answer that nobody read back was given to no question, whatever the model had said before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.core.attempts import Keys, Speech
from engine.core.call import Call
from engine.core.commands import LineBy, Told
from engine.core.conditions import MASK, Value
from engine.core.facts import Question, Utterance
from engine.core.gathering import Listening
from engine.core.hearing import Hearing
from engine.core.model_events import Fill, FilledByModel
from engine.nodes.asking import Taken
from engine.nodes.confirming import confirm, keep
from engine.nodes.conversation_terms import ConversationTerms, RefusedFill
from engine.nodes.filled import Denied, Filled, Found, Settled
from engine.nodes.grounding import CallerTurn, Grounded, grounded
from engine.nodes.phrasing import read_back
from engine.understanding.replies import Reply

NOT_HEARD = Hearing(None, 0)
"""Of a question that was never put."""

Note = Callable[[LineBy, str], None]
"""Tells the model what became of an answer."""


class ConversedAnswers:
    """Those of one visit of the node. Asked for anew are all of them where none was unknown."""

    def __init__(self, call: Call, terms: ConversationTerms, note: Note) -> None:
        self._call = call
        self._terms = terms
        self._note = note
        self.kinds = {name: call.answer_type(name) for name in terms.answers}
        self.wanted = [name for name in terms.answers if name not in call.answers] or list(terms.answers)
        self._got: dict[str, int] = {}  # by answer, the turn whose words it rests on
        self._denied: Denied = set()
        self._denied_at: dict[tuple[str, Value], int] = {}  # by what was denied, the turn after which
        self.denials = 0  # how many read-backs didn't end in a yes

    @property
    def open(self) -> list[str]:
        """Those that are still to be learnt."""
        return [name for name in self.wanted if name not in self._got]

    def known(self) -> tuple[Told, ...]:
        """What the model is told of them; sensitive values only where they are revealed."""
        answers = self._call.answers
        known = [name for name in self._terms.answers if name in answers and name not in self.open]
        return tuple([self._told(name, answers[name].value) for name in known])

    def _told(self, name: str, value: Value) -> Told:
        is_hidden = self._call.secrecy.hides(name)
        return Told(name, MASK if is_hidden and name not in self._terms.reveal else value, is_hidden)

    def judged(self, each: Fill, turns: Sequence[CallerTurn]) -> Grounded | RefusedFill | None:
        """What the fill rests on, or the code of why it is refused; None where it is known so already."""
        if each.answer not in self.wanted:
            return "not_asked"
        found = grounded(each.answer, self.kinds, each, turns)
        if not isinstance(found, Grounded):
            return found
        got_at = self._got.get(each.answer)
        if got_at is not None and found.reading.value == self._call.answers[each.answer].value:
            return None
        if found.turn.number <= self._denied_at.get((each.answer, found.reading.value), 0):
            return "denied"
        if got_at is None:
            return found
        return replace(found, is_alike=False) if found.turn.number > got_at else "contradicts"

    def is_asked_about(self, found: Grounded) -> bool:
        """`confirm: never` spares the caller only what the engine understands itself."""
        return not found.is_alike or self._terms.confirm == "always"

    async def read_back(self, pending: Mapping[str, Grounded], how: Listening, turn: int) -> None:
        """Say back what the model read into the caller's words; keep what the caller affirms or puts right.

        `turn` is the number of the last one: what is denied now may be filled again only by later words.
        """
        filled = Filled(self._terms.confirm, self._denied)
        for name, found in pending.items():
            taken: Taken[Found] = Taken({}, found.turn.given, 1, found.turn.prompt)
            filled.pending[name] = Settled(found.reading, taken, confirmed=False)
        affirmed = await self._replies(filled, how)
        for name, each in filled.settled.items():
            own = pending.get(name)
            if own is not None and each.confirmed and each.reading is own.reading:
                self.keep(name, own, affirmed[name])
            else:  # the caller's own answer to what was read back
                call, is_private = self._call, self._is_private(name)
                keep(call, name, each.reading, each.taken, confirmed=each.confirmed, is_private=is_private)
                self._learnt(name, turn)
        for name, found in pending.items():
            kept = filled.settled.get(name)
            if kept is None or kept.reading.value != found.reading.value:
                self._denied_at[name, found.reading.value] = turn
                self.denials += 1
            if kept is None:
                self._note("denied", name)

    async def _replies(self, filled: Filled, how: Listening) -> Mapping[str, Taken[Reply]]:
        """Read back until nothing is pending, a few times; by answer, the reply that settled it."""
        affirmed: dict[str, Taken[Reply]] = {}
        for _ in range(self._terms.attempts):
            if not filled.pending:
                break
            offered = {name: each.reading for name, each in filled.pending.items()}
            is_keyed = all(isinstance(each.taken.given, Keys) for each in filled.pending.values())
            parts = {name: self.kinds[name] for name in offered}
            prompt = read_back(parts, self._terms.prompt.language, is_keyed=is_keyed, has_voice=True)
            reply = await confirm(self._call, offered, self.kinds, prompt, how)
            if isinstance(reply, str):
                break
            filled.answer(reply.meaning, Taken(reply.meaning.values, reply.given, 1, reply.prompt))
            affirmed |= {name: reply for name in offered if name in filled.settled}
        return affirmed

    def keep(self, name: str, found: Grounded, affirmed: Taken[Reply] | None) -> None:
        """Learn what the model read. Where the caller said yes to it, its question and times are those of
        that; else no question was put."""
        given, reading, is_private = found.turn.given, found.reading, self._is_private(name)
        answer = given if affirmed is None else affirmed.given
        asked = found.turn.prompt if affirmed is None else affirmed.prompt
        words = given.digits if isinstance(given, Keys) else given.text
        self._call.learn(
            name,
            reading,
            raw=reading.heard if is_private else words,
            mode="keys" if isinstance(given, Keys) else "voice",
            confirmed=affirmed is not None,
            question=Question(asked.text, asked.language, asked.sha256, asked.audio_sha256),
            asked_at=answer.asked_at,
            answered_at=answer.last_at if isinstance(answer, Keys) else answer.ended_at,
            utterance=_utterance(given, is_private=is_private),
            began_at=answer.first_at if isinstance(answer, Keys) else answer.started_at,
            hearing=NOT_HEARD if affirmed is None else affirmed.given.hearing,
            filled=FilledByModel(self._terms.model, found.is_alike, affirmed is not None),
        )
        self._learnt(name, found.turn.number)

    def _learnt(self, name: str, turn: int) -> None:
        self._got[name] = turn
        self._note("kept", name)

    def _is_private(self, name: str) -> bool:
        """Whether the words around this answer may hold another, sensitive one."""
        return self._call.secrecy.is_at_stake and not self._call.secrecy.hides(name)


def _utterance(given: Keys | Speech, *, is_private: bool) -> Utterance | None:
    if isinstance(given, Keys):
        return None
    alternatives = () if is_private else given.alternatives
    return Utterance(alternatives, given.engine, given.started_at, given.ended_at)
