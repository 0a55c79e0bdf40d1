"""Our particles beside the libraries that a reader would use instead, with the exact score.

    python -m venv /tmp/libraries
    /tmp/libraries/bin/pip install -r benchmarks/requirements-libraries.txt
    /tmp/libraries/bin/pip install "numpy>=2.2" "setuptools<70"
    PYTHONPATH=. OPENBLAS_NUM_THREADS=1 /tmp/libraries/bin/python benchmarks/_against_libraries.py

The same target, schedule, particles and float64 for all, in one run. The libraries get the exact
E[X_0 | X_t] as a careful user writes it in torch: a softmax over components, then a weighted mean;
with one width for all, squared distances are expanded into one matrix product, which took about
half the time of differences (N, K, d). Before anything is timed the deterministic samplers run from
the same noise, and the largest difference of an end point is printed: all compute the same thing
(diffusers keeps its coefficients in float32). Best of ROUNDS, each in turn within a round.

By default CPU seconds of one thread, which other work on the machine moves least; ``--threads 2``
measures seconds by the clock with two threads each, and needs a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from functools import partial

import azula.denoise
import azula.noise
import azula.sample
import diffusers
import k_diffusion.sampling
import numpy as np
import torch

from diffusion_core import PRESETS, Experiment
from diffusion_core.laws import particles
from diffusion_core.laws.particles import final_points
from diffusion_core.targets import GaussianMixture, Points

PARTICLES, STEPS, ROUNDS = 10_000, 20, 3
SAMPLERS = ("ddim", "ddpm", "heun", "dpmpp-2m")


class Denoised:
    """E[X_0 | X_t = x] for x (N, d), and the noise eps = (x - sqrt(abar) E[X_0 | x])/sqrt(var)."""

    def __init__(self, target: GaussianMixture | Points) -> None:
        if isinstance(target, Points):
            means, n = np.array(target.points), len(target.points)
            weights, variances = np.full(n, 1 / n), np.full(n, target.bandwidth**2)
        else:
            means, weights = np.array(target.means), np.array(target.weights)
            variances = np.array(target.covariances)[:, 0, 0]
        self.means, self.variances = torch.tensor(means), torch.tensor(variances)
        self.log_weights = torch.tensor(weights / weights.sum()).log()
        self.one_width = bool((variances == variances[0]).all())

    def __call__(self, x: torch.Tensor, abar: float, var: float) -> torch.Tensor:
        root, v = math.sqrt(abar), abar * self.variances + var
        if self.one_width:  # |x|^2 is common to all components and cancels
            along = root * (x @ self.means.T) - abar / 2 * self.means.square().sum(dim=-1)
            logits = self.log_weights + along / v
        else:
            squares = (x[:, None] - root * self.means).square().sum(dim=-1)
            logits = self.log_weights - x.shape[1] / 2 * v.log() - squares / (2 * v)
        r = torch.softmax(logits, dim=-1)
        # E[X_0 | x, k] = m_k + root c_k/v_k (x - root m_k)
        gain = root * self.variances / v
        return r @ ((1 - root * gain)[:, None] * self.means) + (r @ gain)[:, None] * x

    def noise(self, x: torch.Tensor, abar: float, var: float) -> torch.Tensor:
        return (x - math.sqrt(abar) * self(x, abar, var)) / math.sqrt(var)


Runner = Callable[[torch.Tensor], torch.Tensor]
Clock = Callable[[], float]


def with_diffusers(e: Experiment, sampler: str, denoised: Denoised) -> Runner:
    kind = {
        "ddim": lambda **k: diffusers.DDIMScheduler(clip_sample=False, **k),
        "ddpm": lambda **k: diffusers.DDPMScheduler(clip_sample=False, **k),
        "heun": diffusers.HeunDiscreteScheduler,
        "dpmpp-2m": lambda **k: diffusers.DPMSolverMultistepScheduler(
            timestep_spacing="trailing", lower_order_final=False, **k
        ),
    }[sampler]
    chain, steps = e.chain, e.steps

    def run(x: torch.Tensor) -> torch.Tensor:
        scheduler = kind(num_train_timesteps=steps, trained_betas=chain.beta[1 : steps + 1])
        scheduler.set_timesteps(steps)
        if sampler == "heun":
            x = x / math.sqrt(chain.abar[steps])
        # its last step goes on to t = 0; Heun has two evaluations a step
        for t in scheduler.timesteps[: 2 * (steps - 1) if sampler == "heun" else steps - 1]:
            k = int(t) + 1
            given = scheduler.scale_model_input(x, t)
            eps = denoised.noise(given, chain.abar[k], chain.var[k])
            x = scheduler.step(eps, t, x).prev_sample
        return x * math.sqrt(chain.abar[1]) if sampler == "heun" else x

    return run


class OurSchedule(azula.noise.Schedule):
    """Time 0 to 1 is t = 1..T."""

    def __init__(self, e: Experiment) -> None:
        self.abar, self.var = torch.tensor(e.chain.abar), torch.tensor(e.chain.var)
        self.steps = e.steps

    def __call__(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        k = 1 + torch.round(t * (self.steps - 1)).long()
        return self.abar[k].sqrt(), self.var[k].sqrt()


class AzulaDenoiser(azula.denoise.Denoiser):
    def __init__(self, e: Experiment, denoised: Denoised) -> None:
        super().__init__()
        self.schedule, self.denoised = OurSchedule(e), denoised

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> azula.denoise.DiracPosterior:
        alpha, sigma = self.schedule(t)
        return azula.denoise.DiracPosterior(self.denoised(x, float(alpha**2), float(sigma**2)))


def with_azula(e: Experiment, sampler: str, denoised: Denoised) -> Runner | None:
    kind = {
        "ddim": azula.sample.DDIMSampler,
        "ddpm": azula.sample.DDPMSampler,
        "heun": azula.sample.HeunSampler,
    }.get(sampler)
    if kind is None:
        return None
    steps, denoiser = e.steps - 1, AzulaDenoiser(e, denoised)

    def run(x: torch.Tensor) -> torch.Tensor:
        return kind(denoiser, steps=steps, silent=True, dtype=torch.float64)(x)

    return run


def with_k_diffusion(e: Experiment, sampler: str, denoised: Denoised) -> Runner:
    kind = {
        "ddim": k_diffusion.sampling.sample_euler,
        "ddpm": k_diffusion.sampling.sample_euler_ancestral,
        "heun": k_diffusion.sampling.sample_heun,
        "dpmpp-2m": k_diffusion.sampling.sample_dpmpp_2m,
    }[sampler]
    chain = e.chain
    sigmas = torch.tensor(np.sqrt(chain.var[1:-1] / chain.abar[1:-1])[::-1].copy())

    def model(u: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        square = float(sigma[0]) ** 2
        abar = 1 / (1 + square)
        return denoised(u * math.sqrt(abar), abar, square * abar)

    def run(x: torch.Tensor) -> torch.Tensor:
        u = kind(model, x / math.sqrt(chain.abar[e.steps]), sigmas, disable=True)
        return u * math.sqrt(chain.abar[1])

    return run


LIBRARIES = {"diffusers": with_diffusers, "azula": with_azula, "k-diffusion": with_k_diffusion}


def measured(e: Experiment, runs: dict[str, Runner], clock: Clock) -> dict[str, float]:
    """The best seconds of each, ours among them."""
    start = start_of(e)
    works: dict[str, Callable[[], object]] = {"ours": partial(final_points, e, PARTICLES)}
    works |= {lib: partial(run, start) for lib, run in runs.items()}
    best = dict.fromkeys(works, math.inf)
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = clock()
            work()
            best[name] = min(best[name], clock() - begun)
    return best


def start_of(e: Experiment) -> torch.Tensor:
    """Y_T as ours starts from the same seed."""
    rng = np.random.default_rng(e.seed)
    return torch.tensor(rng.standard_normal((PARTICLES, e.target.dim)))


def compare(name: str, target: GaussianMixture | Points, clock: Clock) -> None:
    for sampler in SAMPLERS:
        ancestral = sampler == "ddpm"  # theirs is DDIM with eta = 1
        kind = "ddim" if ancestral else sampler
        e = Experiment(target=target, sampler=kind, eta=float(ancestral), steps=STEPS)
        made = {lib: of(e, sampler, Denoised(target)) for lib, of in LIBRARIES.items()}
        runs = {lib: run for lib, run in made.items() if run is not None}
        ours = torch.tensor(final_points(e, PARTICLES))
        gap = max(float((run(start_of(e)) - ours).abs().max()) for run in runs.values())
        best = measured(e, runs, clock)
        rate = PARTICLES * (STEPS - 1) / best["ours"] / 1e6
        times = {lib: f"{best[lib] / best['ours']:.1f}" if lib in best else "-" for lib in made}
        others = "".join(f"{found:>12s}" for found in times.values())
        checked = "drawn" if ancestral else f"{gap:.0e}"
        print(f"{name:14s} {sampler:10s} {rate:9.2f} {others}   {checked}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help="a part of a target's name; all by default")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    particles.THREADS = options.threads
    clock = time.process_time if options.threads == 1 else time.perf_counter
    moons = PRESETS["two-moons"].target.sample(1000, np.random.default_rng(0))
    targets = {
        "ring of eight": PRESETS["ring-of-8"].target,
        "1,000 atoms": Points(tuple(map(tuple, moons.tolist()))),
        "three modes": PRESETS["three-modes"].target,
    }
    print(f"{PARTICLES} particles, T = {STEPS}; times that a library takes of ours")
    heads = "".join(f"{lib:>12s}" for lib in LIBRARIES)
    print(f"{'target':14s} {'sampler':10s} {'M steps/s':>9s} {heads}   largest difference")
    for name, target in targets.items():
        if not options.targets or any(part in name for part in options.targets):
            compare(name, target, clock)


if __name__ == "__main__":
    main()
