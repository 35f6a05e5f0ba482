"""What of the undo history is saved (SYNC-66)."""

from compression import compose
from errors import DatastoreError
from inversion import invert
from messages import is_whole, require_json
from sizes import size_of_delta
from state import apply
from timeline import LocalDelta, Part
from undo_history import Mark, Step
from wire_deltas import parse_delta
from wire_writing import format_delta


def saved_queue(queue, running, mark, size):
    """The pending deltas as they are saved, the open one, and the members that say what they are. The last delta of the
    queue is the uncommitted one; `running` is the segment of it that the user is editing."""
    parts = [[part for part in delta.parts if part is not running] for delta in queue]
    kept, left = join_oldest(parts, size)
    numbers, segments = {}, []
    for at, own in enumerate(kept):
        for part in own:
            item = part if part.kind == "step" else None
            segments.append([at, *[number_of(numbers, one) for one in (item, part.lineage)]])
    segments.append([len(queue) - 1, 0, 0])
    gone = {part for own in parts for part in own if all(part is not other for others in kept for other in others)}
    done = list(mark.done)
    while any(step.part in gone for step in done):
        done.pop()
    undo, left = saved_stack(done, [part for own in kept for part in own], numbers, left)
    redo, _ = saved_stack(mark.undone, [], numbers, left)
    deltas = [part.delta for own in kept for part in own]
    history = {"segments": segments, "undo": undo, "redo": redo, "isExact": mark.is_exact}
    return deltas, [] if running is None else running.delta, history


def number_of(numbers, one):
    """The number of a part, in the order in which they are first asked for; 0 for none."""
    return 0 if one is None else numbers.setdefault(one, len(numbers) + 1)


def join_oldest(parts, size):
    """The segments of each delta. The last ones that weigh no more than `size` stay, where the first of each delta weighs
    nothing; those before them become one for each delta. Returns also what is left of the size."""
    kept, is_over = [], False
    for own in reversed(parts):
        start = len(own)
        while start > 0 and not is_over:
            cost = size_of_delta(own[start - 1].delta) if start > 1 else 0
            if cost > size:
                is_over = True
            else:
                start, size = start - 1, size - cost
        joined = [Part(compose([part.delta for part in own[:start]]), "apart")] if start > 0 else []
        kept.insert(0, joined + own[start:])
    return kept, 0 if is_over else size


def saved_stack(steps, parts, numbers, size):
    """The first items of a stack that weigh no more than `size`, as JSON, and what is left of the size."""
    saved, since_above = [], None
    for step in steps:
        if step.since:
            deltas = [step.delta, step.whole]
            if step.since is not since_above:
                deltas.append(invert(step.since))
        elif any(part is step.part for part in parts) and is_same(step.delta, invert(step.part.delta)):
            deltas = []
        else:
            deltas = [step.delta]
        size -= sum(map(size_of_delta, deltas))
        if size < 0:
            return saved, 0
        saved.append([numbers.get(step.part, 0), numbers.get(step.lineage, 0), *[format_delta(delta, False) for delta in deltas]])
        since_above = step.since
    return saved, size


def is_same(left, right):
    """Whether two applied deltas are equal, with what they overwrote."""
    return format_delta(left) == format_delta(right)


def load_history(saved, deltas, seen, timeline, history):
    """Restores the queue and both stacks. `deltas` are the segments, and last what the user was editing."""
    state, segments = timeline.base, [tuple(map(int, segment)) for segment in saved["segments"]]
    *pending, opened = deltas
    queue = [LocalDelta(seen=one) for one in seen]
    steps, placed = {}, []
    for (at, item, origin), delta in zip(segments, pending):
        state, applied = apply(state, delta)
        part = Part(applied, "step" if item else "undoing" if origin else "apart")
        queue[at].parts.append(part)
        placed.append((part, origin))
        if item:
            steps[item] = part
    for part, origin in placed:
        part.lineage = steps.setdefault(origin, Part([], "step")) if origin else None
    history.done = load_stack(saved["undo"], state, steps)[: history.depth]
    history.undone = load_stack(saved["redo"], state, steps)[: history.depth]
    history.is_exact = saved["isExact"]
    *timeline.pending, timeline.open = queue
    _, applied = apply(state, opened)
    if applied:
        timeline.running = Part(applied, "step")
        timeline.open.parts.append(timeline.running)
    if timeline.open.parts:
        timeline.open.mark = Mark()  # SYNC-49
    else:
        timeline.open = LocalDelta()


def load_stack(saved, state, steps):
    """The items of a stack, the first of which fits a state, down to one that does not fit. `steps` are the items of the
    queue, by number."""
    stack, then, since = [], None, None
    for item, origin, *deltas in saved:
        part = steps.get(int(item)) or Part([], "step")
        lineage = steps.get(int(origin)) or part
        deltas = [parse_delta(delta) for delta in deltas]
        try:
            if len(deltas) == 3:
                then, back = apply(state, deltas[2])
                since = invert(back)
            state, applied = apply(state, deltas[0] if deltas else invert(part.delta))
            step = Step(part, lineage, applied)
            if len(deltas) > 1:
                then, whole = apply(then, deltas[1])
                step = Step(part, lineage, applied, whole, since)
        except DatastoreError:
            return stack
        stack.append(step)
    return stack


def check_history(saved, count):
    """Rejects a history that no replica saves with so many deltas, the open one among them."""
    segments, last, delta, items = saved.get("segments"), 0, 0, set()
    require_json(isinstance(segments, list) and len(segments) == count)
    for segment in segments:
        require_json(isinstance(segment, list) and len(segment) == 3 and all(map(is_whole, segment)))
        require_json(segment[0] in (delta, delta + 1))
        delta = segment[0]
        for number in segment[1:]:
            require_json(number <= last + 1)
            last = max(last, number)
        if segment[1] > 0:
            require_json(segment[2] > 0 and segment[1] not in items)
            items.add(segment[1])
    require_json(segments[0][0] == 0 and segments[-1][1:] == [0, 0])
    require_json(isinstance(saved.get("isExact"), bool))
    check_stack(saved.get("undo"), last, items)
    check_stack(saved.get("redo"), last, set())


def check_stack(stack, last, items):
    """Rejects a stack that no replica saves. `items` are those whose segment is in the queue."""
    require_json(isinstance(stack, list))
    is_faded = False
    for item in stack:
        require_json(isinstance(item, list) and len(item) > 1)
        number, origin, *deltas = item
        require_json(is_whole(number) and is_whole(origin) and max(number, origin) <= last)
        is_faded = len(deltas) == 3 or is_faded and len(deltas) == 2
        require_json(len(deltas) < 2 or is_faded)
        require_json(len(deltas) < 4 and (bool(deltas) or number in items))


def wholes(segments, deltas):
    """The deltas of the queue, each as a whole, of saved segments."""
    queue = [[] for _ in range(int(segments[-1][0]) + 1)]
    for (at, *_), delta in zip(segments, deltas):
        queue[int(at)].append(delta)
    try:
        return [compose(own) for own in queue]
    except DatastoreError:
        return require_json(False)
