"""Bent losses keep their order and stay finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.sweeps.warp import Warp

losses = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=30).map(np.array)


@given(losses)
def test_forward_is_finite_and_keeps_the_order(loss: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        for warp in Warp.choices(loss):
            z = warp.forward(loss)
            assert np.isfinite(z).all()
            assert (np.diff(z[np.argsort(loss, kind="stable")]) >= -1e-9).all()
            assert np.isfinite(warp.log_slope)


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=30, unique=True).map(np.array))
def test_backward_undoes_forward_below_the_clip(loss: np.ndarray) -> None:
    for warp in Warp.choices(loss):
        span = max(warp.high - warp.low, 1e-6)
        for value in loss[loss <= warp.high]:
            back = warp.backward(float(warp.forward(np.array([value]))[0]))
            assert back == pytest.approx(value, abs=1e-6 * span + 1e-9 * abs(warp.low))


def test_hopeless_losses_are_clipped() -> None:
    warp = Warp.of(np.array([1.0, 2.0, 3.0, 1e9]), None)
    assert warp.high == 2.5 + 5 * 1.5
    assert warp.forward(np.array([1e9]))[0] == warp.forward(np.array([10.0]))[0]
