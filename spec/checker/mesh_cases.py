"""The cases of mesh.json."""

from errors import DatastoreError
from mesh_graph import Event
from mesh_state import Mesh
from wire_deltas import format_rows


def mesh_case(case):
    """The rows that the events lead to, and the events that are refused, in any order of arrival (GRAPH-4)."""
    waiting = {}
    for json in case["events"]:
        event = Event(json)
        waiting[event.key] = event
    mesh, refused = Mesh(), set()
    while ready := next((one for one in waiting.values() if is_ready(one, mesh, refused)), None):
        del waiting[ready.key]
        if any(parent in refused for parent in ready.parents):
            refused.add(ready.key)
            continue
        try:
            mesh.add(ready)
        except DatastoreError:
            refused.add(ready.key)
    return {"rows": format_rows(mesh.state()), "refused": [list(key) for key in sorted(refused)]}


def is_ready(event, mesh, refused):
    """Whether all parents are held or refused."""
    return all(parent in mesh.graph.events or parent in refused for parent in event.parents)
