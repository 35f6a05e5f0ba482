"""The differences of two states, for reports and for undo (SYNC-24, SYNC-40)."""

from order import equal


def changed_records(before, after):
    """The records whose content differs, deleted ones included, by table (SYNC-24)."""
    changed = {}
    for table, record in sorted(before.keys() | after.keys()):
        left, right = (state.get((table, record)) for state in (before, after))
        if left is None or right is None or not fields_equal(left, right):
            changed.setdefault(table, []).append(record)
    return changed


def fields_equal(left, right):
    """Whether two records have the same fields with equal values (ORD-8)."""
    return left.keys() == right.keys() and all(equal(left[field], right[field]) for field in left)
