"""What a refusal is about (SYNC-67)."""

from dataclasses import dataclass

from operations import DeleteRecord, UpdateRecord
from sizes import size_of_change, size_of_record
from state import apply


@dataclass(frozen=True)
class Places:
    """Records, as pairs of table and id; or everything; or one field, where `field` is named."""

    records: frozenset = frozenset()
    is_everywhere: bool = False
    field: str | None = None

    def of(self, delta):
        """What a delta has in these places."""
        return [inner for change in delta for inner in self.split(change)[0]]

    def outside(self, delta):
        """What a delta has elsewhere."""
        return [outer for change in delta for outer in self.split(change)[1]]

    def split(self, change):
        """A change as what is inside and what is outside."""
        if not self.is_everywhere and (change.table, change.record) not in self.records:
            return [], [change]
        if self.field is None:
            return [change], []
        if not isinstance(change, UpdateRecord):
            return [], [change]
        inner = {name: op for name, op in change.operations.items() if name == self.field}
        outer = {name: op for name, op in change.operations.items() if name != self.field}
        return tuple([UpdateRecord(change.table, change.record, ops)] if ops else [] for ops in (inner, outer))


EVERYWHERE = Places(is_everywhere=True)


def refused_places(refusal, base, delta, record_size):
    """The first line of the table that applies. `record_size` is the replica's limit for a record."""
    places = named_places(refusal.get("place", {}), delta) or exceeding_places(refusal.get("code"), base, delta)
    if refusal.get("code") == "record-too-large" and places is not None and places.field is None:
        too_large = too_large_records(base, delta, record_size)
        named = refusal["place"].get("table"), refusal["place"].get("record")
        places = Places(too_large) if named in too_large else places
    if places is None or not places.of(delta) or all(map(only_sets_time, places.outside(delta))):
        return EVERYWHERE
    return places


def named_places(place, delta):
    """What a place names, if the delta changes it."""
    table, record, field = (place.get(part) for part in ("table", "record", "field"))
    found = [change for change in delta if change.table == table and record in (None, change.record)]
    if not found:
        return None
    records = frozenset((change.table, change.record) for change in found)
    is_update = len(found) == 1 and isinstance(found[0], UpdateRecord)
    if record is not None and is_update and field in found[0].operations:
        return Places(records, field=field)
    return Places(records)


def exceeding_places(code, base, delta):
    """What exceeds a limit of the whole, or None for another code."""
    after, _ = apply(base, delta)
    records = list(dict.fromkeys((change.table, change.record) for change in delta))
    if code == "datastore-too-large":
        return Places(frozenset(key for key in records if size_in(after, key) > size_in(base, key)))
    if code == "too-many-records":
        return Places(frozenset(key for key in records if key in after and key not in base))
    if code == "delta-too-large":
        edited = [key for key in records if not all(only_sets_time(change) for change in delta if is_of(change, key))]
        return Places(frozenset(sorted(edited, key=lambda key: size_of_changes(delta, key), reverse=True)[:1]))
    return None


def size_in(state, key):
    """The size of a record in a state."""
    return size_of_record(state[key]) if key in state else 0


def too_large_records(base, delta, limit):
    """The records that the delta makes larger, and that are over the limit then."""
    after, _ = apply(base, delta)
    records = {(change.table, change.record) for change in delta}
    return frozenset(key for key in records if size_in(after, key) > max(limit, size_in(base, key)))


def is_of(change, key):
    """Whether a change is of a record."""
    return (change.table, change.record) == key


def size_of_changes(delta, key):
    """The size of the changes of one record."""
    return sum(size_of_change(change) for change in delta if is_of(change, key))


def only_sets_time(change):
    """Whether a change does nothing but set the modified time."""
    if change.table != ":info" or isinstance(change, DeleteRecord):
        return False
    return (change.operations if isinstance(change, UpdateRecord) else change.fields).keys() == {"mtime"}
