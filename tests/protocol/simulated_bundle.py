"""What a simulated draw shows of itself: the bundle, by the draw's own log and openings."""

from collections.abc import Sequence

from expertpool.protocol.bundle import Audit, Bundle, Kept, ProvenEntry, decision_line, roster_head
from expertpool.protocol.openings import (
    BeaconOpened,
    ContributionOpened,
    LotsOpened,
    Openings,
    RetainedOpened,
    RowOpened,
)
from expertpool.protocol.replay import Trust
from expertpool.protocol.table import RowMaker, Table
from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.entry import Entry
from ledger.merkle import inclusion_proof
from ledger.note import VerifierKey
from ledger.policy import Group, Policy
from tests.protocol.simulated_world import HOLDERS, LOG, WITNESSES, BeforeTheDraw, Candidate, rulebook


class Bundling(BeforeTheDraw):
    """Makes the bundle of a draw that has these."""

    table: Table
    chosen: list[Candidate]
    retained: list[RetainedOpened]
    intent_entry: Entry

    def checkpoint(self, cosigners: Sequence[str] = ("one", "two"), size: int | None = None) -> bytes:
        size = self.log.tree.size if size is None else size
        signed = sign_checkpoint(Checkpoint(LOG.key.name, size, self.log.tree.root(size)), LOG)
        seconds = int(self.now.timestamp())
        note = signed.note.adding([cosign(signed, WITNESSES[name], seconds) for name in cosigners])
        return note.to_bytes()

    @property
    def trust(self) -> Trust:
        """The verifier's side: the log key, and any two of three witnesses."""
        return Trust(policy=policy(LOG.key))

    def proven(self, entry: Entry) -> ProvenEntry:
        size = self.log.tree.size
        return ProvenEntry(entry, tuple(inclusion_proof(entry.index, size, self.log.tree.node)))

    def shown_entries(self) -> list[Entry]:
        """The entries of the draw, the registrations, and what the first draw came to."""
        shown = {entry.index: entry for entry in (*self.entries, *self.registered.values())}
        if self.first is not None:
            kinds = ("draw.intended", "draw.completed", "draw.refilled")
            shown |= {entry.index: entry for entry in self.first.entries if entry.kind in kinds}
        return [shown[index] for index in sorted(shown)]

    def openings(self) -> Openings:
        maker, real = RowMaker(self.table_key), self.setup.beacon
        opened = [
            RowOpened(
                self.table.leaf(row),
                maker.open_groups(self.chosen[row].member.line.leaf, self.chosen[row].decided.groups),
            )
            for row in sorted(self.selected)
        ]
        return Openings(
            contributions=tuple(ContributionOpened(name, self.proofs[name]) for name in HOLDERS if name in self.proofs),
            lots=LotsOpened(self.lot_key, self.request.project, self.request.lots),
            groups=tuple(opened),
            answers=tuple(self.answers),
            retained=tuple(self.retained),
            beacon=None if real is None else BeaconOpened(real.signature, real.previous or None),
            struck=self.opened,
        )

    def audit(self) -> Audit:
        shown: list[bytes] = []
        for entry, lines in self.roster_entries:
            shown += [roster_head(self.proven(entry), len(lines)), *lines]
        return Audit(
            request=self.request.plain(),
            salt=self.request_salt,
            table_key=self.table_key,
            rulebook=rulebook().canonical(),
            decisions=Kept([decision_line(each.member.line.leaf, each.decided.document) for each in self.chosen]),
            roster=Kept(shown),
            bidders=self.bidders() if self.setup.bidders else None,
            evidence=tuple(self.evidence),
        )

    def bundle(self, *, audit: bool = False) -> Bundle:
        return Bundle(
            draw=self.draw_id,
            intent=self.intent_entry.index,
            checkpoint=self.checkpoint(),
            entries=tuple(self.proven(entry) for entry in self.shown_entries()),
            openings=self.openings(),
            table=Table(self.table.data),
            audit=self.audit() if audit else None,
        )


def policy(key: VerifierKey) -> Policy:
    """Any two of the three witnesses."""
    keys = {name: witness.key for name, witness in WITNESSES.items()}
    return Policy({key: ""}, keys, "quorum", {"quorum": Group(2, tuple(keys))})
