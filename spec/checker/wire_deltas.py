"""Reading deltas and snapshots from wire JSON, and writing snapshots (WIRE-6, WIRE-7, WIRE-9, WIRE-10)."""

from compression import compress
from errors import DatastoreError, at
from list_editing import GREATEST_INDEX
from names import is_name
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
from wire_values import format_fields, parse_atom, parse_value


def parse_delta(json):
    """A delta in normal form from an array of changes (WIRE-7, WIRE-9)."""
    if not isinstance(json, list):
        raise DatastoreError("invalid-json")
    changes = []
    for position, change in enumerate(json):
        with at(position=position):
            changes.append(parse_change(change))
    return compress(changes)


def parse_change(json):
    """One change. Its names are checked first (WIRE-7)."""
    if not isinstance(json, list):
        raise DatastoreError("invalid-json")
    kind, table, record = (json + [None, None, None])[:3]
    with names_of(table, record):
        if kind == "I" and len(json) == 4:
            return InsertRecord(table, record, parse_fields(json[3], parse_value))
        if kind == "U" and len(json) == 4:
            return UpdateRecord(table, record, parse_fields(json[3], parse_operation))
        if kind == "D" and len(json) == 3:
            return DeleteRecord(table, record)
        raise DatastoreError("invalid-json")


def names_of(table, record):
    """The place of a table and a record. Checks both names, the table first (WIRE-7)."""
    check_name("table", table)
    with at(table=table):
        check_name("record", record)
    return at(table=table, record=record)


def check_name(part, name):
    """Adds an invalid name to the place, if there is one at all."""
    if not is_name(name):
        raise DatastoreError("invalid-name", **({part: name} if isinstance(name, str) else {}))


def parse_fields(json, parse):
    """The members of an object by field, in code point order. Checks all names first, then the contents (WIRE-7)."""
    if not isinstance(json, dict):
        raise DatastoreError("invalid-json")
    for field in sorted(json):
        check_name("field", field)
    parsed = {}
    for field in sorted(json):
        with at(field=field):
            parsed[field] = parse(json[field])
    return parsed


def parse_operation(json):
    """One operation on a field, with exactly the parts of WIRE-6."""
    if not isinstance(json, list) or not json or not isinstance(json[0], str):
        raise DatastoreError("invalid-json")
    kind, parts = json[0], json[1:]
    if kind not in OPERATIONS or len(OPERATIONS[kind][0]) != len(parts):
        raise DatastoreError("invalid-json")
    parsers, make = OPERATIONS[kind]
    return make(*[parse(part) for parse, part in zip(parsers, parts)])


def parse_index(json):
    """A JSON number that is an integer from 0 to 2^29 - 1 (WIRE-6). In JSON that this implementation writes it is an
    int."""
    if isinstance(json, bool) or not isinstance(json, (int, float)) or not 0 <= json <= GREATEST_INDEX or json % 1 != 0:
        raise DatastoreError("invalid-json")
    return int(json)


def one_step(make):
    """An operation on a field that is one list operation."""
    return lambda *parts: ListEdit(False, (make(*parts),))


OPERATIONS = {
    "P": ([parse_value], Put),
    "D": ([], Delete),
    "LC": ([], lambda: ListEdit(True, ())),
    "LP": ([parse_index, parse_atom], one_step(ListPut)),
    "LI": ([parse_index, parse_atom], one_step(ListInsert)),
    "LD": ([parse_index], one_step(ListDelete)),
    "LM": ([parse_index, parse_index], one_step(ListMove)),
}


def parse_rows(json):
    """A state from a snapshot. Rows are read like the parts of a change (WIRE-10)."""
    if not isinstance(json, list):
        raise DatastoreError("invalid-json")
    state = {}
    for position, row in enumerate(json):
        with at(position=position):
            if not isinstance(row, dict):
                raise DatastoreError("invalid-json")
            table, record = row.get("tid"), row.get("rowid")
            with names_of(table, record):
                if set(row) != {"tid", "rowid", "data"}:
                    raise DatastoreError("invalid-json")
                fields = parse_fields(row["data"], parse_value)
                if (table, record) in state:
                    raise DatastoreError("record-exists")
                state[table, record] = fields
    return state


def format_rows(state):
    """A snapshot in code point order of table and record (WIRE-10)."""
    return [
        {"tid": table, "rowid": record, "data": format_fields(state[table, record])} for table, record in sorted(state)
    ]
