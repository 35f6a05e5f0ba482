"""The location model of lists: items, locations, and what operations mean by them (LIST-1 to LIST-4)."""

from dataclasses import dataclass

from operations import ListDelete, ListInsert, ListMove, ListPut


@dataclass(frozen=True, eq=False)
class Location:
    """A place on the line. Base locations belong to no side. Two locations are the same only if they are one object."""

    is_base: bool
    is_right_move: bool = False


@dataclass(frozen=True, eq=False)
class Item:
    """An item of the base, at its index there, or one that a side inserted (None). Compared by identity."""

    base_index: int | None


@dataclass(frozen=True, eq=False)
class Action:
    """What a list operation means: the item that it acts on and, for an insert or a move, the new location."""

    position: int
    step: object
    item: Item
    location: Location | None = None


class Base:
    """The common base: item k stands at base location k (LIST-1). It goes on without end; here it has as many items as
    the operations of both sides can ever reach."""

    def __init__(self, *sides):
        count = sum(map(len, sides)) + 1 + max((reach(step) for steps in sides for step in steps), default=0)
        self.locations = [Location(is_base=True) for _ in range(count)]
        self.items = [Item(index) for index in range(count)]


def reach(step):
    """The greatest index that a list operation names."""
    return max(step.source, step.target) if isinstance(step, ListMove) else step.index


class Line:
    """Locations in a row, some of them with an item. An item stands at one location or, once deleted, at none."""

    def __init__(self, locations, places):
        self.locations = list(locations)
        self.places = dict(places)

    def items(self):
        """The items in the order of the line, which is the list."""
        occupants = {location: item for item, location in self.places.items()}
        return [occupants[location] for location in self.locations if location in occupants]

    def index_of(self, location):
        """How many items stand before a location: the index of the item there (LIST-8)."""
        occupied = set(self.places.values())
        return sum(other in occupied for other in self.locations[: self.locations.index(location)])

    def make_location(self, index, is_right_move):
        """A new location directly after that of the item left of `index`, or at the very beginning (LIST-2)."""
        location = Location(is_base=False, is_right_move=is_right_move)
        if index == 0:
            self.locations.insert(0, location)
        else:
            neighbour = self.places[self.items()[index - 1]]
            self.locations.insert(self.locations.index(neighbour) + 1, location)
        return location


def replay(base, steps):
    """Replays the operations of one side on the base: the line in the end, and what every operation meant. A move with
    from = to is left out (LIST-2)."""
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
    """The new locations of a side by gap, in their order: gap 0 before the first base location, and so on (LIST-3)."""
    gaps = [[]]
    for location in line.locations:
        if location.is_base:
            gaps.append([])
        else:
            gaps[-1].append(location)
    return gaps


def head_and_tail(gap):
    """The leading run of right-moves, and everything after (LIST-4)."""
    length = next((index for index, location in enumerate(gap) if not location.is_right_move), len(gap))
    return gap[:length], gap[length:]


def merge_lines(base, local, remote):
    """The one line of both sides (LIST-4)."""
    merged = []
    for number, (local_gap, remote_gap) in enumerate(zip(gaps_of(local), gaps_of(remote))):
        local_head, local_tail = head_and_tail(local_gap)
        remote_head, remote_tail = head_and_tail(remote_gap)
        merged += local_head + remote_head + remote_tail + local_tail
        merged += base.locations[number : number + 1]
    return merged
