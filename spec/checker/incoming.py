"""What a replica has received and not merged (SYNC-21, SYNC-22)."""


class Incoming:
    """Entries by revision, and a snapshot or None."""

    def __init__(self):
        self.entries = {}
        self.snapshot = None

    def forget(self, rev):
        """Entries up to the replica's revision are ignored (SYNC-21)."""
        self.entries = {at: entry for at, entry in self.entries.items() if at > rev}

    def last_without_gap(self, rev):
        """The revision of the last entry that is there without a gap after the replica's revision or, if that leads
        further, the snapshot's (SYNC-22)."""
        last = rev
        while last + 1 in self.entries:
            last += 1
        if self.snapshot is not None and self.snapshot["rev"] > last:
            return self.last_without_gap(self.snapshot["rev"])
        return last

    def is_ready(self, rev):
        """Whether anything can be merged (SYNC-23)."""
        return rev + 1 in self.entries or self.snapshot is not None

    def has_gap(self, rev):
        """Whether there are entries before which others are missing (SYNC-33)."""
        return any(at > self.last_without_gap(rev) for at in self.entries)
