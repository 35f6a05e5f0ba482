"""Reading the inputs of vectors, where changes say what they overwrote in an extra last element, and inserts that they
are appends, and comparing JSON.

Inputs are not checked here: they may hold names or indexes that are only rejected when they are applied.
"""

import json
import math

from operations import (
    Delete,
    DeleteRecord,
    InsertRecord,
    ListDelete,
    ListEdit,
    ListInsert,
    ListMove,
    ListPut,
    Put,
    UpdateRecord,
)
from values import ABSENT, UNKNOWN
from wire_values import parse_value


def read_json(text):
    """JSON in which every number is a double, even one without a fraction."""
    return json.loads(text, parse_int=float)


def read_fields(fields):
    """The fields of a record."""
    return {field: parse_value(value) for field, value in fields.items()}


def read_changes(changes):
    """The changes as they are."""
    return [read_change(change) for change in changes]


def read_change(change):
    """One change. A delete may say which fields it removed."""
    kind, table, record = change[:3]
    if kind == "I":
        return InsertRecord(table, record, read_fields(change[3]))
    if kind == "U":
        return UpdateRecord(table, record, {field: read_operation(parts) for field, parts in change[3].items()})
    return DeleteRecord(table, record, read_fields(change[3]["before"]) if len(change) == 4 else UNKNOWN)


def read_operation(parts):
    """One operation on a field."""
    if parts[0] in ("P", "D"):
        parts, before = split_before(parts)
        return Put(parse_value(parts[1]), before) if parts[0] == "P" else Delete(before)
    return ListEdit(True, ()) if parts[0] == "LC" else ListEdit(False, (read_step(parts),))


def read_step(parts):
    """One list operation."""
    parts, before = split_before(parts)
    kind, index = parts[0], int(parts[1])
    if kind == "LP":
        return ListPut(index, parse_value(parts[2]), before)
    if kind == "LI":
        return ListInsert(index, parse_value(parts[2]), is_append=parts[3:] == ["end"])
    return ListDelete(index, before) if kind == "LD" else ListMove(index, int(parts[2]))


def split_before(parts):
    """The parts of an operation without the extra last element, and the content of that."""
    if isinstance(parts[-1], dict) and set(parts[-1]) == {"before"}:
        before = parts[-1]["before"]
        return parts[:-1], ABSENT if before is None else parse_value(before)
    return parts, UNKNOWN


def same_json(left, right):
    """Whether two JSON values are the same. A boolean is not a number here, and -0 is not 0."""
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if isinstance(left, bool) or isinstance(right, bool):
            return left is right
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[member], right[member]) for member in left)
    return type(left) is type(right) and left == right
