"""A network's files are its folder's own: nothing else of the machine is read, published or printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.language.revisions import check, check_all, load

FLOW = """
flow: main
start: ask
answers: {zip: {type: zip}}
nodes:
  ask: {type: collect, answer: zip, prompt: Your ZIP?, next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""
NETWORK = """
network: acme
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [lonestar]}}
buyers:
  lonestar: {to: "+15550111", price: "45.00", billable: {after: 90s}, area: {zips: {file: texas.txt}}}
"""
SECRET = "CORDBOARD_API_TOKEN=hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "main.yaml").write_text(FLOW)
    (folder / "texas.txt").write_text("78701 78702\n")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    file = tmp_path / "environ"
    file.write_text(f"PATH=/bin\0{SECRET}\0\x1b[31mHOME=/root")
    return file


@pytest.fixture
def mine() -> Iterator[Path]:
    """The folder where anybody may read it, and nobody but root may not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file, text in (("network.yaml", NETWORK), ("main.yaml", FLOW), ("texas.txt", "78701 78702\n")):
            (folder / file).write_text(text)
        yield folder
        for each in folder.rglob("*"):
            each.chmod(0o755)


def told_to_somebody(folder: Path) -> list[str]:
    """As one whom files can be kept from, unlike root."""
    told(folder)  # what has to be imported is
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        return told(folder)
    finally:
        os.seteuid(own)


def told(folder: Path) -> list[str]:
    return [str(mistake) for mistake in check(folder)]


def test_the_folder_as_it_should_be_has_no_mistake(folder: Path) -> None:
    assert told(folder) == []


@pytest.mark.parametrize("name", ["texas.txt", "main.yaml", "network.yaml", "more.stories.yaml", "notes.txt"])
def test_a_link_that_leaves_the_folder_is_refused_and_nothing_of_its_file_is_told(
    folder: Path, elsewhere: Path, name: str
) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(elsewhere)
    found = told(folder)
    place = f"{name}:1:1: this is a link that leaves the network's folder; put a copy of the file here"
    assert place in found
    assert "hunter2" not in str(found)
    assert check_all(folder).has_errors
    if not name.endswith(".stories.yaml"):
        published = load(folder)
        assert published.revision is None
        assert "hunter2" not in str(published.files)


def test_a_link_within_the_folder_is_as_good_as_a_file(folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "texas.txt").rename(folder / "lists" / "all.txt")
    (folder / "texas.txt").symlink_to(Path("lists") / "all.txt")
    assert told(folder) == []


def test_a_folder_that_is_itself_reached_by_a_link_is_checked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert told(tmp_path / "link") == []


def test_an_editors_lock_is_no_file(folder: Path) -> None:
    (folder / ".#main.yaml").symlink_to("somebody@somewhere.1234")
    assert told(folder) == []


def test_a_file_in_a_folder_that_cannot_be_entered_is_a_mistake(mine: Path) -> None:
    (mine / "lib").mkdir()
    (mine / "lib" / "more.yaml").write_text(FLOW)
    (mine / "lib").chmod(0o444)
    assert "lib/more.yaml:1:1: the file can't be read (Permission denied)" in told_to_somebody(mine)


@pytest.mark.parametrize("named", ["a.wav", "n\0ul.wav", "x" * 300 + ".wav"])
def test_a_sound_that_no_file_can_be_is_missing(folder: Path, named: str) -> None:
    (folder / "a.wav").symlink_to("a.wav")
    (folder / "main.yaml").write_text(FLOW.replace("say: Goodbye.", f'say: {{audio: "{named}", text: Bye.}}'))
    assert any("sound file" in line or "an invisible character" in line for line in told(folder)), told(
        folder
    )


def test_a_sound_that_cannot_be_read_is_missing(mine: Path) -> None:
    (mine / "a.wav").write_bytes(b"RIFF")
    (mine / "main.yaml").write_text(FLOW.replace("say: Goodbye.", "say: {audio: a.wav, text: Bye.}"))
    (mine / "a.wav").chmod(0)
    assert any("sound file 'a.wav' doesn't exist" in line for line in told_to_somebody(mine))


def test_a_pipe_or_a_device_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "endless.txt")
    (folder / "texas.txt").unlink()
    (folder / "texas.txt").symlink_to("/dev/zero")
    found = told(folder)
    assert "endless.txt:1:1: this isn't a regular file; expected a file of text; remove it" in found
    assert any(line.startswith("texas.txt:1:1: this is a link that leaves") for line in found)


def test_a_huge_file_is_not_read(folder: Path) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(64 << 30)  # a hole: it takes no room on the disk
    (line,) = told(folder)
    assert line.startswith("huge.txt:1:1: the file is too large; expected at most 8 MiB")


def test_a_story_plays_no_recording_from_outside_of_the_folder(folder: Path, elsewhere: Path) -> None:
    (folder / "voice.wav").symlink_to(elsewhere)
    (folder / "a.stories.yaml").write_text(
        "stories:\n  plays:\n    caller: [{says: {wav: voice.wav}}]\n    expect: {ended_by: flow}\n"
    )
    assert any("recording 'voice.wav' doesn't exist" in line for line in told(folder))


def test_of_a_file_that_is_no_list_at_most_forty_characters_are_quoted(folder: Path, elsewhere: Path) -> None:
    words = "\n".join([SECRET, *(f"secret{number}" for number in range(50))])
    (folder / "texas.txt").write_text(f"78701\n{words}\n\x1b[31m\0red\n7870\n")
    found = told(folder)
    assert len(found) == 53  # every line is still named
    assert sum("secret" in line for line in found) == 0
    quoted = [line.partition("'CORD")[2].partition("'")[0] for line in found if "'CORD" in line]
    assert [len(f"CORD{words}") for words in quoted] == [40]
    assert any("'7870' isn't a ZIP code" in line for line in found)
    assert all(line.isprintable() for line in found)


def test_lists_and_yaml_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    for name in ("texas.txt", "main.yaml", "network.yaml"):
        (folder / name).write_text("\ufeff" + (folder / name).read_text())
    assert told(folder) == []


def test_a_files_name_moves_no_cursor(folder: Path) -> None:
    (folder / "a\x1b[31m.yaml").write_text("flow: x")
    (line,) = told(folder)
    assert line.endswith("the file's name holds invisible characters; rename it")
    assert line.isprintable()


def test_a_text_that_no_database_keeps_is_a_mistake(folder: Path) -> None:
    (folder / "main.yaml").write_text(FLOW.replace("Goodbye.", '"Good\\0bye."'))
    (line,) = told(folder)
    assert "this text holds a NUL or half a character; remove the escape" in line
