"""Where the rates come from, in numbers: one step against its size, T steps together, KL of paths.

A method whose single step errs by O(beta^{m+1}) and that makes T steps of size beta ~ log T/T ends
with an error of T (log T/T)^{m+1} = log^{m+1} T/T^m. Each part can be measured on its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import InputError
from diffusion_core.experiment import Experiment
from diffusion_core.measure import measure_all
from diffusion_core.samplers import Sampler
from diffusion_core.samplers.ode import ode
from diffusion_core.samplers.update import kernel, unmarked
from diffusion_core.schedules import Array, Chain, Custom, Schedule, check_range
from diffusion_core.scores.exact import ExactScore
from diffusion_core.studies.forward import relative_steps
from diffusion_core.targets.gallery import line_mixture

LARGEST_STEP = 0.2
HALVINGS = 6
PROBES = 64  # points of p_t at which identities are tried
MOST_TIMES = 200
SPREAD, KERNEL_NODES = 12.0, 601  # of the reverse kernel, in its standard deviations
NO_SHIFT = 1e-12  # of (beta^2/4) s'', which is rounding where the score is linear
NOISE_REACH, NOISE_NODES = 8.5, 257  # for a normal that a step draws before its last


def single_step(experiment: Experiment, noise: float, beta: float) -> Experiment:
    """The run whose TV(q_1, p_1) is TV(K p_t, p_{t-1}): one step K of size beta from p_t itself.

    noise: 1 - abar_t, larger than beta. InputError outside 0 < beta < noise < 1.
    """
    check_range("noise", noise, 1e-6, 1 - 1e-6)
    if not 0 < beta < noise:
        raise InputError(f"beta: must be between 0 and the noise {noise:g}, got {beta!r}")
    abar = 1 - noise
    two = Custom((abar / (1 - beta), abar))
    return experiment.with_(schedule=two, steps=2, start="exact", score_error=None, seed=0)


def step_sizes(noise: float) -> tuple[float, ...]:
    """Seven halvings from the largest beta with which a step from this noise level makes sense."""
    return tuple(min(LARGEST_STEP, noise / 2) * 0.5**k for k in range(HALVINGS + 1))


def sum_of_powers(chain: Chain, power: int) -> float:
    """sum_{t=2}^T h_t^power, h_t = (1 - alpha_t)/(alpha_t - abar_t) the relative step."""
    return float((relative_steps(chain) ** power).sum())


@dataclass(frozen=True)
class PathAndMarginal:
    """DDPM for N(0, v) on the line, from p_T: what its whole path is away, and what its end is.

    path: KL(law of (X_1..X_T) || law of (Y_1..Y_T)). floor: what no schedule with these ends and
    this T can beat. marginal: KL(p_1 || q_1). tv: TV(q_1, p_1).
    """

    steps: int
    path: float
    floor: float
    marginal: Distance
    tv: Distance

    @property
    def path_bound(self) -> float:
        """Pinsker: TV(q_1, p_1) <= sqrt(KL/2), with the KL of the paths."""
        return math.sqrt(self.path / 2)

    @property
    def marginal_bound(self) -> float:
        """The same with the KL of the marginals."""
        return math.sqrt(self.marginal.value / 2)


def path_and_marginal(schedule: Schedule, steps: int, variance: float) -> PathAndMarginal:
    """Both in closed form; in d equal independent dimensions both KL are d times as large."""
    target = line_mixture((1.0,), (0.0,), (math.sqrt(variance),))
    run = Experiment(target, schedule, "ddpm", steps=steps, start="exact")
    found = measure_all(run, ("kl", "tv"))
    path, floor = path_kl(run.chain, variance)
    kl, tv = (Distance(found[m].value, found[m].error) for m in ("kl", "tv"))
    return PathAndMarginal(steps, path, floor, kl, tv)


def path_kl(chain: Chain, variance: float) -> tuple[float, float]:
    """KL of DDPM's path for N(0, v), and (sum_t x_t)^2 / (4 (T-1)), which it cannot be below.

    Given X_t, X_{t-1} has the mean of DDPM's step and the variance (beta_t/alpha_t)(1 - x_t), where
    DDPM takes beta_t/alpha_t; x_t = beta_t/V_t, V_t = abar_t v + 1 - abar_t. So step t adds
    (-x_t - log(1 - x_t))/2 >= x_t^2/4, and the chain rule adds up the steps.
    """
    t = np.arange(2, chain.steps + 1)
    x = chain.beta[t] / (chain.abar[t] * variance + chain.var[t])
    path = 0.5 * float((-x - np.log1p(-x)).sum())
    return path, float(x.sum()) ** 2 / (4 * len(t))


def euler_difference(experiment: Experiment) -> float:
    """The largest |Y_{t-1} of the ODE sampler - Euler's|, relative, at up to 200 t and 64 points.

    Euler's rule is for du/d(sigma^2) = -S/2 with u = x/sqrt(abar), sigma^2 = 1/abar - 1 and
    S = sqrt(abar) s; it differs from the sampler in rounding only.
    """
    chain, score = experiment.chain, ExactScore(experiment.target, experiment.chain)
    x0 = experiment.target.sample(PROBES, np.random.default_rng(experiment.seed))
    worst = 0.0
    for t in np.unique(np.linspace(2, chain.steps, MOST_TIMES).astype(int)).tolist():
        y, root = math.sqrt(chain.abar[t]) * x0, math.sqrt(chain.abar[t])
        step = chain.beta[t] / chain.abar[t]  # sigma_t^2 - sigma_{t-1}^2
        euler = math.sqrt(chain.abar[t - 1]) * (y / root + step / 2 * root * score(t, y))
        size = np.abs(y).max() + np.abs(euler).max()
        worst = max(worst, float(np.abs(ode(y, t, chain, score, unmarked) - euler).max() / size))
    return worst


@dataclass(frozen=True)
class ReverseKernel:
    """The law of X_{t-1} given X_t = x at some x (N,): by quadrature, and by the score.

    From the score: E = (x + beta s)/sqrt(alpha) and Var = (beta/alpha)(1 + beta H), H = s'.
    """

    x: Array
    mean: Array
    variance: Array
    mean_by_score: Array
    variance_by_score: Array
    beta: float

    @property
    def mean_defect(self) -> float:
        """The largest difference of the means, over the step's noise sqrt(beta)."""
        return float(np.abs(self.mean - self.mean_by_score).max()) / math.sqrt(self.beta)

    @property
    def variance_defect(self) -> float:
        """The largest relative difference of the variances."""
        return float(np.abs(self.variance_by_score / self.variance - 1).max())

    @property
    def ddpm_ratio(self) -> tuple[float, float]:
        """Least and largest ratio of the true variance to DDPM's, beta/alpha."""
        ratio = self.variance * (1 - self.beta) / self.beta
        return float(ratio.min()), float(ratio.max())


