"""The cases of the sync-*.json files: what the replicas and the sequencer answer, step by step."""

from compression import compress
from errors import DatastoreError
from replica import Replica
from rules import rules_by_field
from saved_edits import with_saved_edits
from saved_replica import load, save
from sequencer import Sequencer, restore
from vector_forms import read_changes
from wire_deltas import format_rows, parse_delta


class Device:
    """A replica, what was stored of it last, and what the embedder keeps: its role, its options, and the source of its
    nonces, which survive a crash (SYNC-2)."""

    def __init__(self, name, case):
        self.name, self.count = name, 0
        self.rules = rules_by_field(case.get("rules", {}))
        depth = case.get("undoDepth")
        size = int(case.get("savedUndoSize", 0))
        self.options = [case.get("replicaLimits"), None if depth is None else int(depth), size]
        self.replica = Replica(self.rule, self.next_nonce, *self.options)
        self.stored = save(self.replica)

    def rule(self, *place):
        """The rule that is set now."""
        return self.rules(*place)

    def next_nonce(self):
        """The nonces of replica `ann` are ann-1, ann-2, ..."""
        self.count += 1
        return f"{self.name}-{self.count}"

    def do(self, step, message):
        """One step at this replica."""
        return ACTIONS[step["do"]](self, step, message)

    def rows(self):
        """What the replica shows."""
        return format_rows(self.replica.timeline.view())

    def edit(self, step, _):
        """The rows that are shown then."""
        self.replica.edit(read_edit(step["delta"]))
        return self.rows()

    def title(self, step, _):
        """The rows that are shown then."""
        self.replica.set_title(step["title"])
        return self.rows()

    def undo(self, *_):
        """The rows that are shown then."""
        self.replica.undo()
        return self.rows()

    def redo(self, *_):
        """The rows that are shown then."""
        self.replica.redo()
        return self.rows()

    def rollback(self, *_):
        """The rows that are shown then."""
        self.replica.rollback()
        return self.rows()

    def end_step(self, *_):
        """Ends the undo item."""
        self.replica.end_step()

    def sync(self, step, _):
        """The report."""
        return self.replica.sync(int(step["time"]))

    def seal(self, step, _):
        """Whether there was something to seal."""
        return self.replica.seal(int(step["time"]))

    def reopen(self, *_):
        """Whether it could be reopened."""
        return self.replica.reopen()

    def withdraw(self, *_):
        """The conflicts and the rows that are shown then, or null if it could not be retracted."""
        conflicts = self.replica.withdraw()
        return None if conflicts is None else {"conflicts": conflicts, "rows": self.rows()}

    def become(self, step, _):
        """Another role."""
        self.replica.role = step["role"]

    def clock(self, step, _):
        """How far the server's clock is ahead."""
        self.replica.clock_offset = None if step["offset"] is None else int(step["offset"])

    def set_rules(self, step, _):
        """Other rules, for what is edited from now on."""
        self.rules = rules_by_field(step["rules"])

    def put(self, *_):
        """What to put, or null. Stores the replica."""
        message = self.replica.exchange.outgoing()
        self.stored = save(self.replica)
        return message

    def request(self, *_):
        """What the replica asks for."""
        return self.replica.exchange.request()

    def receive(self, _, message):
        """The flags of the status after a message."""
        self.replica.receive(message)
        return self.replica.status()

    def save(self, step, _):
        """What is stored."""
        self.stored = save(self.replica, step.get("extent", "all"))
        return self.stored

    def crash(self, *_):
        """The flags of the status of the replica that was stored last."""
        return self.load({"replica": self.stored})

    def load(self, step, _=None):
        """The flags of the status of a replica that was stored, with the edits that were stored after it."""
        role = self.replica.role
        saved = with_saved_edits(step["replica"], step.get("edits", []))
        self.replica = load(saved, self.rule, self.next_nonce, *self.options)
        self.replica.role = role
        return self.replica.status()


ACTIONS = {
    "edit": Device.edit,
    "title": Device.title,
    "undo": Device.undo,
    "redo": Device.redo,
    "rollback": Device.rollback,
    "end-step": Device.end_step,
    "sync": Device.sync,
    "seal": Device.seal,
    "reopen": Device.reopen,
    "withdraw": Device.withdraw,
    "become": Device.become,
    "clock": Device.clock,
    "rules": Device.set_rules,
    "put": Device.put,
    "request": Device.request,
    "receive": Device.receive,
    "save": Device.save,
    "crash": Device.crash,
    "load": Device.load,
}


class Conversation:
    """The replicas, the sequencer, and the whole log."""

    def __init__(self, case):
        self.devices = {name: Device(name, case) for name in case["replicas"]}
        recent, size = case.get("recentNonces"), case.get("answerSize")
        self.options = [case.get("limits"), *(None if number is None else int(number) for number in (recent, size))]
        self.sequencer = Sequencer(*self.options)
        self.log = {}

    def do(self, step, message):
        """What a step answers, or its error."""
        try:
            if step["at"] in self.devices:
                return self.devices[step["at"]].do(step, message)
            return self.at_sequencer(step, message)
        except DatastoreError as error:
            return {"error": error.as_json()}

    def at_sequencer(self, step, message):
        """Answers a message, trims the log, or starts the sequencer again from a snapshot and the stored log."""
        if step["do"] == "trim":
            return self.sequencer.trim(int(step["rev"]))
        if step["do"] == "restore":
            stored = [self.log[rev] for rev in sorted(self.log) if rev > step["rev"] and rev != step.get("without")]
            self.sequencer = restore(message, stored, *self.options)
            return None
        answer = self.sequencer.answer(message, step.get("role", "owner"))
        if answer["type"] == "accepted":
            # After a restored backup the log goes another way.
            self.log = {rev: entry for rev, entry in self.log.items() if rev < answer["rev"]}
        self.log.update(self.sequencer.entries)
        return answer


def read_edit(delta):
    """An edit in wire JSON, or in the notation of vectors where it has appends, which do not travel."""
    changes = [change for change in delta if change[0] == "U"]
    operations = [operation for change in changes for operation in change[3].values()]
    has_appends = any(operation[0] == "LI" and operation[3:] == ["end"] for operation in operations)
    return compress(read_changes(delta)) if has_appends else parse_delta(delta)


def conversation_case(case):
    """The answers of all steps, the whole log, and what each replica shows at the end."""
    conversation, answers = Conversation(case), []
    for step in case["steps"]:
        message = step.get("message")
        is_answer = isinstance(message, float)
        message = answers[int(message)] if is_answer else message
        is_nothing = is_answer and (message is None or "error" in message)
        answers.append(None if is_nothing else conversation.do(step, message))
    return {
        "answers": answers,
        "log": [conversation.log[rev] for rev in sorted(conversation.log)],
        "seen": {name: device.rows() for name, device in conversation.devices.items()},
    }
