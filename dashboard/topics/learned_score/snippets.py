"""Python that gives the numbers of each view of the page on learned scores."""

from __future__ import annotations

from dashboard.exports.snippets import described
from dashboard.topics.learned_score import acceleration_words
from dashboard.topics.learned_score.acceleration import Acceleration
from dashboard.topics.learned_score.generalisation import KINDS, NEAREST, Samples, pair
from diffusion_core import Experiment


def of_view(view: str, run: Experiment) -> str:
    """The Python of one of ``VIEWS``."""
    if view == "acceleration":
        return acceleration_words.snippet(Acceleration(run))
    return {"samples": samples, "memory": memory}.get(view, training)(run)


def training(experiment: Experiment) -> str:
    """Train, look at the losses, and compare with the truth and the training set."""
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.studies.memorisation import memorised, nearest_training
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score

{described(experiment)}
print("eps_score", eps_score(experiment).value, "eps_Jacobi", eps_jacobi(experiment).value)
if experiment.target.dim <= 2:
    method = "exact" if experiment.target.dim == 1 else "particles"
    print("TV to the truth", measure(experiment, "tv", method).value)
if experiment.target.dim == 1:
    print("TV to the training set", memorised(experiment).value)
print("nearest training points, output/fresh", nearest_training(experiment).ratio)
"""


def samples(run: Experiment) -> str:
    """Both sizes of the score's error, and TV, for scores learned from more and more samples."""
    work = Samples(run)
    runs = [(kind, n) for kind in KINDS for n in work.counts(kind)]
    metric, method, particles, _ = work.how
    how = f'"{metric}", "{method}"' + (f", {particles}" if method == "particles" else "")
    return f"""from dataclasses import replace

from diffusion_core import Experiment, Refused, measure
from diffusion_core.scores.learned import Empirical, Learned
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score

{described(work.exact)}
model = {work.model!r}
print("exact", measure(experiment, {how}).value)
for kind, n in {runs!r}:
    error = replace(model, samples=n) if kind == "learned" else Empirical(n, model.seed)
    run = experiment.with_(score_error=error)
    try:
        tv = measure(run, {how}).value
    except Refused as reason:
        tv = reason
    print(kind, n, eps_score(run).value, eps_jacobi(run).value, tv)
"""


def memory(run: Experiment) -> str:
    """Distances of both runs to the truth and to the training set."""
    runs = [each.to_json() for each in pair(run)]
    metric, method, particles, _ = Samples(run).how
    how = f'"{metric}", "{method}"' + (f", {particles}" if method == "particles" else "")
    line = "\n    print('TV to the training set', memorised(run).value)"
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.studies.memorisation import memorised, nearest_training

for text in (
    {runs[0]!r},
    {runs[1]!r},
):
    run = Experiment.from_json(text)
    print(run.score_error)
    print('TV to the truth', measure(run, {how}).value){line if run.target.dim == 1 else ""}
    near = nearest_training(run, {NEAREST})
    print("nearest training point", near.output.value, "of fresh draws", near.fresh.value)
    print("output/fresh", near.ratio)
"""
