"""Runs every vector file against this implementation: `python3 spec/checker/check.py`.

Prints one line for each file with the number of its cases, and every disagreement with the name of its case. Exits with
status 1 if there is any.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from binary_cases import binary_case, frozen_cases  # noqa: E402
from change_cases import apply_case, compression_case, invert_case  # noqa: E402
from conversation_cases import conversation_case  # noqa: E402
from errors import DatastoreError  # noqa: E402
from merge_cases import list_merge_case, merge_case, rebase_case  # noqa: E402
from mesh_cases import mesh_case  # noqa: E402
from value_cases import match_case, name_case, order_case, size_case, wire_case  # noqa: E402
from vector_forms import read_json, same_json  # noqa: E402

SPECIFICATION = Path(__file__).resolve().parent.parent
VECTORS = SPECIFICATION / "vectors"
FROZEN = SPECIFICATION.parent / "test" / "fixtures" / "binary" / "v1"

TOPICS = ("exchange", "sequencer", "messages", "reload", "edits", "limits", "saved", "refusals")
TOPICS += ("undo", "undo-history", "rollback")
MERGE_OUTCOMES = ("merged", "rebasedLocal", "rebasedRemote", "conflicts")

CHECKED = {
    "order.json": (order_case, ("ascending",)),
    "match.json": (match_case, ("match", "found")),
    "sizes.json": (size_case, ("size",)),
    "names.json": (name_case, ("isName", "isDatastoreId", "isShareableId")),
    "wire.json": (wire_case, ("means", "written")),
    "compression.json": (compression_case, ("normal",)),
    "apply.json": (apply_case, ("after", "applied")),
    "invert.json": (invert_case, ("inverse",)),
    "field-merges.json": (merge_case, MERGE_OUTCOMES),
    "record-merges.json": (merge_case, MERGE_OUTCOMES),
    "list-merges.json": (list_merge_case, MERGE_OUTCOMES[:3]),
    "rebase.json": (rebase_case, ("merged", "rebasedPending", "rebasedRemotes", "conflicts")),
    **{f"sync-{topic}.json": (conversation_case, ("answers", "log", "seen")) for topic in TOPICS},
    "binary.json": (binary_case, ("bytes",)),
    "mesh.json": (mesh_case, ("rows", "refused")),
}
"""For each file, in the order that the README recommends: the function that computes the outcomes of a case, and their
names."""

def outcomes_of(run, case):
    """The outcomes of a case here, or the error in place of all of them."""
    try:
        return run(case)
    except DatastoreError as error:
        return {"error": error.as_json()}
    except Exception as defect:  # a defect here counts as a disagreement, and the other cases still run
        return {"defect": f"{type(defect).__name__}: {defect}"}


def disagreements(run, names, case):
    """Lines for every outcome that is not the expected one."""
    expected = {name: case[name] for name in (*names, "error") if name in case}
    got = outcomes_of(run, case)
    for name in [*expected, *(name for name in got if name not in expected)]:
        left, right = expected.get(name, "nothing"), got.get(name, "nothing")
        if name not in expected or name not in got or not same_json(left, right):
            yield f"  {case['name']}: {name}\n    expected {show(left)}\n    got      {show(right)}"


def show(outcome):
    """JSON on one line."""
    return json.dumps(outcome, ensure_ascii=False, separators=(",", ":"))


def check_cases(title, cases, run, names):
    """Runs cases, prints the result, and returns the numbers of cases and of disagreeing cases."""
    found = [lines for lines in (list(disagreements(run, names, case)) for case in cases) if lines]
    print(f"{title}: {len(cases)} cases" + (f", {len(found)} disagree" if found else ""))
    for lines in found:
        print("\n".join(lines))
    return len(cases), len(found)


def check_file(name):
    """Checks a file. An unknown or missing file is a disagreement too."""
    path = VECTORS / name
    if name not in CHECKED or not path.exists():
        print(f"{name}: unknown or missing")
        return 0, 1
    return check_cases(name, read_json(path.read_text(encoding="utf-8"))["cases"], *CHECKED[name])


def check_frozen():
    """The frozen files of the binary form (BIN-3). They are not part of the specification."""
    if not FROZEN.exists():
        print("frozen files: not there, skipped")
        return 0, 0
    return check_cases("frozen files", list(frozen_cases(FROZEN)), *CHECKED["binary.json"])


def main():
    """Checks every file."""
    names = [*CHECKED, *sorted(path.name for path in VECTORS.glob("*.json") if path.name not in CHECKED)]
    results = [check_file(name) for name in names] + [check_frozen()]
    total, wrong = map(sum, zip(*results))
    print(f"total: {total} cases" + (f", {wrong} disagree" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
