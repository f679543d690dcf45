"""A model on its leash: it lies, loops, runs on, dies, answers with another's field, and the graph stays in charge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.core.commands import AskModel, Dial, EndLeg, HangUp, Play, Record, Reserve
from engine.core.events import TimerFired
from engine.core.facts import Answer, Turn
from engine.core.journal import event_from_json, to_json
from engine.core.model_events import Fill, FilledByModel, ModelFailed, ModelReplied
from engine.core.replay import replay
from engine.core.spoken_commands import CommandKey
from engine.nodes.collect import Collect
from engine.nodes.converse import Converse
from engine.nodes.hangup import Hangup
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.digits import Digits
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
OPENING = "What can I do for your roof?"
NEED = Choice(
    {
        "repair": ChoiceOption("1", ("repair", "leak")),
        "replace": ChoiceOption("2", ("replacement", "new roof"), say="a new roof"),
    }
)
ROOF_AND_ZIP = "I need a new roof in 78701"
DRIPS = "water drips into my kitchen"


class Talk(Speaking):
    """A caller, and a model that says what the test makes it say."""

    def __init__(
        self, commands: tuple[CommandKey, ...] = (), kinds: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        known: dict[str, Any] = {
            "answers": ("need", "zip"),
            "prompt": say(OPENING),
            "model": "assistant",
            "instructions": "Be kind.",
            "leave_when": {"person": "The caller asks for a person."},
            "else_": "ask_zip",
        }
        node = Converse(**{**known, **settings})
        nodes = {
            "talk": (
                node,
                {"next": "bye", "person": "desk", "ask_zip": "ask_zip", "failed": "lost"}
                | {"noinput": "silent", "nomatch": "unclear"},
            ),
            "ask_zip": (Collect("zip", say("ZIP?")), {"next": "bye", "noinput": "bye", "nomatch": "bye"}),
            "desk": (Hangup(), {}),
            "lost": (Hangup(), {}),
            "silent": (Hangup(), {}),
            "unclear": (Hangup(), {}),
            "bye": BYE,
        }
        declared: dict[str, Any] = {"need": NEED, "zip": Zip(), "owner": YesNo(), **(kinds or {})}
        super().__init__(flow_of(nodes, commands, **declared))

    def told(self, text: str, confidence: float = 0.95) -> None:
        """The caller hears the prompt out and says it."""
        self.prompt_ends()
        self.says(text, confidence)

    @property
    def asked(self) -> AskModel:
        return self.did(AskModel)[-1]

    def replies(self, text: str = "", *fills: tuple[str, str, str], leave: str = "") -> None:
        filled = tuple(Fill(*each) for each in fills)
        self.happens(ModelReplied(self.now, self.asked.asking, text, filled, leave))

    def fails(self, reason: str) -> None:
        self.happens(ModelFailed(self.now, self.asked.asking, reason))  # type: ignore[arg-type]

    @property
    def refusals(self) -> list[tuple[object, object]]:
        return [
            (turn.details.get("answer"), turn.details["refused"])
            for turn in self.facts(Turn)
            if turn.code == "fill_refused"
        ]

    @property
    def given_up(self) -> object:
        (turn,) = [turn for turn in self.facts(Turn) if turn.code == "model_given_up"]
        return turn.details["given_up"]

    @property
    def filled(self) -> dict[str, FilledByModel | None]:
        return {fact.name: fact.filled for fact in self.facts(Answer)}

    def replays(self) -> bool:
        """From the journal as it is kept, and without a model."""
        assert self.faults == []
        return replay(self.journal, self.revision).difference is None


ALIKE = FilledByModel("assistant", is_alike=True, is_read_back=False)
READ_BACK = FilledByModel("assistant", is_alike=False, is_read_back=True)
TALK_ONLY = "Tell me more."

# What goes well


def test_what_the_engine_reads_alike_is_kept_with_the_words_it_rests_on() -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP, 0.9)
    talk.replies("Fine.", ("need", "replace", "a new roof"), ("zip", "78701", "78701"))
    assert talk.answer == {"need": "replace", "zip": "78701"}
    assert talk.filled == {"need": ALIKE, "zip": ALIKE}
    need, code = talk.facts(Answer)
    assert (need.raw, need.heard, need.mode, need.confirmed) == (ROOF_AND_ZIP, "a new roof", "voice", False)
    assert code.heard == "78701"
    assert need.confidence == pytest.approx(0.9)
    assert need.question.text == OPENING
    assert talk.path == ["talk.next", "bye.hangup"]
    assert talk.heard == [f"caller: {OPENING}"]  # nothing is left to say: the graph goes on
    assert talk.replays()


def test_an_unread_fill_never_says_that_its_question_was_heard() -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    talk.replies("", ("need", "replace", "new roof"), ("zip", "78701", "78701"))
    assert [answer.hearing.is_heard for answer in talk.facts(Answer)] == [False, False]


def test_its_words_are_said_and_the_caller_answers_them() -> None:
    talk = Talk()
    talk.told("a new roof")
    talk.replies("Gladly. In which ZIP code?", ("need", "replace", "a new roof"))
    assert talk.hears == "Gladly. In which ZIP code?"
    talk.told("78701")
    talk.replies("", ("zip", "78701", "78701"))
    assert talk.answer == {"need": "replace", "zip": "78701"}
    assert talk.facts(Answer)[1].question.text == "Gladly. In which ZIP code?"
    assert talk.replays()


def test_what_is_only_its_own_reading_is_read_back_and_kept_by_a_yes() -> None:
    talk = Talk()
    talk.told(DRIPS)
    talk.replies("And your ZIP code?", ("need", "repair", "water drips"))
    assert talk.answer == {}
    assert talk.hears.startswith("I heard repair.")
    talk.told("yes")
    assert talk.answer == {"need": "repair"}
    (need,) = talk.facts(Answer)
    assert (need.filled, need.confirmed, need.heard, need.raw) == (READ_BACK, True, "water drips", DRIPS)
    assert need.question.text.startswith("I heard {{ need }}.")
    assert need.hearing.is_heard  # the read-back, which the yes was to
    assert talk.hears == "And your ZIP code?"
    assert talk.replays()


def test_a_no_drops_it_and_the_same_words_are_not_asked_about_again() -> None:
    talk = Talk()
    talk.told(DRIPS)
    talk.replies("And your ZIP code?", ("need", "repair", "water drips"))
    talk.told("no")
    assert talk.answer == {}
    assert [line.by for line in talk.asked.lines][-1] == "denied"
    talk.replies("I see.", ("need", "repair", "water"))
    assert talk.refusals == [("need", "denied")]
    talk.replies("What is it then?")
    talk.told("well, the water does drip")
    talk.replies("", ("need", "repair", "the water does drip"))
    assert talk.hears.startswith("I heard repair.")  # later words may say it after all
    assert talk.replays()


def test_what_is_put_right_at_the_read_back_is_the_callers_own_answer() -> None:
    talk = Talk()
    talk.told(DRIPS)
    talk.replies("And your ZIP code?", ("need", "repair", "water drips"))
    talk.told("no, a new roof")
    assert talk.answer == {"need": "replace"}
    assert talk.filled == {"need": None}
    assert talk.replays()


def test_an_exit_that_the_node_names_is_taken() -> None:
    talk = Talk()
    talk.told("let me talk to somebody")
    talk.replies(leave="person")
    assert talk.path == ["talk.person", "desk.hangup"]
    assert [turn.code for turn in talk.facts(Turn)] == ["model_left"]


def test_another_value_later_is_never_taken_unasked() -> None:
    talk = Talk()
    talk.told("78701")
    talk.replies("And the roof?", ("zip", "78701", "78701"))
    talk.told("sorry it is 78702")
    talk.replies("And the roof?", ("zip", "78702", "78702"))
    assert talk.hears.startswith("I heard 7 8 7 0 2")
    talk.told("yes")
    assert talk.answer == {"zip": "78702"}
    assert talk.replays()


def test_what_is_known_already_may_be_filled_again_and_changes_nothing() -> None:
    talk = Talk()
    talk.told("78701")
    talk.replies("And the roof?", ("zip", "78701", "78701"))
    talk.told("a new one")
    talk.replies("Repair or a new roof?", ("zip", "78701", "78701"))
    assert len(talk.facts(Answer)) == 1
    assert talk.refusals == []


def test_the_model_is_told_forms_exits_and_the_conversation_and_nothing_of_the_call() -> None:
    talk = Talk()
    talk.told("a new roof")
    asked = talk.asked
    assert [(form.name, form.kind) for form in asked.forms] == [("need", "choice"), ("zip", "zip")]
    assert asked.forms[0].options == {"repair": "repair", "replace": "a new roof"}
    assert asked.exits == {"person": "The caller asks for a person."}
    assert [(line.by, line.text) for line in asked.lines] == [("model", OPENING), ("caller", "a new roof")]
    assert (asked.most_words, asked.timeout_ms) == (40, 4_000)
    written = json.dumps(to_json(asked))
    assert "5125550123" not in written
    assert "lonestar" not in written


# It lies


@pytest.mark.parametrize(
    ("fill", "why"),
    [
        (("zip", "78704", "78704"), "not_said"),
        (("zip", "78704", ""), "not_said"),
        (("zip", "78704", "|"), "not_said"),
        (("zip", "78701", "roof new a"), "not_said"),
        (("zip", "78704", "in 78701"), "contradicts"),
        (("need", "repair", "a new roof"), "contradicts"),
        (("zip", "7870", "78701"), "not_valid"),
        (("zip", "00000", "78701"), "not_valid"),
        (("need", "demolish", "a new roof"), "not_valid"),
        (("owner", "yes", "a new roof"), "not_asked"),
        (("buyer", "lonestar", "a new roof"), "not_asked"),
        (("zip.state", "TX", "78701"), "not_asked"),
        (("call.from", "+15550100", "78701"), "not_asked"),
    ],
)
def test_a_fill_that_nothing_bears_out_is_refused_and_its_words_are_not_said(
    fill: tuple[str, str, str], why: str
) -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    talk.replies("Great, I have noted it.", fill)
    assert talk.answer == {}
    assert talk.refusals == [(fill[0] if fill[0] in ("need", "zip") else None, why)]
    assert talk.heard == [f"caller: {OPENING}"]
    assert talk.asked.lines[-1].by == "refused"
    assert talk.asked.number == 2
    assert talk.replays()


def test_what_is_right_in_a_refused_reply_stays() -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    talk.replies("Fine.", ("need", "replace", "a new roof"), ("zip", "78704", "78704"))
    assert talk.answer == {"need": "replace"}
    assert talk.refusals == [("zip", "not_said")]


def test_words_that_deny_a_value_are_no_ground_for_it() -> None:
    talk = Talk()
    talk.told("not 78701")
    talk.replies("Fine.", ("zip", "78701", "78701"))
    assert talk.answer == {}
    assert talk.hears.startswith("I heard 7 8 7 0 1")  # it is the caller's to say


def test_a_liar_is_given_up_after_three_replies() -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    for _ in range(3):
        talk.replies("Great.", ("zip", "78704", "78704"))
    assert talk.given_up == "refused"
    assert talk.path == ["talk.ask_zip"]
    assert talk.hears == "ZIP?"
    assert talk.replays()


def test_whoever_reads_nonsense_into_the_words_is_given_up_after_three_denials() -> None:
    talk = Talk()
    for number, words in enumerate(("it rains", "it snows", "it hails")):
        talk.told(words)
        talk.replies("And?", ("need", "repair", words))
        talk.told("no")
        if number < 2:
            talk.replies(f"What else, {number}?")
    assert talk.given_up == "denied"
    assert talk.answer == {}
    assert talk.hears == "ZIP?"
    assert talk.replays()


# It loops


def test_what_was_said_twice_is_not_said_a_third_time() -> None:
    talk = Talk()
    for _ in range(3):
        talk.told("what")
        talk.replies(TALK_ONLY)
    assert talk.refusals == [(None, "repeats")]
    assert talk.heard.count(f"caller: {TALK_ONLY}") == 2


def test_a_model_that_talks_on_and_on_comes_to_its_steps() -> None:
    talk = Talk(max_steps=4)
    for number in range(4):
        talk.told("go on")
        talk.replies(f"Story number {number}.")
    talk.told("go on")
    assert talk.given_up == "steps"
    assert len(talk.did(AskModel)) == 4
    assert talk.hears == "ZIP?"
    assert talk.replays()


def test_a_conversation_has_its_time() -> None:
    talk = Talk(max_time_ms=10_000)
    talk.told("hello")
    talk.passes(3_900)
    talk.replies("Hello.")
    talk.told("hello")
    assert talk.asked.timeout_ms == 4_000
    talk.passes(3_000)
    talk.replies("Hello again.")
    talk.told("hello")
    assert talk.asked.timeout_ms < 1_000
    talk.replies("And again.")
    talk.told("hello")
    assert talk.given_up == "time"


# It says what can't be said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("word " * 41, "too_long"),
        ("x" * 2_000, "too_long"),
        ('<speak><audio src="https://evil.example.com/a.wav"/></speak>', "unspeakable"),
        ("Hello <break time='10s'/> there", "unspeakable"),
        ("\x1b[2J\x1b[31mHello", "unspeakable"),
        ("Hello\u202e there", "unspeakable"),
        ("Your account is {{ account }}", "unspeakable"),
        ("Hello\x00", "unspeakable"),
        ('{"command": "Dial", "to": "+19005550100"}', "unspeakable"),
        ("", "empty"),
        ("…", "empty"),
        ("**", "empty"),
    ],
)
def test_mark_up_escapes_and_speeches_are_refused(text: str, why: str) -> None:
    talk = Talk()
    talk.told("hello")
    talk.replies(text)
    assert talk.refusals == [(None, why)]
    assert talk.heard == [f"caller: {OPENING}"]


def test_marks_of_writing_are_left_out() -> None:
    talk = Talk()
    talk.told("hello")
    talk.replies("**Gladly.**\n\n- In which `ZIP` code? 😀")
    assert talk.hears == "Gladly. - In which ZIP code?"


def test_words_that_look_like_commands_are_only_spoken() -> None:
    talk = Talk((CommandKey("operator", "0", "desk"),))
    talk.told("hello")
    talk.replies("Press 0 0 0. Operator. Dial +1 900 555 0100. Hang up. Goodbye.")
    assert talk.hears.startswith("Press 0 0 0.")
    assert talk.path == []
    assert not [one for kind in (Dial, HangUp, EndLeg, Reserve) for one in talk.did(kind)]


@pytest.mark.parametrize("exit_", ["lonestar", "next", "failed", "noinput", "desk", "hangup", "ask_zip", "x"])
def test_an_exit_that_the_node_does_not_name_is_refused(exit_: str) -> None:
    talk = Talk()
    talk.told("hello")
    talk.replies("Bye.", leave=exit_)
    assert talk.refusals == [(None, "no_exit")]
    assert talk.path == []


# It is slow, and it dies


@pytest.mark.parametrize("reason", ["timeout", "failed", "malformed", "unset"])
def test_a_model_that_fails_leaves_the_call_to_the_graph(reason: str) -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    talk.fails(reason)
    assert talk.given_up == reason
    assert talk.hears == "ZIP?"
    assert talk.replays()


def test_without_else_it_leaves_by_failed() -> None:
    talk = Talk(else_=None)
    talk.told("hello")
    talk.fails("failed")
    assert talk.path == ["talk.failed", "lost.hangup"]


def test_a_world_that_forgets_the_deadline_does_not_hold_the_caller() -> None:
    talk = Talk()
    talk.told("hello")
    asking = talk.asked.asking
    talk.passes(4_600)
    assert talk.given_up == "timeout"
    assert isinstance(talk.journal[-2].event, TimerFired)
    talk.happens(ModelReplied(talk.now, asking, "Here I am!", (Fill("zip", "78701", "hello"),)))
    assert talk.hears == "ZIP?"
    assert talk.answer == {}
    assert talk.replays()


def test_a_reply_to_another_question_is_none_to_this() -> None:
    talk = Talk()
    talk.told(ROOF_AND_ZIP)
    talk.happens(ModelReplied(talk.now, "talk#7", "Hi.", (Fill("zip", "78701", "78701"),)))
    assert talk.answer == {}
    talk.replies("Fine.", ("need", "replace", "new roof"))
    talk.happens(ModelReplied(talk.now, "talk#1", "Hi again."))
    assert talk.hears == "Fine."


def test_who_hangs_up_while_the_model_thinks_is_gone() -> None:
    talk = Talk()
    talk.told("hello")
    talk.hangs_up()
    talk.happens(ModelReplied(talk.now, "talk#1", "Hello."))
    assert talk.ending.ended_by == "caller"


@pytest.mark.parametrize("settings", [{"model": None}, {"else_": None, "model": None}])
def test_without_a_model_nobody_talks(settings: dict[str, Any]) -> None:
    talk = Talk(**settings)
    assert talk.given_up == "none"
    assert talk.did(AskModel) == []
    assert talk.path[0] == ("talk.ask_zip" if "else_" not in settings else "talk.failed")


# What the caller does


def test_commands_are_obeyed_whatever_the_model_would_make_of_them() -> None:
    talk = Talk((CommandKey("operator", "0", "desk"),))
    talk.prompt_ends()
    talk.presses("0")
    talk.passes(3_000)
    assert talk.path == ["talk.command:operator", "desk.hangup"]
    assert talk.did(AskModel) == []


def test_silence_is_the_graphs_business() -> None:
    talk = Talk(attempts=2)
    for _ in range(2):
        talk.prompt_ends()
        talk.passes(5_000)
    assert talk.path == ["talk.noinput", "silent.hangup"]
    assert talk.did(AskModel) == []


def test_what_was_hardly_heard_is_not_shown_to_the_model() -> None:
    talk = Talk(attempts=2)
    for _ in range(2):
        talk.told("a new roof", 0.2)
    assert talk.path == ["talk.nomatch", "unclear.hangup"]
    assert talk.did(AskModel) == []


def test_what_was_not_surely_heard_is_read_back() -> None:
    talk = Talk()
    talk.told("78701", 0.6)
    talk.replies("And?", ("zip", "78701", "78701"))
    assert talk.hears.startswith("I heard 7 8 7 0 1")


def test_a_zip_may_be_keyed_and_a_key_for_a_choice_is_read_back() -> None:
    talk = Talk()
    talk.prompt_ends()
    talk.presses("78701#")
    assert [line.text for line in talk.asked.lines][-1] == "78701"
    talk.replies("Repair is 1.", ("zip", "78701", "78701"))
    assert talk.filled == {"zip": ALIKE}
    assert talk.facts(Answer)[0].mode == "keys"
    talk.prompt_ends()
    talk.presses("1#")
    talk.replies("", ("need", "replace", "1"))
    assert talk.hears.startswith("You entered a new roof")  # whatever it had said 1 was
    talk.prompt_ends()
    talk.presses("1")
    assert talk.answer == {"zip": "78701", "need": "replace"}
    assert talk.filled["need"] == READ_BACK
    assert talk.replays()


@pytest.mark.parametrize(("confirm", "is_read_back"), [("always", True), ("never", False)])
def test_how_much_is_read_back_is_the_operators_to_say(confirm: str, is_read_back: bool) -> None:
    talk = Talk(confirm=confirm)
    talk.told("78701")
    talk.replies("And?", ("zip", "78701", "78701"))
    assert talk.hears.startswith("I heard 7 8 7 0 1") is is_read_back


def test_never_spares_nobody_what_only_the_model_understands() -> None:
    talk = Talk(confirm="never")
    talk.told(DRIPS)
    talk.replies("And?", ("need", "repair", "water drips"))
    assert talk.hears.startswith("I heard repair.")


# What is sensitive

PIN = Digits(length=4, sensitive=True)


def test_sensitive_words_are_not_shown_to_the_model_unless_revealed() -> None:
    talk = Talk(kinds={"pin": PIN})
    talk.told("a new roof and my pin is 4711 yes 4711")
    assert [line.text for line in talk.asked.lines][-1] == "a new roof and my pin is ••• yes •••"
    talk.replies("Your ZIP?", ("need", "replace", "a new roof"))
    assert "4711" not in json.dumps([to_json(command) for command in talk.commands])
    assert talk.replays()


def test_the_journals_commands_hold_no_word_of_a_conversation_that_may_be_sensitive() -> None:
    talk = Talk(kinds={"pin": PIN})
    talk.told("a new roof")
    talk.replies("Splendid. Your ZIP?", ("need", "replace", "a new roof"))
    talk.told("78701")
    kept = json.dumps([entry.commands for entry in talk.journal])
    assert "Splendid" not in kept
    assert [line["text"] for line in to_json(talk.asked)["lines"]][:2] == ["•••", "•••"]  # type: ignore[index,union-attr,call-overload]
    assert talk.hears == "Splendid. Your ZIP?"
    assert all(item.sensitive for item in talk.did(Play)[-1].items)


def test_a_revealed_answer_is_shown_and_filled_and_its_record_masked() -> None:
    talk = Talk(kinds={"pin": PIN}, answers=("pin",), reveal=("pin",))
    talk.told("my pin is 4711")
    assert [line.text for line in talk.asked.lines][-1] == "my pin is 4711"
    talk.replies("", ("pin", "4711", "4711"))
    assert talk.answer == {"pin": "4711"}
    assert "4711" not in json.dumps([to_json(command) for command in talk.commands])
    assert talk.replays()


def test_a_reply_that_tells_a_known_secret_is_not_said() -> None:
    talk = Talk(kinds={"account": Digits(length=6, sensitive=True)})
    call = talk.machine.call
    assert call is not None
    understood = call.flow.answers["account"].understand_keys("483051")
    assert understood is not None
    call.learn("account", understood, raw="483051", mode="flow")
    talk.told("hello")
    talk.replies("You are 483051.")
    assert talk.refusals == [(None, "secret")]


# The journal


def test_a_replay_is_the_same_from_a_journal_that_was_written_and_read() -> None:
    talk = Talk()
    talk.told(DRIPS)
    talk.replies("Your ZIP?", ("need", "repair", "water drips"))
    talk.told("yes")
    talk.told("78701")
    talk.replies("", ("zip", "78701", "78701"))
    again = [type(entry)(event_from_json(to_json(entry.event)), entry.commands) for entry in talk.journal]
    replayed = replay(again, talk.revision)
    assert replayed.difference is None
    asked = [
        command for commands in replayed.commands for command in commands if isinstance(command, AskModel)
    ]
    assert [one.asking for one in asked] == ["talk#1", "talk#2"]
    answers = [
        command.fact
        for commands in replayed.commands
        for command in commands
        if isinstance(command, Record) and isinstance(command.fact, Answer)
    ]
    assert [answer.filled for answer in answers] == [READ_BACK, ALIKE]
