"""The normal form of a sequence of changes (NORM-1 to NORM-3, NORM-7 to NORM-11)."""

from composition import compose_operations, fields_before
from errors import DatastoreError, at
from operations import DeleteRecord, InsertRecord, ListEdit, UpdateRecord
from state import apply_operations


class RecordDraft:
    """The changes of one record composed so far: a row of the table of NORM-2."""

    def __init__(self):
        self.row = "nothing yet"
        self.operations = {}
        self.before = None
        self.fields = None

    def add(self, change):
        """Composes one more change of the record, or rejects it (NORM-2, NORM-11)."""
        if isinstance(change, InsertRecord):
            self.add_insert(change)
        elif self.row in ("delete", "inserted, then deleted"):
            raise DatastoreError("record-missing")
        elif isinstance(change, UpdateRecord):
            self.add_update(change)
        else:
            self.add_delete(change)

    def add_insert(self, change):
        """A column of NORM-2."""
        if self.row in ("insert", "update", "replace"):
            raise DatastoreError("record-exists")
        self.row = "replace" if self.row == "delete" else "insert"
        self.fields = dict(change.fields)

    def add_update(self, change):
        """A column of NORM-2: composed with an update (NORM-4), performed on inserted fields (NORM-7)."""
        if self.row in ("insert", "replace"):
            self.fields, _ = apply_operations(self.fields, change.operations)
            return
        self.row = "update"
        for field in sorted(change.operations):
            operation = change.operations[field]
            with at(field=field):
                if field in self.operations:
                    operation = compose_operations(self.operations[field], operation)
            self.operations[field] = operation

    def add_delete(self, change):
        """A column of NORM-2, with the oldest `before` (NORM-9)."""
        if self.row == "insert":
            self.row = "inserted, then deleted"
            return
        if self.row != "replace":
            self.before = fields_before(self.operations, change.before)
        self.row = "delete"

    def finish(self, table, record):
        """The changes of the record in normal form (NORM-2, NORM-3, NORM-8)."""
        if self.row == "insert":
            return [InsertRecord(table, record, self.fields)]
        if self.row == "delete":
            return [DeleteRecord(table, record, self.before)]
        if self.row == "replace":
            return [DeleteRecord(table, record, self.before), InsertRecord(table, record, self.fields)]
        operations = {field: self.operations[field] for field in sorted(self.operations)}
        operations = {field: operation for field, operation in operations.items() if not does_nothing(operation)}
        return [UpdateRecord(table, record, operations)] if operations else []


def does_nothing(operation):
    """Drops a list edit that neither creates a list nor has an operation, and nothing else (NORM-8)."""
    return isinstance(operation, ListEdit) and not operation.create and not operation.steps


def compress(changes):
    """The normal form, in code point order of table and record (NORM-1, NORM-3)."""
    drafts = {}
    for position, change in enumerate(changes):
        with at(position=position, table=change.table, record=change.record):
            drafts.setdefault((change.table, change.record), RecordDraft()).add(change)
    return [change for key in sorted(drafts) for change in drafts[key].finish(*key)]


def compose(deltas):
    """Several deltas as one: the compressed sequence of all their changes (NORM-10)."""
    return compress([change for delta in deltas for change in delta])
