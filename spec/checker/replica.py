"""The replica: edits, `sync`, undo, rolling back, reopening and retracting (SYNC-14 to SYNC-58)."""

from changed_records import changed_records
from compression import compose
from datastore_info import time_changes, title_changes, with_time
from errors import DatastoreError
from exchange import Exchange
from limits import DEFAULT_LIMITS, check_limits, grows_over
from pending_rules import PendingRules
from reload import merge_snapshot
from sizes import size_of_delta
from state import apply
from timeline import LocalDelta, Timeline, without_idle
from undo_history import Mark, UndoHistory
from wire_deltas import parse_delta

INFO_TABLE = ":info"
WRITERS = ("owner", "editor")


class Replica:
    """`rules` is a function as in merges, whose answers may change from one call to the next (SYNC-26); `next_nonce`
    makes a nonce that no other attempt gets (SYNC-2)."""

    def __init__(self, rules, next_nonce, limits=None, undo_depth=None, saved_undo_size=0):
        self.rules, self.limits = rules, {**DEFAULT_LIMITS, **(limits or {})}
        self.role, self.saved_undo_size = "owner", saved_undo_size
        self.clock_offset = None
        self.timeline = Timeline()
        self.history = UndoHistory(100 if undo_depth is None else undo_depth, rules)
        self.exchange = Exchange(self.timeline, next_nonce, self.acknowledge)
        self.pending_rules = PendingRules()
        self.report, self.unreported = empty_report(), {}

    def require_write(self):
        """An edit by a role that may not write fails (SYNC-15)."""
        if self.role not in WRITERS:
            raise DatastoreError("not-permitted")

    def edit(self, changes):
        """An edit of the user (SYNC-15). Changes of the reserved table come first, and belong to no undo item
        (SYNC-39)."""
        self.require_write()
        info = [change for change in changes if change.table == INFO_TABLE]
        if info:
            self.end_step()
        self.make(info, [change for change in changes if change.table != INFO_TABLE])

    def make(self, apart, step):
        """Makes an edit of changes that belong to no undo item, then of changes that do."""
        applied = self.perform([*apart, *step])
        self.history.edited()
        if apart:
            self.timeline.add(applied[: len(apart)], "apart")
            self.history.met_by(applied[: len(apart)])
        if step:
            self.timeline.add_to_step(applied[len(apart) :])

    def perform(self, changes):
        """The applied changes, after checking the limits (SYNC-16). Adds nothing to the uncommitted delta yet."""
        view = self.timeline.view()
        after, applied = apply(view, changes)
        limits = {**self.limits, "deltaSize": float("inf")}
        check_limits(view, after, changes, limits)
        check_limits(with_time(view), with_time(after), changes, limits)
        open_changes = self.timeline.open.whole()
        sizes = [size_of_delta(delta) for delta in (open_changes, compose([open_changes, applied]))]
        if grows_over(self.limits["deltaSize"] - 100, *sizes):
            raise DatastoreError("delta-too-large")
        self.timeline.open.mark = self.timeline.open.mark or self.history.mark()
        self.timeline.open.seen = min(self.timeline.open.seen, self.exchange.rev)
        self.pending_rules.note(applied, self.rules)
        return applied

    def set_title(self, title):
        """SYNC-37."""
        self.require_write()
        apart, step = title_changes(self.timeline.view(), title)
        if apart:
            self.end_step()
        if step:
            self.make(apart, step)

    def end_step(self):
        """Ends the undo item (SYNC-39)."""
        part = self.timeline.cut()
        if part is not None:
            part.lineage = part
            self.history.record(part)

    def undo(self):
        """Undoes an item (SYNC-40), by taking it out of its delta if that is possible (SYNC-41)."""
        self.require_write()
        self.end_step()
        step = self.history.next_undo()
        if step is None or self.take_back(step):
            return
        applied = self.perform(step.delta)
        self.timeline.add(applied, "undoing", step.lineage)
        self.history.note_undone(step, applied)

    def take_back(self, step):
        """Takes an undo item out of a delta that was not sent, and returns whether that was possible (SYNC-41)."""
        timeline = self.timeline
        part, delta = timeline.last_unsent(self.exchange.flight is not None)
        if part is None or part is not step.part or not self.history.is_aligned(timeline.parts()):
            return False
        view, behind = timeline.view(), timeline.behind(delta)
        delta.parts.remove(part)
        _, applied = apply(view, step.delta)
        self.pending_rules.note(applied, self.rules)
        self.history.note_taken_back(step, applied, timeline.parts())
        timeline.pending = without_idle(timeline.pending, self.history)
        for later in behind:
            later.mark = self.history.mark()
        self.note_rest()
        return True

    def redo(self):
        """Redoes an item (SYNC-46)."""
        self.require_write()
        step = self.history.next_redo()
        if step is None or self.take_out_undo(step):
            return
        applied = self.perform(step.delta)
        self.history.note_redone(step, self.timeline.add(applied, "step", step.lineage))

    def take_out_undo(self, step):
        """Takes the undo of an item out of a delta that was not sent, and returns whether that was possible
        (SYNC-46)."""
        timeline = self.timeline
        part, delta = timeline.last_unsent(self.exchange.flight is not None)
        if part is None or part.kind != "undoing" or part.lineage is not step.lineage:
            return False
        view, behind = timeline.view(), timeline.behind(delta)
        delta.parts.remove(part)
        _, applied = apply(view, step.delta)
        self.pending_rules.note(applied, self.rules)
        self.history.note_undo_taken_out(step, applied)
        timeline.pending = without_idle(timeline.pending, self.history)
        for later in behind:
            later.mark = self.history.mark()
        self.note_rest()
        return True

    def rollback(self):
        """Drops the uncommitted delta (SYNC-49)."""
        timeline = self.timeline
        if timeline.open.mark is not None or timeline.open.parts:
            self.history.return_to(timeline.open.mark or Mark())
            timeline.open, timeline.running = LocalDelta(), None
            self.note_rest()

    def receive(self, message):
        """A message of the sequencer."""
        self.exchange.receive(message)

    def acknowledge(self):
        """The first pending delta is in the log."""
        self.timeline.acknowledge(self.exchange.rev, self.pending_rules.of)
        self.note_rest()

    def note_rest(self):
        """If nothing is unconfirmed or uncommitted, no rule is pending, and the undo stack begins at the state of the
        log (SYNC-54)."""
        if self.timeline.is_empty():
            self.pending_rules = PendingRules()
            self.history.is_exact = True

    def status(self):
        """The status (SYNC-33)."""
        exchange = self.exchange
        facts = {
            "hasOpen": bool(self.timeline.open.parts),
            "hasOutgoing": len(self.timeline.pending) > (0 if exchange.flight is None else 1),
            "isInFlight": exchange.flight is not None,
            "hasIncoming": exchange.has_incoming(),
            "hasGap": exchange.incoming.has_gap(exchange.rev),
            "needsReload": exchange.needs_reload,
        }
        return [fact for fact, is_so in facts.items() if is_so] or ["isIdle"]

    def sync(self, time):
        """Seals, and merges what others did, in the order of SYNC-23. Returns the report of SYNC-24, without the
        modified time, which sealing changed."""
        self.seal_open(time, self.limits["deltaSize"])
        for delta in self.timeline.pending:
            delta.is_provisional = False
        before = {**self.timeline.view(), **self.unreported}
        try:
            self.bring_in()
        except DatastoreError:
            after = self.timeline.view()
            changed = [(table, record) for table, ids in changed_records(before, after).items() for record in ids]
            self.unreported = {key: before.get(key) for key in changed}
            raise
        before = {key: fields for key, fields in before.items() if fields is not None}
        report = {"changed": changed_records(before, self.timeline.view()), **self.report}
        self.report, self.unreported = empty_report(), {}
        return report

    def bring_in(self):
        """A refusal, the consecutive entries, a snapshot, and the entries after it (SYNC-23)."""
        if self.exchange.refusal is not None:
            self.undo_refused()
        self.merge_entries()
        self.exchange.drop_passed_snapshot()
        if self.exchange.incoming.snapshot is not None:
            merge_snapshot(self)
            self.note_rest()
            self.merge_entries()

    def undo_refused(self):
        """Takes out the delta in flight (SYNC-27)."""
        exchange = self.exchange
        limit = self.limits["recordSize"]
        conflicts = self.timeline.withdraw(exchange.refusal, limit, self.pending_rules.of, self.history)
        refused = {"nonce": exchange.flight.nonce, "reason": exchange.refusal["reason"], "conflicts": conflicts}
        self.report["refused"].append(refused)
        exchange.flight, exchange.refusal = None, None
        self.note_rest()

    def merge_entries(self):
        """Merges the consecutive entries, each by itself (SYNC-23)."""
        exchange = self.exchange
        while exchange.next_entry() is not None:
            entry = exchange.next_entry()
            remote, seen = parse_delta(entry["delta"]), entry.get("seen", entry["rev"] - 1)
            try:
                self.report["conflicts"] += self.timeline.merge(remote, seen, self.pending_rules.of, self.history)
            except DatastoreError as error:
                exchange.contradict(**error.place)
            exchange.moved_on(exchange.rev + 1, exchange.next_entry()["nonce"])
            self.note_rest()

    def seal_open(self, time, joined_size):
        """The uncommitted delta joins the last unconfirmed delta, if that waits and has room, or becomes the last one
        (SYNC-17), with the time of sealing (SYNC-38)."""
        self.end_step()
        timeline = self.timeline
        sealed, timeline.open = timeline.open, LocalDelta()
        if not sealed.whole():
            self.history.note_dropped(sealed.parts)
            self.note_rest()
            return
        view = timeline.view()
        for part in sealed.parts:
            view, _ = apply(view, part.delta)
        changes = time_changes(view, time, self.clock_offset)
        if changes:
            timeline.open.parts = sealed.parts
            timeline.add(apply(view, changes)[1], "apart")
            timeline.open = LocalDelta()
        waiting = timeline.pending[self.exchange.flight is not None :]
        if waiting and size_of_delta(compose([waiting[-1].whole(), sealed.whole()])) <= joined_size:
            waiting[-1].parts += sealed.parts
            waiting[-1].seen = min(waiting[-1].seen, sealed.seen)
        else:
            timeline.pending.append(sealed)

    def seal(self, time):
        """Seals the uncommitted delta as one of its own, which is provisional (SYNC-50, SYNC-52). Returns whether there
        was one."""
        count = len(self.timeline.pending)
        self.seal_open(time, 0)
        for delta in self.timeline.pending[count:]:
            delta.is_provisional = True
        return len(self.timeline.pending) > count

    def can_take_last(self):
        """Whether the delta that was sealed last can be taken back; if so, the replica forgets that it was put
        (SYNC-51)."""
        exchange, count = self.exchange, len(self.timeline.pending)
        if count == 0 or count == 1 and exchange.is_undecided():
            return False
        if count == 1:
            exchange.flight, exchange.refusal = None, None
        self.end_step()
        return True

    def reopen(self):
        """Reopens what was sealed last (SYNC-51)."""
        if not self.can_take_last():
            return False
        self.timeline.reopen(Mark())
        return True

    def withdraw(self):
        """Retracts what was sealed last, and returns the conflicts, or None if that is impossible (SYNC-51)."""
        if not self.can_take_last():
            return None
        conflicts = self.timeline.withdraw_last(Mark(), self.pending_rules.of, self.history)
        self.note_rest()
        return conflicts


def empty_report():
    """Nothing was merged."""
    return {"conflicts": [], "refused": [], "uncertain": [], "isReloaded": False}
