"""A telephone number as the world writes it → E.164, or "" where the caller withheld it. Pure.

Rules
1. It is done once, at the edge, before the event is recorded: a journal holds what came out, so a newer
   package of numbers changes no replay.
2. Withheld is what says so in words (`anonymous@…`, Restricted), in words keyed on a keypad (+266696687, by
   which carriers say ANONYMOUS), and whatever nobody could call back: a name, no digit, more than 15 of them,
   one digit again and again (+10000000000).
3. A national spelling is read as in the country of the number that was called, if it can be one there.
4. What is longer than any carrier's spelling is no number at all, and refused.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

LONGEST_TEXT = 255
MOST_DIGITS = 32  # of what is read at all; a number has at most 15
LONGEST_NUMBER = 15

WITHHELD_WORDS = (
    "anonymous",
    "restricted",
    "unknown",
    "unavailable",
    "blocked",
    "private",
    "withheld",
    "no caller id",
    "not available",
    "id unavailable",
    "number withheld",
    "private number",
    "unknown number",
)

_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_KEYED = frozenset(word.replace(" ", "").translate(_KEYPAD) for word in WITHHELD_WORDS)
_WORDS = frozenset(word.replace(" ", "") for word in WITHHELD_WORDS)
_USER = re.compile(r"(?:.*<)?\s*(?:(?:sips?|tel):)?([^@:;>]*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\+?[0-9 ().\-/]+")
_ABROAD = re.compile(r"^(?:011|00)(?=[ .\-/()]*[1-9])")
_APART = re.compile(r"[^a-z0-9]")


class NotANumber(ValueError):
    """What was found is no telephone number; says what is wrong with it, without the whole of it."""


def called_number(text: str, beside: str = "") -> str:
    """The number that was called; a national spelling as in the country of `beside`. Raises NotANumber."""
    user = _user(text)
    number = _e164(user, _country_of(beside))
    if number is None:
        raise NotANumber(f"found {_quoted(text)}; expected a number such as +15550100")
    return number


def caller_number(text: str, called: str) -> str:
    """Who calls, "" where the number is withheld. `called` is in E.164. Raises NotANumber."""
    user, country = _user(text), _country_of(called)
    if _says_withheld(user, country) or not (user.startswith("+") or _is_valid(user, country)):
        return ""
    number = _e164(user, country)
    return "" if number is None or _is_one_digit(number) else number


def area_of(number: str) -> str:
    """The area code of a North American number; "" where there is none."""
    return number[2:5] if number.startswith("+1") and len(number) == 12 else ""


def international_digits(text: str, country: str) -> str:
    """The digits of a person's number in any spelling; a national one as in `country`. "" for no number."""
    try:
        user = _user(text.strip())
    except NotANumber:
        return ""
    abroad = _ABROAD.sub("+", user)
    number = _e164(user if _is_valid(user, country) else abroad, country)
    return number.removeprefix("+") if number else ""


def parts_of(digits: str) -> tuple[str, str, str]:
    """The country's code, what is dialled before a national number ("" for nothing), the national number."""
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except NumberParseException:
        return "", "", digits
    code = str(parsed.country_code)
    country = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    trunk = phonenumbers.ndd_prefix_for_region(country, True) or ""
    return code, "" if trunk == code else trunk, digits.removeprefix(code)


def country_of(number: str) -> str:
    """The country (its main one, of those that share a code) of an E.164 number; "" where it has none."""
    return _country_of(number) or ""


def _user(text: str) -> str:
    """Of a SIP or tel address the part that names whom, of anything else all."""
    digits = sum(character.isdigit() for character in text)
    if len(text) > LONGEST_TEXT or digits > MOST_DIGITS:
        raise NotANumber(
            f"found {len(text)} characters; expected a number of at most {LONGEST_NUMBER} digits"
        )
    found = _USER.match(text.replace("%2B", "+").replace("%2b", "+").replace("%20", " "))
    return found[1].strip() if found else ""


def _says_withheld(user: str, country: str | None) -> bool:
    plain = _APART.sub("", user.casefold())
    if not plain or plain in _WORDS:
        return True
    if user.startswith("+") and plain in _KEYED:
        return True
    # Without the plus it may be somebody's number after all: 737 874 2833 is RESTRICTED, and in Austin.
    keyed = plain in _KEYED or plain.removeprefix("1") in _KEYED
    return keyed and not _is_valid(user, country)


def _is_valid(user: str, country: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(user, country))
    except NumberParseException:
        return False


def _is_one_digit(number: str) -> bool:
    """Whether its national part is one digit again and again: nobody's, and what several carriers send."""
    national = phonenumbers.national_significant_number(phonenumbers.parse(number))
    return len(set(national)) == 1


def _e164(user: str, country: str | None) -> str | None:
    """In E.164; None for what is no number."""
    if not _NUMBER.fullmatch(user):
        return None
    try:
        parsed = phonenumbers.parse(user, country)
    except NumberParseException:
        return None
    number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return number if len(number) <= LONGEST_NUMBER + 1 else None


def _country_of(number: str) -> str | None:
    """The country (its main one, of those that share a code) whose spellings callers of this number use."""
    try:
        code = phonenumbers.parse(number).country_code
    except NumberParseException:
        return None
    country = phonenumbers.region_code_for_country_code(code or 0)
    return None if country in ("ZZ", "001") else country


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "…")
