"""A kept revision is read as it was: no rule of today, no package of today is held against it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.core.places import Place
from engine.exchange.market import NetworkMarket
from engine.exchange.panels import panel_of
from engine.language import flows, migrations, schemas
from engine.language.kept import reading
from engine.language.kept.packages import INSTALLED
from engine.language.kept.reading import LastRead, UnreadableRevision, format_of, read_kept
from engine.language.kept.reference import REFERENCE_FILE, YEARS_AHEAD, Reference, read_reference
from engine.language.lint.flow import Draft
from engine.language.migrations import Documents
from engine.language.migrations.rewriting import renamed, with_setting, without
from engine.language.mistakes import Mistakes
from engine.language.revisions import check_all, publish, read_network_dir, revision_id
from engine.language.yaml.documents import load
from engine.language.yaml.lookup import mapping_at
from tests.exchange.exchange_world import instant

ROOFING = Path("examples/flows/roofing")
FILES = read_network_dir(ROOFING)
OFFICE = '{zone: America/Chicago, mon-fri: ["08:00-18:00"], closed: [us_holidays]}'
LOCAL = {
    **FILES,
    "network.yaml": FILES["network.yaml"].replace(
        '    price: "45.00"\n',
        f'    price: "45.00"\n    hours: {OFFICE}\n    area: {{within: {{miles: 25, of: "78701"}}}}\n',
    ),
}


class NoPackages:
    """What a revision that brings its reference data must never ask."""

    def zone_file(self, key: str) -> bytes | None:
        raise AssertionError(f"the package was asked for {key}")

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        raise AssertionError(f"the package was asked for {calendar} {year}")

    def circle(self, miles: float, of: str) -> frozenset[str] | None:
        raise AssertionError(f"the package was asked for {miles} of {of}")


class OtherPackages(NoPackages):
    """Packages of another day: Texas keeps the clock of Los Angeles, Juneteenth is no holiday."""

    def zone_file(self, key: str) -> bytes | None:
        return INSTALLED.zone_file("America/Los_Angeles")

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        return {f"{year}-08-17": "a day of that name"}

    def circle(self, miles: float, of: str) -> frozenset[str] | None:
        return frozenset({"00501"})


@pytest.fixture
def one_more_required_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The schemas of a later day: a `say` must tell its tone."""
    folder = tmp_path / "schemas"
    shutil.copytree(schemas.schema_folder(), folder)
    file = folder / "nodes" / "say.schema.json"
    schema = json.loads(file.read_text("utf-8"))
    schema["required"] = [*schema["required"], "tone"]
    schema["properties"]["tone"] = {"type": "string", "description": "How it is said."}
    file.write_text(json.dumps(schema), "utf-8")
    cached = [made for made in vars(schemas).values() if hasattr(made, "cache_clear")]

    def forget() -> None:
        for made in cached:
            made.cache_clear()

    forget()
    monkeypatch.setattr(schemas, "schema_folder", lambda: folder)
    yield
    monkeypatch.undo()
    forget()


@pytest.fixture
def one_more_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    check_draft = flows.check_draft

    def stricter(draft: Draft, mistakes: Mistakes) -> None:
        check_draft(draft, mistakes)
        mistakes.error(draft.document.place(), "no flow is good enough")

    monkeypatch.setattr(flows, "check_draft", stricter)


@pytest.mark.parametrize("folder", ["roofing", "home_services", "medicare"])
def test_a_kept_revision_is_what_was_published(folder: str) -> None:
    published = publish(read_network_dir(ROOFING.parent / folder))
    assert published.revision is not None
    assert published.network is not None
    kept = read_kept(published.files, NoPackages())
    assert kept.id == published.revision.id == revision_id(published.files)
    assert isinstance(kept.market, NetworkMarket)
    assert kept.market.network == published.network
    assert list(kept.flows) == list(published.revision.flows)


@pytest.mark.usefixtures("one_more_required_setting")
def test_a_setting_that_is_required_later_is_asked_of_drafts_alone() -> None:
    assert any("'tone' is missing" in str(mistake) for mistake in check_all(ROOFING).mistakes)
    assert publish(FILES).revision is None
    assert read_kept(FILES).id == revision_id(FILES)


