"""What a replica sends to the sequencer, and how it handles messages before `sync` (SYNC-18 to SYNC-22, SYNC-25,
SYNC-29, SYNC-32)."""

from dataclasses import dataclass

from errors import DatastoreError
from incoming import Incoming
from messages import check_message, seen_member
from wire_deltas import parse_delta
from wire_writing import format_delta


@dataclass(frozen=True)
class Flight:
    """The attempt to append the first pending delta after a revision, under a nonce (SYNC-2, SYNC-18). `delta` is wire
    JSON."""

    rev: int
    nonce: str
    delta: list
    head: str | None = None
    seen: int | None = None


class Exchange:
    """`acknowledge` is called when the delta in flight is known to be in the log."""

    def __init__(self, timeline, next_nonce, acknowledge):
        self.timeline, self.next_nonce, self.acknowledge = timeline, next_nonce, acknowledge
        self.rev = 0
        self.head = None
        self.flight = None
        self.refusal = None
        self.incoming = Incoming()
        self.needs_reload = False
        self.has_lost_log = False

    def outgoing(self):
        """What to put, or None (SYNC-18)."""
        if self.has_incoming() or self.needs_reload:
            return None
        if self.flight is None:
            if self.timeline.first_to_put() is None:
                return None
            self.flight = self.take_off(self.next_nonce())
        flight = self.flight
        said = {**named(flight.head), "nonce": flight.nonce, **seen_member(flight.seen, flight.rev)}
        return {"type": "put", "rev": flight.rev, **said, "delta": flight.delta}

    def take_off(self, nonce):
        """The first pending delta in flight."""
        first = self.timeline.pending[0]
        return Flight(self.rev, nonce, as_it_travels(first), self.head, min(first.seen, self.rev))

    def request(self):
        """What the replica requests next (SYNC-22)."""
        if self.needs_reload and self.incoming.snapshot is None:
            return {"type": "fetch-snapshot"}
        rev = self.incoming.last_without_gap(self.rev)
        is_here = rev == self.rev and self.incoming.snapshot is None
        return {"type": "fetch", "rev": rev, **named(self.head if is_here else self.incoming.nonce_at(rev))}

    def receive(self, message):
        """A message of the sequencer. It takes effect with `sync`, except for an acknowledgement, which does not change
        the view (SYNC-19, SYNC-23)."""
        check_message(message, from_replica=False)
        kind = message["type"]
        if kind in ("accepted", "repeated"):
            if self.is_in_flight(message["nonce"]):
                self.acknowledged_at(message["rev"])
        elif kind in ("conflict", "entries"):
            for entry in message["entries"]:
                self.receive_entry(entry)
            self.incoming.note_end(message)
        elif kind == "refused":
            if self.is_in_flight(message["nonce"]):
                self.receive_refusal(message)
        elif kind == "reset":
            self.receive_reset(message)
        elif kind == "snapshot" and self.is_wanted(message["rev"]):
            if self.has_lost_log:
                self.incoming.clear()
            self.incoming.snapshot = message

    def is_in_flight(self, nonce):
        """Whether a message is about the delta in flight; others are ignored (SYNC-19)."""
        return self.flight is not None and self.flight.nonce == nonce

    def is_flight(self, entry):
        """Whether an entry is the delta in flight: its nonce, its revision and its delta (SYNC-19)."""
        if not self.is_in_flight(entry["nonce"]) or entry["rev"] != self.flight.rev + 1:
            return False
        return format_delta(parse_delta(entry["delta"]), with_before=False) == self.flight.delta

    def receive_entry(self, entry):
        """An entry acknowledges the delta in flight (SYNC-19), or waits until all before it are merged (SYNC-21)."""
        if entry["rev"] == self.rev and not self.has_lost_log and self.head not in (None, entry["nonce"]):
            self.has_lost_log = True  # SYNC-61
            self.contradict()
        if entry["rev"] <= self.start():
            return
        if self.is_flight(entry):
            self.acknowledged_at(entry["rev"])
        elif self.incoming.add(entry):
            self.contradict()

    def start(self):
        """The revision up to which entries are ignored: that of the snapshot that waits while the log is lost (SYNC-21)."""
        snapshot = self.incoming.snapshot
        return snapshot["rev"] if snapshot is not None and self.has_lost_log and self.needs_reload else self.rev

    def acknowledged_at(self, rev):
        """The delta in flight is in the log (SYNC-19), so a refusal of it was wrong (SYNC-27). A waiting entry of
        somebody else at that revision contradicts it (SYNC-25)."""
        if rev != self.flight.rev + 1 or self.next_entry() is not None:
            self.contradict()
        self.rev, self.head = rev, self.flight.nonce
        self.flight, self.refusal = None, None
        self.incoming.forget(rev)
        self.drop_passed_snapshot()
        self.acknowledge()

    def drop_passed_snapshot(self):
        """A waiting snapshot below the replica's revision is dropped, unless the log is lost (SYNC-29)."""
        snapshot = self.incoming.snapshot
        if snapshot is not None and snapshot["rev"] < self.rev and not self.has_lost_log:
            self.incoming.snapshot = None

    def contradict(self, **place):
        """Messages that contradict the replica change nothing, and it needs a reload. What waits is forgotten (SYNC-25)."""
        self.incoming.clear()
        self.incoming.snapshot = None
        self.needs_reload = True
        raise DatastoreError("log-mismatch", **place)

    def receive_refusal(self, message):
        """Takes effect with the next `sync` (SYNC-27), but an unknown revision undoes nothing (SYNC-32), and after a
        reused nonce the delta waits again (SYNC-60)."""
        if message["reason"] == "unknown-revision":
            self.needs_reload = self.has_lost_log = True
        elif message["reason"] == "nonce-reused":
            self.flight = self.refusal = None
        else:
            members = ("reason", "code", "message", "place")
            self.refusal = {member: message[member] for member in members if member in message}

    def receive_reset(self, message):
        """A reload is needed, unless the replica is past the revision (SYNC-29). A waiting snapshot is too old."""
        if message["since"] >= self.incoming.last_without_gap(self.rev):
            self.needs_reload = True
            self.incoming.snapshot = None
            is_lost = message["rev"] < message["since"] or "isLogLost" in message  # SYNC-32, SYNC-61
            self.has_lost_log = self.has_lost_log or is_lost

    def is_wanted(self, rev):
        """Whether a snapshot is needed and new enough (SYNC-29)."""
        waiting = self.incoming.snapshot
        if waiting is not None and rev < waiting["rev"]:
            return False
        if self.needs_reload:
            return rev >= self.rev or self.has_lost_log
        return self.rev == 0 < rev

    def has_incoming(self):
        """Whether `sync` will merge anything (SYNC-23)."""
        return self.refusal is not None or self.next_entry() is not None or self.incoming.snapshot is not None

    def next_entry(self):
        """The entry to merge next. None of another log is merged before its snapshot (SYNC-32)."""
        return None if self.has_lost_log and self.needs_reload else self.incoming.entries.get(self.rev + 1)

    def is_undecided(self):
        """Whether the delta in flight may be in the log, or still get there (SYNC-51)."""
        if self.flight is None or self.refusal is not None or self.next_entry() is not None:
            return False
        snapshot = self.incoming.snapshot
        return snapshot is None or self.found_in(snapshot) != "absent" or snapshot["rev"] <= self.flight.rev

    def found_in(self, snapshot):
        """Whether the delta in flight is in a snapshot: `present`, `absent`, or `unknown` if its nonces do not reach
        back (SYNC-13, SYNC-31)."""
        if self.flight is None or snapshot["rev"] <= self.flight.rev:
            return "absent"
        distance = int(snapshot["rev"]) - self.flight.rev - 1
        if distance >= len(snapshot["nonces"]):
            return "unknown"
        return "present" if snapshot["nonces"][-1 - distance] == self.flight.nonce else "absent"

    def moved_on(self, rev, head):
        """The replica is at another revision, at which nothing was put (SYNC-20)."""
        self.rev, self.head, self.flight = rev, head, None
        self.incoming.forget(rev)


def named(head):
    """A head as a member of a message, which is omitted if it is unknown (SYNC-61)."""
    return {} if head is None else {"head": head}


def as_it_travels(local_delta):
    """A local delta as wire JSON."""
    return format_delta(local_delta.whole(), with_before=False)
