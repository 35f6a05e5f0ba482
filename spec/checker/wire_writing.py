"""Writing deltas as they travel (WIRE-8). For the vectors, each operation is followed by what it overwrote (README)."""

from operations import Delete, DeleteRecord, InsertRecord, ListDelete, ListEdit, ListInsert, ListPut, Put
from values import ABSENT, UNKNOWN
from wire_values import format_fields, format_value


def format_delta(changes, with_before=True):
    """The wire changes of a delta."""
    return [wire for change in changes for wire in format_change(change, with_before)]


def format_change(change, with_before):
    """One change as one wire change, or an update as several (WIRE-8)."""
    head = [change.table, change.record]
    if isinstance(change, InsertRecord):
        return [["I", *head, format_fields(change.fields)]]
    if isinstance(change, DeleteRecord):
        before = format_fields(change.before) if change.before is not UNKNOWN else UNKNOWN
        return [["D", *head, *before_part(before, with_before)]]
    return [["U", *head, operations] for operations in split_update(change.operations, with_before)]


def split_update(operations, with_before):
    """The first object has all puts and deletes and the first list operation. Each further list operation travels
    alone, field by field in code point order (WIRE-8)."""
    first, list_operations = {}, []
    for field in sorted(operations):
        wire_operations = format_operation(operations[field], with_before)
        if isinstance(operations[field], ListEdit):
            list_operations += [(field, wire) for wire in wire_operations]
        else:
            [first[field]] = wire_operations
    first.update(list_operations[:1])
    return [first] + [{field: wire} for field, wire in list_operations[1:]]


def format_operation(operation, with_before=True):
    """The wire operations of an operation on a field: several if it edits a list more than once (WIRE-6)."""
    if isinstance(operation, Put):
        return [["P", format_value(operation.value), *before_value_part(operation.before, with_before)]]
    if isinstance(operation, Delete):
        return [["D", *before_value_part(operation.before, with_before)]]
    return [["LC"]] * operation.create + [format_step(step, with_before) for step in operation.steps]


def format_step(step, with_before=True):
    """The wire form of a list operation (WIRE-6)."""
    if isinstance(step, ListPut):
        return ["LP", step.index, format_value(step.value), *before_value_part(step.before, with_before)]
    if isinstance(step, ListInsert):
        return ["LI", step.index, format_value(step.value), *["end"] * (with_before and step.is_append)]
    if isinstance(step, ListDelete):
        return ["LD", step.index, *before_value_part(step.before, with_before)]
    return ["LM", step.source, step.target]


def before_value_part(before, with_before):
    """The extra last element for a value, with null for absence."""
    if before is UNKNOWN:
        return []
    return before_part(None if before is ABSENT else format_value(before), with_before)


def before_part(before, with_before):
    """The extra last element, which the wire format does not have (WIRE-9), or nothing if it is unknown."""
    return [{"before": before}] if with_before and before is not UNKNOWN else []
