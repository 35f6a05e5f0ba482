"""The undo stack and the redo stack (SYNC-40 to SYNC-49, SYNC-53 to SYNC-55)."""

from dataclasses import dataclass

from compression import compose, compress
from inversion import invert
from operations import DeleteRecord, ListEdit, UpdateRecord
from own_items import OwnItems
from rebase import rebase
from wire_writing import format_delta

@dataclass(frozen=True, eq=False)
class Step:
    """An undo item that `delta` undoes or redoes. `part` is its segment in the pending queue, now or before."""

    part: object
    lineage: object
    delta: list


@dataclass(frozen=True, eq=False)
class Mark:
    """Both stacks at some moment."""

    done: tuple = ()
    undone: tuple = ()
    is_exact: bool = True


class UndoHistory:
    """The undo stack `done` and the redo stack `undone`, each with its top first (SYNC-53). `rules` are those that are
    set now."""

    def __init__(self, depth, rules):
        self.depth, self.rules = depth, rules
        self.done, self.undone, self.is_exact = [], [], True

    def mark(self):
        """Both stacks as they are now."""
        return Mark(tuple(self.done), tuple(self.undone), self.is_exact)

    def return_to(self, mark):
        """SYNC-49."""
        self.done, self.undone, self.is_exact = list(mark.done), list(mark.undone), mark.is_exact

    def record(self, part):
        """An undo item ended, or was redone. The oldest items beyond the undo depth are forgotten (SYNC-48)."""
        self.done = [Step(part, part.lineage, invert(part.delta)), *self.done][: self.depth]

    def next_undo(self):
        """The latest undo item whose undo still changes anything (SYNC-40)."""
        return next((step for step in self.done if step.delta), None)

    def next_redo(self):
        """SYNC-46."""
        return next((step for step in self.undone if step.delta), None)

    def note_undone(self, step, applied):
        """An undo item was undone by applied changes."""
        self.done = self.done[self.done.index(step) + 1 :]
        self.undone = [Step(step.part, step.lineage, invert(compress(applied))), *self.undone]

    def note_redone(self, step, part):
        """An item was redone, and is an undo item again as another segment."""
        self.undone = self.undone[self.undone.index(step) + 1 :]
        self.record(part)

    def note_undo_taken_out(self, step, applied):
        """An item was redone by taking out its undo, and is the undo item that it was (SYNC-46)."""
        self.undone = self.undone[self.undone.index(step) + 1 :]
        self.done = [Step(step.part, step.lineage, invert(compress(applied))), *self.done][: self.depth]

    def note_taken_back(self, step, applied, parts):
        """An undo item was taken out, and these segments are left (SYNC-41)."""
        self.note_undone(step, applied)
        self.rebuild(steps_in(parts), self.done[len(steps_in(parts)) :])

    def note_dropped(self, parts):
        """Segments were dropped together. If one of them is an item of the stack, the stack is not exact (SYNC-54)."""
        if any(step.part is part for step in self.done for part in parts):
            self.is_exact = False

    def edited(self):
        """Clears the redo stack (SYNC-46)."""
        self.undone = []

    def met_by(self, applied):
        """The user made an edit that belongs to no undo item. If it touches an item, the history ends there
        (SYNC-47)."""
        if any(is_touched(step.delta, compress(applied)) for step in [*self.done, *self.undone]):
            self.done, self.undone = [], []

    def is_aligned(self, parts):
        """Whether the stack begins with the inverses of the pending items, and continues at the state of the log
        (SYNC-54)."""
        steps = steps_in(parts)
        is_in_line = all(step.part is part for step, part in zip(self.done, steps))
        return is_in_line and (self.is_exact or len(self.done) <= len(steps))

    def rebuild(self, steps, others):
        """The stack of the pending items as they are now, as far as they are remembered, and of others."""
        pending = [step for step, part in zip(self.done, steps) if part.delta]
        self.done = [Step(step.part, step.lineage, invert(step.part.delta)) for step in pending] + others

    def meet(self, parts, remote, shown, own, own_in_view):
        """A remote delta was merged: `parts` are all segments afterwards, and `shown` is the delta that the view met
        (SYNC-54). The own items are those before it, in the base and in the view (SYNC-56)."""
        steps = steps_in(parts)
        if self.is_aligned(parts):
            self.rebuild(steps, self.bring_past(self.done[len(steps) :], remote, own))
        else:
            self.done, self.is_exact = self.bring_past(self.done, shown, own_in_view), False
        self.undone = self.align_redo(self.bring_past(self.undone, shown, own_in_view), steps)

    def align_redo(self, chain, steps):
        """The redo stack, beginning with the inverses of the undos that end the pending queue; the others follow that
        change. Deltas without changes are left out (SYNC-54)."""
        undos = []
        for step, part in zip(chain, steps):
            if part.kind != "undoing" or part.lineage is not step.lineage:
                break
            undos.append(Step(step.part, step.lineage, invert(part.delta)))
        same = 0
        while same < len(undos) and format_delta(undos[same].delta) == format_delta(chain[same].delta):
            same += 1
        back = [invert(step.delta) for step in reversed(chain[same : len(undos)])]
        difference = compose([*back, *[step.delta for step in undos[same:]]])
        others = chain[len(undos) :]
        others = self.bring_past(others, difference, OwnItems()) if difference else others
        return [step for step in undos + others if step.delta]

    def meet_refusal(self, before, later, was_aligned):
        """Segments were taken out, and `later` are the remaining ones afterwards (SYNC-55)."""
        if was_aligned:
            self.rebuild(steps_in(later), self.done[len(steps_in(before)) :])
        else:
            self.done = []
        self.undone = []

    def meet_snapshot(self, before, parts):
        """A reload: only what is still pending can be undone (SYNC-55)."""
        if self.is_aligned(before):
            self.rebuild(steps_in(parts), [])
        else:
            self.done = []
        self.undone = []

    def bring_past(self, chain, delta, own):
        """A stack after a delta that was applied where it begins: it yields (SYNC-42), and then is rebased as if it
        were pending, under rule remote, or sum if that is the rule (SYNC-44)."""
        left = give_way([step.delta for step in chain], delta)
        merged = rebase(left, delta, self.rule_of, own.of)
        return [Step(step.part, step.lineage, by) for step, by in zip(chain, merged.pending)]

    def rule_of(self, *place):
        """Rule remote, or sum if that is the rule (SYNC-44)."""
        return "sum" if self.rules(*place) == "sum" else "remote"


def steps_in(parts):
    """The undo items and undos among segments, the latest first."""
    return [part for part in reversed(parts) if part.kind != "apart"]


def give_way(chain, later):
    """Removes from a stack what would win over a later edit of another user (SYNC-42)."""
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
    """What is left of a change of a record that another user updates later; `gone` are the records and fields that the
    rest of the stack must not touch."""
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
