"""The kinds of answer that a flow may declare, by the name that its `type` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from engine.core.answers import AnswerType
from engine.understanding.choice import Choice
from engine.understanding.date import Date
from engine.understanding.digits import Digits
from engine.understanding.free_words import FreeWords
from engine.understanding.language import ChosenLanguage
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.spelled import Spelled
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

ANSWER_KINDS: Mapping[str, type[AnswerType]] = MappingProxyType(
    {
        "zip": Zip,
        "digits": Digits,
        "yes_no": YesNo,
        "choice": Choice,
        "language": ChosenLanguage,
        "number": Number,
        "date": Date,
        "phone": Phone,
        "money": Money,
        "words": FreeWords,
        "spelled": Spelled,
    }
)


def prepare(kinds: Iterable[AnswerType]) -> None:
    """Load now what these kinds need, so that no call waits for it: the ZIP table takes half a second."""
    for kind in kinds:
        kind.prepare()
