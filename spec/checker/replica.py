"""The replica: what it does with edits and messages, and what it answers (SYNC-14 to SYNC-38)."""

from dataclasses import dataclass

from changed_records import changed_records
from compression import compose
from differences import diff
from errors import DatastoreError
from incoming import Incoming
from limits import DEFAULT_LIMITS
from operations import InsertRecord, Put, UpdateRecord
from order import compare
from sizes import size_of_delta
from state import apply
from timeline import Part, Timeline
from undo_history import UndoHistory
from values import ABSENT, Date
from wire_deltas import parse_delta, parse_rows
from wire_writing import format_delta

INFO = (":info", "info")


@dataclass(frozen=True)
class Flight:
    """The attempt to append the first pending delta after a revision, under a nonce (SYNC-2, SYNC-18)."""

    rev: int
    nonce: str


class Replica:
    """`next_nonce` makes a nonce that no other attempt gets (SYNC-2)."""

    def __init__(self, rules, next_nonce):
        self.rules = {**rules, INFO[0]: {**rules.get(INFO[0], {}), "mtime": "max"}}  # SYNC-26
        self.next_nonce = next_nonce
        self.role = "owner"
        self.rev = 0
        self.timeline = Timeline()
        self.history = UndoHistory()
        self.flight = None
        self.refusal = None
        self.incoming = Incoming()
        self.needs_reload = False
        self.has_lost_log = False

    def edit(self, changes):
        """An edit of the user (SYNC-15)."""
        if self.role not in ("owner", "editor"):
            raise DatastoreError("not-permitted")
        self.timeline.edit(changes, "step")
        self.history.edited(self.timeline)

    def undo(self):
        """Undoes a step (SYNC-40)."""
        self.history.undo(self.timeline)

    def redo(self):
        """Redoes a step (SYNC-46)."""
        self.history.redo(self.timeline)

    def outgoing(self):
        """What is to be put, or None (SYNC-18)."""
        if self.has_incoming() or self.needs_reload or not self.timeline.pending:
            return None
        if self.flight is None:
            self.flight = Flight(self.rev, self.next_nonce())
        delta = format_delta(compose([part.delta for part in self.timeline.pending[0]]), with_before=False)
        return {"type": "put", "rev": self.flight.rev, "nonce": self.flight.nonce, "delta": delta}

    def request(self):
        """What the replica asks for next (SYNC-22)."""
        if self.needs_reload and self.incoming.snapshot is None:
            return {"type": "fetch-snapshot"}
        return {"type": "fetch", "rev": self.incoming.last_without_gap(self.rev)}

    def receive(self, message):
        """A message of the sequencer; nothing of it is visible before `sync` but an acknowledgement, which changes
        nothing that is seen (SYNC-19, SYNC-23)."""
        kind = message["type"]
        if kind in ("accepted", "repeated"):
            if self.is_in_flight(message["nonce"]):
                self.acknowledge(message["rev"])
        elif kind in ("conflict", "entries"):
            for entry in message["entries"]:
                self.receive_entry(entry)
        elif kind == "refused":
            if self.is_in_flight(message["nonce"]):
                self.receive_refusal(message)
        elif kind == "reset":
            self.receive_reset(message)
        elif kind == "snapshot" and self.needs_reload and (self.has_lost_log or message["rev"] > self.rev):  # SYNC-29
            self.incoming.snapshot = message

    def is_in_flight(self, nonce):
        """Whether a message is about the delta in flight; whatever else it says means nothing (SYNC-19)."""
        return self.flight is not None and self.flight.nonce == nonce

    def receive_entry(self, entry):
        """An entry acknowledges the delta in flight (SYNC-19), or waits until all before it were merged (SYNC-21)."""
        if self.is_in_flight(entry["nonce"]):
            self.acknowledge(entry["rev"])
        elif entry["rev"] > self.rev:
            self.incoming.entries.setdefault(entry["rev"], entry)

    def acknowledge(self, rev):
        """The delta in flight is in the log (SYNC-19). It was not refused after all (SYNC-27)."""
        if rev != self.flight.rev + 1:
            self.contradict()
        self.move_to_base()

    def move_to_base(self):
        """The delta in flight moves from pending to base, and the replica to the revision after that of its put."""
        self.rev = self.flight.rev + 1
        self.history.acknowledged(self.timeline.acknowledge())
        self.flight, self.refusal = None, None
        self.incoming.forget(self.rev)

    def contradict(self):
        """Messages that contradict the replica change nothing, and it needs a reload (SYNC-25)."""
        self.needs_reload = True
        raise DatastoreError("log-mismatch")

    def receive_refusal(self, message):
        """Takes effect with the next `sync` (SYNC-27), save that an unknown revision undoes nothing (SYNC-32)."""
        if message["reason"] == "unknown-revision":
            self.needs_reload = self.has_lost_log = True
        else:
            self.refusal = message

    def receive_reset(self, message):
        """A reload is needed, unless the replica has got past the revision (SYNC-29)."""
        if message["since"] >= self.incoming.last_without_gap(self.rev):
            self.needs_reload = True
            self.has_lost_log = self.has_lost_log or message["rev"] < message["since"]  # SYNC-32

    def has_incoming(self):
        """Whether `sync` will bring in anything (SYNC-23)."""
        return self.refusal is not None or self.incoming.is_ready(self.rev)

    def status(self):
        """What is true of the replica (SYNC-33)."""
        facts = {
            "hasOpen": bool(self.timeline.open),
            "hasOutgoing": len(self.timeline.pending) > (0 if self.flight is None else 1),
            "isInFlight": self.flight is not None,
            "hasIncoming": self.has_incoming(),
            "hasGap": self.incoming.has_gap(self.rev),
            "needsReload": self.needs_reload,
        }
        return [fact for fact, is_so in facts.items() if is_so] or ["isIdle"]

    def sync(self, time):
        """Seals, and brings in what others did, in the order of SYNC-23. The report of SYNC-24: what sealing itself
        changed, which is the modified time, is not in it."""
        self.seal(time)
        before = self.timeline.view()
        report = {"changed": {}, "conflicts": [], "refused": [], "uncertain": [], "isReloaded": False}
        if self.refusal is not None:
            report["refused"].append({"nonce": self.refusal["nonce"], "reason": self.refusal["reason"]})
            self.withdraw()
        report["conflicts"] += self.merge_entries()
        if self.incoming.snapshot is not None:
            self.reload(report)
            report["conflicts"] += self.merge_entries()
        report["changed"] = changed_records(before, self.timeline.view())
        return report

    def seal(self, time):
        """The open delta joins the last pending delta, if that waits and there is room, or becomes the last one
        (SYNC-17)."""
        parts, self.timeline.open = self.timeline.open, []
        if not compose([part.delta for part in parts]):
            return
        pending = self.timeline.pending
        parts = parts + self.time_parts(parts, time)
        if len(pending) > (0 if self.flight is None else 1):
            joined = compose([part.delta for part in pending[-1] + parts])
            if size_of_delta(joined) <= DEFAULT_LIMITS["deltaSize"]:
                parts = pending.pop() + parts
        pending.append(parts)

    def time_parts(self, parts, time):
        """Sets the modified time, unless what is there is not below it (SYNC-38)."""
        view = self.timeline.view()
        for part in parts:
            view, _ = apply(view, part.delta)
        if INFO not in view:
            change = InsertRecord(*INFO, {"mtime": Date(time)})
        elif compare(view[INFO].get("mtime", ABSENT), Date(time)) < 0:
            change = UpdateRecord(*INFO, {"mtime": Put(Date(time))})
        else:
            return []
        return [Part(apply(view, [change])[1], "time")]

    def withdraw(self):
        """Takes out the delta in flight, which was refused or is uncertain (SYNC-27, SYNC-31)."""
        self.history.withdrawn(self.timeline.withdraw(self.rules))
        self.flight, self.refusal = None, None

    def merge_entries(self):
        """Merges the entries that follow one another, each on its own (SYNC-23), and answers the conflicts."""
        conflicts = []
        while self.rev + 1 in self.incoming.entries:
            entry = self.incoming.entries[self.rev + 1]
            conflicts += self.merge(parse_delta(entry["delta"]))
            self.rev = entry["rev"]
            self.flight = None  # SYNC-20
            self.incoming.forget(self.rev)
        return conflicts

    def merge(self, remote):
        """Merges a remote delta; one that does not fit is an error (SYNC-25)."""
        try:
            self.history.before_merge(self.timeline)
            merged = self.timeline.merge(remote, self.rules)
        except DatastoreError:
            self.contradict()
        self.history.merged(self.timeline, remote, merged.remotes[0], self.rules)
        return merged.conflicts

    def reload(self, report):
        """Merges the snapshot as the difference from the base (SYNC-30), after it was looked up whether the delta in
        flight is in it (SYNC-31). Only steps that are pending then can be undone (SYNC-47)."""
        snapshot, self.incoming.snapshot = self.incoming.snapshot, None
        if not self.needs_reload or not (self.has_lost_log or snapshot["rev"] > self.rev):
            return
        if self.flight is not None:
            nonce = nonce_in_snapshot(snapshot, self.flight.rev + 1)
            if nonce is None:
                report["uncertain"].append(self.flight.nonce)
                self.withdraw()
            elif nonce == self.flight.nonce:
                self.move_to_base()
        self.history.reloaded()
        report["conflicts"] += self.merge(diff(self.timeline.base, parse_rows(snapshot["rows"])))
        self.rev, self.flight = snapshot["rev"], None
        self.incoming.forget(self.rev)
        self.needs_reload = self.has_lost_log = False
        report["isReloaded"] = True


def nonce_in_snapshot(snapshot, rev):
    """The nonce of a revision, or None if the snapshot's do not reach back to it (SYNC-13, SYNC-31)."""
    distance = snapshot["rev"] - rev
    return snapshot["nonces"][-1 - distance] if 0 <= distance < len(snapshot["nonces"]) else None
