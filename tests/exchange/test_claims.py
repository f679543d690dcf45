"""What may be owed but once for a caller is claimed after the call's end, and the verdict rests on the answer."""

from dataclasses import replace

from engine.core.commands import BillClaim, ClaimBilling, Command, HangUp, Post, Record
from engine.core.events import (
    BillingClaimed,
    CallArrived,
    CallerHungUp,
    CallInterrupted,
    ClaimRefused,
    Contact,
    Event,
    LegEnded,
)
from engine.core.facts import Ending, Verdict
from engine.core.flow import Flow, Placed, Revision
from engine.core.journal import Entry, event_from_json, to_json
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.core.replay import replay
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import DuplicateWindow, Network, Terms
from engine.wording.sentences import verdict_sentence
from tests.exchange.exchange_world import (
    CALLER,
    NOON,
    NUMBER,
    buyer,
    instant,
    network,
    place,
    talked,
    terms,
)

DAY_MS = 86_400_000
MONTH = DuplicateWindow(30 * DAY_MS, place(55))
ONCE = replace(terms(), duplicates=MONTH)
PAID_ONCE = replace(terms(amount_micros=30_000_000, after_ms=60_000), duplicates=MONTH)
REVENUE = BillClaim("revenue", "lonestar", 30 * DAY_MS)
PAYOUT = BillClaim("payout", "roofing", 30 * DAY_MS)


HUNG_UP = CallerHungUp(200_000)


def refused(claim: BillClaim, call: str = "c0", ago_ms: int = 60_000) -> ClaimRefused:
    return ClaimRefused(claim.kind, claim.whose, call, instant(NOON) - ago_ms)


class Ended:
    """A call that talked with buyers and hung up: the machine, and what it commanded last."""

    def __init__(
        self,
        of: Network,
        *talks_ms: tuple[str, int],
        claims: bool = True,
        by: Event = HUNG_UP,
        **arrived: object,
    ) -> None:
        flow = Flow("roofing", "en-US", "wait", {"wait": Placed("wait", Wait(), {}, place(1))}, {}, {})
        self.machine = CallMachine(Revision("sha256:test", {"roofing": flow}, NetworkMarket(of)))
        first = CallArrived(0, "c1", "twilio", "CA1", CALLER, NUMBER, instant(NOON), 7, claims=claims)
        self.journal: list[Entry] = []
        self.happens(changed(first, **arrived))
        assert self.machine.call is not None
        for whom, talk_ms in talks_ms:
            talked(self.machine.call, whom, talk_ms)
        self.commands = self.happens(by)

    def happens(self, event) -> list[Command]:
        self.commands = self.machine.receive(event)
        self.journal.append(Entry(event, tuple(to_json(command) for command in self.commands)))
        return self.commands

    def answered(self, *refusals: ClaimRefused) -> list[Command]:
        assert self.machine.claim is not None
        return self.happens(BillingClaimed(200_500, self.machine.claim.claim, refusals))


class Wait:
    """Stays until the call is over."""

    async def run(self, call) -> str:
        await call.finish_playing("never")
        return "next"


def claimed(commands: list[Command]) -> list[BillClaim]:
    return [each for command in commands if isinstance(command, ClaimBilling) for each in command.claims]


def verdicts(commands: list[Command]) -> list[Verdict]:
    return [c.fact for c in commands if isinstance(c, Record) and isinstance(c.fact, Verdict)]


def sold(billable: Terms = ONCE, payout: Terms | None = PAID_ONCE) -> Network:
    return network(buyer("lonestar", billable=billable), buyer("redriver"), payout=payout)


def test_both_sides_are_claimed_and_nothing_is_judged_before_the_answer():
    ended = Ended(sold(), ("lonestar", 95_000))
    assert claimed(ended.commands) == [REVENUE, PAYOUT]
    assert verdicts(ended.commands) == []
    assert ended.machine.is_over
    assert not ended.machine.is_closed
    commands = ended.answered()
    (verdict,) = verdicts(commands)
    assert (verdict.reason, verdict.payout_reason) == ("billable", "payable")
    assert [type(command) for command in commands] == [Record, Post, Record]
    assert ended.machine.is_closed


