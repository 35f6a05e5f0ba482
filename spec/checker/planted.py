"""Plants the faults of planted.json in this implementation, one after the other, and checks that the case beside each
of them detects it: `python3 spec/checker/planted.py`. This shows that the vectors cover the rules that name them.

Prints every fault that is not detected, or cannot be planted any more, and exits with status 1 if there is any.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

CHECKER = Path(__file__).resolve().parent
MODULES = {path.stem for path in CHECKER.glob("*.py")}


class Faulty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module of the checker with other code in it."""

    def __init__(self, name, code):
        self.name, self.code = name, code

    def find_spec(self, fullname, path, target=None):
        """Only that module."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self.name else None

    def exec_module(self, module):
        """Runs the other code."""
        exec(compile(self.code, f"{self.name}.py with a fault", "exec"), module.__dict__)


def faulty_code(fault):
    """The code of a module with the fault in it, or None if the code that it replaces is not there exactly once."""
    code = (CHECKER / fault["file"]).read_text(encoding="utf-8")
    return code.replace(fault["code"], fault["fault"]) if code.count(fault["code"]) == 1 else None


def is_noticed(fault, code):
    """Whether the case disagrees. All modules are loaded anew, since they refer to one another."""
    for name in MODULES & sys.modules.keys():
        del sys.modules[name]
    finder = Faulty(Path(fault["file"]).stem, code)
    sys.meta_path.insert(0, finder)
    try:
        check = importlib.import_module("check")
        run, names = check.CHECKED[fault["vectors"]]
        cases = check.read_json((check.VECTORS / fault["vectors"]).read_text(encoding="utf-8"))["cases"]
        [case] = [case for case in cases if case["name"] == fault["case"]]
        return any(check.disagreements(run, names, case))
    finally:
        sys.meta_path.remove(finder)


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
