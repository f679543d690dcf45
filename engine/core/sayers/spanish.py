"""Values as Spanish speaks them, that of the United States and of Latin America.

"Veintiún dólares", not "veintiuno dólares"; "mil", never "un mil"; "un millón de dólares"; decimals after a
"punto"; the first of a month is "primero".
"""

from __future__ import annotations

_SMALL = (
    *("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once"),
    *("doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte"),
    *("veintiuno", "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete"),
    *("veintiocho", "veintinueve"),
)
_TENS = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS = (
    *("ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos"),
    *("seiscientos", "setecientos", "ochocientos", "novecientos"),
)
_SCALES = ((10**12, "un billón", "billones"), (10**6, "un millón", "millones"))
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
"""From January on, as they are written."""

_ENDINGS = (("veintiuno", "veintiún"), ("uno", "un"))


class Spanish:
    """How Spanish says them; what is given is what a filter has parsed."""

    def yes_or_no(self, value: bool) -> str:
        return "sí" if value else "no"

    def digits(self, text: str) -> str:
        """``78701`` → ``siete ocho siete cero uno``; anything but a digit is passed over."""
        return " ".join(_SMALL[int(character)] for character in text if character in "0123456789")

    def number(self, text: str) -> str:
        """``2.50`` → ``dos punto cinco cero``; digits, with at most one point and a leading minus."""
        whole, _, fraction = text.removeprefix("-").partition(".")
        words = self.cardinal(int(whole or "0"))
        if fraction:
            words += f" punto {self.digits(fraction)}"
        return f"menos {words}" if text.startswith("-") else words

    def cardinal(self, number: int) -> str:
        """``45`` → ``cuarenta y cinco``. From a thousand billions on (10¹⁵) it is read digit by digit."""
        if number < 0:
            return f"menos {self.cardinal(-number)}"
        if number >= 10**15:
            return self.digits(str(number))
        words: list[str] = []
        for size, one, more in _SCALES:
            count, number = divmod(number, size)
            if count:
                words.append(one if count == 1 else f"{before_a_noun(_below_million(count))} {more}")
        if number or not words:
            words.append(_below_million(number))
        return " ".join(words)

    def money(self, cents: int) -> str:
        """``4550`` → ``cuarenta y cinco dólares con cincuenta centavos``."""
        dollars, rest = divmod(abs(cents), 100)
        spoken = [self._counted(dollars, "dólar", "dólares")] if dollars or not rest else []
        if rest:
            spoken.append(self._counted(rest, "centavo", "centavos"))
        return ("menos " if cents < 0 else "") + " con ".join(spoken)

    def date(self, year: int | None, month: int, day: int) -> str:
        """``3 May 1984`` → ``tres de mayo de mil novecientos ochenta y cuatro``; no year, no year said."""
        words = f"{'primero' if day == 1 else self.cardinal(day)} de {MONTHS[month - 1]}"
        return words if year is None else f"{words} de {self.cardinal(year)}"

    def _counted(self, count: int, one: str, more: str) -> str:
        of = "de " if count and count % 10**6 == 0 else ""  # "un millón de dólares"
        return f"{before_a_noun(self.cardinal(count))} {of}{one if count == 1 else more}"


def before_a_noun(number: str) -> str:
    """``treinta y uno`` → ``treinta y un``, as before a masculine noun, "mil" and "millones"."""
    for ending, short in _ENDINGS:
        if number.endswith(ending):
            return number.removesuffix(ending) + short
    return number


def below_thousand(number: int) -> str:
    """From 0 to 999: ``121`` → ``ciento veintiuno``."""
    hundreds, rest = divmod(number, 100)
    if number == 100:
        return "cien"
    words = [_HUNDREDS[hundreds - 1]] if hundreds else []
    if rest or not hundreds:
        tens, ones = divmod(rest, 10)
        words.append(_SMALL[rest] if rest < 30 else _TENS[tens - 3] + (f" y {_SMALL[ones]}" if ones else ""))
    return " ".join(words)


def _below_million(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    words = [] if thousands == 0 else ["mil"] if thousands == 1 else [_thousands(thousands), "mil"]
    if rest or not thousands:
        words.append(below_thousand(rest))
    return " ".join(words)


def _thousands(count: int) -> str:
    return before_a_noun(below_thousand(count))
