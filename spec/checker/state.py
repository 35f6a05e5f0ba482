"""States and applying changes to them (CHG-1 to CHG-6).

A state is a dictionary from (table, record) to the fields of the record. A field that is absent is not in it (VAL-7).
"""

from errors import DatastoreError, at
from list_editing import GREATEST_INDEX, apply_steps
from names import is_name
from operations import Delete, DeleteRecord, InsertRecord, ListEdit, ListMove, Put, UpdateRecord
from values import ABSENT, is_list


def apply(state, changes):
    """The state after all changes, and the applied changes. Rejects the first change that does not fit; the given state
    is not changed (CHG-4, CHG-5)."""
    state, applied = dict(state), []
    for position, change in enumerate(changes):
        with at(position=position):
            check_names(change)
            with at(table=change.table, record=change.record):
                check_indexes(change)
    for position, change in enumerate(changes):
        with at(position=position, table=change.table, record=change.record):
            applied.append(apply_change(state, change))
    return state, applied


def check_names(change):
    """Table, record and fields must be names (NAME-1)."""
    if not is_name(change.table):
        raise DatastoreError("invalid-name", table=change.table)
    with at(table=change.table, record=change.record):
        if not is_name(change.record):
            raise DatastoreError("invalid-name")
        fields = change.fields if isinstance(change, InsertRecord) else getattr(change, "operations", {})
        for field in sorted(fields):
            if not is_name(field):
                raise DatastoreError("invalid-name", field=field)


def check_indexes(change):
    """Rejects an index above the greatest, whatever the list (CHG-3)."""
    if isinstance(change, UpdateRecord):
        for field in sorted(change.operations):
            operation = change.operations[field]
            with at(field=field):
                for index in indexes_in(operation.steps) if isinstance(operation, ListEdit) else ():
                    if not 0 <= index <= GREATEST_INDEX:
                        raise DatastoreError("index-out-of-range", index=index)


def indexes_in(steps):
    """The indexes of list operations, in their order."""
    return [index for step in steps for index in ((step.source, step.target) if isinstance(step, ListMove) else (step.index,))]


def apply_change(state, change):
    """Performs one change on a state and returns it with what it overwrote (CHG-1, CHG-5)."""
    key = (change.table, change.record)
    if isinstance(change, InsertRecord):
        if key in state:
            raise DatastoreError("record-exists")
        state[key] = dict(change.fields)
        return change
    if key not in state:
        raise DatastoreError("record-missing")
    if isinstance(change, DeleteRecord):
        return DeleteRecord(change.table, change.record, state.pop(key))
    state[key], operations = apply_operations(state[key], change.operations)
    return UpdateRecord(change.table, change.record, operations)


def apply_operations(fields, operations):
    """The fields after the operations of one update, in code point order (CHG-4), and the applied operations."""
    fields, applied = dict(fields), {}
    for field in sorted(operations):
        with at(field=field):
            value, applied[field] = apply_operation(fields.get(field, ABSENT), operations[field])
        set_field(fields, field, value)
    return fields, applied


def set_field(fields, field, value):
    """Gives a field a value, or makes it absent."""
    if value is ABSENT:
        fields.pop(field, None)
    else:
        fields[field] = value


def apply_operation(current, operation):
    """What a field holds after an operation on it, and the applied operation (CHG-2, CHG-5)."""
    if isinstance(operation, Put):
        return operation.value, Put(operation.value, current)
    if isinstance(operation, Delete):
        return ABSENT, Delete(current)
    items, steps = apply_steps(list_to_edit(current, operation.create), operation.steps)
    return items, ListEdit(operation.create, steps)


def list_to_edit(current, create):
    """The list on which list operations are performed. Rejects a field without one (CHG-2)."""
    if create:
        if current is not ABSENT:
            raise DatastoreError("field-exists")
        return ()
    if current is ABSENT:
        raise DatastoreError("field-missing")
    if not is_list(current):
        raise DatastoreError("not-a-list")
    return current
