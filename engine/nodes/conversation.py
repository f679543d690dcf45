"""A conversation with a caller that a language model leads, and the graph holds.

    the caller speaks ─▶ the model is asked ─▶ its reply is judged ─┬▶ fills are kept, read back or refused
                                                                     ├▶ an exit that the node names is taken
                                                                     └▶ its words are said

Rules
1. The model is asked only after the caller has said or keyed something. It is told the words, the answers
   that it may fill and the exits that it may name, and nothing else of the call.
2. A reply is text, fills and the name of an exit, and nothing else. A fill counts by
   `engine.nodes.conversed_answers` alone, an exit only where the node has it, a text only where it can be
   spoken.
3. Where any of a reply is refused, none of its words are said, for they may rest on that; what is right in it
   stays. The model is told why and asked again, a few times.
4. It is over as soon as every answer is known, whatever the model would still say, and at the first of its
   limits. What ends it for the model's sake leads to `else`.
5. Commands are obeyed as at any question, whatever the model makes of them.
"""

from __future__ import annotations

from typing import Literal

from engine.core.answers import AnswerType, Keypad
from engine.core.attempts import Keys, Speech
from engine.core.call import Call
from engine.core.commands import AskModel, LineBy, Record, SpokenLine
from engine.core.conditions import MASK, Value
from engine.core.facts import Turn
from engine.core.gathering import Listening
from engine.core.model_events import ModelFailed, ModelReplied
from engine.core.prompts import Prompt, Words
from engine.nodes.asking import Failure, Inquiry, Script, Taken, listening
from engine.nodes.certainty import LIKELY
from engine.nodes.conversation_terms import ConversationTerms, GivenUp, Leaving, Refusal, RefusedWords
from engine.nodes.conversed_answers import ConversedAnswers
from engine.nodes.grounding import CallerTurn, Grounded, veiled
from engine.nodes.model_asking import ask_model, form_of
from engine.nodes.model_words import as_spoken, unfit
from engine.understanding.several import Several

MOST_REFUSED = 3
"""So many replies in a row that were refused, and the model is given up."""

MOST_DENIED = 3
"""So often the caller may deny what the model read into their words."""

MOST_REPEATED = 2
"""So often the model may say the same while nothing new is learnt."""

ANY_KEYS = Keypad(1, 20, frozenset("0123456789*"))


