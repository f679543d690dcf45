"""Numbers as English speaks them: cardinals, ordinals, single digits."""

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINAL_ENDINGS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_DIGITS = ("oh", *_ONES[1:10])


def cardinal(number: int) -> str:
    """``45`` → ``forty-five``. From a thousand trillions on it is read digit by digit."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number >= 10**15:
        return digit_names(str(number))
    words: list[str] = []
    for size, name in _SCALES:
        count, number = divmod(number, size)
        if count:
            words += [_below_thousand(count), name]
    if number or not words:
        words.append(_below_thousand(number))
    return " ".join(words)


def ordinal(number: int) -> str:
    """``22`` → ``twenty-second``."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    head, last = words[:cut], words[cut:]
    if last in _ORDINAL_ENDINGS:
        return head + _ORDINAL_ENDINGS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def decimal(text: str) -> str:
    """``2.50`` → ``two point five oh``; the text is digits with at most one point and a leading minus."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    words = cardinal(int(whole or "0"))
    if fraction:
        words += f" point {digit_names(fraction)}"
    return f"minus {words}" if text.startswith("-") else words


def digit_names(digits: str) -> str:
    """``78701`` → ``seven eight seven oh one``; anything but a digit is passed over."""
    return " ".join([_DIGITS[int(character)] for character in digits if character in "0123456789"])


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest or not hundreds:
        tens, ones = divmod(rest, 10)
        words.append(_ONES[rest] if rest < 20 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else ""))
    return " ".join(words)