@pytest.mark.usefixtures("one_more_rule")
def test_a_rule_that_comes_later_is_held_against_drafts_alone() -> None:
    assert any("no flow is good enough" in str(mistake) for mistake in check_all(ROOFING).mistakes)
    assert publish(FILES).revision is None
    assert read_kept(FILES).id == revision_id(FILES)


def test_what_cannot_be_read_is_named_with_file_line_and_cause() -> None:
    flow = FILES["roofing.yaml"].replace("type: choose_buyer", "type: pick_buyer")
    with pytest.raises(UnreadableRevision) as caught:
        read_kept({**FILES, "roofing.yaml": flow})
    line = next(n for n, text in enumerate(flow.splitlines(), 1) if "pick_buyer" in text)
    assert str(caught.value).startswith("roofing.yaml:")
    assert str(caught.value).endswith("this version can't read it")
    assert abs(caught.value.mistake.place.line - line) <= 1
    network = FILES["network.yaml"].replace('    price: "45.00"\n', "", 1)
    with pytest.raises(UnreadableRevision, match=r"network.yaml:\d+:\d+: buyer '.*': this version can't"):
        read_kept({**FILES, "network.yaml": network})


def test_what_was_read_last_is_at_hand_for_the_next_call_of_the_very_same_files() -> None:
    last = LastRead()
    first = last.revision(FILES)
    assert last.revision(dict(FILES)) is first
    changed = {**FILES, "lists/only_here.txt": "78701"}
    assert first.id != last.revision(changed).id == revision_id(changed)
    with pytest.raises(UnreadableRevision, match="it isn't JSON"):
        last.revision({**FILES, REFERENCE_FILE: "{"})
    assert last.revision(changed).id == revision_id(changed)


def test_a_newer_engines_revision_asks_for_a_newer_engine() -> None:
    newer = {**FILES, REFERENCE_FILE: json.dumps({"format": migrations.FORMAT + 1})}
    with pytest.raises(UnreadableRevision, match="reads formats up to 2; upgrade it"):
        read_kept(newer)
    with pytest.raises(UnreadableRevision, match="it isn't JSON"):
        read_kept({**FILES, REFERENCE_FILE: "{"})
    with pytest.raises(UnreadableRevision, match="it isn't the reference data"):
        read_kept({**FILES, REFERENCE_FILE: '{"format": 2, "zones": {"America/Chicago": "VFpp"}}'})


def test_a_step_brings_the_files_of_an_older_language_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    older = {name: text.replace("ring_timeout:", "rings_for:") for name, text in FILES.items()}
    assert older != FILES

    def with_ring_timeouts(documents: Documents) -> Documents:
        moved = dict(documents)
        for name, document in documents.items():
            for node in mapping_at(document, ("nodes",)):
                moved[name] = renamed(moved[name], ("nodes", node, "rings_for"), "ring_timeout")
        return moved

    assert publish(older).revision is None
    monkeypatch.setattr(migrations, "FORMAT", 3)
    monkeypatch.setattr(reading, "FORMAT", 3)
    monkeypatch.setattr(migrations, "STEPS", {**migrations.STEPS, 3: with_ring_timeouts})
    flow = read_kept(older).flows["roofing"]
    timeouts = {name: getattr(placed.node, "ring_timeout_ms", None) for name, placed in flow.nodes.items()}
    of_today = {
        name: getattr(placed.node, "ring_timeout_ms", None)
        for name, placed in read_kept(FILES).flows["roofing"].nodes.items()
    }
    assert timeouts == of_today


