"""A network full of planted mistakes: each is found, at its line, in one pass, and nothing else is."""

from pathlib import Path

from engine.language.revisions import check, load

PLANTED = Path(__file__).parent / "mistakes"


def planted() -> list[tuple[str, int, str]]:
    """File, line and words of every mistake: what stands behind `#!` in the files."""
    return [
        (file.name, number, words.strip())
        for file in sorted(PLANTED.glob("*.yaml"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if not line.startswith("#")
        for words in line.split("#! ")[1:]
    ]


def test_every_planted_mistake_is_named_at_its_line() -> None:
    found = [(mistake.place.file, mistake.place.line, mistake.message) for mistake in check(PLANTED)]
    missed = [
        mistake
        for mistake in planted()
        if not any(mistake[:2] == other[:2] and mistake[2] in other[2] for other in found)
    ]
    assert missed == []
    assert len(planted()) >= 75


def test_no_line_is_blamed_that_holds_no_mistake() -> None:
    expected = planted()
    blamed = [
        str(mistake)
        for mistake in check(PLANTED)
        if not any(
            (mistake.place.file, mistake.place.line) == (file, line) and words in mistake.message
            for file, line, words in expected
        )
    ]
    assert blamed == []


def test_a_network_with_an_error_is_no_revision() -> None:
    published = load(PLANTED)
    assert published.revision is None
    assert published.network is None


def test_mistakes_come_in_the_order_of_the_files() -> None:
    places = [mistake.place for mistake in check(PLANTED)]
    assert places == sorted(places)


def test_a_mistake_says_where_what_was_found_and_the_cure() -> None:
    lines = [str(mistake) for mistake in check(PLANTED)]
    assert (
        "network.yaml:7:47: number '+15550101': publisher 'radoi' doesn't exist; did you mean 'radio'?"
        in lines
    )
