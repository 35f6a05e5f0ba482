"""The sequencer, which orders deltas (SYNC-1 to SYNC-13). Messages are JSON (SYNC-3)."""

from errors import DatastoreError
from limits import DEFAULT_LIMITS, apply_within
from messages import check_message, check_nonces, seen_member
from sizes import size_of_delta
from wire_deltas import format_rows, parse_delta, parse_rows
from wire_writing import format_delta


DEFAULT_RECENT_NONCES = 10_000
DEFAULT_ANSWER_SIZE = 1024 * 1024


class Sequencer:
    """The state at the newest revision, the entries that have not been trimmed, and the nonces that are kept, by
    revision. `recent_nonces` is the K of SYNC-12, `answer_size` the bytes of SYNC-59."""

    def __init__(self, limits=None, recent_nonces=None, answer_size=None):
        self.limits = {**DEFAULT_LIMITS, **(limits or {})}
        self.answer_size = DEFAULT_ANSWER_SIZE if answer_size is None else answer_size
        self.recent_nonces = DEFAULT_RECENT_NONCES if recent_nonces is None else recent_nonces
        self.state = {}
        self.rev = 0
        self.entries = {}
        self.nonces = {}
        self.first_nonce = None

    def answer(self, message, role):
        """The answer to a message from this role (SYNC-4)."""
        check_message(message, from_replica=True)
        if message["type"] == "put":
            extra = message.get("head"), message.get("seen")
            return self.put(int(message["rev"]), message["nonce"], message["delta"], role, *extra)
        if role == "none":
            return {"type": "denied"}
        if message["type"] == "fetch":
            return self.fetch(int(message["rev"]), message.get("head"))
        return self.snapshot()

    def put(self, rev, nonce, delta, role, head, seen):
        """The first line of SYNC-5 that applies."""
        at = next((at for at, kept in self.nonces.items() if kept == nonce), None)
        if at is not None:  # SYNC-7
            repeated = {"type": "repeated", "nonce": nonce, "rev": at}
            return repeated if at == rev + 1 and self.may_be(at, delta) else refused(nonce, "nonce-reused")
        if role == "none":
            return refused(nonce, "permission")
        if rev > self.rev:
            return refused(nonce, "unknown-revision")
        if self.is_other(rev, head):
            return self.lost(rev)
        if rev < self.rev:  # SYNC-8
            return self.serve(rev, {"type": "conflict", "nonce": nonce})
        if role == "viewer":
            return refused(nonce, "permission")
        try:
            self.append(nonce, parse_delta(delta), seen)
        except DatastoreError as error:
            reason = "limit" if error.code.startswith("too-many-") or error.code.endswith("-too-large") else "invalid"
            return refused(nonce, reason, error)
        return {"type": "accepted", "nonce": nonce, "rev": self.rev}

    def may_be(self, at, delta):
        """Whether this delta is that of an entry, as far as the log still holds the entry (SYNC-7)."""
        return at not in self.entries or format_delta(parse_delta(delta)) == self.entries[at]["delta"]

    def append(self, nonce, delta, seen):
        """Changes the state, within the limits, and the log (SYNC-6)."""
        self.state, _ = apply_within(self.state, delta, self.limits)
        self.rev += 1
        self.nonces[self.rev] = nonce
        said = seen_member(seen, self.rev - 1)
        travelling = format_delta(delta, with_before=False)
        self.entries[self.rev] = {"rev": self.rev, "nonce": nonce, **said, "delta": travelling}
        self.forget_nonces()

    def is_other(self, rev, head):
        """Whether the log has another entry at a revision than the one with this nonce, as far as that is known
        (SYNC-61)."""
        first = min(self.entries, default=self.rev + 1) - 1
        known = self.first_nonce if rev == first else self.entries.get(rev, {}).get("nonce", self.nonces.get(rev))
        return None not in (head, known) and head != known

    def lost(self, since):
        """Entries that were served are lost (SYNC-61)."""
        return {"type": "reset", "since": since, "rev": self.rev, "isLogLost": True}

    def fetch(self, rev, head):
        """SYNC-10."""
        if self.is_other(rev, head):
            return self.lost(rev)
        return self.serve(rev, {"type": "entries"})

    def serve(self, rev, message):
        """The message with a page of the entries after a revision (SYNC-59), or `reset` if one is missing or the log ends
        before it."""
        missing = [after for after in range(rev + 1, self.rev + 1) if after not in self.entries]
        if missing or rev > self.rev:
            return {"type": "reset", "since": rev, "rev": self.rev}
        page, size = [], 0
        for entry in (self.entries[after] for after in range(rev + 1, self.rev + 1)):
            size += 100 + size_of_delta(parse_delta(entry["delta"]))
            if page and size > self.answer_size:
                return {**message, "entries": page, "rev": self.rev}
            page.append(entry)
        return {**message, "entries": page}

    def snapshot(self):
        """The newest state, with the nonces of the last K deltas, or as many as are known (SYNC-13)."""
        recent = [self.nonces[rev] for rev in sorted(self.nonces) if rev > self.rev - self.recent_nonces]
        return {"type": "snapshot", "rev": self.rev, "rows": format_rows(self.state), "nonces": recent}

    def trim(self, rev):
        """Forgets the entries up to a revision (SYNC-12)."""
        if rev > self.rev:
            raise DatastoreError("invalid-revision")
        self.first_nonce = self.entries[rev]["nonce"] if rev in self.entries else self.first_nonce
        self.entries = {at: entry for at, entry in self.entries.items() if at > rev}
        self.forget_nonces()

    def forget_nonces(self):
        """Keeps the nonces of all remaining entries, and at least those of the last K deltas (SYNC-12)."""
        oldest = self.rev - self.recent_nonces
        self.nonces = {at: nonce for at, nonce in self.nonces.items() if at in self.entries or at > oldest}


