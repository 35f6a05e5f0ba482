"""The undo stack and the redo stack (SYNC-40 to SYNC-49, SYNC-53 to SYNC-55, SYNC-62)."""

from dataclasses import dataclass

from compression import compose, compress
from detours import is_too_large, straight, unlike, within
from inversion import invert
from operations import DeleteRecord, ListEdit, UpdateRecord
from own_items import OwnItems
from rebase import rebase
from wire_writing import format_delta

@dataclass(frozen=True, eq=False)
class Step:
    """An undo item that `delta` undoes or redoes. `part` is its segment in the pending queue, now or before. If it has
    faded, `delta` is left of `whole`, and items that faded together share one `since` (SYNC-62)."""

    part: object
    lineage: object
    delta: list
    whole: list = None
    since: list = None

    def by(self, delta):
        """The item with another delta, not faded."""
        return Step(self.part, self.lineage, delta)

    def whole_delta(self):
        """What the delta was before it faded."""
        return self.delta if self.since is None else self.whole


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
        self.done = self.without_first(self.done, self.done.index(step) + 1)
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
        if any(is_touched(step.whole_delta(), compress(applied)) for step in [*self.done, *self.undone]):
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
            self.rebuild(steps, self.fade(self.done[len(steps) :], remote, own))
        else:
            self.done, self.is_exact = self.fade(self.done, shown, own_in_view), False
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

    def meet_refusal(self, parts, was_aligned):
        """Of these segments, something was taken out (SYNC-55)."""
        steps = steps_in(parts)
        if was_aligned:
            self.rebuild(steps, self.done[len(steps) :])
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
        return [step.by(left) for step, left in zip(chain, self.rebased(deltas_of(chain), delta, own))]

    def rebased(self, deltas, later, own):
        """The deltas of a stack after another, to which they yield."""
        return rebase(give_way(deltas, later), later, self.rule_of, own.of).pending

    def fade(self, chain, change, own):
        """The undo stack after a delta that was applied where it begins, group by group (SYNC-62)."""
        left, is_others = [], True
        for group in groups_of(chain):
            if is_others:
                after = self.fade_group(group, change, OwnItems() if left else own)
            else:
                after = self.bring_past(group, change, OwnItems() if left else own)
            left += after
            rest = wholes_of(chain[len(left) :])
            change, is_others_too = self.shift(change, deltas_of(group), deltas_of(after), rest)
            is_others = is_others and is_others_too
        return left

    def fade_group(self, group, change, own):
        """One group after a change that others made (SYNC-62)."""
        wholes, since = wholes_of(group), group[0].since
        after = self.bring_past(group, change, own)
        left = deltas_of(after)
        if since is None and not is_less(left, wholes):
            return after
        more = within(change, wholes)
        if is_too_large(since or [], more):
            return after
        before, since = since or [], within(straight(since or [], more), wholes)
        has_detour = count_of(since) < count_of(before) + count_of(more)
        back = self.rebased(wholes, since, OwnItems()) if has_detour else left
        if sum(map(count_of, back)) > sum(map(count_of, left)):
            left = back
        if not is_less(left, wholes):
            return [step.by(delta) for step, delta in zip(group, left)]
        return [Step(step.part, step.lineage, by, whole, since) for step, by, whole in zip(group, left, wholes)]

    def shift(self, change, before, after, rest):
        """How the state below deltas of a stack changes, where `rest` edits it, and whether others alone did that."""
        change, before, after = (within(delta, rest) for delta in (change, compose(before), compose(after)))
        before, after = unlike(before, after, change), unlike(after, before, change)
        shifted = straight(straight(invert(before), change), after)
        [forward] = rebase([before], change, self.rule_of).remotes
        [backward] = rebase([after], invert(change), self.rule_of).remotes
        return shifted, is_same(shifted, forward) or is_same(invert(shifted), backward)

    def without_first(self, chain, count):
        """The undo stack without its first deltas (SYNC-62)."""
        gone, rest = chain[:count], chain[count:]
        since = rest[0].since if rest else None
        together = [step for step in gone if step.since is since]
        if since is None or not together:
            return rest
        shifted, is_others = self.shift(since, wholes_of(together), deltas_of(together), wholes_of(rest))
        left = []
        for step in rest:
            if step.since is since:
                step = Step(step.part, step.lineage, step.delta, step.whole, shifted) if is_others else step.by(step.delta)
            left.append(step)
        return left

    def rule_of(self, *place):
        """Rule remote, or sum if that is the rule (SYNC-44)."""
        return "sum" if self.rules(*place) == "sum" else "remote"


def deltas_of(chain):
    """The deltas of a stack."""
    return [step.delta for step in chain]


def wholes_of(chain):
    """The same as before they faded."""
    return [step.whole_delta() for step in chain]


def groups_of(chain):
    """Consecutive items that faded together, or have not faded (SYNC-62)."""
    groups = []
    for step in chain:
        if groups and groups[-1][0].since is step.since:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def is_less(left, wholes):
    """Whether one of the deltas has fewer operations than before."""
    return any(count_of(delta) < count_of(whole) for delta, whole in zip(left, wholes))


def count_of(delta):
    """How many operations a delta has, as SYNC-62 counts them."""
    count = 0
    for change in delta:
        if isinstance(change, UpdateRecord):
            count += sum(len(op.steps) if isinstance(op, ListEdit) else 1 for op in change.operations.values())
        else:
            count += 1 if isinstance(change, DeleteRecord) else 1 + len(change.fields)
    return count


def is_same(left, right):
    """Whether two deltas do the same, whatever they say that they overwrite."""
    return format_delta(left, False) == format_delta(right, False)


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
