"""The pending queue: the base, the unconfirmed deltas (`pending`) and the uncommitted one (`open`) (SYNC-14), and
merging into them."""

from dataclasses import dataclass, field

from compression import compose, compress
from inversion import invert
from own_items import OwnItems
from own_puts import OwnPuts
from rebase import none_own, rebase
from refused_places import EVERYWHERE, refused_places
from rules import DIFFERENCE
from state import apply
from wire_writing import format_delta


@dataclass(eq=False)
class Part:
    """An undo segment: an applied part of a local delta, which merges change. `kind` is `step` for an undo item or a
    redo of one, `undoing` for an undo, and `apart` for edits that belong to no undo item (SYNC-39). Segments of one
    `lineage` undo each other in turn (SYNC-28)."""

    delta: list
    kind: str
    lineage: object = None


@dataclass(eq=False)
class LocalDelta:
    """A local delta by its segments. Keeping them apart does not change the outcome of a merge (REB-4), and undo needs
    them. `seen` is the revision that the user had seen at the oldest edit (SYNC-64). `mark` is what could be undone and redone before the delta was begun (SYNC-49)."""

    parts: list = field(default_factory=list)
    is_provisional: bool = False
    mark: object = None
    seen: float = float("inf")

    def whole(self):
        """Everything as one delta."""
        return compose([part.delta for part in self.parts])


class Timeline:
    """`base` is a state, with the own items in it; then the unconfirmed deltas, the uncommitted one, and the segment of
    it that the user is still editing."""

    def __init__(self, base=None):
        self.base = base or {}
        self.own = OwnItems()
        self.pending = []
        self.open = LocalDelta()
        self.running = None
        self.puts = OwnPuts()

    def parts(self):
        """All segments in order."""
        return [part for delta in [*self.pending, self.open] for part in delta.parts]

    def is_empty(self):
        """Whether nothing is unconfirmed or uncommitted."""
        return not self.pending and not self.open.parts

    def view(self):
        """base · pending · open (SYNC-14)."""
        return state_after(self.base, [part.delta for part in self.parts()])

    def add(self, applied, kind, lineage=None):
        """Adds applied changes to the uncommitted delta as a segment of their own."""
        part = Part(compress(applied), kind, lineage)
        self.open.parts.append(part)
        return part

    def add_to_step(self, applied):
        """Adds applied changes to the current undo item (SYNC-39)."""
        if self.running is None:
            self.running = self.add([], "step")
        self.running.delta = compose([self.running.delta, applied])

    def cut(self):
        """Ends the current undo item, and returns it unless it is empty."""
        part, self.running = self.running, None
        if part is None or part.delta:
            return part
        self.open.parts.remove(part)
        return None

    def merge(self, remote, seen, rules, history):
        """Merges one remote delta into the base and the unconfirmed deltas (SYNC-23), and returns the conflicts.
        Nothing is uncommitted then."""
        base, remote = apply(self.base, remote)
        self.drop_cancelled()
        own_in_view, view = self.own_in_view(), self.view()
        later = self.puts.follow(remote, seen, [part.delta for part in self.parts()])
        merged = rebase_parts(self.parts(), remote, rules, self.own)
        self.base = base
        history.meet(self.parts(), remote, apply(view, merged.remotes[0])[1], self.own, own_in_view)
        self.own.follow(remote, is_mine=False)
        self.drop_idle(history)
        return merged.conflicts + later

    def own_in_view(self):
        """The own items of the base after all deltas of the queue (SYNC-56)."""
        return self.own.after([part.delta for part in self.parts()])

    def drop_cancelled(self):
        """Drops undos with what they undo, and redos with the undos, if nothing of the user is between (SYNC-58)."""
        left, cancelled = [], []
        for part in self.parts():
            if part.kind == "apart":
                continue
            if left and left[-1].lineage is part.lineage and format_delta(part.delta) == format_delta(invert(left[-1].delta)):
                cancelled += [left.pop(), part]
            else:
                left.append(part)
        for delta in self.pending:
            delta.parts = [part for part in delta.parts if part not in cancelled]

    def drop_idle(self, history):
        """Drops a delta without changes left (SYNC-17). No delta is the same as before: none is provisional (SYNC-52),
        and none has a mark."""
        left = [LocalDelta([part for part in delta.parts if part.delta], seen=delta.seen) for delta in self.pending]
        self.pending = without_idle(left, history)

    def acknowledge(self, rev, rules):
        """The first unconfirmed delta moves into the base, at this revision (SYNC-19)."""
        delta = self.pending.pop(0).whole()
        self.puts.confirm(delta, rev, rules)
        self.base = state_after(self.base, [delta])
        self.own.follow(delta, is_mine=True)

    def withdraw(self, refusal, record_size, rules, history):
        """Takes out what a refusal of the first unconfirmed delta is about (SYNC-27, SYNC-67), and returns the conflicts
        in which a later edit is lost."""
        refused = self.pending[0]
        places = refused_places(refusal, self.base, refused.whole(), record_size)
        later = [part for delta in self.pending[1:] for part in delta.parts]
        conflicts = undo_below(refused.parts, later, rules, history, places)
        self.drop_idle(history)
        return conflicts

    def withdraw_last(self, no_mark, rules, history):
        """Takes the last unconfirmed delta out below the uncommitted one (SYNC-51). What could be undone before is
        gone."""
        fallen = self.pending.pop()
        conflicts = undo_below(fallen.parts, self.open.parts, rules, history)
        left = LocalDelta([part for part in self.open.parts if part.delta], mark=no_mark, seen=self.open.seen)
        self.open = next(iter(without_idle([left], history)), LocalDelta())
        return conflicts

    def reopen(self, no_mark):
        """Makes the last unconfirmed delta uncommitted again, together with the uncommitted one (SYNC-51)."""
        last = self.pending.pop()
        seen = min(last.seen, self.open.seen)
        self.open = LocalDelta(last.parts + self.open.parts, mark=last.mark or no_mark, seen=seen)

    def first_to_put(self):
        """The first unconfirmed delta with changes. Drops those before it."""
        while self.pending and not self.pending[0].whole():
            self.pending.pop(0)
        return self.pending[0] if self.pending else None

    def behind(self, delta):
        """The uncommitted delta, and the unconfirmed ones with a mark, that come after a delta."""
        after = [*self.pending, self.open]
        after = after[after.index(delta) + 1 :]
        return [later for later in after if later is self.open or later.mark is not None]

    def last_unsent(self, is_first_sent):
        """The last segment that is not `apart`, and its delta, if that may still be changed (SYNC-41)."""
        for delta in reversed([*self.pending[is_first_sent:], self.open]):
            for part in reversed(delta.parts):
                if part.kind != "apart":
                    return part, delta
        return None, None


