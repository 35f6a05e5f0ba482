"""Merging list operations of two sides (LIST-5 to LIST-9)."""

from locations import Base, Line, merge_lines, replay
from operations import ListDelete, ListInsert, ListMove, ListPut, step_without_before
from rules import local_wins
from values import UNKNOWN


class Touches:
    """The puts, moves and deletes of one side on one item, in order."""

    def __init__(self, actions, item):
        own = [action for action in actions if action.item is item]
        self.puts = [action for action in own if isinstance(action.step, ListPut)]
        self.moves = [action for action in own if isinstance(action.step, ListMove)]
        self.deletes = [action for action in own if isinstance(action.step, ListDelete)]

    def all(self):
        """Everything that the side does to the item."""
        return self.puts + self.moves + self.deletes


class ListMerge:
    """One merge: both sequences of elements, the meaning of all operations, and which of them are dropped."""

    def __init__(self, local_steps, remote_steps, rule):
        self.rule = rule
        self.base = Base(local_steps, remote_steps)
        self.local_line, self.local_actions = replay(self.base, local_steps)
        self.remote_line, self.remote_actions = replay(self.base, remote_steps)
        self.locations = merge_lines(self.base, self.local_line, self.remote_line)
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
        return local_wins(self.rule, local.puts[-1].step.value, remote.puts[-1].step.value)

    def standing_locations(self):
        """The elements that hold items in the merged list: remote's result, then local' (LIST-8)."""
        line = Line(self.locations, self.remote_line.places)
        for action in self.local_actions:
            if action not in self.dropped:
                perform(line, action, {})
        return set(line.places.values())

    def rebased_local(self):
        """local': positions in local with the operations there, on remote's result (LIST-8, LIST-9)."""
        return self.perform_again(self.local_actions, self.remote_line, self.remote_actions)

    def rebased_remote(self):
        """remote', which carries no `before` (LIST-8, LIST-9)."""
        performed = self.perform_again(self.remote_actions, self.local_line, [])
        return tuple(step_without_before(step) for _, step in performed)

    def perform_again(self, actions, other_line, other_actions):
        """Performs the operations that are not dropped again, on the merged order with the other side's result
        (LIST-8)."""
        line = Line(self.locations, other_line.places)
        values = {action.item: action.step.value for action in other_actions if isinstance(action.step, ListPut)}
        performed = []
        for action in actions:
            if action not in self.dropped:
                step = perform(line, action, values)
                if step is not None:
                    performed.append((action.position, step))
        return performed


def perform(line, action, values):
    """Performs one action on the merged order. Returns the list operation with the indexes there, or None for a move
    whose two indexes are equal (LIST-8). `values` holds the values put on items so far (LIST-9)."""
    step, item = action.step, action.item
    if isinstance(step, ListInsert):
        line.places[item] = action.location
        return ListInsert(line.index_of(action.location), step.value)
    index = line.index_of(line.places[item])
    if isinstance(step, ListMove):
        del line.places[item]
        line.places[item] = action.location
        target = line.index_of(action.location)
        return ListMove(index, target) if index != target else None
    before = UNKNOWN if step.before is UNKNOWN else values.get(item, step.before)
    if isinstance(step, ListPut):
        values[item] = step.value
        return ListPut(index, step.value, before)
    del line.places[item]
    return ListDelete(index, before)