def restore(snapshot, log, limits=None, recent_nonces=None, answer_size=None):
    """A sequencer that continues where another ended (SYNC-11)."""
    rev, nonces = int(snapshot["rev"]), snapshot["nonces"]
    revisions = [int(entry["rev"]) for entry in log]
    if revisions and (revisions != list(range(revisions[0], revisions[-1] + 1)) or not reaches(revisions, rev)):
        raise DatastoreError("log-gap")
    check_nonces(rev, nonces)
    sequencer = Sequencer(None, recent_nonces, answer_size)
    sequencer.rev, sequencer.state = rev, parse_rows(snapshot["rows"])
    sequencer.nonces = dict(zip(range(rev - len(nonces) + 1, rev + 1), nonces))
    sequencer.first_nonce = sequencer.nonces.get(min([rev, *(at - 1 for at in revisions)]))
    for entry in log:
        if entry["rev"] <= rev:
            sequencer.entries[int(entry["rev"])] = entry
            sequencer.nonces.setdefault(int(entry["rev"]), entry["nonce"])
    sequencer.forget_nonces()
    sequencer.limits = None
    for entry in log[len(sequencer.entries) :]:
        if entry["nonce"] in sequencer.nonces.values():
            raise DatastoreError("log-mismatch")
        sequencer.append(entry["nonce"], parse_delta(entry["delta"]), entry.get("seen"))
    sequencer.limits = {**DEFAULT_LIMITS, **(limits or {})}
    return sequencer


def reaches(revisions, rev):
    """Whether entries reach a revision or begin right after it."""
    return revisions[0] <= rev + 1 and revisions[-1] >= rev


def refused(nonce, reason, error=None):
    """A refusal, with the code and place of the error that caused it (SYNC-3)."""
    cause = {} if error is None else {"code": error.code, "place": error.place}
    return {"type": "refused", "nonce": nonce, "reason": reason, "message": "", **cause}
