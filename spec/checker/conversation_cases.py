"""The cases of conversations.json: what the replicas and the sequencer answer, step by step."""

from errors import DatastoreError
from replica import Replica
from saved_replica import load, save
from sequencer import Sequencer
from vector_forms import read_changes
from wire_deltas import format_rows


class Device:
    """A replica, what was stored of it last, and the source of its nonces, which outlive a crash (SYNC-2)."""

    def __init__(self, name, rules):
        self.name, self.rules, self.count = name, rules, 0
        self.replica = Replica(rules, self.next_nonce)
        self.stored = save(self.replica)

    def next_nonce(self):
        """The nonces of replica `ann` are ann-1, ann-2, ..."""
        self.count += 1
        return f"{self.name}-{self.count}"

    def do(self, step, answers):
        """One step at this replica."""
        try:
            return ACTIONS[step["do"]](self, step, answers)
        except DatastoreError as error:
            return {"error": {"code": error.code}}

    def rows(self):
        """What the replica shows."""
        return format_rows(self.replica.timeline.view())

    def edit(self, step, _):
        """The rows that are shown then."""
        self.replica.edit(read_changes(step["delta"]))
        return self.rows()

    def undo(self, *_):
        """The rows that are shown then."""
        self.replica.undo()
        return self.rows()

    def redo(self, *_):
        """The rows that are shown then."""
        self.replica.redo()
        return self.rows()

    def sync(self, step, _):
        """The report."""
        return self.replica.sync(int(step["time"]))

    def become(self, step, _):
        """Another role."""
        self.replica.role = step["role"]

    def put(self, *_):
        """What is to be put, or null; the replica is stored."""
        message = self.replica.outgoing()
        self.stored = save(self.replica)
        return message

    def request(self, *_):
        """What the replica asks for."""
        return self.replica.request()

    def receive(self, step, answers):
        """What is true of the status after a message."""
        self.replica.receive(answers[int(step["message"])])
        return self.replica.status()

    def crash(self, *_):
        """What is true of the status of the replica that was stored last."""
        role = self.replica.role
        self.replica = load(self.stored, self.rules, self.next_nonce)
        self.replica.role = role
        return self.replica.status()


ACTIONS = {
    "edit": Device.edit,
    "undo": Device.undo,
    "redo": Device.redo,
    "sync": Device.sync,
    "become": Device.become,
    "put": Device.put,
    "request": Device.request,
    "receive": Device.receive,
    "crash": Device.crash,
}


def conversation_case(case):
    """The answers of all steps, the whole log, and what each replica shows in the end."""
    rules = case.get("rules", {})
    devices = {name: Device(name, rules) for name in case["replicas"]}
    recent = case.get("recentNonces")
    sequencer = Sequencer(case.get("limits"), None if recent is None else int(recent))
    answers, log = [], {}
    for step in case["steps"]:
        if step["at"] == "sequencer":
            answers.append(at_sequencer(sequencer, step, answers))
            log.update(sequencer.entries)
        else:
            answers.append(devices[step["at"]].do(step, answers))
    return {
        "answers": answers,
        "log": [log[rev] for rev in sorted(log)],
        "seen": {name: device.rows() for name, device in devices.items()},
    }


def at_sequencer(sequencer, step, answers):
    """A message is answered, or the log is trimmed."""
    if step["do"] == "trim":
        return sequencer.trim(int(step["rev"]))
    return sequencer.answer(answers[int(step["message"])], step.get("role", "owner"))
