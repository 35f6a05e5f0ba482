"""Merging list operations of two sides (LIST-5 to LIST-9)."""

from elements import Base, Order, merge_orders, replay
from operations import ListDelete, ListInsert, ListMove, ListPut, step_without_before
from rules import local_wins
from values import UNKNOWN


class Touches:
    """The puts, moves and deletes of one side on one item, in order."""

    def __init__(self, actions, item):
        own = [action for action in actions if action.item is item]
        self.puts = [action for action in own if isinstance(action.op, ListPut)]
        self.moves = [action for action in own if isinstance(action.op, ListMove)]
        self.deletes = [action for action in own if isinstance(action.op, ListDelete)]

    def all(self):
        """Everything that the side does to the item."""
        return self.puts + self.moves + self.deletes


class ListMerge:
    """One merge: both sequences of elements, the meaning of all operations, and which of them are dropped. `own` holds
    the indexes of the items of the base that local is known to have inserted (LIST-4)."""

    def __init__(self, local_ops, remote_ops, rule, own=frozenset()):
        self.rule = rule
        self.base = Base(local_ops, remote_ops)
        self.local_order, self.local_actions = replay(self.base, local_ops)
        self.remote_order, self.remote_actions = replay(self.base, remote_ops)
        self.elements = merge_orders(self.base, self.local_order, self.remote_order, own)
        self.dropped = set()
        for item in self.base.items:
            self.contest(self.local_touches(item), self.remote_touches(item))

    def local_touches(self, item):
        """What local does to an item."""
        return Touches(self.local_actions, item)

    def remote_touches(self, item):
        """What remote does to an item."""
        return Touches(self.remote_actions, item)

    def contest(self, local, remote):
        """Decides what is dropped of what both sides do to one item of the base."""
        if local.puts and remote.puts:  # LIST-6
            self.dropped.update(remote.puts if self.local_puts_win(local, remote) else local.puts)
        if local.moves and remote.moves:  # LIST-7
            self.dropped.update(remote.moves if self.rule == "local" else local.moves)
        if remote.deletes:  # LIST-5
            self.dropped.update(local.all())
        if local.deletes:
            self.dropped.update(remote.all())

    def local_puts_win(self, local, remote):
        """Whether local's last put on an item of both wins (LIST-6)."""
        return local_wins(self.rule, local.puts[-1].op.value, remote.puts[-1].op.value)

    def live_elements(self):
        """The elements that hold items in the merged list: remote's result, then local' (LIST-8)."""
        order = Order(self.elements, self.remote_order.places)
        for action in self.local_actions:
            if action not in self.dropped:
                perform(order, action, {})
        return set(order.places.values())

    def rebased_local(self):
        """local': positions in local with the operations there, on remote's result (LIST-8, LIST-9)."""
        return self.perform_again(self.local_actions, self.remote_order, self.remote_actions)

    def rebased_remote(self):
        """remote', which carries no `before` (LIST-8, LIST-9)."""
        performed = self.perform_again(self.remote_actions, self.local_order, [])
        return tuple(step_without_before(op) for _, op in performed)

    def perform_again(self, actions, other_order, other_actions):
        """Performs the operations that are not dropped again, on the merged order with the other side's result
        (LIST-8)."""
        order = Order(self.elements, other_order.places)
        values = {action.item: action.op.value for action in other_actions if isinstance(action.op, ListPut)}
        performed = []
        for action in actions:
            if action not in self.dropped:
                op = perform(order, action, values)
                if op is not None:
                    performed.append((action.position, op))
        return performed


def perform(order, action, values):
    """Performs one action on the merged order. Returns the list operation with the indexes there, or None for a move
    whose two indexes are equal (LIST-8). `values` holds the values put on items so far (LIST-9)."""
    op, item = action.op, action.item
    if isinstance(op, ListInsert):
        order.places[item] = action.element
        return ListInsert(order.index_of(action.element), op.value, op.is_append)
    index = order.index_of(order.places[item])
    if isinstance(op, ListMove):
        del order.places[item]
        order.places[item] = action.element
        target = order.index_of(action.element)
        return ListMove(index, target) if index != target else None
    before = UNKNOWN if op.before is UNKNOWN else values.get(item, op.before)
    if isinstance(op, ListPut):
        values[item] = op.value
        return ListPut(index, op.value, before)
    del order.places[item]
    return ListDelete(index, before)

