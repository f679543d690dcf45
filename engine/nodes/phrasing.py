"""What the engine itself says to callers at a question, by language: read-backs, and the offer to key.

Everything else that a caller hears is the operator's. Another language is another `Phrasing` in PHRASINGS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.core.answers import AnswerType
from engine.core.behaviour import SPEAKS_LANGUAGES
from engine.core.call import Call
from engine.core.prompts import Prompt, Slot, Words
from engine.core.sayers import sayer, tongue_of

_FALLBACK = "en-US"
_FIGURES = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One language's words. What hangs on the kind of answer, the kind says (`KEYPAD_OFFER`, `LINK`)."""

    tongue: str
    heard: str
    entered: str
    by_voice: str  # after a read-back: how to keep the value, how to change it
    by_keys: str
    last_link: str  # what joins the last one, where its kind has no link of its own
    offer: str
    fixed_count: str  # how to key so many digits
    choosing: str  # "press 1 for repair"
    choosing_next: str
    choosing_last: str
    this_language: str  # what it calls itself
    to_choose_it: str  # how to choose it, said in it: "For English, press 1."
    caller_left: str  # to whom was asked to take the call
    keys: Mapping[str, str]  # what a key is called, where not by its figure
    ends: Mapping[str, str]  # how a run of unknown length ends, by the termchar


PHRASINGS: Mapping[str, Phrasing] = MappingProxyType(
    {
        "en-US": Phrasing(
            tongue="en",
            heard="I heard",
            entered="You entered",
            by_voice=". If that is right, say yes or press 1. To change it, say no or press 2.",
            by_keys=". If that is right, press 1. To change it, press 2.",
            last_link="and",
            offer="Please use your keypad: {}.",
            fixed_count="enter the {} digits, then wait",
            choosing="press {key} for {label}",
            choosing_next="{key} for {label}",
            choosing_last="or {key} for {label}",
            this_language="English",
            to_choose_it="For {label}, press {key}.",
            caller_left="The caller has hung up. Goodbye.",
            keys={"*": "star", "#": "pound"},
            ends={"#": "then press pound", "*": "then press star", "": "then wait"},
        ),
        "es-US": Phrasing(
            tongue="es",
            heard="Entendí",
            entered="Usted marcó",
            by_voice=". Si es correcto, diga sí o marque 1. Para cambiarlo, diga no o marque 2.",
            by_keys=". Si es correcto, marque 1. Para cambiarlo, marque 2.",
            last_link="y",
            offer="Por favor, use el teclado: {}.",
            fixed_count="marque los {} dígitos y espere",
            choosing="marque {key} para {label}",
            choosing_next="{key} para {label}",
            choosing_last="o {key} para {label}",
            this_language="español",
            to_choose_it="Para {label}, marque {key}.",
            caller_left="La persona que llamaba colgó. Adiós.",
            keys={"*": "asterisco", "#": "numeral"},
            ends={"#": "y luego numeral", "*": "y luego asterisco", "": "y espere"},
        ),
    }
)


def phrasing(language: str, call: Call | None = None) -> Phrasing | None:
    """The language's own, else that of its tongue ("en-GB" takes "en-US"); None where there is none.

    Below behaviour SPEAKS_LANGUAGES a `call` has English alone.
    """
    if call is not None and call.arrived.behaviour < SPEAKS_LANGUAGES and tongue_of(language) != "en":
        return None
    own = PHRASINGS.get(language)
    return own or next((each for each in PHRASINGS.values() if each.tongue == tongue_of(language)), None)


def read_back(
    kinds: Mapping[str, AnswerType],
    language: str,
    call: Call | None = None,
    *,
    is_keyed: bool,
    has_voice: bool,
) -> Prompt:
    """Says these answers' values and how to keep or change them: "I heard a new roof, in 7 8 7 0 1. If …".

    In English where the language has no words for it.
    """
    words = phrasing(language, call) or PHRASINGS[_FALLBACK]
    parts: list[Words | Slot] = [Words(words.entered if is_keyed else words.heard)]
    for place, (name, kind) in enumerate(kinds.items()):
        if place:
            link = kind.LINK.get(words.tongue, words.last_link if place == len(kinds) - 1 else "")
            parts.append(Words(f", {link}".rstrip()))
        parts.append(Slot(name))
    parts.append(Words(words.by_voice if has_voice else words.by_keys))
    return Prompt(_written(parts), tuple(parts), language)


def caller_left(language: str) -> Prompt:
    """What a callee hears whose caller has hung up. In English where the language has no words for it."""
    own = phrasing(language)
    words = own or PHRASINGS[_FALLBACK]
    return Prompt(words.caller_left, (Words(words.caller_left),), language if own else _FALLBACK)


def keypad_offer(kind: AnswerType, termchar: str, language: str, call: Call | None = None) -> Prompt | None:
    """How to key an answer of this kind; None in a language that has no words for it.

    Which key stands for which language, each is told in its own.
    """
    if kind.IS_LANGUAGE:
        return _offer_of_languages(kind, language)
    words = phrasing(language, call)
    text = "" if words is None else _offer(words, kind, termchar)
    return Prompt(text, (Words(text),), language) if text else None


def _offer_of_languages(kind: AnswerType, language: str) -> Prompt | None:
    parts = tuple(
        Words(words.to_choose_it.format(key=_key(words, key), label=words.this_language), language=each)
        for key, each in kind.key_meanings.items()
        if (words := phrasing(each)) is not None
    )
    return Prompt(" ".join(part.text for part in parts), parts, language) if parts else None


def _offer(words: Phrasing, kind: AnswerType, termchar: str) -> str:
    keypad = kind.keypad
    own = kind.keypad_offer(words.tongue)
    if kind.key_meanings and not own:
        return words.offer.format(_choosing(words, _labels(kind)))
    if kind.HAS_LEADING_ZEROS and keypad.min_keys == keypad.max_keys and keypad.first_keys <= _FIGURES:
        return words.offer.format(words.fixed_count.format(sayer(words.tongue).cardinal(keypad.min_keys)))
    return words.offer.format(own.format(words.ends[termchar])) if own else ""


def _labels(kind: AnswerType) -> Sequence[tuple[str, str]]:
    """Each key, and how a prompt says what it means."""
    understood = [(key, kind.understand_keys(key)) for key in kind.key_meanings]
    return [(key, reading.label) for key, reading in understood if reading is not None]


def _choosing(words: Phrasing, labels: Sequence[tuple[str, str]]) -> str:
    said = []
    for place, (key, label) in enumerate(labels):
        is_last = place and place == len(labels) - 1
        pattern = words.choosing_last if is_last else words.choosing_next if place else words.choosing
        said.append(pattern.format(key=_key(words, key), label=label))
    return ", ".join(said)


def _key(words: Phrasing, key: str) -> str:
    return " ".join(words.keys.get(each, each) for each in key)


def _written(parts: Sequence[Words | Slot]) -> str:
    """The prompt as an operator would have written it."""
    text = ""
    for part in parts:
        piece = part.text if isinstance(part, Words) else f"{{{{ {part.name} }}}}"
        text += piece if not text or piece.startswith((",", ".")) else f" {piece}"
    return text
