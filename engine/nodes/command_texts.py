"""What the engine says when it obeys a command, by tongue. What an operator's `goto` leads to, they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.call import Call
from engine.core.prompts import Prompt, Words
from engine.core.spoken_commands import CommandKey


@dataclass(frozen=True, slots=True)
class CommandTexts:
    """`{}` in `meant` is what the caller is asked about, by `wishes` or the operator's phrase."""

    meant: str
    wishes: Mapping[str, str]  # by the name of a given command
    wish: str  # a command of the operator's own
    nothing_before: str
    nothing_to_change: str
    is_sold: str
    hold: str
    held: str
    nobody: str
    call_back_at: str
    which_number: str
    no_number: str
    call_back_noted: str
    opted_out: str


TEXTS: Mapping[str, CommandTexts] = {
    "en": CommandTexts(
        meant="Did you want to {}? If so, say yes or press 1. If not, say no or press 2.",
        wishes={
            "back": "go back to the question before",
            "start_over": "start over",
            "change": "change an answer",
            "language": "go on in another language",
            "operator": "talk to a person",
            "opt_out": "not be called any more",
            "call_back": "be called back",
        },
        wish="say “{}”",
        nothing_before="This is the first question.",
        nothing_to_change="I have no such answer yet.",
        is_sold="That can't be changed any more.",
        hold="All right, take your time. When you are ready, just answer.",
        held="Thank you for waiting.",
        nobody="I'm sorry, there is nobody here that I could put you through to.",
        call_back_at="May you be called back at {}? If so, say yes or press 1. For another number, press 2.",
        which_number="Please enter the number with its area code, ten digits.",
        no_number="I have no number, so nothing is noted.",
        call_back_noted="I have noted that you would like to be called back at {}. Goodbye.",
        opted_out="All right. I have noted that you don't want to be called any more. Goodbye.",
    ),
    "es": CommandTexts(
        meant="¿Quiere {}? Si es así, diga sí o marque 1. Si no, diga no o marque 2.",
        wishes={
            "back": "volver a la pregunta anterior",
            "start_over": "empezar de nuevo",
            "change": "cambiar una respuesta",
            "language": "continuar en otro idioma",
            "operator": "hablar con una persona",
            "opt_out": "que no le llamen más",
            "call_back": "que le devuelvan la llamada",
        },
        wish="decir “{}”",
        nothing_before="Esta es la primera pregunta.",
        nothing_to_change="Todavía no tengo esa respuesta.",
        is_sold="Eso ya no se puede cambiar.",
        hold="Muy bien, tómese su tiempo. Cuando esté listo, responda.",
        held="Gracias por esperar.",
        nobody="Lo siento, aquí no hay nadie con quien pueda comunicarle.",
        call_back_at="¿Le pueden llamar al {}? Si es así, diga sí o marque 1. Para otro número, marque 2.",
        which_number="Por favor marque el número con su código de área, diez dígitos.",
        no_number="No tengo ningún número, así que no he anotado nada.",
        call_back_noted="He anotado que quiere que le llamen al {}. Adiós.",
        opted_out="Muy bien. He anotado que no quiere que le llamen más. Adiós.",
    ),
}


def texts_of(tongue: str) -> CommandTexts:
    """Where a tongue has none, there are no given commands; an operator's own are asked about in English."""
    return TEXTS.get(tongue, TEXTS["en"])


def texts_here(call: Call) -> CommandTexts:
    """Those of the tongue that commands are given in where the call is."""
    return texts_of(call.flow.spoken_at(call.node).tongue)


def spoken(text: str, language: str) -> Prompt:
    return Prompt(text, (Words(text),), language)


def question_about(command: CommandKey, call: Call) -> Prompt:
    """Whether the caller meant this command."""
    texts = texts_here(call)
    name = command.name.rpartition(".")[2]
    own = command.phrases[0] if command.phrases else name.replace("_", " ")
    return spoken(texts.meant.format(texts.wishes.get(name) or texts.wish.format(own)), call.flow.language)
