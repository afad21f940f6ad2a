"""The process: exact where it can be checked, with slopes that agree with differences."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from runstone.sweeps.acquisition import Acquisition, log_h
from runstone.sweeps.encoding import Floats
from runstone.sweeps.gp import Likelihood, Posterior, Priors, fit, sample

rng = np.random.default_rng(1)
X = np.column_stack([rng.random((25, 3)), rng.integers(3, size=25)])
CATEGORY = np.array([False, False, False, True])
Y = np.sin(4 * X[:, 0]) + X[:, 1] * (X[:, 3] - 1)
Y = (Y - Y.mean()) / Y.std()
THETA = np.log(np.array([0.5, 0.8, 3.0, 1.2, 0.4, 1.1, 1e-3]))


def test_the_likelihood_has_the_slope_it_says() -> None:
    likelihood = Likelihood(X, Y, CATEGORY, Priors.for_axes(4), extra=np.full(25, 0.01))
    value, slope = likelihood(THETA)
    assert value == pytest.approx(likelihood.value(THETA))
    assert slope == pytest.approx(approx_fprime(THETA, likelihood.value, 1e-6), rel=1e-3, abs=1e-3)


def test_the_posterior_goes_through_the_data_and_widens_away_from_it() -> None:
    posterior = Posterior(X, Y, CATEGORY, THETA)
    mean, variance = posterior.predict(X)
    assert mean == pytest.approx(Y, abs=0.1)
    away = X + np.array([5.0, 5.0, 0.0, 0.0])
    assert variance.max() < posterior.predict(away)[1].min()
    # What a choice is worth by itself is known from far away too; the rest is not.
    kernel = posterior.kernel
    assert posterior.predict(away)[1].min() > 0.95 * (1.0 - kernel.share) * kernel.amplitude
    assert posterior.predict(away)[1].max() < 0.9 * kernel.amplitude


def test_believing_keeps_the_mean_and_takes_the_doubt_away() -> None:
    posterior = Posterior(X, Y, CATEGORY, THETA)
    points = np.array([[0.5, 0.5, 0.5, 1.0], [0.1, 0.9, 0.4, 2.0]])
    believing = posterior.believing(points)
    assert believing.predict(X)[0] == pytest.approx(posterior.predict(X)[0], abs=1e-3)
    assert (believing.predict(points)[1] < 0.1 * posterior.predict(points)[1]).all()


def test_the_acquisition_has_the_slope_it_says() -> None:
    draws = [Posterior(X, Y, CATEGORY, THETA), Posterior(X, Y, CATEGORY, THETA + 0.3)]
    acquisition = Acquisition(draws, [float(Y.min()), float(Y.min()) + 0.1])
    for point in rng.random((5, 4)) * np.array([1.0, 1.0, 1.0, 0.0]):
        value, slope = acquisition.with_slopes(point[None, :])
        assert value == pytest.approx(acquisition(point[None, :]))
        by_difference = approx_fprime(point, lambda p: acquisition(p[None, :])[0], 1e-6)
        assert slope[0][:3] == pytest.approx(by_difference[:3], rel=2e-3, abs=2e-3)
        assert slope[0][3] == 0.0


def test_the_most_hopeful_reading_does_not_decide_alone() -> None:
    draws = [Posterior(X, Y, CATEGORY, THETA + shift) for shift in (0.0, -1.5)]
    best = float(Y.min()) - 1.0
    points = rng.random((50, 4)) * np.array([1.0, 1.0, 1.0, 0.0])
    one, other = (Acquisition([draw], [best])(points) for draw in draws)
    both = Acquisition(draws, [best, best])(points)
    assert (np.abs(one - other) > 1.0).any()
    assert (both <= np.logaddexp(one, other) - np.log(2.0) + 1e-9).all()
    assert (both >= (one + other) / 2 - 1e-9).all()
    assert both == pytest.approx(2.0 * np.log((np.exp(one / 2) + np.exp(other / 2)) / 2))
    assert Acquisition(draws[:1] * 3, [best] * 3)(points) == pytest.approx(one)


def test_log_h_is_smooth_and_rises_everywhere() -> None:
    z = np.linspace(-2000.0, 50.0, 40_001)
    h = log_h(z)
    assert np.isfinite(h).all()
    assert (np.diff(h) > 0).all()
    assert log_h(np.array([0.0]))[0] == pytest.approx(-0.5 * np.log(2 * np.pi))
    assert log_h(np.array([-3.0]))[0] == pytest.approx(np.log(3.822e-4), abs=1e-3)


def test_fit_finds_the_relevant_axes() -> None:
    likelihood = Likelihood(X, Y, CATEGORY, Priors.for_axes(4))
    theta, value = fit(likelihood, likelihood.mean)
    assert value < likelihood(likelihood.mean)[0]
    assert theta[2] > theta[0]  # the third axis changes nothing, so its scale grows


def test_sample_draws_from_the_density_given() -> None:
    drawn = np.array(
        sample(
            lambda t: float(0.5 * ((t - 2.0) ** 2).sum()),
            np.zeros(2),
            np.ones(2),
            800,
            np.random.default_rng(0),
        )
    )
    assert drawn[50:].mean(axis=0) == pytest.approx([2.0, 2.0], abs=0.2)
    assert drawn[50:].std(axis=0) == pytest.approx([1.0, 1.0], abs=0.2)


@pytest.mark.parametrize(("across", "share"), [(np.array([30.0]), 0.5), (None, 0.0)])
def test_draws_pass_between_modes_only_along_the_way_across(across: Floats | None, share: float) -> None:
    drawn = sample(
        lambda t: float(-np.logaddexp(-0.5 * t[0] ** 2, -0.5 * (t[0] - 30.0) ** 2)),
        np.zeros(1),
        np.ones(1),
        1500,
        np.random.default_rng(0),
        across,
    )
    assert np.mean([t[0] > 15.0 for t in drawn]) == pytest.approx(share, abs=0.15)
