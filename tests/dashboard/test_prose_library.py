"""All sentences of the library are known again, and no block is of one that is gone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.lessons import LESSONS
from dashboard.prose import names, prose
from dashboard.prose.library import known, spoken
from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError
from diffusion_core.distances.of_masses import METRIC_LABELS
from diffusion_core.samplers import sampler_record
from diffusion_core.theory.theorems import THEOREMS
from diffusion_core.verification import CHECKS, FAULTS

LIBRARY = [p for p in Path("diffusion_core").rglob("*.py") if p.name != "__main__.py"]
COMMAND_LINE_ONLY = {"sweep/executors.py", "sweep/csv_file.py"}
WRITTEN = {"library/refusals", "library/notes", "library/steps"}  # as they are in the code
PLACE = re.compile(r"\[\[\w+\]\]")


def template(node: ast.expr) -> str | None:
    """A sentence with [[]] where its values stand; None where it is put together elsewhere."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    return "".join(v.value if isinstance(v, ast.Constant) else "[[]]" for v in node.values)


def refusals(path: Path) -> Iterator[tuple[int, str]]:
    """The lines and the sentences of what a module raises for a reader."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
            "InputError",
            "Refused",
        }
        if named and node.args and (text := template(node.args[0])) is not None:
            yield node.lineno, text


def test_every_refusal_of_the_library_is_known_again():
    missing = [
        f"{path}:{line}: {text}"
        for path in LIBRARY
        if path.relative_to("diffusion_core").as_posix() not in COMMAND_LINE_ONLY
        for line, text in refusals(path)
        if known(text.replace("[[]]", "some 3.5 'value'")) is None
    ]
    assert missing == []


def test_every_sentence_is_still_said_by_the_library():
    said = set()
    for path in LIBRARY:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr | ast.Constant):
                text = template(node) or ""
                said |= {text, re.sub(r"\{\w+\}", "[[]]", text)}
    gone = [
        f"{file}: {text}"
        for file in names("library")
        for text in prose(file).blocks.values()
        if (PLACE.search(text) or file in WRITTEN) and PLACE.sub("[[]]", text) not in said
    ]
    assert gone == []


def test_labels_and_descriptions_are_known_again():
    texts = [text for preset in PRESETS.values() for text in (preset.label, preset.description)]
    texts += METRIC_LABELS.values()
    texts += (fault.label for fault in FAULTS.values())
    for check in CHECKS:
        texts += (check.group, check.title, check.compares, check.tolerance, check.unit)
    for theorem in (theorem for found in THEOREMS.values() for theorem in found):
        texts += (theorem.name, theorem.evidence)
    assert [text for text in texts if known(text) is None] == []


@pytest.mark.parametrize("name", SAMPLERS)
def test_parts_of_every_samplers_step_are_known_again(name):
    assert [p.name for p in sampler_record(name).parts if known(p.name) is None] == []


def test_what_a_lesson_can_be_moved_to_is_known_again_unless_it_is_a_sampler_or_a_number():
    steps = (step for lesson in LESSONS.values() for step in lesson.steps)
    moves = (getattr(getattr(step, "run", None), "move", None) for step in steps)
    options = {option for move in moves if move for option in move.options}
    samplers = {record.label for record in SAMPLERS.values()}
    words = {option for option in options - samplers if re.search("[a-z]", option)}
    assert words
    assert [option for option in words if known(option) is None] == []


def test_the_most_particular_sentence_is_found_with_its_values():
    with pytest.raises(InputError) as raised:
        Experiment(steps=1)
    file, block, values = known(str(raised.value))
    assert prose(file)(block, **values) == str(raised.value)
    assert values["steps"] == "1"


def test_english_and_what_nobody_knows_stay_as_they_are():
    assert spoken("Three modes") == "Three modes"
    assert known("a sentence of someone else") is None
