"""Title and modified time (SYNC-37, SYNC-38), and the room that edits leave for the latter (SYNC-16)."""

from operations import Delete, InsertRecord, Put, UpdateRecord
from order import compare
from values import ABSENT, GREATEST_DATE, Date

INFO = (":info", "info")


def title_changes(view, title):
    """The changes that create the record of the title, which are not part of an undo item, and those that set the title
    or, if it is None, delete it."""
    if INFO not in view and title is None:
        return [], []
    operation = Delete() if title is None else Put(title)
    return [] if INFO in view else [InsertRecord(*INFO, {})], [UpdateRecord(*INFO, {"title": operation})]


DAY = 24 * 60 * 60 * 1000


def time_changes(view, time, clock_offset):
    """Sets the modified time if there is none, or one below it. No time is believed that is more than a day ahead of the
    server's, if that is known (SYNC-38)."""
    latest = GREATEST_DATE
    if clock_offset is not None:
        server_time = min(time + clock_offset, GREATEST_DATE)
        latest = min(server_time + DAY, GREATEST_DATE)
        time = server_time if time > latest else time
    if INFO not in view:
        return [InsertRecord(*INFO, {"mtime": Date(time)})]
    mtime = view[INFO].get("mtime", ABSENT)
    is_believed = not isinstance(mtime, Date) or mtime.milliseconds <= latest
    if is_believed and compare(mtime, Date(time)) >= 0:
        return []
    return [UpdateRecord(*INFO, {"mtime": Put(Date(time))})]


def with_time(view):
    """The view with any modified time (SYNC-16)."""
    fields = view.get(INFO, {})
    return {**view, INFO: {"mtime": Date(0), **fields}}
