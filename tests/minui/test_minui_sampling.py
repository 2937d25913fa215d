"""Noise, schedules, samplers and guidance against formulas and problems with known solutions."""

# ruff: noqa: E402 - torch is asked for first

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from minui import samplers, samplers_ddim, schedules
from minui.denoiser import Conditioning, Guidance
from minui.discrete import Levels, alphas_cumprod, with_overrides
from minui.noise import PictureNoise, Variation
from minui.philox import PhiloxGenerator
from minui.samplerlist import SAMPLERS, read_names

ALPHAS = alphas_cumprod(0.00085, 0.012)
LEVELS = Levels(ALPHAS)
GAUSSIAN = [sampler for sampler in SAMPLERS if not sampler.over_timesteps]


# ---- the discrete schedule --------------------------------------------------------------------------------------


def test_ends_of_the_noise_table() -> None:
    assert (round(LEVELS.smallest, 5), round(LEVELS.largest, 3)) == (0.02917, 14.615)
    options = SimpleNamespace(use_downcasted_alpha_bar=True, sd_noise_schedule="Default")
    extra: dict[str, object] = {}
    old = Levels(with_overrides(ALPHAS, options, extra))
    assert (old.smallest, round(old.largest, 3)) == (0.03125, 14.609)
    assert extra == {"Downcast alphas_cumprod": True}


def test_zero_terminal_snr_ends_without_signal() -> None:
    options = SimpleNamespace(use_downcasted_alpha_bar=False, sd_noise_schedule="Zero Terminal SNR")
    changed = with_overrides(ALPHAS, options)
    assert float(changed[-1]) < 1e-7
    assert float(changed[0]) == pytest.approx(float(ALPHAS[0]), rel=1e-5)


def test_sigma_and_timestep_are_inverse() -> None:
    timesteps = torch.tensor([0.0, 0.5, 10.25, 500.0, 998.9])
    assert torch.allclose(LEVELS.to_timestep(LEVELS.to_sigma(timesteps)), timesteps, atol=2e-3)
    assert Levels(ALPHAS, quantize=True).to_timestep(LEVELS.sigmas[[3, 700]]).tolist() == [3, 700]


def test_karras_is_its_formula() -> None:
    sigmas = schedules.karras(schedules.Range(5, 0.1, 10.0, LEVELS))
    expected = [(10 ** (1 / 7) + i / 4 * (0.1 ** (1 / 7) - 10 ** (1 / 7))) ** 7 for i in range(5)]
    assert sigmas.tolist() == pytest.approx([*expected, 0.0], rel=1e-5)


@pytest.mark.parametrize("scheduler", [one for one in schedules.SCHEDULERS if one.spread], ids=lambda one: one.name)
@pytest.mark.parametrize("steps", [3, 8, 11, 20])
def test_schedules_fall_within_the_range(scheduler: schedules.Scheduler, steps: int) -> None:
    assert scheduler.spread is not None
    sigmas = scheduler.spread(schedules.Range(steps, LEVELS.smallest, LEVELS.largest, LEVELS))
    assert (sigmas.diff() < 0).all()
    assert float(sigmas[0]) <= LEVELS.largest * 1.001
    assert scheduler.name == "ddim" or len(sigmas) == steps + 1
    assert float(sigmas[-1]) == (pytest.approx(LEVELS.smallest) if scheduler.name == "kl_optimal" else 0.0)


def test_the_beta_quantile_is_that_of_known_distributions() -> None:
    assert schedules.beta_quantile(0.3, 1, 1) == pytest.approx(0.3)
    assert schedules.beta_quantile(0.3, 0.5, 0.5) == pytest.approx(math.sin(math.pi / 2 * 0.3) ** 2, abs=1e-9)
    assert schedules.beta_quantile(0.8, 2, 1) == pytest.approx(0.8**0.5)
    assert (schedules.beta_quantile(0, 2, 3), schedules.beta_quantile(1, 2, 3)) == (0, 1)


def test_names_of_samplers_and_schedule_types() -> None:
    assert read_names("DPM++ 2M Karras", None, back_to_automatic=False) == ("DPM++ 2M", "Karras")
    assert read_names("DPM++ 2M", "Karras") == ("DPM++ 2M", "Automatic")
    assert read_names("Euler a", "karras") == ("Euler a", "Karras")
    assert read_names("Nope", "Nope") == ("DPM++ 2M", "Automatic")
    assert read_names(None, "SGM Uniform") == ("DPM++ 2M", "SGM Uniform")
    assert read_names("Euler SGMUniform", None) == ("Euler", "SGM Uniform")