def test_rewriting_keeps_every_place() -> None:
    document, _ = load("a:\n  b: {c: 1}\n  d: [x, {e: 2}]\n", "f.yaml")
    assert document is not None
    moved = renamed(document, ("a", "b"), "z")
    assert moved.value == {"a": {"z": {"c": 1}, "d": ["x", {"e": 2}]}}
    assert moved.place(("a", "z", "c")) == document.place(("a", "b", "c")) == Place("f.yaml", 2, 10)
    assert not moved.has(("a", "b"))
    given = with_setting(document, ("a", "d", 1, "f"), value=True)
    assert given.value == {"a": {"b": {"c": 1}, "d": ["x", {"e": 2, "f": True}]}}
    assert given.raw(("a", "d", 1, "f")) == "true"
    assert given.place(("a", "d", 1, "f")).line == 3
    assert with_setting(given, ("a", "d", 1, "f"), value=False) is given
    assert with_setting(document, ("a", "n", "f"), value=False) is document
    assert without(document, ("a", "d")).value == {"a": {"b": {"c": 1}}}
    assert without(document, ("x",)) is document


def test_reference_data_is_frozen_into_the_revision() -> None:
    published = publish(LOCAL)
    assert published.revision is not None, published.mistakes
    assert format_of(published.files) == migrations.FORMAT
    kept = read_reference(published.files[REFERENCE_FILE])
    assert kept["format"] == migrations.FORMAT
    assert set(kept["zones"]) == {"America/Chicago"}
    assert len(kept["holidays"]["us_holidays"]) == YEARS_AHEAD + 2
    assert list(kept["circles"]) == ["25 of 78701"]
    assert publish(LOCAL).revision.id == published.revision.id  # type: ignore[union-attr]
    assert publish(LOCAL, OtherPackages()).revision.id != published.revision.id  # type: ignore[union-attr]


def test_packages_of_another_day_change_no_kept_revision() -> None:
    published = publish(LOCAL)
    for packages in (NoPackages(), OtherPackages()):
        market = read_kept(published.files, packages).market
        assert isinstance(market, NetworkMarket)
        (buyer,) = [each for each in market.network.buyers.values() if each.hours]
        (schedule,) = [
            each.schedule for each in panel_of(market.network, "roofing").prospects if each.schedule
        ]
        assert schedule.at(instant("2026-06-18 08:30")).is_open
        assert schedule.at(instant("2026-06-19 08:30")).values["closed"].startswith("Juneteenth")
        assert buyer.area is not None
        (clause,) = buyer.area.leaves()
        assert clause.evaluate({"zip": "78701"})
        assert not clause.evaluate({"zip": "00501"})


def test_a_revision_of_the_first_format_has_the_clocks_and_holidays_of_its_day() -> None:
    market = read_kept(FILES, OtherPackages()).market
    assert isinstance(market, NetworkMarket)
    almanac = market.network.almanac
    assert almanac.holidays("us_holidays", 2026)["2026-11-26"] == "Thanksgiving Day"
    chicago = almanac.zone("US/Central")
    for year in (2025, 2026, 2030, 2040):
        for month in (1, 2, 4, 7, 10, 12):
            noon = datetime(year, month, 15, 12, tzinfo=chicago)
            assert noon.utcoffset() == timedelta(hours=-5 if 3 < month < 11 else -6)
    assert almanac.holidays("us_holidays", 2037) == {"2037-08-17": "a day of that name"}


def test_beyond_the_frozen_years_the_packages_answer() -> None:
    reference = Reference({"format": 2, "holidays": {"us_holidays": {"2026": {}}}}, OtherPackages())
    assert reference.holidays("us_holidays", 2026) == {}
    assert reference.holidays("us_holidays", 2060) == {"2060-08-17": "a day of that name"}


def test_circles_are_kept_in_runs_and_hostile_ones_stay_small() -> None:
    reference = Reference(packages=INSTALLED)
    codes = reference.circle(25, "78701")
    assert codes
    again = Reference(read_reference(reference.frozen(2, 2026)))
    assert again.circle(25, "78701") == codes
    endless = Reference({"circles": {"1 of 78701": "0-999999999999"}})
    assert len(endless.circle(1, "78701") or ()) == 100_000


def test_a_folders_own_reference_data_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOFING, tmp_path / "net")
    (tmp_path / "net" / REFERENCE_FILE).write_text("{}", "utf-8")
    assert any(
        "a network can't have a file with this name" in str(mistake)
        for mistake in check_all(tmp_path / "net").mistakes
    )
    assert publish(read_network_dir(tmp_path / "net")).revision is None
