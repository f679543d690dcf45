"""What callers say for the commands that every flow has, and around a command; by tongue.

Lists of words only: `commanding` says how they combine.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.spoken_commands import Act

PHRASES: Mapping[str, Mapping[Act, tuple[str, ...]]] = {
    "en": {
        "repeat": (
            *("repeat", "repeat that", "say that again", "say it again", "come again", "what was that"),
            *("what did you say", "i didn't hear you", "i didn't hear that", "i didn't catch that"),
        ),
        "slower": ("slower", "slow down", "more slowly", "speak slower", "you're too fast", "not so fast"),
        "back": ("go back", "previous question", "back up", "last question again"),
        "start_over": ("start over", "start again", "from the beginning", "begin again", "restart"),
        "change": (
            *("change my answer", "change an answer", "change my last answer", "i made a mistake"),
            *("i gave you the wrong answer", "i said the wrong thing", "i pressed the wrong key"),
        ),
        "language": ("another language", "change the language", "in another language"),
        "hold": (
            *("hold on", "hang on", "one moment", "just a moment", "give me a moment", "one second"),
            *("just a second", "give me a second", "one minute", "just a minute", "give me a minute"),
            *("wait", "wait a minute", "wait a second", "wait a moment"),
        ),
        "operator": (
            *("operator", "an operator", "a person", "a real person", "a human", "a representative"),
            *("representative", "an agent", "customer service", "a live person", "talk to someone"),
            *("speak to someone", "talk to somebody", "speak to somebody"),
        ),
        "opt_out": (
            *("stop calling me", "stop calling", "don't call me", "do not call me", "don't call me again"),
            *("do not call me again", "don't call me anymore", "never call me again", "do not call list"),
            *("remove my number", "take me off your list", "take me off the list", "opt out", "unsubscribe"),
        ),
        "call_back": (
            "call me back",
            "call me later",
            "call back later",
            "give me a call back",
            "a call back",
        ),
    },
    "es": {
        "repeat": ("repita", "repítalo", "repita por favor", "otra vez", "cómo dijo", "no le escuché"),
        "slower": ("más despacio", "más lento", "hable más despacio"),
        "back": ("regresar", "volver atrás", "pregunta anterior", "la pregunta anterior"),
        "start_over": ("empezar de nuevo", "desde el principio", "volver a empezar"),
        "change": ("cambiar mi respuesta", "cambiar una respuesta", "me equivoqué"),
        "language": ("otro idioma", "cambiar de idioma", "en otro idioma"),
        "hold": ("un momento", "un momentito", "un segundo", "un minuto", "espere", "espere un momento"),
        "operator": (
            *("operador", "operadora", "un operador", "una operadora", "una persona", "un agente"),
            *("un representante", "hablar con alguien"),
        ),
        "opt_out": ("no me llamen", "no me llamen más", "dejen de llamarme", "quíteme de la lista"),
        "call_back": ("llámenme después", "llámeme después", "llámenme más tarde", "devuélvanme la llamada"),
    },
}
"""What an operator may reword. A `language` counts where the flow has several."""

SWITCHES: Mapping[str, tuple[str, ...]] = {
    "en": ("english", "in english", "english please", "inglés", "en inglés"),
    "es": ("español", "espanol", "en español", "en espanol", "hablo español", "spanish", "in spanish"),
}
"""How a caller asks for the language of a tongue, in it or in another."""

CHANGES: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("my {} is wrong", "the {} is wrong", "my {} was wrong", "wrong {}", "that's the wrong {}"),
        *("i gave you the wrong {}", "change my {}", "change the {}", "correct my {}", "fix my {}"),
    ),
    "es": ("mi {} está mal", "el {} está mal", "la {} está mal", "cambiar mi {}", "corregir mi {}"),
}
"""How a caller names the answer that is to be changed."""

LEADS: Mapping[str, tuple[str, ...]] = {
    "en": (
        *(
            "uh",
            "um",
            "well",
            "okay",
            "so",
            "hey",
            "hello",
            "hi",
            "yeah",
            "no",
            "wait",
            "sorry",
            "oh",
            "please",
        ),
        *("can i", "could i", "may i", "can you", "could you", "would you", "will you", "can we", "could we"),
        *("can i please", "could you please", "can you please", "can i just", "let me", "let's", "just"),
        *("i want", "i want to", "i wanna", "i need", "i need to", "i'd like", "i'd like to", "i would like"),
        *(
            "i would like to",
            "i have to",
            "i think",
            "i'm sorry",
            "excuse me",
            "get me",
            "give me",
            "put me on",
        ),
        *("talk to", "speak to", "talk with", "speak with", "connect me to", "transfer me to", "someone to"),
        *("somebody to", "have someone", "have somebody", "is there", "i want you to", "i need you to"),
    ),
    "es": (
        *(
            "eh",
            "este",
            "bueno",
            "hola",
            "no",
            "sí",
            "perdón",
            "por favor",
            "puedo",
            "podría",
            "puede",
            "quiero",
        ),
        *("quisiera", "necesito", "me puede", "hablar con", "comuníqueme con", "páseme con", "deme"),
    ),
}

TAILS: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("please", "thanks", "thank you", "now", "right now", "again", "okay", "sir", "ma'am", "instead"),
        *(
            "for a minute",
            "for a second",
            "for a moment",
            "to the question",
            "to the last question",
            "with you",
        ),
        *("then", "if i can", "if you can", "would you", "will you", "there", "for me", "a bit", "a little"),
        *("later", "today", "tomorrow", "ever again", "anymore", "any more"),
    ),
    "es": ("por favor", "gracias", "ahora", "otra vez", "señor", "señora"),
}

LIGHT: Mapping[str, str] = {
    "en": "a an the to it that this of from my me you i and is in for with be do um uh er hm huh too",
    "es": "el la lo los las un una a de que y es en con me se su mi",
}
"""Words that say nothing beside a command."""

WRONG: Mapping[str, tuple[str, ...]] = {
    "en": ("wrong", "incorrect", "not right", "not correct", "isn't right", "isn't correct", "mistake"),
    "es": ("mal", "equivocado", "equivocada", "incorrecto", "incorrecta"),
}
"""What is said of an answer that is to be changed."""

TO_CHANGE: Mapping[str, tuple[str, ...]] = {
    "en": ("change", "correct", "fix", "redo", "update"),
    "es": ("cambiar", "cambie", "corregir", "corrija"),
}
"""What is to be done with it: said before its name."""

BESIDE_A_CHANGE: Mapping[str, str] = {
    "en": "i gave told said entered pressed typed made got have was were about on answer code number",
    "es": "di dije marqué puse código número respuesta era está",
}
