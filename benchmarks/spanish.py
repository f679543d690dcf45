"""Spanish voices and the Spanish recogniser against each other: `python -m benchmarks.spanish [--json]`.

Each voice says the same prompts and answers; the recogniser's model writes down what it hears with no grammar
(word error, of words without accents, figures said out), and through the questions' grammars (right, taken
wrongly, asked). No voice shares an engine with the recogniser.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from rapidfuzz.distance import Levenshtein

from engine.core.answers import AnswerType
from engine.core.sayers import SAYERS
from engine.media.speech.recogniser import Recogniser, recogniser_of
from engine.media.speech.recognition import ACCEPT, CONFIRM
from engine.media.speech.whisper import HeardByWhisper
from engine.understanding.date import Date
from engine.understanding.grammars import grammar_of, open_grammar
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.words import plain
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

from .understand import Noise
from .voices import spanish_voices, spoken

SPANISH = SAYERS["es"]

PROMPTS = (
    "Gracias por llamar. Esta llamada puede ser grabada.",
    "Por favor diga o marque su código postal de cinco dígitos.",
    "No le escuché. Diga o marque su código postal.",
    "¿Necesita una reparación o un techo nuevo?",
    "Oprima uno para una reparación, dos para un techo nuevo.",
    "¿Va a pagar el seguro? Diga sí o no.",
    "Espere un momento, por favor. Lo comunicamos con un asesor.",
    "Lo sentimos, en este momento todos están ocupados.",
    "¿Cuántos años tiene usted?",
    "¿Cuál es su fecha de nacimiento?",
    "Entendí siete ocho siete cero uno. Si es correcto, diga sí u oprima uno.",
    "Su cita es el veintidós de noviembre.",
    "El costo es de cuarenta y cinco dólares con cincuenta centavos.",
    "Usted marcó treinta y tres mil ciento veinticinco.",
    "Muchas gracias. Hasta luego.",
    "Si desea hablar con una persona, oprima cero.",
)
"""What an operator's flow says."""

_YES = ("sí", "claro", "claro que sí", "correcto", "así es", "sí señor", "por supuesto", "ajá")
_NO = ("no", "para nada", "no gracias", "claro que no", "todavía no", "no es correcto", "está mal", "nunca")


@dataclass(frozen=True, slots=True)
class SpanishItem:
    """Something that is said to a question, and what it means."""

    group: str
    words: str
    kind: AnswerType
    expected: object


@dataclass(frozen=True, slots=True)
class SpanishFigures:
    """One voice and one group: of so many, how many were right, taken rightly, taken wrongly, and the CPU."""

    voice: str
    group: str
    items: int
    right: int
    taken_rightly: int
    taken_wrongly: int
    cpu_s: float


def items(seed: int, each: int) -> Iterator[SpanishItem]:
    """Answers of every kind, drawn by the seed."""
    draw = random.Random(seed)
    codes = [code for number in range(100_000) if zip_table().place(code := f"{number:05d}") is not None]
    zips, yes_no = Zip().in_tongue("es"), YesNo().in_tongue("es")
    for code in draw.sample(codes, each):
        pair = SPANISH.digits(code[:2]) if code[0] == "0" else SPANISH.cardinal(int(code[:2]))
        ways = (
            SPANISH.digits(code),
            f"{pair}, {SPANISH.digits(code[2:])}",
            f"mi código postal es {pair} {SPANISH.digits(code[2:])}",
        )
        yield SpanishItem("zip", draw.choice(ways), zips, code)
    yield from (SpanishItem("yes_no", words, yes_no, True) for words in _YES[:each])
    yield from (SpanishItem("yes_no", words, yes_no, False) for words in _NO[:each])
    for _ in range(each):
        number = draw.choice((draw.randrange(100), draw.randrange(1000), draw.randrange(100_000)))
        yield SpanishItem("number", SPANISH.cardinal(number), Number().in_tongue("es"), number)
    for _ in range(each):
        dollars = draw.choice((draw.randrange(1, 100), 50 * draw.randrange(1, 100)))
        words = SPANISH.money(100 * dollars)
        yield SpanishItem("money", words, Money().in_tongue("es"), f"{dollars}.00")
    for _ in range(each):
        year, month, day = draw.randrange(1940, 2026), draw.randrange(1, 13), draw.randrange(1, 29)
        said = (
            f"{SPANISH.date(None, month, day)} del {SPANISH.cardinal(year % 100)}"
            if year % 100 >= 40
            else SPANISH.date(year, month, day)
        )
        yield SpanishItem("date", said, Date().in_tongue("es"), f"{year}-{month:02d}-{day:02d}")


