"""Limits on the result of applying a delta (LIM-1 to LIM-3)."""

from compression import compress
from errors import DatastoreError
from sizes import size_of_datastore, size_of_delta, size_of_record
from state import apply

DEFAULT_LIMITS = {
    "datastoreSize": 10_485_760,
    "recordSize": 102_400,
    "deltaSize": 2_097_152,
    "recordCount": 100_000,
}


def apply_within(state, changes, limits):
    """Applies changes; limits are checked only if some are given, and those not named are the defaults (LIM-1)."""
    after, applied = apply(state, changes)
    if limits is not None:
        check_limits(state, after, changes, {**DEFAULT_LIMITS, **limits})
    return after, applied


def check_limits(before, after, changes, limits):
    """Compares the states before and after the whole delta; of several limits the first in this order is named: record,
    datastore, number of records, delta (LIM-2, LIM-3). Of several records, the one that was changed first."""
    changed = dict.fromkeys((change.table, change.record) for change in changes)
    for key in [key for key in changed if key in after]:
        size_before = size_of_record(before[key]) if key in before else 0
        if grows_over(limits["recordSize"], size_before, size_of_record(after[key])):
            raise DatastoreError("record-too-large", table=key[0], record=key[1])
    if grows_over(limits["datastoreSize"], size_of_datastore(before), size_of_datastore(after)):
        raise DatastoreError("datastore-too-large")
    if grows_over(limits["recordCount"], len(before), len(after)):
        raise DatastoreError("too-many-records")
    if size_of_delta(compress(changes)) > limits["deltaSize"]:
        raise DatastoreError("delta-too-large")


def grows_over(limit, before, after):
    """Something over its limit passes if it was not smaller before (LIM-2)."""
    return after > limit and after > before
