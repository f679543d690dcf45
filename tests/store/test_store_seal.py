"""Keys for sensitive answers are unreadable in the file and whole in a replay."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from engine.core.commands import Record
from engine.core.events import KeyPressed
from engine.core.model_events import Fill, ModelReplied
from engine.core.records import changed
from engine.store import Seal, SealError, Store
from engine.store.key_files import make_key_file
from tests.store.store_world import ZIP, OpenStore, arrived, open_call


async def press_sealed(store: Store, keys: str = "4711") -> list[KeyPressed]:
    pressed = [KeyPressed(100 * n, "caller", key) for n, key in enumerate(keys, 1)]
    store.append("call-1", 0, arrived())
    for seq, event in enumerate(pressed, 1):
        store.append("call-1", seq, event, sealed=True)
    await store.flush()
    return pressed


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".key"))


async def test_sealed_keys_are_nowhere_in_the_file_and_whole_in_the_journal(
    store: Store, tmp_path: Path
) -> None:
    pressed = await press_sealed(store, "4711")
    assert [entry.event for entry in (await store.journal("call-1"))[1:]] == pressed
    held = everything_in(tmp_path)
    assert b"sealed:" in held
    assert not any(f'"key":"{key}"'.encode() in held for key in "4711")


async def test_what_a_model_said_is_sealed_whole(store: Store, tmp_path: Path) -> None:
    """Its words may be the caller's, and so may a name that it made up."""
    replied = ModelReplied(
        5, "talk#1", "You said Zanzibar.", (Fill("Zanzibar", "Zanzibar", "Zanzibar"),), "Zanzibar"
    )
    store.append("call-1", 0, arrived())
    store.append("call-1", 1, replied, sealed=True)
    store.append("call-1", 2, replied)
    await store.flush()
    assert [entry.event for entry in (await store.journal("call-1"))[1:]] == [replied, replied]
    kept = await store.kept_journal("call-1")
    assert "Zanzibar" not in str(kept[1])
    assert str(kept[2]).count("Zanzibar") == 5


async def test_a_buyers_keys_stay_readable(store: Store, tmp_path: Path) -> None:
    await open_call(store, arrived())
    store.append("call-1", 1, KeyPressed(10, "buyer-1", "1"), sealed=True)
    await store.flush()
    assert b'"key":"1"' in everything_in(tmp_path)


async def test_a_sensitive_answer_is_masked_in_every_table(store: Store, tmp_path: Path) -> None:
    await open_call(store, arrived())
    secret = changed(
        ZIP, name="card", value="4111111111", raw="4111111111", label="4111111111", sensitive=True
    )
    store.append_commands("call-1", 0, [Record(secret)])
    await store.flush()
    assert b"4111111111" not in everything_in(tmp_path)


async def test_the_key_file_is_its_owners_alone_and_lasts(open_store: OpenStore, tmp_path: Path) -> None:
    pressed = await press_sealed(await open_store())
    key_file = tmp_path / "cordboard.db.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    again = await open_store()
    assert [entry.event for entry in (await again.journal("call-1"))[1:]] == pressed
    assert [path.name for path in tmp_path.glob(".*")] == []


async def test_no_key_file_is_made_where_nothing_is_sealed(store: Store, tmp_path: Path) -> None:
    await open_call(store, arrived())
    await store.journal("call-1")
    assert not (tmp_path / "cordboard.db.key").exists()


async def test_another_key_is_refused_by_name_of_the_setting(open_store: OpenStore, tmp_path: Path) -> None:
    first, other = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    unused = tmp_path / "unused"
    pressed = await press_sealed(await open_store(seal=Seal(unused, first)))
    with pytest.raises(SealError, match="CORDBOARD_JOURNAL_KEY") as refusal:
        await (await open_store(seal=Seal(unused, other))).journal("call-1")
    assert other not in str(refusal.value)
    renewed = await open_store(seal=Seal(unused, f"{other}, {first}"))  # a new key first, the old one still
    assert [entry.event for entry in (await renewed.journal("call-1"))[1:]] == pressed


async def test_a_lost_key_file_is_not_replaced_by_a_new_one(open_store: OpenStore, tmp_path: Path) -> None:
    await press_sealed(await open_store())
    key_file = tmp_path / "cordboard.db.key"
    key_file.unlink()
    with pytest.raises(SealError, match="CORDBOARD_JOURNAL_KEY is not set"):
        await (await open_store()).journal("call-1")
    assert not key_file.exists()


def test_a_malformed_key_says_what_a_key_is(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "unused", "hunter2")
    with pytest.raises(SealError, match="CORDBOARD_JOURNAL_KEY to be 32 bytes") as refusal:
        seal.seal("1")
    assert "hunter2" not in str(refusal.value) + repr(seal)


def test_the_printed_recipe_makes_a_key() -> None:
    import base64
    import os

    key = base64.b64encode(os.urandom(32)).decode().translate(str.maketrans("+/", "-_"))
    assert Seal(Path("unused"), key).unseal(Seal(Path("unused"), key).seal("7")) == "7"


def test_two_who_make_the_key_at_once_share_one(tmp_path: Path) -> None:
    key_file = tmp_path / "a.key"
    first = Fernet.generate_key()
    make_key_file(key_file, first)
    make_key_file(key_file, Fernet.generate_key())
    assert key_file.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]
    assert Seal(key_file).unseal(Seal(key_file).seal("7")) == "7"
