"""The model of lists in a merge: items, elements (here called locations), and the meaning of operations (LIST-1 to
LIST-4)."""

from dataclasses import dataclass

from operations import ListDelete, ListInsert, ListMove, ListPut


@dataclass(frozen=True, eq=False)
class Location:
    """An element of the merged order. Those of the base belong to no side. Compared by identity."""

    is_base: bool
    is_right_move: bool = False


@dataclass(frozen=True, eq=False)
class Item:
    """An item of the base, at its index there, or one that a side inserted (None). Compared by identity."""

    base_index: int | None


@dataclass(frozen=True, eq=False)
class Action:
    """The meaning of a list operation: the item that it acts on and, for an insert or a move, the new element."""

    position: int
    step: object
    item: Item
    location: Location | None = None


class Base:
    """The common base: item k is at base element k (LIST-1). It has no end; here it has as many items as the operations
    of both sides can reach."""

    def __init__(self, *sides):
        count = sum(map(len, sides)) + 1 + max((reach(step) for steps in sides for step in steps), default=0)
        self.locations = [Location(is_base=True) for _ in range(count)]
        self.items = [Item(index) for index in range(count)]


def reach(step):
    """The greatest index that a list operation names."""
    return max(step.source, step.target) if isinstance(step, ListMove) else step.index


class Line:
    """Elements in order, some with an item and the others tombstones. An item is at one element or, once deleted, at
    none."""

    def __init__(self, locations, places):
        self.locations = list(locations)
        self.places = dict(places)

    def items(self):
        """The items in the order of the elements: the list."""
        occupants = {location: item for item, location in self.places.items()}
        return [occupants[location] for location in self.locations if location in occupants]

    def index_of(self, location):
        """The number of items before an element: its visible index (LIST-8)."""
        occupied = set(self.places.values())
        return sum(other in occupied for other in self.locations[: self.locations.index(location)])

    def make_location(self, index, is_right_move):
        """A new element directly after that of the item left of `index`, or at the very beginning (LIST-2)."""
        location = Location(is_base=False, is_right_move=is_right_move)
        if index == 0:
            self.locations.insert(0, location)
        else:
            neighbour = self.places[self.items()[index - 1]]
            self.locations.insert(self.locations.index(neighbour) + 1, location)
        return location


def replay(base, steps):
    """Replays the operations of one side on the base: the elements at the end, and the meaning of every operation. A
    move with from = to is omitted (LIST-2)."""
    line, actions = Line(base.locations, zip(base.items, base.locations)), []
    for position, step in enumerate(steps):
        if isinstance(step, ListInsert):
            item = Item(None)
            line.places[item] = line.make_location(step.index, is_right_move=False)
            actions.append(Action(position, step, item, line.places[item]))
        elif isinstance(step, ListPut):
            actions.append(Action(position, step, line.items()[step.index]))
        elif isinstance(step, ListDelete):
            item = line.items()[step.index]
            del line.places[item]
            actions.append(Action(position, step, item))
        elif step.source != step.target:
            item = line.items()[step.source]
            del line.places[item]
            line.places[item] = line.make_location(step.target, is_right_move=step.target > step.source)
            actions.append(Action(position, step, item, line.places[item]))
    return line, actions


def gaps_of(line):
    """The new elements of a side by gap, in their order: gap 0 before the first base element, and so on (LIST-3)."""
    gaps = [[]]
    for location in line.locations:
        if location.is_base:
            gaps.append([])
        else:
            gaps[-1].append(location)
    return gaps


def head_and_tail(gap):
    """The head, which is the leading run of elements moved from the left, and the tail (LIST-4)."""
    length = next((index for index, location in enumerate(gap) if not location.is_right_move), len(gap))
    return gap[:length], gap[length:]


def merge_lines(base, local, remote):
    """The merged order of both sides (LIST-4)."""
    merged = []
    for number, (local_gap, remote_gap) in enumerate(zip(gaps_of(local), gaps_of(remote))):
        local_head, local_tail = head_and_tail(local_gap)
        remote_head, remote_tail = head_and_tail(remote_gap)
        merged += local_head + remote_head + remote_tail + local_tail
        merged += base.locations[number : number + 1]
    return merged
