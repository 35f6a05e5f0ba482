"""What a replica has received and not yet merged (SYNC-21, SYNC-22)."""


class Incoming:
    """Entries by revision, a snapshot or None, and the revision that the log is known to reach (SYNC-59)."""

    def __init__(self):
        self.entries = {}
        self.snapshot = None
        self.end = 0

    def clear(self):
        """Forgets everything but the snapshot."""
        self.entries, self.end = {}, 0

    def note_end(self, message):
        """What a page says of the end of the log (SYNC-59)."""
        if "rev" in message:
            self.end = max(self.end, message["rev"])
        elif not message["entries"]:
            self.end = 0

    def add(self, entry):
        """Keeps an entry, unless one waits at its revision already; returns whether that is another (SYNC-25)."""
        return self.entries.setdefault(entry["rev"], entry)["nonce"] != entry["nonce"]

    def forget(self, rev):
        """Entries up to the replica's revision are ignored (SYNC-21)."""
        self.entries = {at: entry for at, entry in self.entries.items() if at > rev}

    def nonce_at(self, rev):
        """The nonce of a revision that it leads to, or None (SYNC-61)."""
        if rev in self.entries:
            return self.entries[rev]["nonce"]
        is_of_snapshot = self.snapshot is not None and self.snapshot["rev"] == rev and self.snapshot["nonces"]
        return self.snapshot["nonces"][-1] if is_of_snapshot else None

    def last_without_gap(self, rev):
        """The revision of the last entry without a gap before it, counted from the waiting snapshot or, if there is
        none, from the replica's revision (SYNC-22)."""
        last = rev if self.snapshot is None else self.snapshot["rev"]
        while last + 1 in self.entries:
            last += 1
        return last

    def has_gap(self, rev):
        """Whether the log is known to go on beyond the reach (SYNC-33)."""
        return any(at > self.last_without_gap(rev) for at in (*self.entries, self.end))
