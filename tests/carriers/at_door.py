"""A door behind which nobody is: it notes what a carrier tells, and answers as it was told to."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.carriers.contract import Arriving, LegNews, StreamAt, TurnedAway
from engine.core.leg_events import Answerer


@dataclass
class AtDoor:
    """`streams` and `follows` are what callers and ended streams get."""

    carrier: str = "twilio"
    takes_unsigned: bool = False
    now: float = 1_795_000_000.0
    welcomes: StreamAt | TurnedAway = field(
        default_factory=lambda: StreamAt("wss://x/media/p", "tok_en-1", 0)
    )
    follows: StreamAt | TurnedAway = field(default_factory=lambda: StreamAt("wss://x/media/q", "tok_en-2", 1))
    told: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def public_url(self) -> str:
        return "https://calls.example.com"

    @property
    def carrier_url(self) -> str:
        return f"{self.public_url}/carriers/{self.carrier}"

    @property
    def stream_url(self) -> str:
        return f"wss://calls.example.com/media/{self.carrier}"

    def now_s(self) -> float:
        return self.now

    async def welcome(self, arriving: Arriving) -> StreamAt | TurnedAway:
        self.told.append(("welcome", arriving))
        return self.welcomes

    async def after(self, arriving: Arriving, number: int) -> StreamAt | TurnedAway:
        self.told.append(("after", arriving.carrier_call, number))
        return self.follows

    def answered(self, call: str, leg: str, carrier_call: str) -> StreamAt | TurnedAway:
        self.told.append(("answered", call, leg, carrier_call))
        return self.welcomes

    def after_leg(self, call: str, leg: str, carrier_call: str, number: int) -> StreamAt | TurnedAway:
        self.told.append(("after_leg", call, leg, carrier_call, number))
        return self.follows

    async def caller_ended(self, news: LegNews) -> None:
        self.told.append(("caller_ended", news))

    async def leg_news(self, call: str, leg: str, news: LegNews) -> None:
        self.told.append(("leg_news", call, leg, news))

    def leg_answerer(self, call: str, leg: str, answerer: Answerer, said: str) -> None:
        self.told.append(("leg_answerer", call, leg, answerer, said))

    def pressed(self, carrier_call: str, digit: str) -> None:
        self.told.append(("pressed", carrier_call, digit))

    def malformed(self) -> None:
        self.told.append(("malformed",))