class Conversation:
    """One visit of its node."""

    def __init__(self, call: Call, terms: ConversationTerms) -> None:
        self._call = call
        self._terms = terms
        self._ends_at = call.at + terms.max_time_ms
        self._is_private = call.secrecy.is_at_stake
        self._answers = ConversedAnswers(call, terms, self._note)
        self._lines: list[SpokenLine] = []
        self._turns: list[CallerTurn] = []
        self._said: dict[str, int] = {}  # by text, how often since something was learnt
        self._steps = 0
        self._refused = 0  # replies in a row

    async def held(self) -> Leaving:
        """Talk until there is a reason to leave. Commands may lead away (JumpTo)."""
        prompt = self._terms.prompt
        items = self._call.say_items(prompt)
        self._note("model", " ".join([MASK if item.sensitive else item.text for item in items]))
        while True:
            taken = await self._heard(prompt)
            if isinstance(taken, str):
                return self._leaving(taken)
            self._take(taken)
            reply = await self._answered()
            if isinstance(reply, Leaving):
                return reply
            prompt = reply

    def _leaving(self, exit_: str = "", given_up: GivenUp | None = None) -> Leaving:
        return Leaving(exit_, given_up, self._steps)

    # The caller's turn

    async def _heard(self, prompt: Prompt) -> Taken[str] | Failure:
        script = Script(prompt, self._terms.noinput, self._terms.nomatch, self._terms.attempts)
        return await Inquiry(self._call, script, self._listening).hear(_words_of)

    @property
    def _listening(self) -> Listening:
        """To any words and any keys; the answers are favoured."""
        answers = self._answers
        several = Several({name: answers.kinds[name] for name in answers.wanted}, answers.wanted[0])
        return listening(self._terms, ANY_KEYS, several)

    def _take(self, taken: Taken[str]) -> None:
        kinds = self._hidden_kinds()
        values = {name: self._value(name) for name, kind in kinds.items() if not kind.sensitive}
        text = veiled(taken.meaning, kinds, values)
        turn = CallerTurn(len(self._turns) + 1, taken.given, taken.prompt, text)
        self._turns.append(turn)
        self._note("caller", turn.shown)

    def _hidden_kinds(self) -> dict[str, AnswerType]:
        """The answers that are sensitive, declared so or made of one that is, and not the model's to know."""
        call, reveal = self._call, self._terms.reveal
        hidden = [name for name in call.flow.answers if call.secrecy.hides(name) and name not in reveal]
        kinds = {name: call.answer_type(name, is_private=True) for name in hidden}
        return {name: kind for name, kind in kinds.items() if not kind.NEEDS_ITS_QUESTION}

    def _value(self, name: str) -> Value | None:
        known = self._call.answers.get(name)
        return None if known is None else known.value

    # The model's turn

    async def _answered(self) -> Prompt | Leaving:
        """What is said next; the model is asked again while its replies are refused."""
        while True:
            if (over := self._limit()) is not None:
                return self._leaving(given_up=over)
            reply = await self._asked()
            if isinstance(reply, ModelFailed):
                return self._leaving(given_up=reply.reason)
            denials = self._answers.denials
            is_refused = await self._judged(reply)
            if not self._answers.open:
                return self._leaving("next")
            if reply.leave and not is_refused:
                return self._leaving(reply.leave)
            if self._answers.denials >= MOST_DENIED:
                return self._leaving(given_up="denied")
            self._refused = self._refused + 1 if is_refused else 0
            if self._refused >= MOST_REFUSED:
                return self._leaving(given_up="refused")
            if not is_refused and self._answers.denials == denials:  # else its words don't fit any more
                return self._spoken(as_spoken(reply.text))

    def _limit(self) -> Literal["steps", "time"] | None:
        if self._steps >= self._terms.max_steps:
            return "steps"
        return "time" if self._call.at >= self._ends_at else None

    async def _asked(self) -> ModelReplied | ModelFailed:
        call, terms, answers = self._call, self._terms, self._answers
        self._steps += 1
        asking = call.number(f"{call.node}#")
        command = AskModel(
            asking=asking,
            node=call.node,
            number=int(asking.rpartition("#")[2]),
            model=terms.model,
            language=call.flow.language,
            instructions=terms.instructions,
            forms=tuple([form_of(name, answers.kinds[name]) for name in answers.wanted]),
            exits=dict(terms.leave_when),
            known=answers.known(),
            lines=tuple(self._lines),
            most_words=terms.max_words,
            timeout_ms=min(terms.reply_timeout_ms, self._ends_at - call.at),
        )
        return await ask_model(call, command)

    async def _judged(self, reply: ModelReplied) -> bool:
        """Keep and read back what the reply fills; whether any of it was refused."""
        is_refused = False
        pending: dict[str, Grounded] = {}
        for each in reply.fills:
            found = self._answers.judged(each, self._turns)
            if isinstance(found, str):
                is_refused = True
                self._refuse(found, each.answer)
            elif found is not None and self._answers.is_asked_about(found):
                pending[each.answer] = found
            elif found is not None:
                self._answers.keep(each.answer, found, None)
        if pending:
            await self._answers.read_back(pending, self._listening, len(self._turns))
        if self._answers.open and (wrong := self._wrong_with(reply)) is not None:
            is_refused = True
            self._refuse(wrong)
        return is_refused

    def _wrong_with(self, reply: ModelReplied) -> RefusedWords | None:
        """What is wrong with the exit that it names, else with its words."""
        if reply.leave:
            return None if reply.leave in self._terms.leave_when else "no_exit"
        text = as_spoken(reply.text)
        if (wrong := unfit(text, self._terms.max_words)) is not None:
            return wrong
        known = [self._value(name) for name in self._hidden_kinds()]
        if self._call.secrecy.echoes(text, [value for value in known if value is not None]):
            return "secret"
        return "repeats" if self._said.get(text.casefold(), 0) >= MOST_REPEATED else None

    def _refuse(self, why: Refusal, answer: str = "") -> None:
        """Keep in the record why, and tell the model. A name that it made up is in neither."""
        name = answer if answer in self._answers.kinds else ""
        self._note("refused", f"{name} {why}".strip())
        details: dict[str, Value] = {"refused": why, **({"answer": name} if name else {})}
        self._call.do(Record(Turn(self._call.at, self._call.node, "again", "fill_refused", {}, details)))

    def _spoken(self, text: str) -> Prompt:
        """The model's words as a prompt. Where something sensitive may be in them, no record has them."""
        said = text.casefold()
        self._said[said] = self._said.get(said, 0) + 1
        self._note("model", text)
        words = Words(text, sensitive=self._is_private)
        return Prompt(MASK if self._is_private else text, (words,), self._terms.prompt.language)

    def _note(self, by: LineBy, text: str) -> None:
        """Another line for the model to read. What was said is in no journal where it may be sensitive."""
        if by == "kept":
            self._said.clear()
        is_said = by in ("caller", "model")
        self._lines.append(SpokenLine(by, text, is_said and self._is_private))


def _words_of(given: Keys | Speech) -> str | None:
    """What the caller said, or the keys; None where it was hardly heard."""
    if isinstance(given, Keys):
        return given.digits
    return given.text if given.text and given.confidence >= LIKELY else None
