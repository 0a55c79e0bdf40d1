"""Blocks of prose and the modules that say them: none is left over, none is missing."""

import ast
from pathlib import Path

import pytest

from dashboard.prose import Prose, prose

SAY = "_say"  # what these modules call their file
SPEAKERS = {
    "assumptions": "dashboard/topics/assumptions/words.py",
    "budget": "dashboard/topics/budget/words.py",
    "dimension": "dashboard/topics/dimension/words.py",
    "failures": "dashboard/topics/failures/cases.py",
    "convergence": "dashboard/topics/convergence/words.py",
    "discrete": "dashboard/topics/discrete/words.py",
    "forward": "dashboard/topics/forward/words.py",
    "images": "dashboard/picture_target/words.py",
}


def tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def literals(node: ast.AST) -> set[str]:
    found = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
    return {value for value in found if isinstance(value, str)}


def endings(node: ast.AST) -> set[str]:
    """What follows a name in f-strings such as f"{name}-title"."""
    made = (n.values for n in ast.walk(node) if isinstance(n, ast.JoinedStr))
    return {"".join(literals(v[1])) for v in made if len(v) == 2 and isinstance(v[1], ast.Constant)}


def said(node: ast.AST) -> list[ast.Call]:
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == SAY and c.args]


def blocks_of(call: ast.Call) -> set[str]:
    """The blocks a call names as they are: one, or either of two."""
    first = call.args[0]
    ends = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    return {n.value for n in ends if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def unused(text: Prose, module: ast.Module) -> set[str]:
    words = literals(module)
    return set(text.blocks) - words - {word + end for word in words for end in endings(module)}


def unfilled(text: Prose, call: ast.Call) -> set[str]:
    """Blocks that a call names and the file lacks, or places of its blocks that it leaves."""
    given = {k.arg for k in call.keywords}
    return {
        name
        for name in blocks_of(call)
        if name not in text.blocks or not (None in given or text.places(name) <= given)
    }


@pytest.mark.parametrize(("name", "path"), SPEAKERS.items())
def test_every_block_is_said_and_every_one_said_is_there(name: str, path: str) -> None:
    text, module = prose(name), tree(path)
    calls = said(module)
    assert calls
    assert not unused(text, module)
    assert not set().union(*(unfilled(text, call) for call in calls))


def test_what_is_left_over_or_missing_is_found() -> None:
    text = Prose("<!-- a -->\n[[n]]\n<!-- b-why -->\nB\n<!-- c -->\nC")
    module = ast.parse('_say("a", m=1), _say("d"), _say(f"{x}-why"), [x for x in ("b",)]')
    assert unused(text, module) == {"c"}
    assert [unfilled(text, call) for call in said(module)] == [{"a"}, {"d"}, set()]