def test_the_call_ended_when_it_ended_and_not_when_its_bill_was_claimed():
    ended = Ended(sold(), ("lonestar", 95_000))
    (ending,) = [c.fact for c in ended.answered() if isinstance(c, Record) and isinstance(c.fact, Ending)]
    assert ending.at == 200_000


def test_what_another_call_has_is_not_billed_and_the_sentence_names_that_call():
    ended = Ended(sold(), ("lonestar", 95_000))
    (verdict,) = verdicts(ended.answered(refused(REVENUE), refused(PAYOUT, "c9")))
    assert (verdict.reason, verdict.payout_reason) == ("duplicate", "duplicate")
    assert verdict_sentence(verdict) == (
        "lonestar owes nothing: it was already billed for this caller within 30d, for call c0."
    )
    assert verdict.clauses[-1].values == {"last_owed_ago": "1m", "owed_for_call": "c0"}
    assert verdict.payout_clauses[-1].values["owed_for_call"] == "c9"


def test_a_call_that_began_later_and_was_billed_first_counts_too():
    ended = Ended(sold(), ("lonestar", 95_000))
    (verdict,) = verdicts(ended.answered(refused(REVENUE, ago_ms=-60_000)))
    assert verdict.clauses[-1].values["last_owed_ago"] == "meanwhile"


def test_only_what_would_be_owed_is_claimed():
    assert claimed(Ended(sold(), ("lonestar", 89_000)).commands) == [PAYOUT]  # paid after 60 s
    assert claimed(Ended(sold(), ("lonestar", 10_000)).commands) == []
    assert claimed(Ended(sold(), ("redriver", 95_000)).commands) == [PAYOUT]  # has no window
    assert claimed(Ended(sold(payout=None), ("lonestar", 95_000)).commands) == [REVENUE]


def test_who_needs_no_claim_is_judged_at_once():
    ended = Ended(sold(terms(), None), ("lonestar", 95_000))
    assert [each.reason for each in verdicts(ended.commands)] == ["billable"]
    assert ended.machine.is_closed


def test_what_an_earlier_call_had_is_not_even_claimed():
    had = Contact("lonestar", instant(NOON) - DAY_MS, True, "roofing", True, True)
    ended = Ended(sold(), ("lonestar", 95_000), contacts=(had,))
    assert [each.reason for each in verdicts(ended.commands)] == ["duplicate"]
    assert Ended(sold(), ("lonestar", 95_000), caller_number="").machine.is_closed


def test_a_payout_that_is_refused_for_one_leg_is_not_claimed_for_the_next_of_the_campaign():
    ended = Ended(sold(), ("redriver", 65_000), ("lonestar", 95_000))
    assert claimed(ended.commands) == [PAYOUT, REVENUE]
    given = verdicts(ended.answered(refused(PAYOUT)))
    assert [each.payout_reason for each in given] == ["duplicate", "duplicate"]


def test_whatever_else_happens_while_the_claim_is_out_means_nothing():
    ended = Ended(sold(), ("lonestar", 95_000))
    assert ended.happens(LegEnded(200_100, "buyer-1", "completed", "buyer")) == []
    assert ended.happens(CallerHungUp(200_200)) == []
    assert ended.happens(BillingClaimed(200_300, "m99")) == []
    assert [each.reason for each in verdicts(ended.answered())] == ["billable"]


def test_the_caller_is_hung_up_on_before_the_claim():
    ended = Ended(sold(), ("lonestar", 95_000), by=CallInterrupted(200_000, "shut down"))
    assert [type(command) for command in ended.commands][-2:] == [HangUp, ClaimBilling]
    assert HangUp() not in ended.answered()


def test_the_journal_tells_the_claim():
    ended = Ended(sold(), ("lonestar", 95_000))
    ended.answered(refused(REVENUE))
    assert [event_from_json(to_json(each.event)) for each in ended.journal] == [
        each.event for each in ended.journal
    ]


def test_a_journal_from_before_claims_is_judged_at_its_end():
    ended = Ended(sold(), ("lonestar", 95_000), claims=False)
    assert ended.machine.claim is None
    assert [each.reason for each in verdicts(ended.commands)] == ["billable"]
    assert replay(ended.journal[:1], ended.machine.revision).difference is None