def reverse_kernel(experiment: Experiment, noise: float, beta: float) -> ReverseKernel:
    """At quantiles of p_t on the line, where ``single_step`` starts; by the trapezoid rule."""
    run = single_step(experiment, noise, beta)
    score, x = ExactScore(run.target, run.chain), _draws(run)
    alpha = 1 - beta
    reach = SPREAD * math.sqrt(beta / alpha)
    near = (x + beta * score(2, x)) / math.sqrt(alpha) + np.linspace(-reach, reach, KERNEL_NODES)
    before = run.target.marginal(run.chain.level(1)).log_density(near.reshape(-1, 1))
    log_weight = before.reshape(near.shape) - (x - math.sqrt(alpha) * near) ** 2 / (2 * beta)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = (weight * near).sum(axis=1)
    variance = (weight * (near - mean[:, None]) ** 2).sum(axis=1)
    h = score.jacobian(2, x)[:, 0, 0]
    by_score = ((x + beta * score(2, x)) / math.sqrt(alpha))[:, 0]
    return ReverseKernel(x[:, 0], mean, variance, by_score, beta / alpha * (1 + beta * h), beta)


def _draws(run: Experiment) -> Array:
    """Points of p_T, (PROBES, d), the same for the same seed."""
    chain, rng = run.chain, np.random.default_rng(run.seed)
    x0 = run.target.sample(PROBES, rng)
    z = rng.standard_normal(x0.shape)
    return math.sqrt(chain.abar[run.steps]) * x0 + math.sqrt(chain.var[run.steps]) * z


