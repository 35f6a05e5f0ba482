"""Merging pending operations on one field of one incarnation with a remote operation on it (MERGE-6 to MERGE-9,
REB-3)."""

from dataclasses import dataclass
from functools import reduce

from composition import compose_operations
from conflicts import collision_conflicts, edited_list, overwritten_list_conflict, put_or_delete
from errors import DatastoreError
from item_conflicts import item_conflicts
from list_merge import ListMerge
from operations import ListEdit, Put, is_known, without_before
from rules import settle
from state import apply_operation
from values import ABSENT, UNKNOWN


@dataclass(frozen=True, eq=False)
class FieldMerge:
    """What is left of the pending operations, each with the number of its delta, and of remote's, if anything."""

    pending: list
    remote: object = None
    conflicts: tuple = ()


def merge_field(pending, remote, rule, is_inserted=False, own=frozenset()):
    """REB-3. `pending` holds pairs of the number of a delta and its operation; `remote` may be None. Fields of inserted
    records have an absent base, whatever the operations say (MERGE-5)."""
    if remote is None:
        return FieldMerge(pending)
    if not pending:
        return FieldMerge([], without_before(remote))
    first_of_rest = next(
        (place for place, (_, operation) in enumerate(pending) if not isinstance(operation, ListEdit)), len(pending)
    )
    edits, rest = pending[:first_of_rest], pending[first_of_rest:]
    if isinstance(remote, ListEdit):
        return merge_list_edits(edits, rest, remote, rule, own, is_inserted)
    if rest:
        base = ABSENT if is_inserted else compose_all(pending).before
        return merge_values(base, rest, remote, rule)
    return overwrite_edits(edits, remote)


def compose_all(pending):
    """All pending operations as one."""
    return reduce(compose_operations, [operation for _, operation in pending])


def written(operation):
    """What the field holds after a put or delete."""
    return operation.value if isinstance(operation, Put) else ABSENT


def overwrite_edits(edits, remote):
    """Remote puts or deletes a field whose list pending edited: the edits are dropped (MERGE-6)."""
    conflict = overwritten_list_conflict("remote", written(remote), remote.before, compose_all(edits))
    return FieldMerge([], without_before(remote), (conflict,))


def merge_list_edits(edits, rest, remote, rule, own, is_inserted):
    """Remote has list operations: list edits merge with them (MERGE-7), puts and deletes win over them (MERGE-6)."""
    if edits and edits[0][1].create != remote.create:
        raise DatastoreError("incompatible-deltas")
    origins = [number for number, operation in edits for _ in operation.steps]
    steps = [step for _, operation in edits for step in operation.steps]
    merge = ListMerge(steps, remote.steps, rule, own)
    kept = keep_boundaries(origins, merge.rebased_local())
    create = remote.create and not edits
    left = ListEdit(create, merge.rebased_remote())
    if not rest:
        return FieldMerge(kept, left if left.steps else None, tuple(item_conflicts(merge)))
    number, first = rest[0]
    before = UNKNOWN if first.before is UNKNOWN else edited_list(first.before, left)
    composed = compose_all(edits + rest)
    base = ABSENT if is_inserted else composed.before
    conflict = overwritten_list_conflict("local", written(composed), base, remote)
    return FieldMerge(kept + [(number, put_or_delete(written(first), before))] + rest[1:], None, (conflict,))


def keep_boundaries(origins, performed):
    """The list operations of each delta by themselves (REB-1). A list that both sides created exists by then
    (MERGE-7)."""
    by_delta = {}
    for position, step in performed:
        by_delta.setdefault(origins[position], []).append(step)
    return [(number, ListEdit(False, tuple(steps))) for number, steps in sorted(by_delta.items())]


def merge_values(base, rest, remote, rule):
    """Both remote and pending put or delete: the rule decides (MERGE-8, REB-3)."""
    values = values_left(rest)
    settlements = [settle(rule, base, value, written(remote)) for value in values]
    final = settlements[-1]
    if final.winner == "neither":
        return FieldMerge([])
    conflicts = tuple(collision_conflicts(rule, base, values[-1], written(remote), final))
    if final.winner == "remote":
        return FieldMerge([], without_before(remote), conflicts)
    left = put_or_delete(final.value, UNKNOWN) if final.winner == "new value" else None
    return FieldMerge(keep_settled(rest, settlements, written(remote)), left, conflicts)


def values_left(rest):
    """What the field holds after each of the remaining operations."""
    values, value = [], ABSENT
    for _, operation in rest:
        value, _ = apply_operation(value, operation)
        values.append(value)
    return values


def keep_settled(rest, settlements, remote_value):
    """The remaining operations if the last value did not lose: from the first operation that is not dropped on, each
    leads to its own merged value (REB-3), and overwrites that of the one before it (MERGE-9)."""
    kept, overwritten, winner_before = [], remote_value, None
    for (number, operation), settlement in zip(rest, settlements):
        if kept or settlement.winner in ("local", "new value"):
            if isinstance(operation, ListEdit) and winner_before == settlement.winner == "local":
                kept.append((number, operation))
            else:
                before = overwritten if is_known(operation) else UNKNOWN
                kept.append((number, put_or_delete(settlement.value, before)))
            overwritten = settlement.value
        winner_before = settlement.winner
    return kept
