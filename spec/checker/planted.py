"""Plants the faults of planted.json in this implementation, one after the other, and checks that the case beside each
of them detects it: `python3 spec/checker/planted.py`. This shows that the vectors cover the rules that name them.

Prints every fault that is not detected, or cannot be planted any more, and exits with status 1 if there is any.
"""

import ast
import copy
import functools
import importlib
import importlib.abc
import importlib.machinery
import json
import sys
from pathlib import Path

CHECKER = Path(__file__).resolve().parent
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in CHECKER.glob("*.py")}
CODES = {name: compile(source, str(CHECKER / f"{name}.py"), "exec") for name, source in SOURCES.items()}
"""The modules of the checker, compiled once for all faults."""


def imports_of(source):
    """The modules of the checker that a source imports."""
    nodes = ast.walk(ast.parse(source))
    names = [
        name
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    ]
    return CODES.keys() & set(names)


IMPORTS = {name: imports_of(source) for name, source in SOURCES.items()}


@functools.cache
def importers_of(name):
    """A module and all that import it, or import what does."""
    found = {name}
    while True:
        more = {other for other, imports in IMPORTS.items() if imports & found} - found
        if not more:
            return found
        found |= more


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the checker, one of them with other code in it."""

    def __init__(self, name, code):
        self.codes = {**CODES, name: code}

    def find_spec(self, fullname, path, target=None):
        """Only those modules."""
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(CHECKER)) if fullname in self.codes else None

    def exec_module(self, module):
        """Runs the code."""
        module.__file__ = str(CHECKER / f"{module.__name__}.py")
        exec(self.codes[module.__name__], module.__dict__)


def faulty_code(fault):
    """The code of a module with the fault in it, or None if the code that it replaces is not there exactly once."""
    name = Path(fault["file"]).stem
    if SOURCES[name].count(fault["code"]) != 1:
        return None
    return compile(SOURCES[name].replace(fault["code"], fault["fault"]), f"{name}.py with a fault", "exec")


@functools.cache
def cases_of(vectors):
    """The cases of a file by name, as `read_json` of the checker reads them."""
    text = (CHECKER.parent / "vectors" / vectors).read_text(encoding="utf-8")
    return {case["name"]: case for case in json.loads(text, parse_int=float)["cases"]}


def is_noticed(fault, code):
    """Whether the case disagrees. What the fault can reach is loaded for it alone, since modules hold what they import."""
    name = Path(fault["file"]).stem
    forget(importers_of(name))
    finder = Finder(name, code)
    sys.meta_path.insert(0, finder)
    try:
        check = importlib.import_module("check")
        run, names = check.CHECKED[fault["vectors"]]
        case = copy.deepcopy(cases_of(fault["vectors"])[fault["case"]])
        return any(check.disagreements(run, names, case))
    finally:
        sys.meta_path.remove(finder)
        forget(importers_of(name))


def forget(names):
    """Lets modules be loaded anew."""
    for name in names:
        sys.modules.pop(name, None)


def problem_of(fault):
    """What is wrong with a fault, or None."""
    code = faulty_code(fault)
    if code is None:
        return "what it takes the place of is not there, or not once"
    return None if is_noticed(fault, code) else f"{fault['vectors']} does not notice it: {fault['case']}"


def main():
    """Plants all of them."""
    faults = json.loads((CHECKER / "planted.json").read_text(encoding="utf-8"))["faults"]
    problems = [(fault, problem) for fault in faults if (problem := problem_of(fault)) is not None]
    for fault, problem in problems:
        print(f"{fault['rule']}, {fault['file']}, {fault['fault']!r}: {problem}")
    print(f"planted: {len(faults)} faults" + (f", {len(problems)} not noticed" if problems else ""))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