@dataclass(frozen=True)
class StepMoments:
    """What one step of a stochastic sampler misses of X_{t-1} given X_t = x, at points x of p_t.

    mean_error (N,): E[Y_{t-1} | Y_t = x] - E[X_{t-1} | X_t = x]. variance_error (N,): the same of
    the variances. shift (N,): (beta^2/4) s_t''(x) / sqrt(alpha_t), what a score asked at a point
    with noise of variance beta/2 adds to the mean, to leading order.
    """

    x: Array
    mean_error: Array
    variance_error: Array
    shift: Array
    beta: float

    @property
    def mean_size(self) -> float:
        """Root mean square of the mean's error."""
        return float(np.sqrt((self.mean_error**2).mean()))

    @property
    def variance_size(self) -> float:
        """Root mean square of the variance's error."""
        return float(np.sqrt((self.variance_error**2).mean()))

    @property
    def shifts(self) -> float:
        """The multiple of ``shift`` nearest to the mean's error, by least squares; 0 where s'' is
        0 up to rounding, as for a Gaussian."""
        size = float(self.shift @ self.shift)
        return float(self.mean_error @ self.shift) / size if size > NO_SHIFT**2 else 0.0


def step_moments(experiment: Experiment, noise: float, beta: float) -> StepMoments:
    """Mean and variance of one step of the experiment's sampler against the truth, on the line.

    The sampler's by the trapezoid rule over the normals that it draws; the truth from the score, as
    in ``ReverseKernel``. InputError for a target off the line and for a sampler without noise.
    """
    run = single_step(experiment, noise, beta)
    if run.target.dim != 1:
        raise InputError(f"target: must be on the line, got {run.target.dim} dimensions")
    if not run.record.stochastic:
        raise InputError(f"sampler: must be a stochastic one, got {run.record.name}")
    score, x = ExactScore(run.target, run.chain), _draws(run)
    mean, variance = _noise_moments(run.record, x, run.chain, score)
    alpha, s, h = 1 - beta, score(2, x)[:, 0], score.jacobian(2, x)[:, 0, 0]
    return StepMoments(
        x[:, 0],
        mean - (x[:, 0] + beta * s) / math.sqrt(alpha),
        variance - beta / alpha * (1 + beta * h),
        beta**2 / 4 * score.trace_gradient(2, x)[:, 0] / math.sqrt(alpha),
        beta,
    )


def _noise_moments(
    sampler: Sampler, x: Array, chain: Chain, score: ExactScore
) -> tuple[Array, Array]:
    """Mean and variance of the step from t = 2, given x (N, 1); (N,) each.

    The normals before the last stage's are integrated by the trapezoid rule.
    """
    nodes = np.linspace(-NOISE_REACH, NOISE_REACH, NOISE_NODES)
    y, weight = x, np.ones(1)
    for stage in sampler.stages[:-1]:
        near = np.broadcast_to(y, (NOISE_NODES, *y.shape)).reshape(-1, 1)
        y = kernel(stage, near, 2, chain, score).at(np.repeat(nodes, len(y))[:, None])
        weight = np.outer(np.exp(-(nodes**2) / 2), weight).ravel()
    law = kernel(sampler.stages[-1], y, 2, chain, score)
    ends, deviation = (v.reshape(len(weight), len(x)) for v in (law.mean, law.deviation))
    weight = weight / weight.sum()
    mean = weight @ ends
    return mean, weight @ ((ends - mean) ** 2 + deviation**2)
