"""Where a network's calls may be sent: which numbers may be dialled, whoever names them.

A bidder names its number during the call, and a stolen or careless account names one that costs dollars a
minute. So a network dials its own country, or what `dialling` allows: countries (`CA`), and prefixes
(`+1512`). Whatever the country, numbers that cost the caller more than a call (premium rate, shared cost,
personal numbers) and those of no country (satellites) are only dialled where a prefix names their very range.

What the numbers of a country are is known to `phonenumbers`, and changes with its versions. So it's asked
where a number comes in, and the journal has what was decided.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.core.events import Bid, BidConfirmed, BidsIn, Event
from engine.core.records import changed

OWN_RANGE_DIGITS = 3  # behind the country's code: +1900 names a range, +1 and +44 name countries
NORTH_AMERICA = "1"

_SIP = re.compile(r"sips?:([^@]+)@([^;:?]+)", re.ASCII)
_DIALLED = re.compile(r"(?:\+|011|00)?([1-9]\d{9,14})", re.ASCII)
_WITH_PLUS = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_BETWEEN_DIGITS = str.maketrans("", "", "-.() ")


@dataclass(frozen=True, slots=True)
class Destinations:
    """What may be dialled. Without `sip_hosts`, any SIP address of the network's own files."""

    allow: tuple[str, ...] = ("US",)
    sip_hosts: tuple[str, ...] | None = None

    def refusal(self, to: str) -> str:
        """Why this number or SIP address may not be dialled, "" where it may."""
        sip = _SIP.match(to)
        if sip is None:
            return self._number_refused(to)
        user = sip[1]
        if self.refuses_host(to):
            return f"SIP host {sip[2].lower()} isn't among the network's dialling.sip_hosts"
        number = _number_of(user)
        return self._number_refused(number) if number else ""

    def _number_refused(self, number: str) -> str:
        country, is_costly = _known(number)
        prefixes = [entry for entry in self.allow if entry.startswith("+") and number.startswith(entry)]
        if any(_names_a_range(prefix) for prefix in prefixes):
            return ""
        if is_costly:
            return f"{number} is a premium-rate, shared-cost, personal or satellite number"
        if prefixes or country in self.allow:
            return ""
        return f"{number} is outside what the network's dialling.allow lists ({', '.join(self.allow)})"

    def refuses_host(self, to: str) -> bool:
        """Whether this is a SIP address at a host that isn't listed."""
        sip = _SIP.match(to)
        return sip is not None and self.sip_hosts is not None and sip[2].lower() not in self.sip_hosts

    def answered(self, event: Event) -> Event:
        """What bidders answered as it stands: numbers that aren't dialled are taken out."""
        if isinstance(event, BidsIn):
            return changed(event, bids=tuple(self.held(bid) for bid in event.bids))
        if (
            isinstance(event, BidConfirmed)
            and event.accepted
            and event.to
            and (why := self.refusal(event.to))
        ):
            return changed(event, accepted=False, detail=why, to="", is_clear=False)
        return event

    def held(self, bid: Bid) -> Bid:
        """The bid as it stands: one that wants the call at a number that isn't dialled does not."""
        if bid.outcome not in ("bid", "cached") or not bid.to or not (why := self.refusal(bid.to)):
            return bid
        return changed(bid, outcome="malformed", is_elsewhere=True, to="", detail=why)


def _number_of(user: str) -> str:
    """The number that a trunk dials for this user of a SIP address, however it's written; "" for a name or an
    extension. Ten digits are one of North America."""
    plain = user.partition(";")[0].translate(_BETWEEN_DIGITS)
    if _WITH_PLUS.fullmatch(plain):
        return plain
    dialled = _DIALLED.fullmatch(plain)
    if dialled is None:
        return ""
    digits = dialled[1]
    return f"+{NORTH_AMERICA}{digits}" if len(digits) == 10 and digits == plain else f"+{digits}"


def country_of(number: str) -> str:
    """The country of a number, as two letters; "" for none.

    A number that is nobody's (as 555 numbers are) counts as the main country's of its calling code.
    """
    return _known(number)[0]


@lru_cache(maxsize=4096)
def _known(number: str) -> tuple[str, bool]:
    """The number's country, and whether it is of a kind that costs too much or has no country."""
    import phonenumbers  # asked for when somebody is to be rung

    kinds = phonenumbers.PhoneNumberType
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "", False
    country = phonenumbers.region_code_for_number(parsed)
    country = country or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    costly = (kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.PERSONAL_NUMBER)
    is_of_a_country = country in phonenumbers.SUPPORTED_REGIONS
    return country if is_of_a_country else "", not is_of_a_country or phonenumbers.number_type(
        parsed
    ) in costly


def is_country(code: str) -> bool:
    """Whether these two letters are a country with telephone numbers."""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def _names_a_range(prefix: str) -> bool:
    """Whether whoever wrote the prefix meant that range: so long, or with nobody's ordinary numbers in it.

    +449 and +4470 are premium rate and personal numbers alone, +447 has mobile numbers beside them.
    """
    import phonenumbers

    for digits in range(1, 4):
        code, national = prefix[1 : 1 + digits], prefix[1 + digits :]
        countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdigit() else None
        if countries is not None:
            if countries == ("001",) or len(national) >= OWN_RANGE_DIGITS:
                return True
            return bool(national) and code != NORTH_AMERICA and not _has_ordinary(countries, national)
    return False


@lru_cache(maxsize=256)
def _has_ordinary(countries: tuple[str, ...], national: str) -> bool:
    """Whether an ordinary number of these countries begins so, as far as their examples show."""
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    ordinary = (kinds.FIXED_LINE, kinds.MOBILE, kinds.TOLL_FREE, kinds.VOIP, kinds.UAN)
    examples = [
        phonenumbers.example_number_for_type(country, kind) for country in countries for kind in ordinary
    ]
    return any(str(each.national_number).startswith(national) for each in examples if each is not None)
