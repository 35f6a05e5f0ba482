"""What a replica has received and not yet merged (SYNC-21, SYNC-22)."""


class Incoming:
    """Entries by revision, and a snapshot or None."""

    def __init__(self):
        self.entries = {}
        self.snapshot = None

    def add(self, entry):
        """Keeps an entry, unless one waits at its revision already; returns whether that is another (SYNC-25)."""
        return self.entries.setdefault(entry["rev"], entry)["nonce"] != entry["nonce"]

    def forget(self, rev):
        """Entries up to the replica's revision are ignored (SYNC-21)."""
        self.entries = {at: entry for at, entry in self.entries.items() if at > rev}

    def last_without_gap(self, rev):
        """The revision of the last entry without a gap before it, counted from the waiting snapshot or, if there is
        none, from the replica's revision (SYNC-22)."""
        last = rev if self.snapshot is None else self.snapshot["rev"]
        while last + 1 in self.entries:
            last += 1
        return last

    def has_gap(self, rev):
        """Whether entries wait behind a gap (SYNC-33)."""
        return any(at > self.last_without_gap(rev) for at in self.entries)