def word_error(heard: str, said: str) -> tuple[int, int]:
    """(errors, words): words without accents and punctuation, figures said out."""
    ours, theirs = _words(said), _words(heard)
    return Levenshtein.distance(ours, theirs), len(ours)


def _words(text: str) -> list[str]:
    def said_out(match: re.Match[str]) -> str:
        return f" {SPANISH.cardinal(int(match[0]))} "

    letters = re.sub(r"\d+", said_out, text.replace("-", " ").replace(".", " ").replace(",", " "))
    return re.findall(r"\w+", plain(letters))


def free_texts(recogniser: Recogniser[HeardByWhisper], sounds: Iterable[bytes]) -> list[str]:
    """What the model writes with no grammar."""
    grammar = open_grammar((), (), "es")
    return [recogniser.recognise(sound, grammar).free_text for sound in sounds]


def judged(
    recogniser: Recogniser[HeardByWhisper],
    voice: str,
    group: str,
    asked: Sequence[SpanishItem],
    changed: Callable[[bytes, int], bytes],
) -> SpanishFigures:
    """How one voice's answers of a group are heard."""
    right = taken = wrong = 0
    began = time.process_time()
    for at, item in enumerate(asked):
        heard = recogniser.recognise(changed(spoken(voice, item.words), at), grammar_of(item.kind))
        readings = [
            (each.value, each.confidence * one.confidence)
            for one in heard.alternatives
            for each in item.kind.understand_words(one.text)
        ]
        value, sure = max(readings, key=lambda reading: reading[1], default=(None, 0.0))
        right += value == item.expected and sure >= CONFIRM
        taken += value == item.expected and sure >= ACCEPT
        wrong += value != item.expected and sure >= ACCEPT
    return SpanishFigures(
        voice, group, len(asked), right, taken, wrong, round(time.process_time() - began, 2)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=20, help="answers of each kind")
    parser.add_argument("--voices", nargs="*", help="some of them: espeak:es-419 kokoro-es:jf_alpha")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--snr", type=float, help="noise so many dB below the speech")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    recogniser = recogniser_of("es")
    noise = None if asked.snr is None else Noise(asked.snr, asked.seed)

    def changed(sound: bytes, at: int) -> bytes:
        return sound if noise is None else noise.behind(sound, at)

    errors, figures = {}, []
    wanted = list(items(asked.seed, asked.each))
    for voice in asked.voices or spanish_voices():
        heard = free_texts(recogniser, (changed(spoken(voice, text), 0) for text in PROMPTS))
        pairs = [word_error(one, text) for one, text in zip(heard, PROMPTS, strict=True)]
        errors[voice] = round(sum(wrong for wrong, _ in pairs) / sum(words for _, words in pairs), 3)
        print(f"{voice}: word error {errors[voice]:.1%}", file=sys.stderr, flush=True)
        for group in dict.fromkeys(item.group for item in wanted):
            of_group = [item for item in wanted if item.group == group]
            figures.append(judged(recogniser, voice, group, of_group, changed))
            print(figures[-1], file=sys.stderr, flush=True)
    if asked.json:
        print(json.dumps({"word_error": errors, "answers": [asdict(each) for each in figures]}))
        return
    for voice, error in errors.items():
        print(f"{voice:24} word error of prompts {error:.1%}")
    for each in figures:
        print(
            f"{each.voice:24} {each.group:8} right {each.right}/{each.items}, "
            f"taken rightly {each.taken_rightly}, wrongly {each.taken_wrongly}, "
            f"CPU {each.cpu_s / max(1, each.items):.2f} s each"
        )


if __name__ == "__main__":
    main()
