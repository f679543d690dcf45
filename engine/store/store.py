"""The store: everything that outlives a call, behind one object.

A worker opens one. Journals are appended without waiting and committed in groups; money is written at
once, after the call's journal. What is read is what is committed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from engine.core.commands import BillClaim, Command
from engine.core.events import ClaimRefused, Contact, Event, Standing
from engine.core.journal import Entry
from engine.exchange.carrier_times import CarrierFinding
from engine.store import reading
from engine.store.carrier_desk import CarrierDesk
from engine.store.databases.database import Database, open_database
from engine.store.databases.grouped_writes import GroupedWrites
from engine.store.databases.transactions import Connection
from engine.store.ledger import disputes, refunds
from engine.store.ledger import entries as ledger
from engine.store.ledger.audits import Audits
from engine.store.ledger.chain import ChainCheck, KeptLink
from engine.store.ledger.disputes import Dispute, NewDispute, Settlement
from engine.store.ledger.entries import Correction
from engine.store.ledger.refunds import BillChange
from engine.store.migrations.upgrade import upgrade
from engine.store.outbox.letterbox import Letterbox
from engine.store.reports.books import Books
from engine.store.seal import Seal
from engine.store.shredder import Shredder
from engine.store.tables import (
    calls,
    carrier_records,
    journal,
    pauses,
    recordings,
    reservations,
    revisions,
    same_caller,
    standings,
)
from engine.store.tables.calls import AbandonedCall, CallPart, Owner
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.journal import JournalRow, KeptEntry
from engine.store.tables.pauses import PauseStep
from engine.store.tables.recordings import KeptRecording, RecordingEnd
from engine.store.tables.reservations import Granted, Refused, ReservationRequest
from engine.store.views import CallSummary, CallView
from engine.store.wishes import Wishes

LEASE_MS = 30_000


class Store:
    """Opened with `Store.open`, closed with `close`; an asynchronous context manager as well."""

    def __init__(self, database: Database, owner: Owner, clock: Callable[[], int], seal: Seal) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock
        self._seal = seal
        self.outbox = Letterbox(database, clock)
        self.books = Books(database)
        self.audits = Audits(database, clock)
        self.carrier_desk = CarrierDesk(database)
        self.shredder = Shredder(database, clock, seal)
        self.wishes = Wishes(database, clock, seal)
        self._writes: GroupedWrites[JournalRow] = GroupedWrites(self._write)

    @classmethod
    async def open(
        cls,
        url: str,
        worker: str,
        clock: Callable[[], int],
        *,
        seal: Seal | None = None,
        lease_ms: int = LEASE_MS,
        must_exist: bool = False,
    ) -> Store:
        """Open `sqlite:///file.db` or `postgresql://…/name`, made or brought up to date where needed.

        `clock` tells milliseconds since 1970. Calls that this worker opens or takes over are leased for
        `lease_ms`; `renew` lengthens that. Without a seal, one whose key file lies beside the database.
        """
        database = await open_database(url, must_exist)
        try:
            await database.change_tables(upgrade)
        except BaseException:
            await database.close()
            raise
        owner = Owner(worker, secrets.token_hex(8), lease_ms)
        key_file = Path(f"{database.path}.key")
        return cls(database, owner, clock, seal or Seal(key_file))

    def beside(self, suffix: str) -> Path:
        """A file of the database's own, beside it: `cordboard.db.signing-key.pem`."""
        return Path(f"{self._database.path}.{suffix}")

    async def close(self) -> None:
        """Commit what was appended and let go of the database; raises FlushFailed if it could not."""
        try:
            await self._writes.close()
        finally:
            await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Revisions

    async def keep_revision(self, revision: str, files: Mapping[str, str], written_in: int = 1) -> None:
        """Keep a revision's files by its name, and the format that they are written in.

        One that is kept already stays as it is.
        """
        now_ms = self._clock()
        await self._database.write(lambda on: revisions.keep(on, revision, files, written_in, now_ms))

    async def revision_files(self, revision: str) -> Mapping[str, str] | None:
        """{relative name: text} of a kept revision."""
        return await self._database.read(lambda connection: revisions.files(connection, revision))

    async def revisions(self) -> Sequence[str]:
        """The names of all kept revisions, newest first."""
        return await self._database.read(revisions.names)

    # The journal

    def append(self, call: str, seq: int, event: Event, *, sealed: bool = False) -> None:
        """Queue the call's event number `seq`, from 0; a CallArrived opens the call.

        `sealed` encrypts what may be sensitive of it. Raises CallLost once the call is another worker's.
        """
        self._writes.add(journal.event_row(call, seq, event, self._seal if sealed else None))

    def append_commands(self, call: str, seq: int, commands: Sequence[Command]) -> None:
        """Queue what event `seq` led to: the commands, the facts, and the money in them.

        Released reservations and posted amounts are settled in the same transaction. Handing in again
        what stands already changes nothing.
        """
        self._writes.add(journal.commands_row(call, seq, commands, self._seal))

    async def flush(self, call: str | None = None) -> None:
        """Return once everything appended so far is committed.

        Raises FlushFailed if the database cannot be written now (nothing is lost, it is tried again), and
        CallLost or RowsRefused for calls that take no more: with `call`, always for that one and never for
        another; without, once for each.
        """
        await self._writes.flush(call)

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that no more calls should be taken."""
        return self._writes.is_behind

    async def journal(self, call: str) -> list[Entry]:
        """The call's committed journal, unsealed."""
        return await self._database.read(lambda connection: journal.read(connection, call, self._seal))

    async def kept_journal(self, call: str) -> list[KeptEntry]:
        """The call's committed journal as JSON, event by event with its commands, sealed as it is kept."""
        return await self._database.read(lambda connection: journal.read_kept(connection, call))

    # Money

    async def reserve(self, request: ReservationRequest) -> Granted | Refused:
        """Take a place under all of the buyer's caps or none. The call's journal is committed before."""
        await self.flush(request.call)
        return await self._database.write(lambda connection: reservations.reserve(connection, request))

    async def claim(self, call: str, claims: Sequence[BillClaim]) -> tuple[ClaimRefused, ...]:
        """Make these the call's own to bill; what other calls of its caller have is refused.

        The call's journal is committed before. Raises CallLost where the call is not ours any more.
        """
        await self.flush(call)

        async def work(connection: Connection) -> tuple[ClaimRefused, ...]:
            await calls.check_owned(connection, {call}, self._owner)
            return await same_caller.claim(connection, call, claims, self._clock())

        return await self._database.write(work)

    async def release(self, call: str, reservation: str, used: bool) -> None:
        """Settle a reservation; the first settlement stands."""
        await self._database.write(
            lambda connection: reservations.release(connection, call, reservation, used, self._clock())
        )

    async def renew(self, call_ids: Collection[str], until_ms: int) -> None:
        """Lengthen the leases of calls that are ours, and of the reservations that they hold."""
        ours = tuple(call_ids)

        async def work(connection: Connection) -> None:
            await calls.renew(connection, ours, until_ms, self._owner)
            await reservations.renew(connection, ours, until_ms, self._clock())

        await self._database.write(work)

    async def correct(self, *wanted: Correction, claims: Sequence[BillClaim] = ()) -> None:
        """Make these amounts stand, all of them or none, by entries that name what they correct.

        The calls' journals are committed before. Raises CorrectionRefused, and OwedAlready where another call
        of the caller has one of the `claims`.
        """
        for correction in wanted:
            await self.flush(correction.call)

        async def work(connection: Connection) -> None:
            if claims:
                await same_caller.check(connection, wanted[0].call, claims)
            for correction in wanted:
                await ledger.correct(connection, correction, self._clock())

        await self._database.write(work)
        self.outbox.news.set()

    async def correct_bill(self, change: BillChange) -> None:
        """Make it stand, with what follows of the payout. Raises CorrectionRefused."""
        await self.flush(change.call)
        await self._database.write(lambda connection: refunds.correct_bill(connection, change, self._clock()))
        self.outbox.news.set()

    async def ledger_links(self, call: str) -> tuple[KeptLink, ...]:
        """The call's entries as links of their parties' chains, oldest first."""
        return await self._database.read(lambda connection: ledger.links_of(connection, call))

    async def verify_ledger(self, party: str | None = None, pinned: str = "") -> Sequence[ChainCheck]:
        """Every party's chain of entries, or one's; which must pass through the `pinned` hash.

        Behind all chains the ledger as a whole, under the party "", where it isn't what its marks say.
        """
        return await self.audits.verify(party, pinned)

    # Carriers' records and disputes

    async def keep_carrier_record(self, record: CarrierRecord) -> None:
        """Keep what a carrier says of a leg of ours; the first record of a leg stands."""
        await self.flush(record.call)
        await self._database.write(lambda connection: carrier_records.keep(connection, record))

    async def unread_carrier_records(self, but: Collection[tuple[str, str]] = ()) -> Sequence[CarrierRecord]:
        """Records of ended calls that were not held against our own times yet, `but` these (call, leg)."""
        return await self._database.read(lambda connection: carrier_records.unread(connection, but))

    async def note_carrier_record(
        self, record: CarrierRecord, finding: CarrierFinding, ends: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Say what came of a record, and when legs of its call ended by the carriers."""
        await self._database.write(lambda connection: carrier_records.note(connection, record, finding, ends))

    async def open_dispute(self, opening: NewDispute) -> Dispute:
        """Keep a dispute; raises DisputeRefused while another one of the same bill is open."""

        async def work(connection: Connection) -> Dispute:
            number = await disputes.open_dispute(connection, opening, self._clock())
            (dispute,) = await disputes.find(connection, number=number)
            return dispute

        return await self._database.write(work)

    async def decide_dispute(self, number: int, decision: Settlement) -> Dispute:
        """Decide a dispute and correct the bill accordingly; raises DisputeRefused or CorrectionRefused."""

        async def work(connection: Connection) -> Dispute:
            await disputes.decide(connection, number, decision, self._clock())
            (dispute,) = await disputes.find(connection, number=number)
            return dispute

        dispute = await self._database.write(work)
        self.outbox.news.set()
        return dispute

    async def disputes(self, number: int | None = None) -> Sequence[Dispute]:
        """All disputes, oldest first, or the one of that number."""
        return await self._database.read(lambda connection: disputes.find(connection, number=number))

    # Pauses

    async def pause(self, step: PauseStep) -> bool:
        """Pause or resume a buyer from now on; False where it is so already. Every step is kept."""
        return await self._database.write(lambda connection: pauses.add(connection, step))

    async def paused(self, campaign: str) -> Mapping[str, str]:
        """The buyers that take no calls of the campaign now, and why."""
        return {step.buyer: step.why for step in reversed(await self.pauses(campaign))}

    async def pauses(self, campaign: str | None = None) -> Sequence[PauseStep]:
        """The pauses that stand: those that keep the campaign's calls away, or all of them."""
        return await self._database.read(lambda connection: pauses.paused(connection, campaign))

    # Recordings

    async def finish_recording(self, call: str, recording: str, end: RecordingEnd) -> None:
        """Keep what became of a recording's file, once the call's journal is committed."""
        await self.flush(call)
        await self._database.write(lambda connection: recordings.finish(connection, call, recording, end))

    async def recordings(self, call: str) -> Sequence[KeptRecording]:
        """The call's recordings, in the order in which they began."""
        return await self._database.read(lambda connection: recordings.read(connection, call))

    async def unfinished_recordings(self) -> Sequence[KeptRecording]:
        """Those of ended calls of this worker whose file nobody finished."""
        return await self._database.read(
            lambda connection: recordings.unfinished(connection, self._owner.worker)
        )

    async def expired_recordings(
        self, now_ms: int, most_ms: int | None = None, limit: int | None = None
    ) -> Sequence[KeptRecording]:
        """Those that were kept as long as they were to be, or as long as any may be."""
        return await self._database.read(
            lambda connection: recordings.expired(connection, now_ms, most_ms, limit)
        )

    async def recordings_pruned(self, gone: Sequence[KeptRecording]) -> None:
        """Note that these files are deleted now; their rows stay."""
        await self._database.write(lambda connection: recordings.pruned(connection, gone, self._clock()))

    # Recovery

    async def abandoned(self, now_ms: int) -> list[AbandonedCall]:
        """Open calls whose lease is over, or that this worker had in an earlier life."""
        return await self._database.read(lambda connection: calls.abandoned(connection, now_ms, self._owner))

    async def take_over(self, call: str) -> bool:
        """Make an abandoned call ours; False where it is not abandoned (any more)."""
        taken = await self._database.write(
            lambda connection: calls.take_over(connection, call, self._clock(), self._owner)
        )
        if taken:
            self._writes.forget(call)
        return taken

    # Reading

    async def contacts(
        self, caller_number: str, since_ms: int, carrier_call: str = ""
    ) -> tuple[Contact, ...]:
        """The caller's earlier calls that reached a buyer; not those that are this carrier's call."""
        return await self._database.read(
            lambda connection: calls.contacts(connection, caller_number, since_ms, carrier_call)
        )

    async def earlier_calls(
        self, caller_number: str, since_ms: int, carrier_call: str = ""
    ) -> tuple[int, ...]:
        """When the caller called since then, whatever came of it; the latest hundred."""
        return await self._database.read(
            lambda connection: calls.earlier_calls(connection, caller_number, since_ms, carrier_call)
        )

    async def is_over(self, call: str) -> bool:
        """Whether the call is kept, and has ended."""
        return await self._database.read(lambda connection: calls.is_over(connection, call))

    async def parts(self, carrier_call: str) -> Sequence[CallPart]:
        """The calls that the carrier knows by this name, oldest first."""
        return await self._database.read(lambda connection: calls.parts(connection, carrier_call))

    async def standings(self, campaign: str, since_ms: int) -> dict[str, Standing]:
        """By buyer, what came of the campaign's offers since then."""
        return await self._database.read(
            lambda connection: standings.standings(connection, campaign, since_ms)
        )

    async def find(self, prefix: str) -> str | None:
        """The call whose name is, or alone begins with, `prefix`; raises AmbiguousCall for several."""
        return await self._database.read(lambda connection: calls.find(connection, prefix))

    async def call(self, call: str) -> CallView | None:
        """One call with everything that it left behind."""
        return await self._database.read(lambda connection: reading.view(connection, call))

    async def calls(
        self, limit: int, before: str | None = None, *, practice: bool | None = False
    ) -> list[CallSummary]:
        """Calls, newest first, from `before` on: practice calls alone, all others, or (None) both."""
        return await self._database.read(lambda on: reading.summaries(on, limit, before, practice))

    async def _write(self, rows: Sequence[JournalRow]) -> None:
        has_letters = await self._database.write(
            lambda connection: journal.write(connection, rows, self._owner, self._clock())
        )
        if has_letters:
            self.outbox.news.set()
