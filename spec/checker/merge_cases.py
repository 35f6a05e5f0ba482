"""The cases of field-merges.json, record-merges.json, list-merges.json and rebase.json. Each function returns the
outcomes."""

from list_editing import apply_steps, perform_steps
from list_merge import ListMerge
from rebase import rebase_all, transform
from rules import rules_by_field
from state import apply
from vector_forms import read_changes, read_step, same_json
from wire_deltas import format_rows, parse_rows
from wire_values import format_value, parse_value
from wire_writing import format_delta, format_step


def merge_case(case):
    """A local and a remote delta on one base."""
    base, is_applied = parse_rows(case["base"]), case.get("applied", True)
    [local] = deltas_on(base, [case["local"]], is_applied)
    [remote] = deltas_on(base, [case["remote"]], is_applied)
    rebased_local, rebased_remote, conflicts = transform(local, remote, rules_by_field(case["rules"]))
    return {
        "merged": merged_rows(base, [remote, rebased_local], [local, rebased_remote]),
        "rebasedLocal": format_delta(rebased_local),
        "rebasedRemote": format_delta(rebased_remote),
        "conflicts": conflicts,
    }


def rebase_case(case):
    """Pending deltas rebased over remote ones."""
    base, is_applied = parse_rows(case["base"]), case.get("applied", True)
    pending = deltas_on(base, case["pending"], is_applied)
    remotes = deltas_on(base, case["remotes"], is_applied)
    merged = rebase_all(pending, remotes, rules_by_field(case["rules"]))
    return {
        "merged": merged_rows(base, remotes + merged.pending, pending + merged.remotes),
        "rebasedPending": [format_delta(delta) for delta in merged.pending],
        "rebasedRemotes": [format_delta(delta) for delta in merged.remotes],
        "conflicts": merged.conflicts,
    }


def list_merge_case(case):
    """Local and remote operations on one list."""
    base = parse_value(case["base"])
    local_result, local = apply_steps(base, [read_step(parts) for parts in case["local"]])
    remote_result, remote = apply_steps(base, [read_step(parts) for parts in case["remote"]])
    merge = ListMerge(local, remote, case["rule"], set(map(int, case.get("own", []))))
    rebased_local = [step for _, step in merge.rebased_local()]
    rebased_remote = merge.rebased_remote()
    remote_first = format_value(perform_steps(remote_result, rebased_local))
    local_first = format_value(perform_steps(local_result, rebased_remote))
    return {
        "merged": one_outcome(remote_first, local_first),
        "rebasedLocal": [format_step(step) for step in rebased_local],
        "rebasedRemote": [format_step(step) for step in rebased_remote],
    }


def deltas_on(base, deltas, is_applied):
    """Deltas, applied one after the other to the base, or as they are."""
    state, read = base, []
    for delta in map(read_changes, deltas):
        if is_applied:
            state, delta = apply(state, delta)
        read.append(delta)
    return read


def merged_rows(base, remote_first, local_first):
    """The rows to which both ways lead (MERGE-1)."""
    return one_outcome(rows_after(base, remote_first), rows_after(base, local_first))


def rows_after(state, deltas):
    """The rows after several deltas."""
    for delta in deltas:
        state, _ = apply(state, delta)
    return format_rows(state)


def one_outcome(remote_first, local_first):
    """The result of both ways, or both results if they differ (MERGE-1)."""
    if same_json(remote_first, local_first):
        return remote_first
    return {"remote first": remote_first, "local first": local_first}
