"""What undoes the user's steps, and what redoes those that were undone (SYNC-40 to SYNC-49, SYNC-53 to SYNC-55)."""

from dataclasses import dataclass

from compression import compress
from inversion import invert
from operations import DeleteRecord, ListEdit, UpdateRecord
from rebase import rebase

@dataclass(frozen=True, eq=False)
class Step:
    """A step that can be undone or redone by `delta`. `part` is the part of the timeline that it is, or was."""

    part: object
    lineage: object
    delta: list


@dataclass(frozen=True, eq=False)
class Mark:
    """What could be undone and redone at some moment."""

    done: tuple = ()
    undone: tuple = ()
    is_exact: bool = True


class UndoHistory:
    """The undo chain `done` and the redo chain `undone`, each with what comes next first (SYNC-53). `rules` are those that
    are set by now."""

    def __init__(self, depth, rules):
        self.depth, self.rules = depth, rules
        self.done, self.undone, self.is_exact = [], [], True

    def mark(self):
        """What can be undone and redone now."""
        return Mark(tuple(self.done), tuple(self.undone), self.is_exact)

    def return_to(self, mark):
        """SYNC-49."""
        self.done, self.undone, self.is_exact = list(mark.done), list(mark.undone), mark.is_exact

    def record(self, part):
        """A step was finished, or redone. Of more steps than are to be remembered the oldest are forgotten (SYNC-48)."""
        self.done = [Step(part, part.lineage, invert(part.delta)), *self.done][: self.depth]

    def next_undo(self):
        """The latest step of which undoing still changes anything (SYNC-40)."""
        return next((step for step in self.done if step.delta), None)

    def next_redo(self):
        """SYNC-46."""
        return next((step for step in self.undone if step.delta), None)

    def note_undone(self, step, applied):
        """A step was undone by applied changes."""
        self.done = self.done[self.done.index(step) + 1 :]
        self.undone = [Step(None, step.lineage, invert(compress(applied))), *self.undone]

    def note_redone(self, step, part):
        """A step was redone, and is one again as another part."""
        self.undone = self.undone[self.undone.index(step) + 1 :]
        self.record(part)

    def note_taken_back(self, step, applied, parts):
        """A step was taken out, and these parts are left (SYNC-41)."""
        self.note_undone(step, applied)
        self.rebuild(steps_in(parts), self.done[len(steps_in(parts)) :])

    def note_dropped(self, parts):
        """Parts were dropped together. Where a step of the chain is among them, the chain is not exact (SYNC-54)."""
        if any(step.part is part for step in self.done for part in parts):
            self.is_exact = False

    def edited(self):
        """What was undone can no longer be redone (SYNC-46)."""
        self.undone = []

    def met_by(self, applied):
        """The user edited what belongs to no step. Where that touches a step the history ends (SYNC-47)."""
        if any(is_touched(step.delta, compress(applied)) for step in [*self.done, *self.undone]):
            self.done, self.undone = [], []

    def is_aligned(self, parts):
        """Whether the chain begins with the inverses of the pending steps, and goes on at the state of the log
        (SYNC-54)."""
        steps = steps_in(parts)
        is_in_line = all(step.part is part for step, part in zip(self.done, steps))
        return is_in_line and (self.is_exact or len(self.done) <= len(steps))

    def rebuild(self, steps, others):
        """The chain of the pending steps as they are by now, as far as they are remembered, and of others."""
        pending = [step for step, part in zip(self.done, steps) if part.delta]
        self.done = [Step(step.part, step.lineage, invert(step.part.delta)) for step in pending] + others

    def meet(self, parts, remote, shown):
        """A remote delta was merged: `parts` are what became of all of them, and `shown` is what the view met
        (SYNC-54)."""
        steps = steps_in(parts)
        if self.is_aligned(parts):
            self.rebuild(steps, self.bring_past(self.done[len(steps) :], remote))
        else:
            self.done, self.is_exact = self.bring_past(self.done, shown), False
        self.undone = self.bring_past(self.undone, shown)

    def meet_refusal(self, before, later, was_aligned):
        """Parts fell, and `later` are what became of those that stand (SYNC-55)."""
        if was_aligned:
            self.rebuild(steps_in(later), self.done[len(steps_in(before)) :])
        else:
            self.done = []
        self.undone = []

    def meet_snapshot(self, before, parts):
        """A reload: only what is pending by now can be undone (SYNC-55)."""
        if self.is_aligned(before):
            self.rebuild(steps_in(parts), [])
        else:
            self.done = []
        self.undone = []

    def bring_past(self, chain, delta):
        """A chain after a delta that was applied where it begins: it gives way (SYNC-42), and then is rebased as if it were
        pending, under rule remote, or sum where that is the rule (SYNC-44)."""
        left = give_way([step.delta for step in chain], delta)
        merged = rebase(left, delta, lambda *place: "sum" if self.rules(*place) == "sum" else "remote")
        return [Step(step.part, step.lineage, by) for step, by in zip(chain, merged.pending)]


def steps_in(parts):
    """The steps and undoings among parts, the latest first."""
    return [part for part in reversed(parts) if part.kind != "apart"]


def give_way(chain, later):
    """Takes out of a chain what would win over a later edit of another (SYNC-42)."""
    updates = {(change.table, change.record): change for change in later if isinstance(change, UpdateRecord)}
    gone, left = set(), []
    for delta in chain:
        kept = []
        for change in delta:
            place = (change.table, change.record)
            update = updates.get(place)
            if update is not None:
                change = give_way_to(change, update, place, gone)
            kept += [] if change is None else [change]
        left.append(compress(kept))
    return left


def give_way_to(change, update, place, gone):
    """What is left of a change of a record that another updates later; `gone` are the records and fields of which nothing
    further in the chain counts."""
    if isinstance(change, DeleteRecord):
        gone.add(place)
    if place in gone:
        return None
    if not isinstance(change, UpdateRecord):
        return change
    kept = {}
    for name, operation in change.operations.items():
        if not isinstance(operation, ListEdit) and isinstance(update.operations.get(name), ListEdit):
            gone.add((*place, name))
        if (*place, name) not in gone:
            kept[name] = operation
    return UpdateRecord(*place, kept)


def is_touched(delta, other):
    """Whether two deltas change a record in common and, if both only update it, a field."""
    return any(
        (left.table, left.record) == (right.table, right.record)
        and not (
            isinstance(left, UpdateRecord)
            and isinstance(right, UpdateRecord)
            and left.operations.keys().isdisjoint(right.operations)
        )
        for left in delta
        for right in other
    )
