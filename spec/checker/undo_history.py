"""Undoing and redoing the user's steps (SYNC-39, SYNC-40, SYNC-42, SYNC-44 to SYNC-47), as far as README.md says."""

from dataclasses import dataclass

from changed_records import changed_records
from inversion import invert
from rebase import rebase
from state import apply


@dataclass(frozen=True, eq=False)
class Step:
    """A step of the user. `part` is its part of the timeline, as long as that is pending or open; after that, `undoing`
    is the applied delta that undoes it once all later steps have been undone."""

    part: object = None
    undoing: list = ()

    def inverse(self):
        """What undoes the step: the inverse of what it is by now, as long as it is pending (SYNC-45)."""
        return self.undoing if self.part is None else invert(self.part.delta)

    def settled(self):
        """The step as it is undone from now on, whatever becomes of its part."""
        return Step(undoing=self.inverse())


class UndoHistory:
    """`done` holds the steps that have not been undone, and `redoings` the deltas that redo the others, in order of
    time. Both are chains that begin at the view: the last delta fits it, and each leaves what the one before it fits.
    """

    def __init__(self):
        self.done = []
        self.redoings = []

    def edited(self, timeline):
        """The user edited: the open part is a step, the latest one, and nothing can be redone any more (SYNC-46)."""
        if not self.done or self.done[-1].part is not timeline.open[-1]:
            self.done.append(Step(timeline.open[-1]))
        self.redoings = []

    def undo(self, timeline):
        """Undoes the latest step whose undoing still changes anything (SYNC-40)."""
        redoing = None
        while self.done and redoing is None:
            redoing = take_turn(timeline, self.done.pop().inverse())
        self.redoings += [] if redoing is None else [redoing]

    def redo(self, timeline):
        """Redoes what was undone last, which makes it a step again (SYNC-46)."""
        undoing = None
        while self.redoings and undoing is None:
            undoing = take_turn(timeline, self.redoings.pop())
        self.done += [] if undoing is None else [Step(undoing=undoing)]

    def acknowledged(self, parts):
        """What of the timeline is in the base now changes no more."""
        self.done = [step.settled() if step.part in parts else step for step in self.done]

    def withdrawn(self, parts):
        """A refused step cannot be undone, since it has been; nor can anything be redone then (SYNC-47)."""
        self.done = [step for step in self.done if step.part not in parts]
        self.redoings = []

    def reloaded(self):
        """Only pending steps can be undone after a reload (SYNC-47)."""
        self.done = [step for step in self.done if step.part is not None]
        self.redoings = []

    def before_merge(self, timeline):
        """Where an undone step is pending, all others are brought past the remote delta (the end of SYNC-45)."""
        if any(part.kind == "turn" for part in timeline.parts()):
            self.done = [step.settled() for step in self.done]

    def merged(self, timeline, remote, remote_on_view, rules):
        """Brings what undoes and redoes past a remote delta, under rule remote, or sum where that is the rule (SYNC-42,
        SYNC-44). What undoes acknowledged steps begins at the base, if the pending ones are undone before."""
        pending = [step for step in self.done if step.part is not None]
        settled = [step.undoing for step in self.done if step.part is None]
        has_turns = any(part.kind == "turn" for part in timeline.parts())
        settled = bring_past(settled, remote_on_view if has_turns else remote, rules)
        self.done = [Step(undoing=undoing) for undoing in settled] + pending
        self.redoings = bring_past(self.redoings, remote_on_view, rules)


def take_turn(timeline, delta):
    """Makes an edit of a delta and answers what turns it back, or None if it changes nothing."""
    view = timeline.view()
    after, applied = apply(view, delta)
    if not changed_records(view, after):
        return None
    timeline.edit(delta, "turn")
    return invert(applied)


def bring_past(chain, remote, rules):
    """A chain, of which the last delta comes first, after a remote delta."""
    sums = {
        table: {field: rule for field, rule in fields.items() if rule == "sum"} for table, fields in rules.items()
    }
    return rebase(chain[::-1], remote, sums).pending[::-1]
