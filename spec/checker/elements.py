"""Elements of lists in a merge, their order, and the meaning of operations (LIST-1 to LIST-4)."""

from dataclasses import dataclass

from operations import ListDelete, ListInsert, ListMove, ListPut


@dataclass(frozen=True, eq=False)
class Element:
    """An element of the merged order. Those of the base belong to no side. `made_by` is the operation that created
    another one. Compared by identity."""

    is_base: bool
    made_by: object = None


@dataclass(frozen=True, eq=False)
class Item:
    """An item of the base, at its index there, or one that a side inserted (None). Compared by identity."""

    base_index: int | None


@dataclass(frozen=True, eq=False)
class Action:
    """The meaning of a list operation: the item that it acts on and, for an insert or a move, the new element."""

    position: int
    op: object
    item: Item
    element: Element | None = None


class Base:
    """The common base: item k is at base element k (LIST-1). It has no end; here it has as many items as the operations
    of both sides can reach."""

    def __init__(self, *sides):
        count = sum(map(len, sides)) + 1 + max((reach(op) for ops in sides for op in ops), default=0)
        self.elements = [Element(is_base=True) for _ in range(count)]
        self.items = [Item(index) for index in range(count)]


def reach(op):
    """The greatest index that a list operation names."""
    return max(op.source, op.target) if isinstance(op, ListMove) else op.index


class Order:
    """Elements in order, some with an item and the others tombstones. An item is at one element or, once deleted, at
    none."""

    def __init__(self, elements, places):
        self.elements = list(elements)
        self.places = dict(places)

    def items(self):
        """The items in the order of the elements: the list."""
        occupants = {element: item for item, element in self.places.items()}
        return [occupants[element] for element in self.elements if element in occupants]

    def index_of(self, element):
        """The number of items before an element: its visible index (LIST-8)."""
        occupied = set(self.places.values())
        return sum(other in occupied for other in self.elements[: self.elements.index(element)])

    def make_element(self, index, op):
        """A new element directly after that of the item left of `index`, or at the very beginning (LIST-2)."""
        element = Element(is_base=False, made_by=op)
        if index == 0:
            self.elements.insert(0, element)
        else:
            neighbour = self.places[self.items()[index - 1]]
            self.elements.insert(self.elements.index(neighbour) + 1, element)
        return element


def replay(base, ops):
    """Replays the operations of one side on the base: the elements at the end, and the meaning of every operation. A
    move with from = to is omitted (LIST-2)."""
    order, actions = Order(base.elements, zip(base.items, base.elements)), []
    for position, op in enumerate(ops):
        if isinstance(op, ListInsert):
            item = Item(None)
            order.places[item] = order.make_element(op.index, op)
            actions.append(Action(position, op, item, order.places[item]))
        elif isinstance(op, ListPut):
            actions.append(Action(position, op, order.items()[op.index]))
        elif isinstance(op, ListDelete):
            item = order.items()[op.index]
            del order.places[item]
            actions.append(Action(position, op, item))
        elif op.source != op.target:
            item = order.items()[op.source]
            del order.places[item]
            order.places[item] = order.make_element(op.target, op)
            actions.append(Action(position, op, item, order.places[item]))
    return order, actions


def gaps_of(order):
    """The new elements of a side by gap, in their order: gap 0 before the first base element, and so on (LIST-3)."""
    gaps = [[]]
    for element in order.elements:
        if element.is_base:
            gaps.append([])
        else:
            gaps[-1].append(element)
    return gaps


def is_right_move(element, is_behind_own):
    """Whether an element was created by a right-move or, behind an own item, by an insert that is no append (LIST-4)."""
    op = element.made_by
    if isinstance(op, ListMove):
        return op.target > op.source
    return is_behind_own and not op.is_append


def head_and_tail(gap, is_behind_own):
    """The head, which is the leading run of right-moves, and the tail (LIST-4)."""
    length = next((index for index, element in enumerate(gap) if not is_right_move(element, is_behind_own)), len(gap))
    return gap[:length], gap[length:]


def merge_orders(base, local, remote, own):
    """The merged order of both sides (LIST-4). `own` holds the indexes of local's own items."""
    merged = []
    for number, (local_gap, remote_gap) in enumerate(zip(gaps_of(local), gaps_of(remote))):
        local_head, local_tail = head_and_tail(local_gap, is_behind_own=number - 1 in own)
        remote_head, remote_tail = head_and_tail(remote_gap, is_behind_own=False)
        merged += local_head + remote_head + remote_tail + local_tail
        merged += base.elements[number : number + 1]
    return merged