def without_idle(deltas, history):
    """The deltas with changes (SYNC-17)."""
    for delta in deltas:
        if not delta.whole():
            history.note_dropped(delta.parts)
    return [delta for delta in deltas if delta.whole()]


def rebase_parts(parts, remote, rules, own=None):
    """Rebases segments over a remote delta as one sequence (REB-1), and updates each. `own` are the own items of the
    state that remote changes (SYNC-56)."""
    merged = rebase([part.delta for part in parts], remote, rules, none_own if own is None else own.of)
    for part, delta in zip(parts, merged.pending):
        part.delta = delta
    return merged


def undo_below(parts, later, rules, history, places=EVERYWHERE):
    """Rebases later segments over the inverse of what segments have in places where they are taken out (SYNC-27), and
    what those that are paired with these have there over the inverse of that (SYNC-28)."""
    rules, before = refusal_rules(rules), [*parts, *later]
    was_aligned = history.is_aligned(before)
    fallen = compose([places.of(part.delta) for part in parts])
    conflicts = rebase_parts(later, invert(fallen), rules).conflicts
    for at in counterparts(parts, later):
        inverse, later[at].delta = invert(places.of(later[at].delta)), places.outside(later[at].delta)
        conflicts += rebase_parts(later[at + 1 :], inverse, rules).conflicts
    for part in parts:
        part.delta = places.outside(part.delta)
    history.meet_refusal(before, was_aligned)
    return [conflict for conflict in conflicts if is_loss(conflict)]


def is_loss(conflict):
    """Whether a later edit is lost; a sum loses none (SYNC-28)."""
    return conflict["rule"] != DIFFERENCE and any(lost["side"] == "local" for lost in conflict["lost"])


def counterparts(fallen, later):
    """For every lineage of which an odd number of turns is taken out, the next turn that is pending (SYNC-28)."""
    unpaired = set()
    for part in fallen:
        if part.lineage is not None:
            unpaired ^= {part.lineage}
    found = []
    for at, part in enumerate(later):
        if part.lineage in unpaired:
            unpaired.remove(part.lineage)
            found.append(at)
    return found


def refusal_rules(rules):
    """The rules under which later edits meet the inverse of a refused delta: local, or the difference under rule sum
    (SYNC-28)."""
    return lambda *place: DIFFERENCE if rules(*place) == "sum" else "local"


def state_after(state, deltas):
    """A state after several deltas."""
    for delta in deltas:
        state, _ = apply(state, delta)
    return state
