"""The incarnations of a record in the pending deltas (REB-2)."""

from errors import DatastoreError
from operations import DeleteRecord, InsertRecord


class Incarnation:
    """One incarnation of a record: how it began and ended, and its updates, each with the number of the delta."""

    def __init__(self, insertion=None):
        self.insertion = insertion
        self.updates = []
        self.deletion = None

    def operations_on(self, field):
        """The updates of one field, each with the number of its delta."""
        return [(number, update.operations[field]) for number, update in self.updates if field in update.operations]


class Incarnations:
    """`base` is the incarnation in the base, or None if the record did not exist; `later` are the incarnations that
    begin within the pending deltas. All but the last of them are transient, and that one too if it ends."""

    def __init__(self, pending):
        """`pending` holds for every delta its changes of the record."""
        events = [(number, change) for number, changes in enumerate(pending) for change in changes]
        self.base = None
        self.later = []
        self.is_touched = bool(events)
        for place, event in enumerate(events):
            self.read(event, is_first=place == 0)

    def read(self, event, is_first):
        """Takes one change into account, or rejects one that cannot follow (CHG-1)."""
        _, change = event
        if is_first and not isinstance(change, InsertRecord):
            self.base = Incarnation()
        current = (self.later or [self.base])[-1]
        is_alive = current is not None and current.deletion is None
        if isinstance(change, InsertRecord):
            if is_alive:
                raise DatastoreError("record-exists")
            self.later.append(Incarnation(event))
        elif not is_alive:
            raise DatastoreError("record-missing")
        elif isinstance(change, DeleteRecord):
            current.deletion = event
        else:
            current.updates.append(event)

    def last(self):
        """The last incarnation, if it began with an insert and the record exists at the end (REB-2)."""
        return self.later[-1] if self.later and self.later[-1].deletion is None else None

    def later_events(self):
        """All changes of the later incarnations, each with the number of its delta, in order."""
        events = []
        for incarnation in self.later:
            events += [incarnation.insertion, *incarnation.updates]
            events += [incarnation.deletion] if incarnation.deletion is not None else []
        return events
