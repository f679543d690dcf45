"""How Spanish chooses among options: endings, sounds, keys and places."""

from __future__ import annotations

from engine.understanding.languages.language import Choosing
from engine.understanding.languages.spanish_digits import FILLERS
from engine.understanding.sound import key_by, spelled
from engine.understanding.words import word_set

_ENDINGS = (
    *("aciones", "amientos", "amiento", "acion", "iendo", "ando", "arlos", "arlas", "arlo", "arla"),
    *("ado", "ada", "ido", "ida", "ar", "er", "ir", "as", "os", "es", "a", "o", "e", "s"),
)
_SHORTEST_ROOT = 4

_SPELLED = spelled(
    (r"[^a-z]", ""),
    (r"ch|sh", "C"),
    (r"ll|y(?=[aeiou])", "Y"),
    (r"gu(?=[ei])", "g"),
    (r"qu|k", "k"),
    (r"c(?=[ei])|z", "s"),
    (r"g(?=[ei])|j|x(?=i)", "J"),
    (r"h", ""),
    (r"c", "k"),
    (r"x", "ks"),
    (r"v|b", "p"),
    (r"d", "t"),
    (r"g", "k"),
    (r"ph", "f"),
    (r"([^aeiou])\1+", r"\1"),
    (r"^[aeiou]+", "A"),
    (r"[aeiouw]", ""),
)


def stem(word: str) -> str:
    """The word without its ending: "goteras" and "gotera" are one, "reparar" and "reparación"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_ROOT:
            return word[: -len(ending)]
    return word


def sound_key(text: str) -> str:
    """How a word, or several run together, sounds over a telephone, coarsely: "b" and "v" are one, so are
    "c", "s" and "z", and vowels count only at the beginning."""
    return key_by(_SPELLED, text)


CHOOSING = Choosing(
    beside_a_key=FILLERS
    | word_set(
        "opcion numero oprimo oprimir oprima presiono presionar marco marcar marque aprieto apretar tecla"
        " boton escojo elijo eligo quiero quisiera la el lo es que con para si digo diria respuesta un una"
        " pongo dame deme me quedo voy mi"
    ),
    places={
        "primero": 0,
        "primera": 0,
        "primer": 0,
        "1o": 0,
        "1er": 0,
        "segundo": 1,
        "segunda": 1,
        "2o": 1,
        "tercero": 2,
        "tercera": 2,
        "tercer": 2,
        "3o": 2,
        "cuarto": 3,
        "cuarta": 3,
        "4o": 3,
    },
    key_names={
        "asterisco": "*",
        "estrella": "*",
        "estrellita": "*",
        "*": "*",
        "gato": "#",
        "gatito": "#",
        "almohadilla": "#",
        "numeral": "#",
        "#": "#",
    },
    light=FILLERS
    | word_set(
        "el la los las lo un una uno unos unas de del al a en con por para mi mis su sus me se le les nos yo"
        " usted es son soy esta estoy era que y o necesito necesitamos quiero queremos quisiera busco"
        " buscamos tengo tenemos hay algo algun alguna alguien creo pienso quizas talvez probablemente si ya"
        " muy mas solo solamente este eso esto ese esa llamo llamando sobre acerca hacer haga hagan ver saber"
        " tipo cosa gustaria porque como"
    ),
    no=frozenset({"no", "sin", "ningun", "ninguna", "ninguno"}),
    stem=stem,
    sound_key=sound_key,
)
