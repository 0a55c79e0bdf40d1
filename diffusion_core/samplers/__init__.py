"""The samplers: one file an update or family of updates, with all that is known of it."""

from diffusion_core.errors import InputError
from diffusion_core.samplers.accelerated_ddpm import DDPM_COVARIANCE
from diffusion_core.samplers.accelerated_ode import ODE_TAYLOR
from diffusion_core.samplers.ddim import ddim_sampler
from diffusion_core.samplers.ddpm import DDPM
from diffusion_core.samplers.dpmpp import DPMPP_2M, DPMPP_3M
from diffusion_core.samplers.heun import HEUN
from diffusion_core.samplers.langevin import NAME as LANGEVIN
from diffusion_core.samplers.langevin import Corrector, annealed_langevin, corrected
from diffusion_core.samplers.ode import ODE
from diffusion_core.samplers.ode_order import NAME as ODE_ORDER
from diffusion_core.samplers.ode_order import ode_order_sampler
from diffusion_core.samplers.own import own_sampler
from diffusion_core.samplers.record import SEED_ARXIV, Sampler
from diffusion_core.samplers.step import advance, reverse_chain
from diffusion_core.samplers.training_free_ddpm import DDPM_ACCELERATED
from diffusion_core.samplers.training_free_ode import ODE_ACCELERATED

_ALL = (
    # the seed paper's four, in the order of its theorems
    *(ODE, ODE_TAYLOR, DDPM, DDPM_COVARIANCE),
    *(ODE_ACCELERATED, DDPM_ACCELERATED),
    *(ddim_sampler(), HEUN, DPMPP_2M, DPMPP_3M, ode_order_sampler()),
    annealed_langevin(),
)
SAMPLERS: dict[str, Sampler] = {sampler.name: sampler for sampler in _ALL}
PAPER_SAMPLERS = tuple(sampler.name for sampler in _ALL if sampler.equation)


def sampler_record(
    kind: str,
    eta: float = 0.0,
    order: int | None = None,
    rounds: int | None = None,
    corrector: Corrector | None = None,
) -> Sampler:
    """The record called ``kind``; InputError names what exists.

    eta: of ddim alone.  order, rounds: of ode-order alone, None where it is to choose.
    corrector: Langevin steps after the update; of langevin its own, None where it is to choose.
    """
    if kind not in SAMPLERS:
        raise InputError(f"sampler.kind: one of {', '.join(SAMPLERS)}, got {kind!r}")
    if kind != "ddim" and eta != 0.0:
        raise InputError(f"sampler.eta: only ddim takes eta, not {kind}")
    if not 0 <= eta <= 1:
        raise InputError(f"sampler.eta: must be between 0 and 1, got {eta!r}")
    for name, given in (("order", order), ("rounds", rounds)):
        if given is not None and kind != ODE_ORDER:
            raise InputError(f"sampler.{name}: only {ODE_ORDER} takes {name}, not {kind}")
    if corrector is None:
        return _predictor(kind, eta, order, rounds)
    if kind == LANGEVIN:
        return annealed_langevin(corrector)
    return corrected(_predictor(kind, eta, order, rounds), corrector)


def _predictor(kind: str, eta: float, order: int | None, rounds: int | None) -> Sampler:
    if kind == ODE_ORDER:
        return ode_order_sampler(order, rounds)
    return ddim_sampler(eta) if kind == "ddim" else SAMPLERS[kind]


__all__ = [
    "LANGEVIN",
    "ODE_ORDER",
    "PAPER_SAMPLERS",
    "SAMPLERS",
    "SEED_ARXIV",
    "Corrector",
    "Sampler",
    "advance",
    "corrected",
    "own_sampler",
    "reverse_chain",
    "sampler_record",
]
