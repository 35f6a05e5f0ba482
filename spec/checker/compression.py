"""The normal form of a sequence of changes (NORM-1 to NORM-3, NORM-7 to NORM-11)."""

from composition import compose_operations, fields_before
from errors import DatastoreError, at
from operations import Delete, DeleteRecord, InsertRecord, ListEdit, Put, UpdateRecord


class RecordDraft:
    """The changes of one record composed so far: a row of the table of NORM-2."""

    def __init__(self):
        self.row = "nothing yet"
        self.operations = {}
        self.before = None
        self.fields = None
        self.behind = {}

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
        self.fields, self.behind = dict(change.fields), {}

    def add_update(self, change):
        """A column of NORM-2: composed with an update (NORM-4), or with an insert (NORM-7)."""
        if self.row in ("insert", "replace"):
            for field in sorted(change.operations):
                with at(field=field):
                    self.add_to_insert(field, change.operations[field])
            return
        self.row = "update"
        for field in sorted(change.operations):
            operation = change.operations[field]
            with at(field=field):
                if field in self.operations:
                    operation = compose_operations(self.operations[field], operation)
            self.operations[field] = operation

    def add_to_insert(self, field, operation):
        """An operation on a field of an inserted record: a value is inserted, anything else is behind it (NORM-7)."""
        known = field in self.fields or field in self.behind
        first = Put(self.fields[field]) if field in self.fields else self.behind.get(field, Delete())
        if known or not (isinstance(operation, ListEdit) and operation.create):
            operation = compose_operations(first, operation)
        self.fields.pop(field, None)
        self.behind.pop(field, None)
        if isinstance(operation, Put):
            self.fields[field] = operation.value
        else:
            self.behind[field] = Delete() if isinstance(operation, Delete) else operation

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
        if self.row == "delete":
            return [DeleteRecord(table, record, self.before)]
        if self.row in ("insert", "replace"):
            behind = [UpdateRecord(table, record, dict(sorted(self.behind.items())))] if self.behind else []
            deletion = [DeleteRecord(table, record, self.before)] if self.row == "replace" else []
            return [*deletion, InsertRecord(table, record, self.fields), *behind]
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
