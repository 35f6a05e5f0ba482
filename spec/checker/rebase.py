"""Rebasing pending deltas over remote ones (MERGE-1, MERGE-2, MERGE-10, REB-1)."""

from dataclasses import dataclass

from compression import compress
from errors import at
from record_merge import RecordMerger


@dataclass(frozen=True, eq=False)
class Rebase:
    """What is left of the pending deltas and of the remote ones, and the conflicts in JSON (CON-1)."""

    pending: list
    remotes: list
    conflicts: list


def none_own(*_):
    """No item is known to be local's (LIST-4)."""
    return frozenset()


def rebase(pending, remote, rules, own=none_own):
    """Rebases successive pending deltas over one remote delta, record by record (REB-1). `own` gives the indexes of
    local's own items of a list, by table, record and field (LIST-4)."""
    pending_by_record, remote_by_record = [by_record(compress(delta)) for delta in pending], by_record(compress(remote))
    keys = set(remote_by_record).union(*pending_by_record)
    pending_left, remote_left, conflicts = [[] for _ in pending], [], []
    for table, record in sorted(keys):
        changes = [delta.get((table, record), []) for delta in pending_by_record]
        with at(table=table, record=record):
            merger = RecordMerger(table, record, changes, remote_by_record.get((table, record), []), rules, own)
            merged = merger.merge()
        for number, change in merged.pending:
            pending_left[number].append(change)
        remote_left += merged.remote
        conflicts += [conflict.as_json(table, record) for conflict in merged.conflicts]
    return Rebase([compress(delta) for delta in pending_left], [compress(remote_left)], conflicts)


def by_record(normal_form):
    """The changes of a delta by table and record."""
    changes = {}
    for change in normal_form:
        changes.setdefault((change.table, change.record), []).append(change)
    return changes


def transform(local, remote, rules):
    """`rebase` with one pending delta (REB-1): local', remote' and the conflicts."""
    merged = rebase([local], remote, rules)
    return merged.pending[0], merged.remotes[0], merged.conflicts


def rebase_all(pending, remotes, rules):
    """Merges each remote delta by itself, in the order of the log, with what those before it left (MERGE-10)."""
    left, conflicts = [], []
    pending = [compress(delta) for delta in pending]
    for remote in remotes:
        merged = rebase(pending, remote, rules)
        pending = merged.pending
        left += merged.remotes
        conflicts += merged.conflicts
    return Rebase(pending, left, conflicts)
