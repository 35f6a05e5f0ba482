"""What a replica's user gave a value in the base, and what is told if somebody who had not seen it overwrites that
(SYNC-64, SYNC-65)."""

from conflicts import Conflict, Lost
from errors import DatastoreError
from messages import is_whole, require_json
from operations import Delete, DeleteRecord, InsertRecord, ListEdit, Put
from order import equal
from values import ABSENT, UNKNOWN
from wire_deltas import check_name

MOST = 1000


class OwnPuts:
    """The revision of each field by (table, record, field), the latest at the end."""

    def __init__(self, saved=()):
        self.revisions = {(table, record, field): int(rev) for table, record, field, rev in saved}

    def saved(self):
        """As it is saved (SYNC-34)."""
        return [[*place, rev] for place, rev in self.revisions.items()]

    def fields_of(self, table, record):
        """The fields of a record, in code point order."""
        return sorted(field for one, other, field in self.revisions if (one, other) == (table, record))

    def forget_record(self, table, record):
        """All its fields."""
        for field in self.fields_of(table, record):
            del self.revisions[table, record, field]

    def confirm(self, changes, rev, rules):
        """A delta of this user is in the log at a revision. `rules` are those of its fields (SYNC-26)."""
        for change in changes:
            if isinstance(change, (DeleteRecord, InsertRecord)):
                self.forget_record(change.table, change.record)
            if isinstance(change, DeleteRecord):
                continue
            for field in sorted(change.fields if isinstance(change, InsertRecord) else change.operations):
                place = (change.table, change.record, field)
                self.revisions.pop(place, None)
                if rules(*place) != "sum" and (change.table, field) != (":info", "mtime"):
                    self.revisions[place] = rev
        for place in list(self.revisions)[:-MOST]:
            del self.revisions[place]

    def follow(self, changes, seen, pending):
        """The conflicts of an entry of somebody else, whose author had seen the log up to `seen` (SYNC-65). `changes` are
        applied; `pending` are the unconfirmed deltas."""
        told = []
        for position, change in enumerate(changes):
            key = (change.table, change.record)
            if isinstance(change, DeleteRecord):
                following = changes[position + 1] if position + 1 < len(changes) else None
                is_replaced = isinstance(following, InsertRecord) and (following.table, following.record) == key
                after = following.fields if is_replaced else None
                lost = self.take(key, change.before, after, seen, pending)
                if lost:
                    told.append(record_conflict(key, lost, change.before, after))
            elif not isinstance(change, InsertRecord):
                for field, operation in sorted(change.operations.items()):
                    if not isinstance(operation, ListEdit):
                        after = operation.value if isinstance(operation, Put) else ABSENT
                        values = {field: operation.before}, {field: after}
                        lost = self.take(key, *values, seen, pending, [field])
                        told += [field_conflict(key, *values, field) for _ in lost]
        return told

    def meet_snapshot(self, start, target, is_lost, pending):
        """The conflicts of a snapshot that takes the place of a state: none, unless the log was lost."""
        told = []
        for key in sorted({place[:2] for place in self.revisions}):
            before, after = start.get(key, {}), target.get(key)
            lost = self.take(key, before, after, -1 if is_lost else float("inf"), pending)
            if lost and after is None:
                told.append(record_conflict(key, lost, before, after))
            else:
                told += [field_conflict(key, before, after, field) for field in lost]
        if is_lost:
            self.revisions = {}
        return told

    def take(self, key, before, after, seen, pending, fields=None):
        """Forgets the fields with another value afterwards, and returns those that are lost."""
        lost = []
        for field in self.fields_of(*key) if fields is None else fields:
            values = before.get(field, ABSENT), (after or {}).get(field, ABSENT)
            if (*key, field) in self.revisions and not equal(*values):
                if self.revisions.pop((*key, field)) > seen and not any(edits(delta, key, field) for delta in pending):
                    lost.append(field)
        if after is None:
            self.forget_record(*key)
        return lost


def edits(delta, key, field):
    """Whether a delta edits a field, or makes or deletes its record."""
    return any(
        (change.table, change.record) == key
        and (isinstance(change, (InsertRecord, DeleteRecord)) or field in change.operations)
        for change in delta
    )


def lost_edit(before, field):
    """The edit that has no effect any more."""
    value = before.get(field, ABSENT)
    return Lost("local", Delete(UNKNOWN) if value is ABSENT else Put(value, UNKNOWN), field)


def field_conflict(key, before, after, field):
    """A field that was overwritten or deleted."""
    value = after.get(field, ABSENT)
    lost = (lost_edit(before, field),)
    return later(Conflict("remote", UNKNOWN, before.get(field, ABSENT), value, value, lost, field), key)


def record_conflict(key, fields, before, after):
    """A record that was deleted or replaced."""
    rule, value = ("delete-wins", ABSENT) if after is None else ("replace-wins", after)
    lost = tuple(lost_edit(before, field) for field in fields)
    return later(Conflict(rule, UNKNOWN, before, value, value, lost), key)


def later(conflict, key):
    """The form of the vectors."""
    return {**conflict.as_json(*key), "side": "later"}


def check_puts(puts, rev):
    """The member `puts` of a saved replica (SYNC-34)."""
    require_json(isinstance(puts, list) and 0 < len(puts) <= MOST)
    for put in puts:
        require_json(isinstance(put, list) and len(put) == 4 and is_whole(put[3]) and 1 <= put[3] <= rev)
        for part, name in zip(("table", "record", "field"), put):
            check_name(part, name)
    require_json(len({tuple(place) for *place, _ in puts}) == len(puts))
    require_json([put[3] for put in puts] == sorted(put[3] for put in puts))


def check_seen(seen, rev, count):
    """The member `seen` of a saved replica with so many deltas (SYNC-34)."""
    require_json(isinstance(seen, list) and len(seen) == count)
    require_json(all(is_whole(one) and one <= rev for one in seen) and any(one < rev for one in seen))
