"""Merging pending changes of one record with remote's (MERGE-3 to MERGE-5, REB-2, CON-3)."""

from dataclasses import dataclass

from composition import compose_operations, fields_before
from conflicts import Conflict, Lost, put_or_delete
from errors import DatastoreError, at
from field_merge import merge_field, values_left
from incarnations import Incarnations
from operations import DeleteRecord, InsertRecord, ListEdit, Put, UpdateRecord, without_before
from state import apply_operations
from values import ABSENT, UNKNOWN


@dataclass(frozen=True, eq=False)
class RecordMerge:
    """What is left of the pending changes, each with the number of its delta, and of remote's."""

    pending: list
    remote: list
    conflicts: list


class RecordMerger:
    """One record in one merge. `pending` holds for every delta its changes of the record; `remote` those of remote.
    `own` gives local's own items of a list of the base (LIST-4)."""

    def __init__(self, table, record, pending, remote, rules, own):
        self.table, self.record, self.rules, self.own = table, record, rules, own
        self.incarnations = Incarnations(pending)
        self.remote = remote

    def merge(self):
        """The base incarnations of both sides merge with each other, and so do the new ones (REB-2, MERGE-3)."""
        incarnations = self.incarnations
        if not incarnations.is_touched or not self.remote:
            pending = self.base_events() + incarnations.later_events()
            return RecordMerge(pending, [self.change_without_before(change) for change in self.remote], [])
        first, inserted = self.remote[0], [change for change in self.remote if isinstance(change, InsertRecord)]
        if (incarnations.base is None) != isinstance(first, InsertRecord):
            raise DatastoreError("incompatible-deltas")
        if isinstance(first, UpdateRecord):
            return self.merge_update(first)
        if inserted:
            return self.merge_new_record(inserted[0], self.remote[self.remote.index(inserted[0]) + 1 :])
        left = [] if incarnations.base.deletion else [DeleteRecord(self.table, self.record)]
        return RecordMerge(incarnations.later_events(), left, self.lost_updates("delete-wins", ABSENT))

    def base_events(self):
        """All changes of the incarnation in the base."""
        base = self.incarnations.base
        return [] if base is None else base.updates + ([base.deletion] if base.deletion else [])

    def change_without_before(self, change):
        """A change of remote without a concurrent change: it loses its `before`s (MERGE-2)."""
        if isinstance(change, UpdateRecord):
            return self.update({field: without_before(op) for field, op in change.operations.items()})
        return DeleteRecord(self.table, self.record) if isinstance(change, DeleteRecord) else change

    def update(self, operations):
        """An update of the record."""
        return UpdateRecord(self.table, self.record, operations)

    def merge_fields(self, pending_of, remote_operations, fields, is_inserted=False):
        """Merges field by field, in code point order: the updates that are left, remote's operations, the conflicts."""
        updates, left, conflicts = {}, {}, []
        for field in sorted(fields):
            with at(field=field):
                rule = self.rules(self.table, self.record, field)
                own = self.own(self.table, self.record, field)
                merged = merge_field(pending_of(field), remote_operations.get(field), rule, is_inserted, own)
            for number, operation in merged.pending:
                updates.setdefault(number, {})[field] = operation
            if merged.remote is not None:
                left[field] = merged.remote
            conflicts += [conflict.in_field(field) for conflict in merged.conflicts]
        events = [(number, self.update(operations)) for number, operations in sorted(updates.items())]
        return events, left, conflicts

    def merge_update(self, remote):
        """Remote updates the record of the base (MERGE-4)."""
        base = self.incarnations.base
        fields = {field for _, update in base.updates for field in update.operations} | set(remote.operations)
        updates, left, conflicts = self.merge_fields(base.operations_on, remote.operations, fields)
        if base.deletion is None:
            return RecordMerge(updates, [self.update(left)] if left else [], conflicts)
        number, deletion = base.deletion
        stays = (number, DeleteRecord(self.table, self.record, fields_after(deletion.before, left)))
        return RecordMerge(updates + [stays] + self.incarnations.later_events(), [], [self.lost_remote_update(remote)])

    def merge_new_record(self, insertion, behind):
        """Remote inserts or replaces the record, with an update `behind` it or none: transient incarnations vanish, the
        last one merges with remote's record (REB-2)."""
        base, last = self.incarnations.base, self.incarnations.last()
        operations = behind[0].operations if behind else {}
        conflicts = self.lost_updates("replace-wins", apply_operations(insertion.fields, operations)[0])
        changes = [insertion] + [self.change_without_before(update) for update in behind]
        if base is not None and base.deletion is None:
            return RecordMerge([], [DeleteRecord(self.table, self.record), *changes], conflicts)
        if last is None:
            return RecordMerge([], changes, conflicts)
        inserted = {field: Put(value, ABSENT) for field, value in insertion.fields.items()}
        inserted |= {field: edit for field, edit in operations.items() if isinstance(edit, ListEdit)}
        names = set(inserted) | set(last.insertion[1].fields)
        names |= {field for _, update in last.updates for field in update.operations}
        updates, left, collisions = self.merge_fields(
            lambda field: puts_over_absence(last, field), inserted, names, is_inserted=True
        )
        return RecordMerge(updates, [self.update(left)] if left else [], conflicts + collisions)

    def lost_updates(self, rule, result):
        """The conflict where pending updates a record that remote deletes or replaces (CON-3)."""
        base = self.incarnations.base
        if base is None or base.deletion is not None:
            return []
        before = self.remote[0].before
        operations = composed(base.updates)
        lost = tuple(Lost("local", operations[field], field) for field in sorted(operations))
        return [Conflict(rule, before, fields_after(before, operations), result, result, lost)]

    def lost_remote_update(self, remote):
        """The conflict where remote updates a record that pending deletes or replaces (CON-3)."""
        base, last = self.incarnations.base, self.incarnations.last()
        before = fields_before(composed(base.updates), base.deletion[1].before)
        lost = tuple(Lost("remote", remote.operations[field], field) for field in sorted(remote.operations))
        result = ABSENT if last is None else fields_of(last)
        rule = "delete-wins" if last is None else "replace-wins"
        return Conflict(rule, before, result, fields_after(before, remote.operations), result, lost)


