"""Sizes in bytes (SIZE-1 to SIZE-7)."""

from operations import InsertRecord, ListEdit, ListInsert, ListPut, Put, UpdateRecord
from values import is_list


def size_of_value(value):
    """UTF-8 length, octets, or for each item 20 and its size; other values have size 0 (SIZE-4)."""
    if isinstance(value, str):
        return len(value.encode("utf-8"))
    if isinstance(value, bytes):
        return len(value)
    if is_list(value):
        return sum(20 + size_of_value(item) for item in value)
    return 0


def size_of_record(fields):
    """100, and for each field 100 and its value (SIZE-2, SIZE-3)."""
    return 100 + sum(100 + size_of_value(value) for value in fields.values())


def size_of_datastore(state):
    """1000 and all records (SIZE-1)."""
    return 1000 + sum(map(size_of_record, state.values()))


def size_of_change(change):
    """100, the values in the change (SIZE-5), and 100 for every list operation after the first (SIZE-6)."""
    if isinstance(change, InsertRecord):
        return 100 + sum(map(size_of_value, change.fields.values()))
    if not isinstance(change, UpdateRecord):
        return 100
    values, list_operations = 0, 0
    for operation in change.operations.values():
        if isinstance(operation, Put):
            values += size_of_value(operation.value)
        elif isinstance(operation, ListEdit):
            list_operations += operation.create + len(operation.steps)
            values += sum(
                size_of_value(step.value) for step in operation.steps if isinstance(step, (ListPut, ListInsert))
            )
    return 100 + values + 100 * max(0, list_operations - 1)


def size_of_delta(normal_form):
    """100 and all changes, or 0 if there is none (SIZE-7)."""
    return 100 + sum(map(size_of_change, normal_form)) if normal_form else 0
