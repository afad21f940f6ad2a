"""Many agents at once on several server processes: nothing twice, nothing lost, never too many."""

import json
from collections.abc import Iterator

import pytest

from benchmarks.sweeps.crowd import Crowd, crowd

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")]

AGENTS = 32
LIMIT_S = 240
METRIC = {"name": "loss", "goal": "minimize"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd(tmp_path_factory.mktemp("crowd")) as made:
        yield made


def test_each_cell_of_a_grid_goes_out_once(servers: Crowd) -> None:
    grid = {"a": {"values": list(range(10))}, "b": {"min": 1, "max": 6}}
    sweep = servers.sweep(json.dumps({"method": "grid", "metric": METRIC, "parameters": grid}))
    found = servers.work(sweep, AGENTS, LIMIT_S)
    assert (len(found.runs), found.duplicate_points, found.doubled) == (60, 0, [])
    assert {one["state"] for one in servers.trials(sweep)} == {"finished"}


def test_a_run_cap_holds_and_no_point_comes_twice_though_a_server_dies(servers: Crowd) -> None:
    """Claims that the dead server was computing are given up after 40 s; the cap is filled all the same."""
    space = {"x": {"min": 0.0, "max": 1.0}, "n": {"min": 1, "max": 9}}
    config = {"method": "bayes", "metric": METRIC, "parameters": space, "run_cap": 48}
    sweep = servers.sweep(json.dumps(config))
    found = servers.work(sweep, AGENTS, LIMIT_S, kill_after=20)
    trials = servers.trials(sweep)
    assert len(trials) == 48, "no more than the cap, and no fewer"
    assert found.duplicate_points == 0
    assert {one["state"] for one in trials} == {"finished"}
    assert all(one["info"]["engine"] for one in trials), "each says why it was chosen"
