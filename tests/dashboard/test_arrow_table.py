"""Tables as Arrow, beside what Arrow makes of the same cells itself."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from dashboard.arrow_table import arrow_table
from tests.dashboard.test_imports import loaded

COLUMNS = {
    "texts": ["a", "", "Fluß, q₁"],
    "texts with gaps": [None, "b", math.nan, "c"],
    "numbers": [1.5, -2.0, math.inf],
    "numbers with gaps": [None, math.nan, 2.5] * 7,
    "whole": [1, -2, 2**60],
    "whole with a gap": [1, None, 3],
    "of NumPy": [np.float64(0.1), np.int64(2), np.float64("nan")],
    "whole of NumPy": (np.int64(4), np.int32(5)),
    "mixed": [1, 2.5],
    "an array": np.linspace(0, 1, 17),
    "nothing": [None, math.nan],
    "empty": [],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_what_arrow_makes_of_it(name):
    made = arrow_table({name: COLUMNS[name]})
    made.validate(full=True)
    assert made == pa.table({name: pa.array(list(COLUMNS[name]), from_pandas=True)})


@pytest.mark.parametrize("cells", [["a", 1.0], [1.0, "a"], [1, "a"]])
def test_texts_and_numbers_in_one_column_are_no_table(cells):
    with pytest.raises((TypeError, ValueError)):
        arrow_table({"both": cells})


def test_pandas_is_not_needed():
    found = loaded(
        "import json, sys\n"
        "from dashboard.arrow_table import arrow_table\n"
        "arrow_table({'a': [1.5, None], 'b': ['x', None], 'c': [1, 2]})\n"
        "print(json.dumps(list(sys.modules)))"
    )
    assert "pyarrow" in found
    assert "pandas" not in found
