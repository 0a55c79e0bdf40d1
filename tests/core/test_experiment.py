"""Experiments: round trips, and one short sentence for everything that is not an experiment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffusion_core import PRESETS, SAMPLERS, SCHEDULES, Experiment, InputError
from diffusion_core.experiment import MAX_SEED
from diffusion_core.schedules import Custom, Theory
from diffusion_core.strict_json import MAX_JSON_BYTES
from diffusion_core.targets import TARGETS, Circle, GaussianMixture
from tests.core.targets.examples import EXAMPLES

EXAMPLE: dict[str, Any] = {
    "target": {
        "kind": "gaussian_mixture",
        "weights": [0.3, 0.4, 0.3],
        "means": [[-1.5], [0.3], [1.8]],
        "covariances": [[[0.0625]], [[0.1225]], [[0.04]]],
    },
    "schedule": {"kind": "theory", "c0": 2.0, "c1": 4.0},
    "sampler": {"kind": "ode"},
    "steps": 100,
    "start": "noise",
    "score_error": None,
    "seed": 0,
}
ABAR = tuple(0.9**t for t in range(1, 13))


def with_(path: str, value: Any) -> dict[str, Any]:
    """The example with one entry changed; path is like "target.weights"."""
    data = json.loads(json.dumps(EXAMPLE))
    *parents, last = path.split(".")
    inner = data
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return data


def refusal(source: Any) -> str:
    text = json.dumps(source) if isinstance(source, dict) else source
    with pytest.raises(InputError) as caught:
        Experiment.from_json(text)
    message = str(caught.value)
    assert message.splitlines() == [message]
    assert 0 < len(message) < 400
    return message


def assert_round_trip(e: Experiment) -> None:
    text = e.to_json()
    again = Experiment.from_json(text)
    assert again == e
    assert hash(again) == hash(e)
    assert again.to_json() == text
    assert Experiment.from_json(e.to_json(indent=2).encode()) == e


def test_the_documented_example_is_read_and_written_back():
    e = Experiment.from_json(json.dumps(EXAMPLE))
    assert e.target.means == ((-1.5,), (0.3,), (1.8,))
    assert (e.schedule, e.sampler, e.steps, e.start, e.seed) == (
        Theory(2, 4),
        "ode",
        100,
        "noise",
        0,
    )
    assert json.loads(e.to_json()) == EXAMPLE
    assert " " not in e.to_json()


def test_every_target_kind_survives_a_round_trip():
    assert set(EXAMPLES) == set(TARGETS)
    for kind, target in EXAMPLES.items():
        e = Experiment(target=target, seed=MAX_SEED)
        assert json.loads(e.to_json())["target"]["kind"] == kind
        assert_round_trip(e)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_a_round_trip_by_name_and_in_full(name):
    target = PRESETS[name].target
    named = Experiment(target=target, preset=name)
    assert json.loads(named.to_json())["target"] == {"kind": "preset", "name": name}
    assert_round_trip(named)
    assert_round_trip(Experiment(target=target))


@pytest.mark.parametrize("kind", SCHEDULES)
def test_every_schedule_survives_a_round_trip(kind):
    schedule = Custom(ABAR) if kind == "custom" else SCHEDULES[kind]()
    e = Experiment(schedule=schedule, steps=len(ABAR))
    assert json.loads(e.to_json())["schedule"]["kind"] == kind
    assert_round_trip(e)


@pytest.mark.parametrize("kind", SAMPLERS)
def test_every_sampler_survives_a_round_trip(kind):
    assert_round_trip(Experiment(sampler=kind, start="exact"))


def test_eta_is_kept():
    e = Experiment(sampler="ddim", eta=0.3)
    assert json.loads(e.to_json())["sampler"] == {"kind": "ddim", "eta": 0.3}
    assert_round_trip(e)


def test_a_missing_start_seed_and_score_error_take_their_defaults():
    few = {k: EXAMPLE[k] for k in ("target", "schedule", "sampler", "steps")}
    assert Experiment.from_json(json.dumps(few)) == Experiment.from_json(json.dumps(EXAMPLE))


def test_changing_the_target_forgets_the_presets_name():
    e = Experiment(preset="three-modes")
    assert e.with_(steps=7).preset == "three-modes"
    assert e.with_(target=Circle()).preset is None
    with pytest.raises(InputError, match="preset: 'ring' does not name this target"):
        Experiment(preset="ring")
    with pytest.raises(InputError, match="preset: 'nowhere'"):
        Experiment(preset="nowhere")


def test_whole_floats_are_whole_numbers():
    assert Experiment.from_json(json.dumps(with_("steps", 16.0))).steps == 16


REFUSED = [
    ("steps", 1, "steps: T must be between 2 and 8192, got 1"),
    ("steps", 10**9, "steps: T must be between 2 and 8192, got 1000000000"),
    ("steps", 10**300, "steps: must be a whole number of at most 2^53, got a number of 997 bits"),
    ("steps", 1e300, "steps: must be a whole number of at most 2^53"),
    ("steps", 10.5, "steps: must be a whole number, got 10.5"),
    ("steps", True, "steps: must be a whole number, got True"),
    ("steps", "100", "steps: must be a whole number, got '100'"),
    ("steps", None, "steps: must be a whole number, got nothing"),
    ("seed", -1, "seed: a whole number from 0 to 4294967295, got -1"),
    ("seed", 2**32, "seed: a whole number from 0 to 4294967295, got 4294967296"),
    ("seed", 0.5, "seed: must be a whole number"),
    ("start", "middle", "start: one of noise, exact, got 'middle'"),
    ("start", ["noise"], "start: must be a text, got a list of 1"),
    ("score_error", 0.1, "score_error: must be null or an object with a kind, got 0.1"),
    ("score_error", {"kind": "x"}, "score_error.kind: one of shift"),
    ("score_error", False, "score_error: must be null or an object"),
    ("score_error", {"kind": "shift", "size": -1}, "score_error.size: from 0 to 100, got -1"),
    ("score_error", {"kind": "shift", "sise": 1}, "score_error: unknown key 'sise'"),
    ("speed", 1, "experiment: unknown key 'speed'; known are target, schedule, sampler"),
    ("sampler.kind", "euler", "sampler.kind: one of ode, ode-taylor,"),
    ("sampler.kind", "x" * 10**5, "sampler.kind: one of ode, ode-taylor,"),
    ("sampler.eta", 0.5, "sampler.eta: only ddim takes eta, not ode"),
    ("sampler.order", 2, "sampler: unknown key 'order'; known are kind"),
    ("sampler", {"kind": "ddim", "eta": 1.5}, "sampler.eta: must be between 0 and 1, got 1.5"),
    ("sampler", {"kind": "ddim", "eta": True}, "sampler.eta: must be a number, got True"),
    ("sampler", "ode", "sampler: must be an object with a kind, got 'ode'"),
    ("schedule.kind", "quadratic", "schedule.kind: one of theory, linear,"),
    ("schedule.kind", 3, "schedule.kind: one of theory, linear,"),
    ("schedule.c0", "2", "schedule.c0: must be a number, got '2'"),
    ("schedule.c1", -1, "schedule.c1: must be between 0.05 and 100, got -1"),
    ("schedule.c2", 1, "schedule: unknown key 'c2'; known are kind, c0, c1"),
    ("schedule", {"kind": "custom"}, "schedule.abar: is missing for kind custom"),
    ("schedule", {"kind": "custom", "abar": list(ABAR)}, "steps: a custom schedule of 12 values"),
    ("schedule", {"kind": "custom", "abar": [0.5, 0.6]}, "schedule.abar: must decrease strictly"),
    ("target", {"kind": "preset", "name": "swiss-roll"}, "target.name: one of three-modes,"),
    ("target", {"kind": "preset", "label": "x"}, "target: unknown key 'label'"),
    ("target", {"kind": "circle", "radius": 0}, "target.radius: must be above 0"),
    ("target", {"kind": "circle", "center": [0]}, "target.center: needs 2 numbers, got 1"),
    ("target", {"kind": "points", "points": []}, "target.points: between 1 and 5000 rows, got 0"),
    ("target", {"kind": "points", "points": [[0.0]] * 5001}, "between 1 and 5000 rows, got 5001"),
    ("target", {"kind": "points", "points": [[0.0] * 257]}, "dimension between 1 and 256, got 257"),
    ("target", {"kind": "points", "points": [[1e7]]}, "must be finite and at most 1e+06 in size"),
    ("target", {"kind": "points", "points": [1.0]}, "target.points: must be a list, got 1.0"),
    ("target", None, "target: must be an object with a kind, got nothing"),
    ("target.weights", [0.3, 0.4, -0.3], "target.weights: every weight must be a positive"),
    ("target.weights", [0.3, 0.7, 0], "target.weights: every weight must be a positive"),
    ("target.weights", [0.3, 0.4, 0.4], "target.weights: must sum to 1 (within 1e-6), got 1.1"),
    ("target.weights", [0.5, 0.5], "2 weights need 2 means and 2 covariances, got 3 and 3"),
    ("target.weights", [0.3, 0.4, True], "target.weights: must be a number, got True"),
    ("target.weights", [0.3, 0.4, 10**390], "target.weights: must be a finite number"),
    ("target.weights", [1 / 501] * 501, "between 1 and 500 components, got 501"),
    ("target.means", [[0], [1], [2, 3]], "target.means: every row needs 1 numbers, one has 2"),
    ("target.means", [[[0]], [[1]], [[2]]], "target.means: must be a number, got a list of 1"),
    ("target.covariances", [[[1]], [[1]], [[-1]]], "every matrix must be positive semidefinite"),
    ("target.covariances", [[1], [1], [1]], "target.covariances: must be a list, got 1"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_refusals_name_the_field_and_what_is_allowed(path, value, message):
    assert message in refusal(with_(path, value))


@pytest.mark.parametrize("key", ["target", "schedule", "sampler", "steps"])
def test_a_missing_part_is_named(key):
    assert refusal({k: v for k, v in EXAMPLE.items() if k != key}).startswith(f"{key}: is missing")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], "every matrix must be symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "every matrix must be positive semidefinite"),
        ([[1.0, 0.0]], "every matrix must be 2 x 2"),
    ],
)
def test_covariances_in_the_plane(matrix, message):
    target = {
        "kind": "gaussian_mixture",
        "weights": [1],
        "means": [[0, 0]],
        "covariances": [matrix],
    }
    assert message in refusal(with_("target", target))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "experiment: is empty"),
        (b" \n\t", "experiment: is empty"),
        ("{", "experiment: not valid JSON: "),
        ("null", "experiment: must be an object, got nothing"),
        ("[]", "experiment: must be an object, got a list of 0"),
        ("[" * 200_000, "experiment: not valid JSON: nested too deeply"),
        ('{"steps":' * 100_000, "experiment: not valid JSON: nested too deeply"),
        ('{"seed": 1, "seed": 2}', "experiment: the key 'seed' appears twice"),
        ('{"seed": NaN}', "experiment: NaN is not allowed"),
        ('{"seed": -Infinity}', "experiment: -Infinity is not allowed"),
        ('{"seed": ' + "9" * 5000 + "}", "a number has 5000 digits, at most 400"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "experiment: must be UTF-8 text, byte 0 is not"),
        (json.dumps(EXAMPLE).encode("utf-16"), "experiment: must be UTF-8 text, byte 0 is not"),
        (json.dumps(EXAMPLE).encode("utf-16-le"), "experiment: not valid JSON: "),
        ("\ud800", "experiment: must be UTF-8 text"),
        ('{"\\ud800": 1}', "experiment: unknown key '\\ud800'"),
        (b"x" * (MAX_JSON_BYTES + 1), "experiment: at most 2000000 bytes of JSON"),
        ("é" * (MAX_JSON_BYTES // 2 + 1), "experiment: at most 2000000 bytes of JSON"),
        (json.dumps(EXAMPLE)[:-1] + ',"a\\nb": 1}', "experiment: unknown key 'a\\nb'"),
        (json.dumps(with_("seed", 1)).replace("1}", "1e999}"), "seed: must be a whole number"),
    ],
)
def test_what_is_not_json_or_not_an_object_is_refused(source, message):
    assert message in refusal(source)


def test_a_byte_order_mark_is_allowed():
    assert Experiment.from_json(b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode()).steps == 100


def test_python_callers_are_checked_too():
    for change, message in (
        ({"seed": 1.5}, "seed: a whole number"),
        ({"seed": True}, "seed: a whole number"),
        ({"steps": 1}, "steps: T must be between"),
        ({"sampler": "no"}, "sampler.kind: one of"),
        ({"eta": 0.5}, "sampler.eta: only ddim"),
        ({"start": "end"}, "start: one of"),
    ):
        with pytest.raises(InputError, match=message):
            Experiment(**change)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
PATHS = [
    *EXAMPLE,
    *("target.weights", "target.means", "target.covariances", "target.kind", "target.points"),
    *("schedule.kind", "schedule.c0", "schedule.c1", "sampler.kind", "sampler.eta"),
]


def assert_read_or_refused(source: str | bytes) -> None:
    try:
        e = Experiment.from_json(source)
    except InputError as error:
        message = str(error)
        assert message.splitlines() == [message]
        assert len(message) < 400
    else:
        assert_round_trip(e)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text() | st.binary())
def test_any_text_and_bytes_are_read_or_refused(source):
    assert_read_or_refused(source)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(PATHS), JSON)
def test_any_value_anywhere_is_read_or_refused(path, value):
    assert_read_or_refused(json.dumps(with_(path, value)))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5),
    st.floats(-1e6, 1e6),
    st.floats(0, 1e12),
    st.integers(2, 8192),
    st.integers(0, MAX_SEED),
)
def test_any_mixture_on_the_line_survives_a_round_trip(weights, mean, variance, steps, seed):
    total = sum(weights)
    k = len(weights)
    target = GaussianMixture(
        tuple(w / total for w in weights), ((mean,),) * k, (((variance,),),) * k
    )
    assert_round_trip(Experiment(target=target, steps=steps, seed=seed))