def puts_over_absence(incarnation, field):
    """The operations on a field of an inserted record, for a merge with a record that somebody else inserted: the first
    one creates a list, or puts or deletes its result over absence, and there are none if the field is absent at the end
    (REB-2, MERGE-5)."""
    number, insertion = incarnation.insertion
    inserted = insertion.fields.get(field, ABSENT)
    operations = [] if inserted is ABSENT else [(number, Put(inserted, ABSENT))]
    operations += incarnation.operations_on(field)
    values = values_left(operations)
    if not values or values[-1] is ABSENT:
        return []
    number, first = operations[0]
    return operations if isinstance(first, ListEdit) else [(number, put_or_delete(values[0], ABSENT))] + operations[1:]


def fields_of(incarnation):
    """The fields of an inserted record at the end of its incarnation."""
    fields = incarnation.insertion[1].fields
    for _, update in incarnation.updates:
        fields, _ = apply_operations(fields, update.operations)
    return fields


def composed(updates):
    """The operations of several updates as one, by field (NORM-4)."""
    operations = {}
    for _, update in updates:
        for field, operation in update.operations.items():
            operations[field] = compose_operations(operations[field], operation) if field in operations else operation
    return operations


def fields_after(before, operations):
    """The fields of a record after operations; unknown if the record is, or if the operations do not fit."""
    if before is UNKNOWN:
        return UNKNOWN
    try:
        return apply_operations(before, operations)[0]
    except DatastoreError:
        return UNKNOWN
