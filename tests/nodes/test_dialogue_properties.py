"""Whatever callers say and key: a question ends, keeps nothing that was denied, and counts its attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Listen
from engine.core.conditions import Value
from engine.core.facts import Answer
from engine.core.replay import replay
from engine.nodes.collect import Collect
from engine.nodes.form import Form
from engine.nodes.hangup import Hangup
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.replies import Confirming
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
NEED = Choice(
    {
        "repair": ChoiceOption("1", ("repair", "leak")),
        "replace": ChoiceOption("2", ("new roof",), say="a new roof"),
    }
)
SAID_AS = {"repair": "leak", "replace": "new roof"}
ZIPS = ("78701", "78702", "10001", "33130")
MOST_ACTS = 60


@dataclass(frozen=True)
class Act:
    """What a caller does at a question: words (with what else may have been heard), keys, or nothing."""

    words: str = ""
    confidence: float = 0.0
    other: str = ""
    keys: str = ""


PHRASES = st.sampled_from(
    [
        *ZIPS,
        *(f"no, {code}" for code in ZIPS),
        *(f"yes, {code}" for code in ZIPS),
        *(f"not {one}, {other}" for one in ZIPS[:2] for other in ZIPS[:2]),
        *("yes", "no", "that's wrong", "hello", "one", "two"),
        *(
            "a leak",
            "a new roof",
            "no, a leak",
            "a leak in 78701",
            "a new roof in 78702",
            "no, a new roof in 10001",
        ),
    ]
)
ACTS = st.one_of(
    st.builds(
        Act,
        words=PHRASES,
        confidence=st.sampled_from([0.2, 0.35, 0.55, 0.79, 0.85, 0.99]),
        other=st.one_of(st.just(""), PHRASES),
    ),
    st.builds(Act, keys=st.one_of(st.sampled_from([*ZIPS, "1", "2", "12", "7", "99999"]))),
    st.just(Act()),
)


class Talk:
    """A caller who does one act after another, then is silent, and what was asked and answered meanwhile."""

    def __init__(self, caller: Speaking, acts: Sequence[Act]) -> None:
        self.caller = caller
        self.denied: set[tuple[str, Value]] = set()
        self.asked = 0
        self.values_at_read_backs = 0  # acts there that may have put something right
        self._does(acts)

    def _does(self, acts: Sequence[Act]) -> None:
        for number in range(MOST_ACTS):
            if self.caller.machine.is_closed:
                return
            self._act(acts[number] if number < len(acts) else Act())
        raise AssertionError(f"still asking after {MOST_ACTS} acts: {self.caller.heard[-3:]}")

    def _act(self, act: Act) -> None:
        caller = self.caller
        if caller.playing.get("caller"):
            caller.prompt_ends()
        kind = caller.did(Listen)[-1].kind
        self.asked += not isinstance(kind, Confirming)
        if act.keys:
            caller.presses(act.keys)
            caller.passes(3_000)
        elif act.words:
            others = ((act.other, act.confidence - 0.05),) if act.other else ()
            caller.says(act.words, act.confidence, *others)
        else:
            caller.passes(5_000)
        if isinstance(kind, Confirming):
            self.values_at_read_backs += bool(act.keys) or act.words not in ("", "yes", "no", "hello")
            self._note(kind, act)

    def _note(self, kind: Confirming, act: Act) -> None:
        """A clear no denies all that was read back; a yes, or the value again, takes an earlier no back."""
        is_no = act.words in ("no", "that's wrong") and act.confidence > 0.5 and not act.other
        for name, reading in kind.read_back.items():
            again = SAID_AS.get(reading.value, str(reading.value))
            if act.keys == "2" or is_no:
                self.denied.add((name, reading.value))
            elif act.keys.startswith(("1", again)) or any(
                words in ("yes", "one") or (again in words and not words.startswith("no"))
                for words in (act.words, act.other)
            ):
                self.denied.discard((name, reading.value))

    @property
    def kept(self) -> list[Answer]:
        return list(self.caller.facts(Answer))


def collect_call(confirm: str, attempts: int) -> Speaking:
    collect = Collect("zip", say("ZIP?"), attempts=attempts, confirm=confirm)  # type: ignore[arg-type]
    nodes = {"ask": (collect, {"next": "bye", "noinput": "bye", "nomatch": "bye"}), "bye": BYE}
    return Speaking(flow_of(nodes, zip=Zip()))


def form_call(confirm: str, attempts: int) -> Speaking:
    form = Form(("need", "zip"), say("What?"), attempts=attempts, confirm=confirm)  # type: ignore[arg-type]
    nodes = {"ask": (form, {"next": "bye", "noinput": "bye", "nomatch": "bye"}), "bye": BYE}
    return Speaking(flow_of(nodes, need=NEED, zip=Zip()))


WAYS = st.sampled_from(["never", "always", "when_unsure"])


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTS, max_size=14), WAYS, st.integers(1, 4))
def test_a_collect_always_ends_and_keeps_nothing_denied(acts, confirm, attempts) -> None:
    talk = Talk(collect_call(confirm, attempts), acts)
    assert talk.caller.faults == []
    assert talk.caller.path[-1] == "bye.hangup"
    for answer in talk.kept:
        was_keyed_at_the_question = answer.mode == "keys" and not answer.question.text.startswith(
            ("I", "You")
        )
        assert was_keyed_at_the_question or (answer.name, answer.value) not in talk.denied
        assert answer.confirmed or confirm != "always"
    assert bool(talk.kept) == (talk.caller.path[0] == "ask.next")


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTS, max_size=14), WAYS, st.integers(1, 4))
def test_a_form_always_ends_and_keeps_nothing_denied(acts, confirm, attempts) -> None:
    talk = Talk(form_call(confirm, attempts), acts)
    assert talk.caller.faults == []
    for answer in talk.kept:
        assert answer.mode == "keys" or (answer.name, answer.value) not in talk.denied
        assert answer.confirmed or confirm != "always"
    assert bool(talk.kept) == (talk.caller.path[0] == "ask.next")


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=14), WAYS, st.integers(1, 4), st.booleans())
def test_attempts_are_the_times_asked_and_put_right(acts, confirm, attempts, is_form) -> None:
    if is_form:  # its keys choose the need: each further one would be an attempt of its own
        acts = [replace(act, keys=act.keys[:1]) for act in acts]
    talk = Talk((form_call if is_form else collect_call)(confirm, attempts), acts)
    assert talk.asked <= 2 * attempts - 1  # each failure but the last of a kind is forgiven
    for answer in talk.kept:
        assert talk.asked <= answer.attempts <= talk.asked + talk.values_at_read_backs


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTS, max_size=10), WAYS, st.booleans())
def test_every_such_call_replays_to_the_same_commands(acts, confirm, is_form) -> None:
    talk = Talk((form_call if is_form else collect_call)(confirm, 3), acts)
    assert replay(talk.caller.journal, talk.caller.revision).difference is None


def test_what_was_denied_is_read_back_when_a_form_hears_it_again() -> None:
    acts = [Act(words="78701", confidence=0.35), Act(keys="2"), Act(words="78701", confidence=0.85)]
    talk = Talk(form_call("when_unsure", 2), acts)
    assert all(answer.confirmed for answer in talk.kept)
