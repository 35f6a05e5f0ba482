"""Merging a snapshot (SYNC-30, SYNC-31)."""

from differences import diff
from exchange import as_it_travels
from compression import compose
from operations import InsertRecord, ListDelete, ListEdit, ListInsert, ListPut, Put, UpdateRecord
from rebase import rebase
from state import apply
from timeline import rebase_parts, state_after
from values import is_list
from wire_deltas import parse_rows


def merge_snapshot(replica):
    """Merges the waiting snapshot, if it is newer or a reload is needed. Afterwards no reload is needed."""
    exchange = replica.exchange
    snapshot, exchange.incoming.snapshot = exchange.incoming.snapshot, None
    if snapshot["rev"] > exchange.rev or exchange.needs_reload:
        go_to(replica, snapshot)
    exchange.incoming.forget(exchange.rev)
    exchange.needs_reload = exchange.has_lost_log = False


def go_to(replica, snapshot):
    """Merges the difference as one remote delta. The delta in flight counts as merged unless it is known not to be in
    the snapshot, and stays in flight only if it can still be accepted as it is (SYNC-31)."""
    exchange, timeline, flight = replica.exchange, replica.timeline, replica.exchange.flight
    found, merged = exchange.found_in(snapshot), []
    if found == "unknown":
        replica.report["uncertain"].append(flight.nonce)
    if found != "absent":
        merged = timeline.pending[0].parts
        timeline.acknowledge(exchange.rev + 1, replica.pending_rules.of)
    if snapshot["rev"] != exchange.rev:
        timeline.drop_cancelled()
    before = merged + timeline.parts()
    target = parse_rows(snapshot["rows"])
    waiting = [part.delta for part in timeline.parts()]
    later = timeline.puts.meet_snapshot(timeline.base, target, exchange.has_lost_log, waiting)
    replica.report["conflicts"] += merge_difference(timeline, target, replica.pending_rules.of) + later
    timeline.base = target
    if exchange.has_lost_log:
        for delta in timeline.pending:
            delta.seen = 0  # SYNC-64
    replica.history.meet_snapshot(before, timeline.parts())
    timeline.drop_idle(replica.history)
    replica.report["isReloaded"] = True
    if exchange.has_lost_log:
        replica.report["isLogLost"] = True
    is_same = snapshot["rev"] == exchange.rev and not exchange.has_lost_log
    head = snapshot["nonces"][-1] if snapshot["nonces"] else exchange.head if is_same else None
    exchange.moved_on(int(snapshot["rev"]), head)
    if flight is not None and flight.rev == snapshot["rev"] and flight.head == head and timeline.pending:
        exchange.flight = flight if as_it_travels(timeline.pending[0]) == flight.delta else None


def merge_difference(timeline, target, rules):
    """Rebases the pending deltas over the difference between the base and a snapshot, and returns the conflicts."""
    parts = timeline.parts()
    created = created_lists(compose([part.delta for part in parts]))
    difference = compose([[left for change in diff(timeline.base, target) for left in creating(change, created)]])
    _, difference = apply(timeline.base, difference)
    lost = lost_puts(rebase([part.delta for part in parts], difference, rules, timeline.own.of).conflicts)
    if lost:
        difference = [spare(change, lost) for change in difference]
    conflicts = rebase_parts(parts, difference, rules, timeline.own).conflicts
    timeline.own.follow(difference, is_mine=False)
    return conflicts


def created_lists(delta):
    """The fields in which a delta creates a list, and whether it also inserts the record."""
    inserted = {(change.table, change.record) for change in delta if isinstance(change, InsertRecord)}
    return {
        (change.table, change.record, field): (change.table, change.record) in inserted
        for change in delta
        if isinstance(change, UpdateRecord)
        for field, operation in change.operations.items()
        if isinstance(operation, ListEdit) and operation.create
    }


def creating(change, created):
    """A change of the difference, in which lists are created where the pending deltas create one."""
    place = (change.table, change.record)
    if isinstance(change, UpdateRecord):
        operations = {
            field: creation(operation.value) if created.get((*place, field)) is False and is_put_list(operation) else operation
            for field, operation in change.operations.items()
        }
        return [UpdateRecord(*place, operations)]
    if not isinstance(change, InsertRecord):
        return [change]
    lists = {field for field, value in change.fields.items() if is_list(value) and created.get((*place, field))}
    values = {field: value for field, value in change.fields.items() if field not in lists}
    return [
        InsertRecord(*place, values),
        UpdateRecord(*place, {field: creation(change.fields[field]) for field in sorted(lists)}),
    ]


def is_put_list(operation):
    """Whether an operation puts a list."""
    return isinstance(operation, Put) and is_list(operation.value)


def creation(items):
    """What creates a list with these items."""
    return ListEdit(True, tuple(ListInsert(index, item) for index, item in enumerate(items)))


def lost_puts(conflicts):
    """The places of items that the difference puts and a pending delta deletes."""
    return {
        (conflict["table"], conflict["record"], conflict["field"], step[1])
        for conflict in conflicts
        if conflict["rule"] == "delete-wins" and "index" in conflict
        for lost in conflict["lost"]
        if lost["side"] == "remote"
        for step in lost["ops"]
        if step[0] == "LP"
    }


def spare(change, lost):
    """Replaces each of those puts by a delete and an insert, so that the new item stays."""
    if not isinstance(change, UpdateRecord):
        return change
    operations = dict(change.operations)
    for field, operation in operations.items():
        if isinstance(operation, ListEdit):
            place = (change.table, change.record, field)
            steps = [new for step in operation.steps for new in spare_step(step, place, lost)]
            operations[field] = ListEdit(operation.create, tuple(steps))
    return UpdateRecord(change.table, change.record, operations)


def spare_step(step, place, lost):
    """The one list operation, or two."""
    if not isinstance(step, ListPut) or (*place, step.index) not in lost:
        return [step]
    return [ListDelete(step.index, step.before), ListInsert(step.index, step.value)]
