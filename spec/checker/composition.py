"""Composing two successive operations on one field (NORM-4 to NORM-6, NORM-9)."""

from errors import DatastoreError
from list_editing import undo_steps
from operations import Delete, ListEdit, Put, is_known
from state import apply_operation
from values import ABSENT, UNKNOWN, is_list


def compose_operations(first, second):
    """The composition of two operations on one field."""
    if isinstance(second, Put):
        return Put(second.value, oldest_before(first, second))
    if isinstance(second, Delete):
        return Delete(oldest_before(first, second))
    return compose_list_edit(first, second)


def compose_list_edit(first, second):
    """List operations after another operation (NORM-5, NORM-6). After a put or delete they keep its `before`, unless
    their own is unknown: this makes composing associative (NORM-9, NORM-10)."""
    if isinstance(first, ListEdit):
        if second.create:
            raise DatastoreError("field-exists")
        return ListEdit(first.create, first.steps + second.steps)
    left = first.value if isinstance(first, Put) else ABSENT
    items, _ = apply_operation(left, second)
    return Put(items, first.before if is_known(second) else UNKNOWN)


def oldest_before(first, second):
    """The `before` of a put or delete (second) that replaces an operation before it (NORM-9)."""
    return UNKNOWN if second.before is UNKNOWN else value_before(first, second.before)


def value_before(operation, after):
    """What a field held before an operation, given what it holds after it; unknown if the operation does not say it, or
    if it cannot have led there (NORM-9)."""
    if not is_known(operation):
        return UNKNOWN
    if not isinstance(operation, ListEdit):
        return operation.before
    if operation.create:
        return ABSENT
    return undo_steps(after, operation.steps) if is_list(after) else UNKNOWN


def fields_before(operations, after):
    """What a record held before an update, given its fields after it; unknown if one field is (NORM-9)."""
    if after is UNKNOWN:
        return UNKNOWN
    fields = dict(after)
    for field, operation in operations.items():
        value = value_before(operation, after.get(field, ABSENT))
        if value is UNKNOWN:
            return UNKNOWN
        if value is ABSENT:
            fields.pop(field, None)
        else:
            fields[field] = value
    return fields
