"""The columns of changes, which hold one delta or several (BIN-4, BIN-17, BIN-19, BIN-20)."""

from binary_fields import FieldSetReader, write_field_sets
from binary_list_edits import read_list_edit, write_list_edit
from binary_names import name_at, read_names, write_names
from binary_numbers import ByteReader, write_number, write_signed
from binary_refusal import require
from binary_runs import read_run, runs_of, write_run
from binary_strings import read_strings, repeated_strings, write_strings
from binary_values import CREATING_EDIT, EDIT, VALUE_TAGS, ValueReader, strings_in, write_values
from operations import (
    Delete,
    DeleteRecord,
    InsertRecord,
    ListDelete,
    ListEdit,
    ListInsert,
    ListPut,
    Put,
    UpdateRecord,
)
from values import ABSENT, UNKNOWN

INSERT, UPDATE, DELETE, KNOWN_DELETE, UPDATED_INSERT = range(5)
COLUMN_COUNT = 13


def kind_of(change):
    """The kind of a group that a change belongs to (BIN-17)."""
    if isinstance(change, InsertRecord):
        return INSERT
    if isinstance(change, UpdateRecord):
        return UPDATE
    return DELETE if change.before is UNKNOWN else KNOWN_DELETE


def contents_of(change):
    """What a change holds of each field: values or operations (BIN-18)."""
    if isinstance(change, InsertRecord):
        return change.fields
    if isinstance(change, UpdateRecord):
        return change.operations
    return {} if change.before is UNKNOWN else change.before


def entries_of(change):
    """The entries of a change among the values, field by field (BIN-15, BIN-19)."""
    for _, content in sorted(contents_of(change).items()):
        if isinstance(content, ListEdit):
            yield content
            yield from (step.value for step in content.steps if isinstance(step, (ListInsert, ListPut)))
        elif isinstance(content, Put):
            yield content.value
        else:
            yield ABSENT if isinstance(content, Delete) else content


def befores_of(change):
    """The entries of a change among the befores (BIN-20)."""
    if isinstance(change, UpdateRecord):
        for _, operation in sorted(change.operations.items()):
            if isinstance(operation, ListEdit):
                yield from (step.before for step in operation.steps if isinstance(step, (ListPut, ListDelete)))
            else:
                yield operation.before


def names_in(deltas):
    """Every name of a table, record or field."""
    return {name for delta in deltas for change in delta for name in names_of(change)}


def names_of(change):
    """The names in one change."""
    return [change.table, change.record, *contents_of(change)]


def write_changes(deltas, more_names=()):
    """The columns of changes. `more_names` are those that other columns of the file use (BIN-23)."""
    changes = [change for delta in deltas for change in delta]
    entries = [entry for change in changes for entry in entries_of(change)]
    befores = [before for change in changes for before in befores_of(change)]
    befores = befores if any(before is not UNKNOWN for before in befores) else []
    names = sorted(names_in(deltas) | set(more_names))
    strings = repeated_strings([*strings_in(entries), *strings_in(befores)])
    field_sets = [sorted(contents_of(change)) for change in changes if kind_of(change) != DELETE]
    edits = [entry for entry in entries if isinstance(entry, ListEdit)]
    return [
        write_names(names),
        *write_strings(strings),
        b"".join(write_groups(delta, names) for delta in deltas),
        write_records(deltas, names),
        write_field_sets(field_sets, names),
        b"".join(write_list_edit(edit.steps) for edit in edits),
        *write_values(entries, strings),
        *write_values(befores, strings),
    ]


def units_of(delta):
    """The changes of a delta, where an insert and an update of it that follows are one unit (BIN-17)."""
    units = []
    for change in delta:
        last = units[-1][-1] if units else None
        is_behind = isinstance(change, UpdateRecord) and isinstance(last, InsertRecord)
        if is_behind and (last.table, last.record) == (change.table, change.record):
            units[-1].append(change)
        else:
            units.append([change])
    return units


def write_groups(delta, names):
    """The groups of one delta (BIN-17)."""
    kinds = [(UPDATED_INSERT if len(unit) > 1 else kind_of(unit[0]), unit[0].table) for unit in units_of(delta)]
    runs = runs_of(kinds, unpaid=())
    return b"".join(write_run(kind, count) + write_number(names.index(table)) for (kind, table), count in runs)


def write_records(deltas, names):
    """The record number of each unit minus that of the one before it (BIN-19)."""
    octets, before = b"", 0
    for unit in [unit for delta in deltas for unit in units_of(delta)]:
        number = names.index(unit[0].record)
        octets += write_signed(number - before)
        before = number
    return octets


class ChangeReader:
    """Reads the deltas of the columns of changes, one after the other."""

    def __init__(self, columns):
        require(len(columns) == COLUMN_COUNT)
        self.names = read_names(columns[0])
        strings = read_strings(columns[1], columns[2])
        self.groups, self.records = ByteReader(columns[3]), ByteReader(columns[4])
        self.fields = FieldSetReader(columns[5], self.names)
        self.edits = ByteReader(columns[6])
        self.values = ValueReader(columns[7:10], strings)
        self.befores = ValueReader(columns[10:13], strings) if any(columns[10:13]) else None
        self.record = 0

    def delta(self, count=None):
        """A delta with this number of changes or, without a count, with all the rest (BIN-17)."""
        changes = []
        while self.groups.has_more() if count is None else len(changes) < count:
            kind, length = read_run(self.groups, unpaid=())
            width = 2 if kind == UPDATED_INSERT else 1
            require(kind <= UPDATED_INSERT and (count is None or length * width <= count - len(changes)))
            table = name_at(self.names, self.groups.number())
            while length > 0:
                changes.append(self.change(kind, table))
                if kind == UPDATED_INSERT:
                    changes.append(self.update(table, changes[-1].record))
                length -= 1
        return changes

    def end(self):
        """Rejects unread content (BIN-26)."""
        for reader in (self.groups, self.records, self.fields.reader, self.edits, self.values):
            reader.end()
        if self.befores is not None:
            self.befores.end()

    def change(self, kind, table):
        """One change (BIN-19)."""
        self.record += self.records.signed()
        record = name_at(self.names, self.record)
        if kind == DELETE:
            return DeleteRecord(table, record)
        if kind == UPDATE:
            return self.update(table, record)
        contents = {field: self.values.value() for field in self.fields.next()}
        return DeleteRecord(table, record, contents) if kind == KNOWN_DELETE else InsertRecord(table, record, contents)

    def update(self, table, record):
        """An update, field by field (BIN-19)."""
        return UpdateRecord(table, record, {field: self.operation() for field in self.fields.next()})

    def operation(self):
        """An operation on a field (BIN-19), with what it overwrote (BIN-20)."""
        tag = self.values.next_tag((0, *VALUE_TAGS, EDIT, CREATING_EDIT))
        if tag in (EDIT, CREATING_EDIT):
            count = self.values.content.number()
            return ListEdit(tag == CREATING_EDIT, read_list_edit(self.edits, count, self.values, self.before_item))
        value = self.values.content_of(tag)
        before = UNKNOWN if self.befores is None else self.befores.before()
        return Delete(before) if tag == 0 else Put(value, before)

    def before_item(self):
        """What a list put or list delete overwrote (BIN-20)."""
        return UNKNOWN if self.befores is None else self.befores.before_item()
