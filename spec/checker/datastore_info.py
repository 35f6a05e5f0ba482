"""Title and modified time (SYNC-37, SYNC-38), and the room that edits leave for the latter (SYNC-16)."""

from operations import Delete, InsertRecord, Put, UpdateRecord
from order import compare
from values import ABSENT, Date

INFO = (":info", "info")


def title_changes(view, title):
    """The changes that create the record of the title, which are not part of an undo item, and those that set the title
    or, if it is None, delete it."""
    if INFO not in view and title is None:
        return [], []
    operation = Delete() if title is None else Put(title)
    return [] if INFO in view else [InsertRecord(*INFO, {})], [UpdateRecord(*INFO, {"title": operation})]


def time_changes(view, time):
    """Sets the modified time if there is none, or one below it."""
    if INFO not in view:
        return [InsertRecord(*INFO, {"mtime": Date(time)})]
    if compare(view[INFO].get("mtime", ABSENT), Date(time)) >= 0:
        return []
    return [UpdateRecord(*INFO, {"mtime": Put(Date(time))})]


def with_time(view):
    """The view with any modified time (SYNC-16)."""
    fields = view.get(INFO, {})
    return {**view, INFO: {"mtime": Date(0), **fields}}
