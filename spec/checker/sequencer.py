"""The sequencer, which puts deltas into one order (SYNC-1 to SYNC-13). Messages are JSON (SYNC-3)."""

from errors import DatastoreError
from limits import apply_within
from wire_deltas import format_rows, parse_delta
from wire_writing import format_delta


class Sequencer:
    """The state at the newest revision, the entries that have not been trimmed, and the nonces that are kept, by
    revision. `recent_nonces` is the K of SYNC-12, or None to keep all of them."""

    def __init__(self, limits=None, recent_nonces=None):
        self.limits, self.recent_nonces = limits, recent_nonces
        self.state = {}
        self.rev = 0
        self.entries = {}
        self.nonces = {}

    def answer(self, message, role):
        """The answer to a message of somebody with this role (SYNC-4)."""
        if message["type"] == "put":
            return self.put(message["rev"], message["nonce"], message["delta"], role)
        if role == "none":
            return {"type": "denied"}
        return self.fetch(message["rev"]) if message["type"] == "fetch" else self.snapshot()

    def put(self, rev, nonce, delta, role):
        """The first line of SYNC-5 that applies."""
        at = next((at for at, kept in self.nonces.items() if kept == nonce), None)
        if at is not None:  # SYNC-7
            repeated = {"type": "repeated", "nonce": nonce, "rev": at}
            return repeated if at == rev + 1 else refused(nonce, "nonce-reused")
        if role == "none":
            return refused(nonce, "permission")
        if rev > self.rev:
            return refused(nonce, "unknown-revision")
        if rev < self.rev:  # SYNC-8
            return self.serve(rev, {"type": "conflict", "nonce": nonce})
        if role == "viewer":
            return refused(nonce, "permission")
        try:
            self.append(nonce, parse_delta(delta))
        except DatastoreError as error:
            reason = "limit" if error.code.startswith("too-many-") or error.code.endswith("-too-large") else "invalid"
            return refused(nonce, reason, error)
        return {"type": "accepted", "nonce": nonce, "rev": self.rev}

    def append(self, nonce, delta):
        """Changes the state, within the limits, and the log (SYNC-6)."""
        self.state, _ = apply_within(self.state, delta, self.limits)
        self.rev += 1
        self.nonces[self.rev] = nonce
        self.entries[self.rev] = {"rev": self.rev, "nonce": nonce, "delta": format_delta(delta, with_before=False)}
        self.forget_nonces()

    def fetch(self, rev):
        """SYNC-10."""
        return self.serve(rev, {"type": "entries"})

    def serve(self, rev, message):
        """The message with all entries after a revision, or `reset` where one is missing or the log ends before it."""
        missing = [after for after in range(rev + 1, self.rev + 1) if after not in self.entries]
        if missing or rev > self.rev:
            return {"type": "reset", "since": rev, "rev": self.rev}
        return {**message, "entries": [self.entries[after] for after in range(rev + 1, self.rev + 1)]}

    def snapshot(self):
        """The newest state, with the nonces of the last K deltas or as many as are known (SYNC-13)."""
        known = [self.nonces[rev] for rev in sorted(self.nonces)]
        recent = known if self.recent_nonces is None else known[len(known) - min(self.recent_nonces, len(known)) :]
        return {"type": "snapshot", "rev": self.rev, "rows": format_rows(self.state), "nonces": recent}

    def trim(self, rev):
        """Forgets the entries up to a revision (SYNC-12)."""
        self.entries = {at: entry for at, entry in self.entries.items() if at > rev}
        self.forget_nonces()

    def forget_nonces(self):
        """Keeps the nonces of all entries that are left, and in any case those of the last K deltas (SYNC-12)."""
        if self.recent_nonces is not None:
            oldest = self.rev - self.recent_nonces
            self.nonces = {at: nonce for at, nonce in self.nonces.items() if at in self.entries or at > oldest}


def refused(nonce, reason, error=None):
    """A refusal, with the code and place of the error of the core that was its cause (SYNC-3)."""
    cause = {} if error is None else {"code": error.code, "place": error.place}
    return {"type": "refused", "nonce": nonce, "reason": reason, "message": "", **cause}
