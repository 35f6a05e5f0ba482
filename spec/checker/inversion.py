"""The delta that undoes an applied delta (INV-1 to INV-3)."""

from compression import compress
from errors import DatastoreError, at
from list_editing import invert_steps, perform_steps
from operations import Delete, DeleteRecord, InsertRecord, ListEdit, Put, UpdateRecord
from values import ABSENT, UNKNOWN


def invert(changes):
    """The normal form of the inverses in reverse order (INV-2)."""
    inverses = []
    for position, change in enumerate(changes):
        with at(position=position, table=change.table, record=change.record):
            inverses.append(invert_change(change, changes[position - 1] if position > 0 else None))
    return compress(reversed(inverses))


def invert_change(change, previous):
    """Insert and delete become each other; an update becomes an update. A delete behind the insert overwrote nothing
    (INV-2)."""
    if isinstance(change, InsertRecord):
        return DeleteRecord(change.table, change.record, change.fields)
    if isinstance(change, DeleteRecord):
        if change.before is UNKNOWN:
            raise DatastoreError("before-missing")
        return InsertRecord(change.table, change.record, change.before)
    inverses = {}
    for field in sorted(change.operations):
        operation = change.operations[field]
        if is_behind(previous, change) and field not in previous.fields and isinstance(operation, Delete):
            continue
        with at(field=field):
            inverse = invert_operation(operation)
        if inverse is not None:
            inverses[field] = inverse
    return UpdateRecord(change.table, change.record, inverses)


def is_behind(previous, update):
    """Whether the change before an update is the insert of its record."""
    if not isinstance(previous, InsertRecord):
        return False
    return (previous.table, previous.record) == (update.table, update.record)


def invert_operation(operation):
    """The inverse of an operation on a field, which says that it overwrites what the original wrote, or None for the
    delete of an absent field (INV-2, INV-3)."""
    if isinstance(operation, ListEdit):
        if operation.create:
            return Delete(perform_steps((), operation.steps))
        return ListEdit(False, invert_steps(operation.steps))
    if operation.before is UNKNOWN:
        raise DatastoreError("before-missing")
    written = operation.value if isinstance(operation, Put) else ABSENT
    if operation.before is not ABSENT:
        return Put(operation.before, written)
    return Delete(written) if isinstance(operation, Put) else None
