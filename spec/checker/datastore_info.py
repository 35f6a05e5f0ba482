"""Title and modified time (SYNC-37, SYNC-38), and the room that edits leave for the latter (SYNC-16)."""

from operations import Delete, InsertRecord, Put, UpdateRecord
from order import compare
from values import ABSENT, Date

INFO = (":info", "info")


def title_changes(view, title):
    """What makes the record that holds the title, which is no step, and what sets it or, if it is None, deletes it."""
    if INFO not in view and title is None:
        return [], []
    operation = Delete() if title is None else Put(title)
    return [] if INFO in view else [InsertRecord(*INFO, {})], [UpdateRecord(*INFO, {"title": operation})]


def time_changes(view, time):
    """Sets the modified time, unless what is there is not below it."""
    if INFO not in view:
        return [InsertRecord(*INFO, {"mtime": Date(time)})]
    if compare(view[INFO].get("mtime", ABSENT), Date(time)) >= 0:
        return []
    return [UpdateRecord(*INFO, {"mtime": Put(Date(time))})]


def with_time(view):
    """A view as it would be with a modified time, whichever (SYNC-16)."""
    fields = view.get(INFO, {})
    return {**view, INFO: {"mtime": Date(0), **fields}}
