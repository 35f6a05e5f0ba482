"""Events, who saw whom, and their linear order (GRAPH-1 to GRAPH-5)."""

import re

from errors import DatastoreError
from limits import DEFAULT_LIMITS
from sizes import size_of_delta
from wire_deltas import parse_delta

AGENT = re.compile(r"[A-Za-z0-9._+/=-]{1,64}")


class Event:
    """One event (GRAPH-1)."""

    def __init__(self, json):
        self.key = key_of(json["id"])
        self.agent, self.seq = self.key
        self.parents = [key_of(parent) for parent in json["parents"]]
        self.changes = parse_delta(json["delta"])
        self.rules = json.get("rules", {})
        self.time = json.get("time", 0)

    def rule(self, table, field):
        """The rule that the event names for a field (GRAPH-1); the modified time has rule max (PEER-7)."""
        if (table, field) == (":info", "mtime"):
            return "max"
        return self.rules.get(table, {}).get(field, "remote")


def key_of(json):
    """The id of an event as a pair."""
    agent, seq = json
    if not AGENT.fullmatch(agent) or seq < 1:
        raise DatastoreError("invalid-json")
    return agent, seq


class Graph:
    """A closed set of events (GRAPH-3)."""

    def __init__(self):
        self.events, self.pasts, self.numbers = {}, {}, {}

    def add(self, event):
        """Adds an event whose parents are there, unless it breaks GRAPH-2 or is too large (GRAPH-4)."""
        past = set(event.parents)
        for parent in event.parents:
            past |= self.pasts[parent]
        if any(parent in self.pasts[other] for parent in event.parents for other in event.parents):
            raise DatastoreError("invalid-change")
        if event.seq > 1 and (event.agent, event.seq - 1) not in past:
            raise DatastoreError("invalid-change")
        if size_of_delta(event.changes) > DEFAULT_LIMITS["deltaSize"]:
            raise DatastoreError("delta-too-large")
        self.events[event.key] = event
        self.pasts[event.key] = past
        self.numbers[event.key] = max([event.time, 1] + [self.numbers[parent] + 1 for parent in event.parents])

    def remove(self, key):
        """Takes out the event that was added last."""
        for part in (self.events, self.pasts, self.numbers):
            del part[key]

    def order(self, key):
        """What sorts events in the linear order (GRAPH-5)."""
        return self.numbers[key], key[0]

    def saw(self, left, right):
        """Whether an operation saw another one, both given as (event, position) (GRAPH-3)."""
        if left[0] == right[0]:
            return left[1] > right[1]
        return right[0] in self.pasts[left[0]]
