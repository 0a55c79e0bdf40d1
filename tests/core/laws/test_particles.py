"""Particles in blocks and on threads: the same numbers as the plain loop over all of them."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, own_sampler
from diffusion_core.laws import particles
from diffusion_core.samplers import SAMPLERS, reverse_chain

COUNT = 18_000  # several blocks, of the line and of the plane


@pytest.mark.parametrize("name", ["three-modes", "ring-of-8"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_blocks_on_threads_give_what_one_loop_over_all_particles_gives(name, sampler, monkeypatch):
    e = Experiment(target=PRESETS[name].target, sampler=sampler, steps=6, seed=3)
    rng = np.random.default_rng(e.seed)
    start = rng.standard_normal((COUNT, e.target.dim))
    *_, (_, plain) = reverse_chain(e.record, e.chain, e.score, start, rng.standard_normal)
    found = particles.final_points(e, COUNT)
    assert found == pytest.approx(plain, rel=1e-9, abs=1e-9)
    monkeypatch.setattr(particles, "THREADS", 1)
    assert (particles.final_points(e, COUNT) == found).all()


def test_the_plain_updates_run_on_more_than_one_thread():
    met, both = set(), threading.Barrier(2, timeout=60)
    e = Experiment(steps=2)

    class Meeting:
        """Answers once two threads have asked."""

        def __call__(self, t, x):
            met.add(threading.get_ident())
            both.wait()
            return e.score(t, x)

    with particles.ThreadPoolExecutor(2) as threads:
        y, no_noise = np.zeros((particles.AHEAD * particles.BLOCK, 1)), np.zeros
        particles._in_blocks(threads, e.record, y, 2, e.chain, Meeting(), no_noise, None)
    assert len(met) == 2


def test_a_step_of_ones_own_is_never_called_by_two_threads_at_once():
    inside = threading.Lock()

    def step(y, t, chain, score):
        assert inside.acquire(blocking=False)
        try:
            return y / np.sqrt(chain.alpha[t])
        finally:
            inside.release()

    e = Experiment(sampler=own_sampler(step, "mine"), steps=20)
    assert len(particles.final_points(e, COUNT)) == COUNT
