"""Conflicts about items of a list that both sides edited (CON-6)."""

from conflicts import Conflict, Lost
from operations import ListEdit
from order import equal
from values import ABSENT, UNKNOWN


def item_conflicts(merge):
    """The conflicts of a list merge, in the order of the indexes of the base (CON-1)."""
    found = []
    for item in merge.base.items:
        local, remote = merge.local_touches(item), merge.remote_touches(item)
        if local.deletes and remote.deletes:
            continue
        base = base_of(local, remote)
        if remote.deletes and (local.puts or local.moves):
            found.append(deletion(item, base, "local", local))
        elif local.deletes and (remote.puts or remote.moves):
            found.append(deletion(item, base, "remote", remote))
        elif not local.deletes and not remote.deletes:
            found += put_conflicts(merge, item, base, local, remote)
            found += move_conflicts(merge, item, base, local, remote)
    return found


def base_of(local, remote):
    """What the first put or delete of the item, on the local side or else on the remote one, overwrote (CON-6)."""
    for side in (local, remote):
        first = sorted(side.puts + side.deletes, key=lambda action: action.position)[:1]
        if first and first[0].op.before is not UNKNOWN:
            return first[0].op.before
    return UNKNOWN


def wanted(touches, base):
    """The value that a side intended for the item: its last put, or the base (CON-6)."""
    return touches.puts[-1].op.value if touches.puts else base


def lost_ops(side, actions):
    """One list edit with the operations of the loser (CON-6)."""
    return (Lost(side, ListEdit(False, tuple(action.op for action in actions))),)


def deletion(item, base, loser, touches):
    """One side deleted the item and the other put or moved it (CON-6)."""
    value = wanted(touches, base)
    local, remote = (value, ABSENT) if loser == "local" else (ABSENT, value)
    lost = lost_ops(loser, touches.puts + touches.moves)
    return Conflict("delete-wins", base, local, remote, ABSENT, lost, index=item.base_index)


def put_conflicts(merge, item, base, local, remote):
    """Both sides put the item, and their last puts are not equal (CON-6)."""
    if not local.puts or not remote.puts or equal(wanted(local, base), wanted(remote, base)):
        return []
    rule = merge.rule if merge.rule in ("local", "max", "min") else "remote"
    loser, touches = ("remote", remote) if merge.local_puts_win(local, remote) else ("local", local)
    values = (wanted(local, base), wanted(remote, base), standing_value(merge, local, remote, base))
    return [Conflict(rule, base, *values, lost_ops(loser, touches.puts), index=item.base_index)]


def move_conflicts(merge, item, base, local, remote):
    """Both sides moved the item, to positions with another item between them in the merged list (CON-6)."""
    if not local.moves or not remote.moves:
        return []
    ends = sorted(merge.elements.index(touches.moves[-1].element) for touches in (local, remote))
    if not any(element in merge.live_elements() for element in merge.elements[ends[0] + 1 : ends[1]]):
        return []
    winner, loser, touches = ("local", "remote", remote) if merge.rule == "local" else ("remote", "local", local)
    values = (wanted(local, base), wanted(remote, base), standing_value(merge, local, remote, base))
    return [Conflict(winner, base, *values, lost_ops(loser, touches.moves), index=item.base_index)]


def standing_value(merge, local, remote, base):
    """The value that the item has after the merge (LIST-6)."""
    if local.puts and remote.puts:
        return wanted(local if merge.local_puts_win(local, remote) else remote, base)
    return wanted(local if local.puts else remote, base)
