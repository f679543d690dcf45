"""Who may have which callers, and who has them first, in one revision and in another.

Hours, caps and what buyers did lately are left out: a case asks only what the terms want of the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.core.answers import AnswerType
from engine.core.conditions import Evaluator, judge
from engine.exchange.panels import Panel
from engine.exchange.ranking import Ranking, Runner
from engine.rehearsal.comparison.cases import Case
from engine.understanding.choice import Choice
from engine.understanding.zip_table import zip_table

TAKES_TURNS = ("round_robin", "least_recent")  # who is first there hangs on the calls before

Shares = tuple[tuple[str, int], ...]  # who is called first, in which percentage of such calls


@dataclass(frozen=True, slots=True)
class CaseTaken:
    """Who could take a case, and who would be called first."""

    able: frozenset[str]
    first: Shares


def taken(panel: Panel, case: Case) -> CaseTaken:
    """The case held against every buyer of the panel."""
    evaluator = Evaluator(case.values)
    able = [prospect for prospect in panel.prospects if judge(prospect.wanted, evaluator)]
    strategy = panel.campaign.strategy
    first: Shares = ()
    if strategy not in TAKES_TURNS:
        ranking = Ranking(strategy, {}, panel.place_of)
        first = _shares(ranking.foremost([prospect.runner for prospect in able]))
    return CaseTaken(frozenset(each.buyer.key for each in able), first)


def _shares(foremost: Sequence[Runner]) -> Shares:
    weights = sum(runner.weight for runner in foremost)
    shares = [(runner.buyer, round(100 * runner.weight / weights)) for runner in foremost]
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))


def codes_taken(panel: Panel, cases: Sequence[Case]) -> frozenset[str]:
    """The ZIP codes from which some buyer takes some caller."""
    sold = [case for case in cases if taken(panel, case).able]
    return frozenset(code for case in sold for code in case.codes)


def reach_sentences(old: Panel, new: Panel, cases: Sequence[Case]) -> Iterator[str]:
    """A sentence for each buyer that wins or loses callers, then for each that is called first instead."""
    before = [taken(old, case) for case in cases]
    after = [taken(new, case) for case in cases]
    yield from _codes_moved(cases, before, after)
    yield from _kinds_moved(cases, before, after)
    if not {old.campaign.strategy, new.campaign.strategy} & set(TAKES_TURNS):
        yield from _first_moved(cases, before, after)


def new_option_sentences(
    old: Mapping[str, AnswerType], new: Mapping[str, AnswerType], panel: Panel, cases: Sequence[Case]
) -> Iterator[str]:
    """Who may have the callers that give an answer which nobody could give before."""
    for name, kind in new.items():
        was = old.get(name)
        if not isinstance(kind, Choice) or not isinstance(was, Choice):
            continue
        for option in kind.options:
            some = [case for case in cases if case.answers.get(name) == option]
            if option not in was.options and some:
                able = sorted({buyer for case in some for buyer in taken(panel, case).able})
                yield f"{name}={option} can go to {', '.join(able) or 'nobody'}"


def _codes_moved(
    cases: Sequence[Case], before: Sequence[CaseTaken], after: Sequence[CaseTaken]
) -> Iterator[str]:
    """ZIP codes that a buyer takes any caller of, in one revision and not in the other."""
    had, has = _codes_by_buyer(cases, before), _codes_by_buyer(cases, after)
    for buyer in sorted(had.keys() | has.keys()):
        lost = had.get(buyer, frozenset()) - has.get(buyer, frozenset())
        won = has.get(buyer, frozenset()) - had.get(buyer, frozenset())
        if lost:
            yield f"{buyer} loses {codes_text(lost)}"
        if won:
            yield f"{buyer} gains {codes_text(won)}"


def _kinds_moved(
    cases: Sequence[Case], before: Sequence[CaseTaken], after: Sequence[CaseTaken]
) -> Iterator[str]:
    """Answers that a buyer takes in one revision and not in the other, in ZIP codes that it has in both."""
    had, has = _codes_by_buyer(cases, before), _codes_by_buyer(cases, after)
    moved: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case, was, now in zip(cases, before, after, strict=True):
        for buyer in was.able ^ now.able:
            if not case.codes or case.codes[0] in had.get(buyer, frozenset()) & has.get(buyer, frozenset()):
                moved[buyer, "gains" if buyer in now.able else "loses"].append(case)
    for (buyer, verb), some in sorted(moved.items(), key=lambda item: item[0]):
        yield f"{buyer} {verb} callers with {_described(some, cases)}"


def _first_moved(
    cases: Sequence[Case], before: Sequence[CaseTaken], after: Sequence[CaseTaken]
) -> Iterator[str]:
    moved: dict[tuple[Shares, Shares], list[Case]] = defaultdict(list)
    for case, was, now in zip(cases, before, after, strict=True):
        if was.first != now.first:
            moved[was.first, now.first].append(case)
    for (was_first, now_first), some in sorted(moved.items()):
        who = _described(some, cases)
        go = "go" if who[0].isdigit() else "goes"
        if not now_first:
            yield f"{who} now {go} to nobody, not to {_first(was_first)}"
        else:
            yield f"{who} now {go} to {_first(now_first)} first, not to {_first(was_first)}"


def _first(shares: Shares) -> str:
    """``redriver (83%) or lonestar (17%)``."""
    if len(shares) < 2:
        return shares[0][0] if shares else "nobody"
    return " or ".join(f"{buyer} ({share}%)" for buyer, share in shares)


def _described(some: Sequence[Case], cases: Sequence[Case]) -> str:
    """What sets these cases apart: ``need=replace, 1,204 ZIPs``."""
    parts = []
    for name in some[0].answers:
        values = dict.fromkeys(case.answers[name] for case in some)
        if len(values) < len({case.answers[name] for case in cases}):
            parts.append(f"{name}={'|'.join(_word(value) for value in values)}")
    codes = {code for case in some for code in case.codes}
    if codes and len(codes) < len({code for case in cases for code in case.codes}):
        parts.append(f"{'in ' if parts else ''}{codes_text(codes)}")
    return ", ".join(parts) or "every caller"


def codes_text(codes: frozenset[str] | set[str]) -> str:
    """How many, and of which states: ``214 ZIPs (TX 201, OK 13)``."""
    states: dict[str, int] = defaultdict(int)
    for code in codes:
        place = zip_table().place(code)
        states[place.state if place else "?"] += 1
    most = sorted(states.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{state} {count:,}" for state, count in most[:4])
    more = f" and {len(most) - 4} more" if len(most) > 4 else ""
    if len(codes) <= 3:
        named = ", ".join(sorted(codes))
    return f"{len(codes):,} ZIP{'' if len(codes) == 1 else 's'} ({named}{more})"


def _codes_by_buyer(cases: Sequence[Case], found: Sequence[CaseTaken]) -> Mapping[str, frozenset[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for case, taken_ in zip(cases, found, strict=True):
        for buyer in taken_.able:
            codes[buyer].update(case.codes)
    return {buyer: frozenset(some) for buyer, some in codes.items()}


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
