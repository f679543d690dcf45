"""What callers say in Spanish around an answer, and instead of a plain yes or no, for the recogniser."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.sayers.spanish import MONTHS, Spanish
from engine.understanding.languages.language import Phrasebook
from engine.understanding.languages.spanish_automata import SpanishNumbers, digit_words
from engine.understanding.languages.spanish_dates import DAYS_OF_THE_WEEK

_SAYER = Spanish()
_ORDINALS = (
    *("cero", "primera", "segunda", "tercera", "cuarta", "quinta", "sexta", "séptima", "octava", "novena"),
)
_LATEST_YEAR = 2049
_EARLIEST_YEAR = 1900


def _ordinal(number: int) -> str:
    return _ORDINALS[number] if number < len(_ORDINALS) else _SAYER.cardinal(number)


def days() -> Iterable[str]:
    """Every way to say a day without its year, and days that are counted from today."""
    yield from ("hoy", "ayer", "mañana", "anteayer", "antier", "pasado mañana", "antes de ayer")
    for weekday in DAYS_OF_THE_WEEK:
        yield from (weekday, f"{weekday} pasado", f"el {weekday} que viene", f"el próximo {weekday}")
    for name in MONTHS:
        for day in range(1, 32):
            for said in (_SAYER.cardinal(day), str(day), *(("primero",) if day == 1 else ())):
                yield from (f"{said} de {name}", f"{said} {name}", f"{name} {said}")
    for month in range(1, 13):
        for day in range(1, 32):
            yield from (f"{month}/{day}", f"{day}/{month}", f"{month:02d}{day:02d}")


def years() -> Iterable[str]:
    """Every way to say the year behind it: "del ochenta y cuatro", "de mil novecientos ochenta y cuatro"."""
    for year in range(_EARLIEST_YEAR, _LATEST_YEAR + 1):
        short = year % 100
        whole = (_SAYER.cardinal(year), str(year))
        two = (_SAYER.cardinal(short), f"{short:02d}") if short else ()
        if 0 < short < 10:
            two = (*two, f"cero {_SAYER.cardinal(short)}")
        for of in ("de", "del", "del año", "en"):
            yield from (f"{of} {said}" for said in (*whole, *two))
        yield from (*whole, f"{year % 100:02d}")
        if short >= 10:
            yield f"{_SAYER.cardinal(year // 100)} {_SAYER.cardinal(short)}"


PHRASEBOOK = Phrasebook(
    fillers=("eh", "em", "mmm", "ah", "este", "pues", "bueno", "a ver", "mire", "oiga", "hola", "okay"),
    leads=(
        *("es", "es el", "es la", "sería", "sería el", "sería la", "creo que es", "creo que", "yo creo que"),
        *(
            "creo que es el",
            "pienso que es",
            "a lo mejor",
            "tal vez",
            "probablemente",
            "déjeme ver",
            "mi respuesta es",
        ),
        *("está", "el", "la", "son"),
    ),
    tails=(
        "por favor",
        "gracias",
        "muchas gracias",
        "creo",
        "yo creo",
        "señor",
        "señora",
        "señorita",
        "sí",
        "verdad",
    ),
    corrections=(
        *("no", "no no", "no perdón", "perdón", "perdón no", "no espere", "espere", "espéreme", "disculpe"),
        *(
            "no disculpe",
            "digo",
            "no digo",
            "quiero decir",
            "quise decir",
            "mejor dicho",
            "más bien",
            "o sea",
        ),
        *("me equivoqué", "corrijo", "corrección", "que diga"),
    ),
    zip_leads=(
        *(
            "código postal",
            "el código postal",
            "el código postal es",
            "mi código postal",
            "mi código postal es",
        ),
        *(
            "el código",
            "el código es",
            "mi código es",
            "código",
            "zip",
            "el zip",
            "el zip es",
            "mi zip",
            "mi zip es",
        ),
        *(
            "zip code",
            "el zip code es",
            "mi zip code es",
            "vivo en",
            "vivo en el",
            "estoy en",
            "estoy en el",
            "en",
        ),
        *("en el", "es en el", "estamos en", "estamos en el", "el mío es", "mi área es", "el área"),
    ),
    digits_leads=(
        *(
            "número",
            "el número",
            "el número es",
            "mi número",
            "mi número es",
            "número de cuenta",
            "mi teléfono es",
        ),
        *(
            "el teléfono es",
            "mi número de teléfono es",
            "mi número de cuenta es",
            "mi cuenta es",
            "termina en",
        ),
    ),
    number_leads=(
        *(
            "como",
            "unos",
            "unas",
            "más o menos",
            "aproximadamente",
            "alrededor de",
            "casi",
            "cerca de",
            "tengo",
        ),
        *(
            "tenemos",
            "hay",
            "son",
            "serían",
            "como unos",
            "como unas",
            "somos",
            "tiene",
            "menos de",
            "más de",
        ),
    ),
    date_leads=(
        *(
            "el",
            "el día",
            "fue",
            "fue el",
            "es el",
            "nací el",
            "desde el",
            "desde",
            "del",
            "hasta el",
            "para el",
        ),
        *("mi fecha de nacimiento es", "mi fecha de nacimiento es el", "la fecha es el", "la fecha es"),
    ),
    money_tails=(
        *(
            "dólares",
            "dólar",
            "dólares al mes",
            "al mes",
            "mensuales",
            "dólares mensuales",
            "dólares por mes",
        ),
        *("dólares al año", "al año", "por mes", "por año", "dólares por año", "pesos", "de dólares"),
    ),
    choice_leads=(
        *("un", "una", "el", "la", "los", "las", "mi", "para", "para un", "para una", "para el", "para la"),
        *("para mi", "con", "de", "necesito", "necesito un", "necesito una", "necesito el", "necesito la"),
        *(
            "necesitamos",
            "necesitamos un",
            "necesitamos una",
            "quiero",
            "quiero un",
            "quiero una",
            "quiero el",
        ),
        *("quiero la", "quisiera", "quisiera un", "quisiera una", "me gustaría", "me gustaría un", "busco"),
        *("busco un", "busco una", "estoy buscando", "estoy buscando un", "estoy buscando una", "tengo"),
        *("tengo un", "tengo una", "tenemos", "llamo por", "llamo por un", "llamo por una", "llamo para"),
        *(
            "llamo por el",
            "llamo por la",
            "es por",
            "es un",
            "es una",
            "es para",
            "es el",
            "es la",
            "estoy con",
        ),
        *(
            "mi seguro es",
            "mi compañía es",
            "mi aseguranza es",
            "mi seguro es con",
            "mi compañía de seguros es",
        ),
        *(
            "ayuda con",
            "necesito ayuda con",
            "me quedo con",
            "voy a",
            "opción",
            "número",
            "la opción",
            "oprimo",
        ),
        *("presiono", "marco", "elijo", "escojo", "solo", "sólo", "solamente", "deme", "nada más"),
    ),
    choice_tails=("de seguro", "para mí", "nada más", "solamente", "ese", "esa"),
    key_forms=(
        *("{}", "número {}", "opción {}", "la opción {}", "el número {}", "el {}", "la {}", "oprimo {}"),
        *("presiono {}", "marco {}", "{} por favor", "tecla {}"),
    ),
    place_forms=("la {}", "{}", "la {} opción"),
    yes=(
        *("sí", "sí sí", "sí sí sí", "sip", "ajá", "claro", "claro que sí", "sí claro", "por supuesto"),
        *("por supuesto que sí", "desde luego", "cómo no", "correcto", "es correcto", "sí es correcto"),
        *("eso es correcto", "está correcto", "sí correcto", "exacto", "exactamente", "sí exacto", "así es"),
        *("sí así es", "eso es", "sí eso es", "eso mero", "ese es", "esa es", "cierto", "es cierto"),
        *(
            "efectivamente",
            "afirmativo",
            "de acuerdo",
            "está bien",
            "sí está bien",
            "bueno",
            "okay",
            "ok",
            "vale",
        ),
        *("dale", "órale", "sale", "perfecto", "con gusto", "sí señor", "sí señora", "sí señorita"),
        *(
            "sí por favor",
            "sí gracias",
            "sí es",
            "sí lo es",
            "sí soy",
            "sí tengo",
            "sí lo tengo",
            "sí la tengo",
        ),
        *("sí quiero", "sí hay", "sí está", "sí estoy", "sin problema", "no hay problema", "adelante"),
        *("totalmente", "definitivamente", "creo que sí", "supongo que sí", "yo creo que sí", "yes", "yeah"),
        *(
            "estoy de acuerdo",
            "tiene razón",
            "confirmo",
            "sí confirmo",
            "muy bien",
            "bien",
            "lo tengo",
            "lo es",
        ),
    ),
    no=(
        *("no", "no no", "no no no", "nop", "nel", "no señor", "no señora", "no señorita", "no gracias"),
        *("para nada", "no para nada", "claro que no", "por supuesto que no", "de ninguna manera", "nunca"),
        *("jamás", "tampoco", "negativo", "no es correcto", "no no es correcto", "eso no es correcto"),
        *("incorrecto", "no es incorrecto", "está incorrecto", "no es cierto", "no es así", "no así no es"),
        *("no es eso", "no es ese", "no es esa", "ese no es", "está mal", "no está mal", "eso está mal"),
        *("está equivocado", "no está equivocado", "equivocado", "todavía no", "aún no", "no todavía no"),
        *("ahora no", "ahorita no", "por ahora no", "no por ahora", "no por el momento", "no realmente"),
        *("no mucho", "no quiero", "no tengo", "no no tengo", "no hay", "no soy", "no estoy", "yo no"),
        *("mejor no", "ya no", "creo que no", "no creo", "yo creo que no", "qué va", "ni hablar", "no lo es"),
        *("no la tengo", "no lo tengo", "no me interesa", "no estoy de acuerdo", "falso"),
    ),
    yes_leads=("eh", "em", "mmm", "pues", "bueno", "este"),
    by_verb=frozenset(("lo tengo", "lo es", "bien")),
    denials=(
        *("no", "no no", "no perdón", "no espere", "no dije", "no es", "no es el", "está mal", "no está mal"),
        *("está mal es", "no está mal es", "no es correcto", "no es correcto es", "eso no es", "incorrecto"),
        *("dije", "yo dije", "no yo dije", "debe ser", "no debe ser", "sería", "no sería", "sí", "espere"),
        *("equivocado", "está equivocado", "en realidad es", "es"),
    ),
    nots=("no es", "no no es", "no"),
    unknown=(
        *(
            "no sé",
            "no lo sé",
            "no la sé",
            "no sabría decirle",
            "no tengo idea",
            "ni idea",
            "no tengo ni idea",
        ),
        *("quién sabe", "no me acuerdo", "no recuerdo", "no lo recuerdo", "no me lo sé", "se me olvidó"),
        *("no estoy seguro", "no estoy segura", "no estoy muy seguro", "la verdad no sé", "yo no sé"),
        *("no sabemos", "lo desconozco", "no sé cuál"),
    ),
    cardinal=_SAYER.cardinal,
    ordinal=_ordinal,
    digit_names=_SAYER.digits,
    digit_words=digit_words,
    figure=SpanishNumbers,
    days=days,
    years=years,
)
