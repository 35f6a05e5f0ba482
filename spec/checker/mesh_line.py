"""The line of a list (LINE-1 to LINE-4)."""

from functools import cmp_to_key

START, END = "START", "END"


class Location:
    """A location of a list, with its children in the tree (LINE-3)."""

    def __init__(self, key, left_origin, right_origin, agent="", is_right_move=False):
        self.key, self.left_origin, self.right_origin = key, left_origin, right_origin
        self.agent, self.is_right_move = agent, is_right_move


def base_locations(length):
    """The locations of a list that was put (LINE-1, LINE-3)."""
    return [Location(("base", at), ("base", at - 1) if at else START, END) for at in range(length)]


def draw_line(locations):
    """The keys of locations in the order of the line. They are given in an order in which origins come first."""
    line = Line()
    for location in locations:
        line.add(location)
    return line.keys()


class Line:
    """A tree of locations (LINE-3)."""

    def __init__(self):
        self.parents = {START: None}
        self.left, self.right = {START: []}, {START: []}

    def add(self, location):
        """Makes a location a left child of its right origin or a right child of its left origin (LINE-3)."""
        is_left = location.right_origin != END and self.is_below(location.right_origin, location.left_origin)
        parent = location.right_origin if is_left else location.left_origin
        siblings = (self.left if is_left else self.right)[parent]
        siblings.append(location)
        self.parents[location.key] = parent
        self.left[location.key], self.right[location.key] = [], []
        siblings.sort(key=cmp_to_key(compare_ties if is_left else self.compare_right_children))

    def is_below(self, key, ancestor):
        """Whether a location is below another one in the tree."""
        while key is not None and key != ancestor:
            key = self.parents[key]
        return key == ancestor

    def compare_right_children(self, one, other):
        """The child whose right origin is further right comes first (LINE-4)."""
        if one.right_origin == other.right_origin:
            return compare_ties(one, other)
        line = [*self.keys(), END]
        return line.index(other.right_origin) - line.index(one.right_origin)

    def keys(self, root=START):
        """The tree in order (LINE-3)."""
        below = lambda children: [key for child in children for key in self.keys(child.key)]
        own = [] if root == START else [root]
        return below(self.left[root]) + own + below(self.right[root])


def compare_ties(one, other):
    """Right-moves first, by agent in ascending order; all others by agent in descending order (LINE-4)."""
    if one.is_right_move != other.is_right_move:
        return -1 if one.is_right_move else 1
    ascending = (one.agent > other.agent) - (one.agent < other.agent)
    return ascending if one.is_right_move else -ascending
