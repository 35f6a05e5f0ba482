"""What a replica shows: its base, the pending deltas and the open one (SYNC-14), and what is merged into them."""

from dataclasses import dataclass, field

from compression import compose, compress
from inversion import invert
from rebase import rebase
from rules import DIFFERENCE
from state import apply


@dataclass(eq=False)
class Part:
    """A part of a local delta, applied; merges change it. `kind` is `step` for what the user edited between two points or
    redid, `undoing` for what undid a step, and `apart` for what belongs to no step (SYNC-39). Those of one `lineage`
    take turns (SYNC-28)."""

    delta: list
    kind: str
    lineage: object = None


@dataclass(eq=False)
class LocalDelta:
    """A delta that is open or pending, by its parts. Keeping them apart changes no outcome of a merge (REB-4), and undoing
    needs them. `mark` is what could be undone and redone before it was begun (SYNC-49)."""

    parts: list = field(default_factory=list)
    is_provisional: bool = False
    mark: object = None

    def whole(self):
        """Everything as one delta."""
        return compose([part.delta for part in self.parts])


class Timeline:
    """`base`, a state; the pending deltas, and the open one; and the part of the open one that is still being edited."""

    def __init__(self, base=None):
        self.base = base or {}
        self.pending = []
        self.open = LocalDelta()
        self.running = None

    def parts(self):
        """All parts, in their order."""
        return [part for delta in [*self.pending, self.open] for part in delta.parts]

    def is_empty(self):
        """Whether nothing is pending or open."""
        return not self.pending and not self.open.parts

    def view(self):
        """base · pending · open (SYNC-14)."""
        return state_after(self.base, [part.delta for part in self.parts()])

    def add(self, applied, kind, lineage=None):
        """Adds applied changes to the open delta as a part of their own."""
        part = Part(compress(applied), kind, lineage)
        self.open.parts.append(part)
        return part

    def add_to_step(self, applied):
        """Adds applied changes to the step that is being made (SYNC-39)."""
        if self.running is None:
            self.running = self.add([], "step")
        self.running.delta = compose([self.running.delta, applied])

    def cut(self):
        """Ends the step that is being made, and answers it, unless it comes to nothing."""
        part, self.running = self.running, None
        if part is None or part.delta:
            return part
        self.open.parts.remove(part)
        return None

    def merge(self, remote, rules, history):
        """Merges one remote delta into the base and the pending deltas (SYNC-23), and answers the conflicts. Nothing is
        open by then."""
        base, remote = apply(self.base, remote)
        merged = rebase_parts(self.parts(), remote, rules)
        self.base = base
        history.meet(self.parts(), remote, merged.remotes[0])
        self.drop_idle(history)
        return merged.conflicts

    def drop_idle(self, history):
        """A delta of which a merge left no change is dropped (SYNC-17). None is what it was: not provisional (SYNC-52),
        and without a mark."""
        left = [LocalDelta([part for part in delta.parts if part.delta]) for delta in self.pending]
        self.pending = without_idle(left, history)

    def acknowledge(self):
        """The first pending delta moves from pending to base (SYNC-19)."""
        self.base = state_after(self.base, [self.pending.pop(0).whole()])

    def withdraw(self, rules, history):
        """Takes the first pending delta out (SYNC-27), and answers the conflicts in which a later edit is lost."""
        fallen = self.pending.pop(0)
        conflicts = undo_below(fallen.parts, [part for delta in self.pending for part in delta.parts], rules, history)
        self.drop_idle(history)
        return conflicts

    def withdraw_last(self, no_mark, rules, history):
        """Takes the last pending delta out below what is open (SYNC-51). What could be undone before that is gone."""
        fallen = self.pending.pop()
        conflicts = undo_below(fallen.parts, self.open.parts, rules, history)
        left = LocalDelta([part for part in self.open.parts if part.delta], mark=no_mark)
        self.open = next(iter(without_idle([left], history)), LocalDelta())
        return conflicts

    def reopen(self, no_mark):
        """Makes the last pending delta open again, together with what is open (SYNC-51)."""
        last = self.pending.pop()
        self.open = LocalDelta(last.parts + self.open.parts, mark=last.mark or no_mark)

    def first_to_put(self):
        """The first pending delta that does anything; those before it are dropped."""
        while self.pending and not self.pending[0].whole():
            self.pending.pop(0)
        return self.pending[0] if self.pending else None

    def behind(self, delta):
        """The open delta, and the pending deltas with a mark, that stand behind a delta."""
        after = [*self.pending, self.open]
        after = after[after.index(delta) + 1 :]
        return [later for later in after if later is self.open or later.mark is not None]

    def last_unsent(self, is_first_sent):
        """The last part that is no part apart, if its delta may be changed still, and that delta (SYNC-41)."""
        for delta in reversed([*self.pending[is_first_sent:], self.open]):
            for part in reversed(delta.parts):
                if part.kind != "apart":
                    return part, delta
        return None, None


def without_idle(deltas, history):
    """The deltas that have any change (SYNC-17)."""
    for delta in deltas:
        if not delta.whole():
            history.note_dropped(delta.parts)
    return [delta for delta in deltas if delta.whole()]


def rebase_parts(parts, remote, rules):
    """Rebases parts over a remote delta as one sequence (REB-1), and lets each be what it becomes."""
    merged = rebase([part.delta for part in parts], remote, rules)
    for part, delta in zip(parts, merged.pending):
        part.delta = delta
    return merged


def undo_below(fallen, later, rules, history):
    """Rebases later parts over the inverse of parts that are taken out (SYNC-27), and what takes turns with these over the
    inverse of that (SYNC-28)."""
    rules, before = refusal_rules(rules), [*fallen, *later]
    was_aligned = history.is_aligned(before)
    conflicts = rebase_parts(later, invert(compose([part.delta for part in fallen])), rules).conflicts
    for at in counterparts(fallen, later):
        inverse, later[at].delta = invert(later[at].delta), []
        conflicts += rebase_parts(later[at + 1 :], inverse, rules).conflicts
    history.meet_refusal(before, later, was_aligned)
    return [conflict for conflict in conflicts if is_loss(conflict)]


def is_loss(conflict):
    """Whether a later edit is lost; a sum loses none (SYNC-28)."""
    return conflict["rule"] != DIFFERENCE and any(lost["side"] == "local" for lost in conflict["lost"])


def counterparts(fallen, later):
    """Of every lineage of which the last turn falls an odd number of times, the next turn that is pending (SYNC-28)."""
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
