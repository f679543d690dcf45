"""A recording's row: from the fact, through its end, to the day its file is deleted."""

from __future__ import annotations

from engine.core.commands import Record
from engine.core.facts import Answer, Ending, Question, Recording, Utterance
from engine.store import Store
from engine.store.tables.recordings import KeptRecording, RecordingEnd
from tests.shown import show_json
from tests.store.store_world import START, arrived

DAY_MS = 86_400_000
END = RecordingEnd("2026-11-22/call-1.flac", "flac", 9_000, "ab" * 32, 1234, ((500, 900),), "")


def recording(keep_ms: int | None = DAY_MS) -> Recording:
    told = Question("This call may be recorded.", "en-US", "cd" * 32)
    return Recording(1_000, "recording-1", "2026-11-22/call-1.wav", "both", "flac", told, 0, keep_ms)


def answer(name: str, began_at: int | None, answered_at: int, *, sensitive: bool = False) -> Answer:
    return Answer(
        name=name,
        kind="zip",
        value="78701",
        values={name: "78701"},
        label="7 8 7 0 1",
        raw="78701",
        mode="keys",
        confidence=1.0,
        attempts=1,
        confirmed=False,
        node="ask",
        question=None,
        asked_at=0,
        answered_at=answered_at,
        sensitive=sensitive,
        utterance=Utterance((), "moonshine", 2_000, 3_000),
        began_at=began_at,
    )


async def keep(store: Store, *facts: object, ended: bool = True) -> None:
    store.append("call-1", 0, arrived())
    commands = [Record(fact) for fact in facts]  # type: ignore[arg-type]
    if ended:
        commands.append(Record(Ending(10_000, "caller", "hung up")))
    store.append_commands("call-1", 0, commands)
    await store.flush("call-1")


async def kept(store: Store) -> KeptRecording:
    (one,) = await store.recordings("call-1")
    return one


async def test_a_recording_that_is_being_made_has_no_end_yet(store: Store) -> None:
    await keep(store, recording(), ended=False)
    one = await kept(store)
    assert (one.end, one.started_at_ms, one.path) == (None, 1_000, "2026-11-22/call-1.wav")
    assert await store.unfinished_recordings() == ()  # its call goes on


async def test_the_end_of_the_file_is_kept_once(store: Store) -> None:
    await keep(store, recording())
    assert [one.recording for one in await store.unfinished_recordings()] == ["recording-1"]
    await store.finish_recording("call-1", "recording-1", END)
    other = RecordingEnd("elsewhere.wav", "wav", 1, "", 0, (), "late")
    await store.finish_recording("call-1", "recording-1", other)
    assert (await kept(store)).end == END
    assert await store.unfinished_recordings() == ()


async def test_show_lists_the_recording_and_where_each_answer_is_heard(store: Store) -> None:
    facts = (
        answer("zip", 2_000, 3_000),
        answer("said_by_flow", None, 3_000),
        answer("card", 2_000, 3_000, sensitive=True),
    )
    await keep(store, answer("early", 400, 900), recording(), *facts)
    await store.finish_recording("call-1", "recording-1", END)
    view = await store.call("call-1")
    assert view is not None
    shown = show_json(view)
    assert shown["recordings"] == [
        {
            "recording": "recording-1",
            "path": "2026-11-22/call-1.flac",
            "answer": None,
            "format": "flac",
            "channels": "both",
            "announcement": {
                "text": "This call may be recorded.",
                "language": "en-US",
                "sha256": "cd" * 32,
                "audio_sha256": None,
            },
            "announced_at_ms": 0,
            "started_at_ms": 1_000,
            "duration_ms": 9_000,
            "sha256": "ab" * 32,
            "bytes": 1234,
            "complete": True,
            "fault": None,
            "silenced": [{"start_ms": 500, "end_ms": 900}],
            "keep_ms": DAY_MS,
            "pruned_at": None,
        }
    ]
    audio = {name: one["audio"] for name, one in shown["answers"].items()}  # type: ignore[union-attr,index,call-overload]
    assert audio == {
        "zip": {"recording": "recording-1", "start_ms": 1_000, "end_ms": 2_000},
        "early": None,  # given before the recording began
        "said_by_flow": None,
        "card": None,  # and silenced
    }


async def test_what_was_kept_long_enough_is_found_and_its_row_outlives_its_file(store: Store) -> None:
    await keep(store, recording())
    await store.finish_recording("call-1", "recording-1", END)
    due = START + 1_000 + DAY_MS
    assert await store.expired_recordings(due - 1) == ()
    expired = await store.expired_recordings(due)
    assert [one.call for one in expired] == ["call-1"]
    await store.recordings_pruned(expired)
    assert await store.expired_recordings(due) == ()
    one = await kept(store)
    assert one.pruned_at == START
    assert one.end == END


async def test_without_a_limit_it_is_kept_for_good(store: Store) -> None:
    await keep(store, recording(keep_ms=None))
    await store.finish_recording("call-1", "recording-1", END)
    assert await store.expired_recordings(START * 2) == ()
