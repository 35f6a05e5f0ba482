"""The rules of pending edits (SYNC-26)."""

from operations import DeleteRecord, InsertRecord


class PendingRules:
    """The rule of each field of each record at its latest edit, by table, record and field."""

    def __init__(self, saved=()):
        self.rules = {tuple(place): rule for *place, rule in saved}

    def of(self, table, record, field):
        """The rule of a field, as merges ask for it. The modified time always has rule max."""
        return "max" if (table, field) == (":info", "mtime") else self.rules.get((table, record, field), "remote")

    def note(self, applied, rules):
        """Notes an edit under these rules."""
        for change in applied:
            for field in fields_of(change):
                self.rules[change.table, change.record, field] = rules(change.table, change.record, field)

    def saved(self, deltas):
        """The rules other than remote of the fields that deltas edit (SYNC-34)."""
        places = {(change.table, change.record, field) for delta in deltas for change in delta for field in fields_of(change)}
        rules = [[*place, self.rules.get(place, "remote")] for place in sorted(places)]
        return [rule for rule in rules if rule[-1] != "remote"]


def fields_of(change):
    """The fields that a change edits."""
    if isinstance(change, DeleteRecord):
        return ()
    return change.fields if isinstance(change, InsertRecord) else change.operations