# ---- samplers: data from a normal distribution have an exact solution ----------------------------------------------

SPREAD = 0.7
"""Standard deviation of the data; then the best denoiser is x * SPREAD^2 / (SPREAD^2 + sigma^2)."""


def _gaussian(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    return x * SPREAD**2 / (SPREAD**2 + sigma.reshape(-1, 1, 1, 1) ** 2)


def _walk(steps: int, **more: float) -> samplers.Walk:
    generator = torch.Generator().manual_seed(1)
    sigmas = schedules.karras(schedules.Range(steps, 0.02, 10.0, LEVELS)).double()
    x = torch.randn(64, 4, 8, 8, generator=generator, dtype=torch.float64) * (SPREAD**2 + 10.0**2) ** 0.5
    return samplers.Walk(
        _gaussian,
        x,
        sigmas,
        lambda: torch.randn(x.shape, generator=generator, dtype=torch.float64),
        lambda _: None,
        **more,
    )


def _error(run: Callable[[samplers.Walk], torch.Tensor], steps: int) -> float:
    walk = _walk(steps, eta=0.0)
    exact = walk.x * SPREAD / (SPREAD**2 + 10.0**2) ** 0.5
    return float((run(walk) - exact).abs().max() / exact.abs().max())


@pytest.mark.parametrize("sampler", GAUSSIAN, ids=lambda sampler: sampler.name)
def test_without_added_noise_samplers_converge_to_the_exact_solution(sampler: object) -> None:
    coarse, fine = _error(sampler.run, 20), _error(sampler.run, 80)
    assert fine < 0.03
    assert fine < coarse
    if sampler.options.get("second_order") or sampler.name in ("DPM++ 2M", "LMS"):
        assert fine < 0.01


@pytest.mark.parametrize("sampler", [one for one in GAUSSIAN if one.uses_eta], ids=lambda sampler: sampler.name)
def test_with_added_noise_the_distribution_is_right(sampler: object) -> None:
    result = sampler.run(_walk(120, eta=1.0))
    assert float(result.std()) == pytest.approx(SPREAD, rel=0.04)
    assert not torch.allclose(result, sampler.run(_walk(120, eta=0.5)))


def test_churn_acts_and_one_step_is_the_denoiser() -> None:
    plain, churned = samplers.euler(_walk(20)), samplers.euler(_walk(20, s_churn=10.0))
    assert not torch.allclose(plain, churned)
    walk = _walk(20)
    walk.sigmas = torch.tensor([10.0, 0.0], dtype=torch.float64)
    for run in (samplers.euler, samplers.dpmpp_2m, samplers.heun, samplers.lms):
        assert torch.allclose(run(walk), _gaussian(walk.x, torch.full((64,), 10.0)))


def _time_walk(steps: int, eta: float = 0.0) -> samplers_ddim.TimeWalk:
    generator = torch.Generator().manual_seed(2)
    timesteps = torch.clip(torch.arange(0, 1000, 1000 // steps) + 1, 0, 999)
    alphas = ALPHAS.double()

    def eps(x: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        alpha = alphas[at.long()].reshape(-1, 1, 1, 1)
        return x * (1 - alpha).sqrt() / (alpha * SPREAD**2 + 1 - alpha)

    last: list[torch.Tensor] = []

    def model(x: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        last[:] = [eps(x, at)]
        return last[0]

    x = torch.randn(64, 4, 8, 8, generator=generator, dtype=torch.float64)
    noise = lambda: torch.randn(x.shape, generator=generator, dtype=torch.float64)  # noqa: E731
    return samplers_ddim.TimeWalk(model, x, timesteps, alphas, noise, lambda _: None, lambda: last[0], eta)


@pytest.mark.parametrize("run", [samplers_ddim.ddim, samplers_ddim.ddim_cfgpp, samplers_ddim.plms])
def test_timestep_samplers_reach_the_datas_spread(run: Callable[[samplers_ddim.TimeWalk], torch.Tensor]) -> None:
    assert float(run(_time_walk(100)).std()) == pytest.approx(SPREAD, rel=0.05)


def test_eta_changes_ddim() -> None:
    assert not torch.allclose(samplers_ddim.ddim(_time_walk(20)), samplers_ddim.ddim(_time_walk(20, eta=1.0)))


# ---- noise ------------------------------------------------------------------------------------------------------


def test_noise_is_torchs_own_for_the_seed_and_ensd_moves_only_later_draws() -> None:
    plain, moved = PictureNoise((4, 2, 3), [7, 8]), PictureNoise((4, 2, 3), [7, 8], ensd=31337)
    first = plain.next()
    assert torch.equal(first[0], torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(7)))
    assert torch.equal(first, moved.next())
    assert not torch.equal(plain.next(), moved.next())
    generator = torch.Generator().manual_seed(8 + 31337)
    assert torch.equal(_second(PictureNoise((4, 2, 3), [8], ensd=31337))[0], torch.randn(4, 2, 3, generator=generator))


def _second(noise: PictureNoise) -> torch.Tensor:
    noise.next()
    return noise.next()


def test_a_batch_is_the_pictures_one_by_one() -> None:
    together = PictureNoise((4, 2, 2), [1, 2]).next()
    assert torch.equal(together[1], PictureNoise((4, 2, 2), [2]).next()[0])


def test_variation_and_resized_seeds() -> None:
    plain = PictureNoise((4, 4, 4), [1]).next()
    assert torch.allclose(PictureNoise((4, 4, 4), [1], variation=Variation([5], 1e-6)).next(), plain, atol=1e-4)
    assert not torch.allclose(PictureNoise((4, 4, 4), [1], variation=Variation([5], 0.5)).next(), plain)
    small = torch.randn(4, 2, 2, generator=torch.Generator().manual_seed(1))
    resized = PictureNoise((4, 4, 4), [1], variation=Variation(height=16, width=16)).next()
    assert torch.equal(resized[0, :, 1:3, 1:3], small)


def test_philox_known_answer() -> None:
    """First numbers of torch.randn(4) with seed 0 on an NVIDIA card, as A1111's own test of this generator has them."""
    numbers = PhiloxGenerator(0).randn((4,))
    assert numbers.tolist() == pytest.approx([-0.92466259, -0.42534415, -2.6438457, 0.14518388], rel=1e-6)


# ---- guidance ---------------------------------------------------------------------------------------------------

OPTIONS = SimpleNamespace(skip_early_cond=0.0, s_min_uncond_all=False, batch_cond_uncond=True)


def _plan(value: float, tokens: int = 3, end: int = 10) -> list[tuple[int, torch.Tensor]]:
    return [(end, torch.full((tokens, 2), value))]


def _inner(x: torch.Tensor, _sigma: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """A model that answers with its conditioning's mean."""
    return torch.ones_like(x) * context.mean(dim=(1, 2)).reshape(-1, 1, 1, 1)


def _guided(
    positive: Sequence[tuple[list[tuple[int, torch.Tensor]], float]], scale: float, tokens: int = 3, **more: float
) -> Guidance:
    guidance = Guidance(_inner, Conditioning([list(positive)], [_plan(1.0, tokens)]), scale, OPTIONS, lambda: False)
    for name, value in more.items():
        setattr(guidance, name, value)
    return guidance


X, SIGMA = torch.zeros(1, 4, 2, 2), torch.tensor([1.0])


@pytest.mark.parametrize("tokens", [3, 6])
def test_the_cfg_formula(tokens: int) -> None:
    answer = _guided([(_plan(3.0), 1.0)], 7.0, tokens)(X, SIGMA)
    assert float(answer[0, 0, 0, 0]) == pytest.approx(1 + 7 * (3 - 1))


def test_parts_joined_by_and_are_summed_with_their_weights() -> None:
    answer = _guided([(_plan(3.0), 0.5), (_plan(5.0, tokens=6), 0.25)], 2.0)(X, SIGMA)
    assert float(answer.mean()) == pytest.approx(1 + 2 * (0.5 * 2 + 0.25 * 4))


def test_prompt_editing_follows_the_calls() -> None:
    plan = [(1, torch.full((3, 2), 3.0)), (9, torch.full((3, 2), 9.0))]
    guidance = _guided([(plan, 1.0)], 1.0)
    assert [float(guidance(X, SIGMA).mean()) for _ in range(4)] == [3.0, 3.0, 9.0, 9.0]


def test_the_negative_prompt_can_be_skipped_on_odd_steps_below_a_sigma() -> None:
    guidance = _guided([(_plan(3.0), 1.0)], 7.0, skip_uncond_below=2.0)
    assert [float(guidance(X, SIGMA).mean()) for _ in range(2)] == [15.0, 3.0]
    assert guidance.notes == {"NGMS": 2.0}


def test_an_interrupt_leaves_the_sampler() -> None:
    from minui.errors import Interrupted

    guidance = Guidance(_inner, Conditioning([[(_plan(3.0), 1.0)]], [_plan(1.0)]), 7.0, OPTIONS, lambda: True)
    with pytest.raises(Interrupted):
        guidance(X, SIGMA)
