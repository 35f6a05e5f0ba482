"""What a replica shows: its base, the pending deltas and the open one (SYNC-14), and what is merged into them."""

from dataclasses import dataclass

from compression import compose, compress
from inversion import invert
from rebase import rebase
from rules import rule_of
from state import apply


@dataclass(eq=False)
class Part:
    """A part of a pending delta or of the open one, applied; merges change it. `kind` is `step` for what the user
    edited between two points (SYNC-39), `turn` for what undid or redid a step, and `time` for setting the modified
    time."""

    delta: list
    kind: str


class Timeline:
    """`base`, a state; `pending`, of every delta its parts, and `open`, the parts of the open delta. Keeping the parts
    apart changes no outcome of a merge (REB-4), and undoing needs them."""

    def __init__(self, base=None):
        self.base = base or {}
        self.pending = []
        self.open = []

    def parts(self):
        """All parts, in their order."""
        return [part for parts in [*self.pending, self.open] for part in parts]

    def view(self):
        """base · pending · open (SYNC-14)."""
        return state_after(self.base, [part.delta for part in self.parts()])

    def edit(self, changes, kind):
        """Adds an edit to the open delta, as a whole or not at all (SYNC-15). What is edited between two points is one
        step (SYNC-39)."""
        _, applied = apply(self.view(), changes)
        if kind == "step" and self.open and self.open[-1].kind == "step":
            self.open[-1].delta = compose([self.open[-1].delta, applied])
        else:
            self.open.append(Part(compress(applied), kind))

    def merge(self, remote, rules):
        """Merges one remote delta into the base and the pending deltas (SYNC-23). Nothing is open by then."""
        base, _ = apply(self.base, remote)
        merged = self.rebase_pending(self.pending, base, remote, rules)
        self.base = base
        return merged

    def rebase_pending(self, pending, start, remote, rules):
        """Lets only these deltas be pending, on `start`, rebased over a remote delta (REB-1). A delta of which nothing
        is left is none any more (SYNC-20)."""
        parts = [part for parts in pending for part in parts]
        merged = rebase([part.delta for part in parts], remote, rules)
        for part, delta in zip(parts, merged.pending):
            start, part.delta = apply(start, delta)
        self.pending = [parts for parts in pending if any(part.delta for part in parts)]
        return merged

    def acknowledge(self):
        """The first pending delta moves from pending to base (SYNC-19); its parts are answered."""
        parts = self.pending.pop(0)
        self.base = state_after(self.base, [part.delta for part in parts])
        return parts

    def withdraw(self, rules):
        """Takes the first pending delta out, and rebases the later ones over its inverse (SYNC-27); the parts of the
        delta are answered."""
        parts = self.pending[0]
        inverse = invert(compose([part.delta for part in parts]))
        self.rebase_pending(self.pending[1:], self.base, inverse, refusal_rules(inverse, rules))
        return parts


def refusal_rules(inverse, rules):
    """The rules under which later edits meet the inverse of a refused delta: local, or sum where that is the rule
    (SYNC-28)."""
    chosen = {}
    for change in inverse:
        for field in getattr(change, "operations", None) or getattr(change, "fields", ()):
            rule = "sum" if rule_of(rules, change.table, field) == "sum" else "local"
            chosen.setdefault(change.table, {})[field] = rule
    return chosen


def state_after(state, deltas):
    """A state after several deltas."""
    for delta in deltas:
        state, _ = apply(state, delta)
    return state
