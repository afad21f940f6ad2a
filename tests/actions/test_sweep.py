"""Sweeps from creation to the last agent's exit, at the level of actions."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from runstone.actions.agent import beat_agent, register_agent
from runstone.actions.history import Post, receive
from runstone.actions.requeue import requeue_trials
from runstone.actions.run import RunChange, delete_run, finish, set_summary, upsert_run
from runstone.actions.search import known_of
from runstone.actions.sweep import create_sweep, delete_sweep, update_sweep
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound
from runstone.domain.history import Chunk, Stream
from runstone.domain.ids import AgentId, SweepId
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.schema import run
from runstone.store.writes import Transaction
from tests.conftest import NOW, People

GRID = """
method: grid
metric: {name: loss, goal: minimize}
parameters:
  a: {values: [1, 2, 3]}
  b: {values: [x, y]}
"""
RANDOM = """
method: random
metric: {name: loss, goal: minimize}
parameters: {lr: {min: 0.0, max: 1.0}}
run_cap: %d
"""


class Client:
    """What an SDK would do, against the actions."""

    def __init__(self, store: Store, viewer: Viewer) -> None:
        self.store, self.viewer, self.now = store, viewer, NOW
        self.logged: dict[str, int] = {}

    def sweep(self, text: str, **more: Any) -> SweepId:
        made, _ = create_sweep(self.store, self.viewer, "lab", "p", text, self.now, **more)
        return made

    def agent(self, sweep: SweepId) -> AgentId:
        return register_agent(self.store, self.viewer, "lab", "p", self.row(sweep).name, "host", self.now)

    def row(self, sweep: SweepId) -> Any:
        with self.store.reading() as reads:
            row = reads.sweep(self.viewer, sweep)
        assert row is not None
        return row

    def slots(self, sweep: SweepId) -> list[Any]:
        with self.store.reading() as reads:
            return reads.slots(self.viewer, sweep)

    def beat(self, agent: AgentId, *alive: str) -> dict[str, Any] | None:
        commands = beat_agent(self.store, self.viewer, agent, alive, self.now)
        assert len(commands) <= 1, "agents in a process read the first command only"
        return commands[0] if commands else None

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def start(self, sweep: SweepId, name: str) -> None:
        """The run is initialised by its program."""
        change = RunChange(entity="lab", project="p", name=name, sweep=self.row(sweep).name, writer_id=name)
        upsert_run(self.store, self.viewer, change, self.now)

    def log(self, sweep: SweepId, name: str, *lines: str) -> None:
        """The next lines of a run's history, twice, as a client does whose reply was lost."""
        first = self.logged.get(name, 0)
        self.logged[name] = first + len(lines)
        post = Post(chunks=(Chunk(Stream.HISTORY, first, lines),))
        for _ in range(2):
            receive(self.store, self.viewer, "lab", "p", name, post, self.now).result()

    def end(self, sweep: SweepId, name: str, exit_code: int = 0, summary: str = "{}") -> None:
        def change(tx: Transaction) -> None:
            set_summary(tx, self.run(tx, sweep, name), summary, self.now)
            finish(tx, self.viewer, self.run(tx, sweep, name), exit_code, self.now)

        self.store.write(change)

    def run(self, tx: Transaction, sweep: SweepId, name: str) -> Any:
        row = tx.sweep(self.viewer, sweep)
        assert row is not None
        return tx.runs_named(self.viewer, row.project_id, [name])[name]


@pytest.fixture
def client(store: Store, people: People) -> Client:
    return Client(store, people.ben)


def test_every_error_of_a_configuration_is_told_at_once(client: Client) -> None:
    with pytest.raises(Invalid) as caught:
        client.sweep("method: best\nparameters: {lr: {min: 2, max: 1}, x: {dist: 3}}\nrun_cap: -1")
    for word in ("method", "lr", "x", "run_cap"):
        assert word in caught.value.message


def test_only_writers_make_and_change_sweeps(client: Client, store: Store, people: People) -> None:
    sweep = client.sweep(GRID)
    with pytest.raises(NotFound):
        update_sweep(store, people.eve, sweep, NOW, state="PAUSED")
    with pytest.raises((Denied, NotFound)):
        create_sweep(store, people.eve, "lab", "p", GRID, NOW)
    with store.reading() as reads:
        assert reads.sweep(people.eve, sweep) is None
        assert reads.slots(people.eve, sweep) == []


def test_a_grid_hands_out_each_cell_once_and_ends(client: Client) -> None:
    sweep = client.sweep(GRID)
    agent = client.agent(sweep)
    seen = []
    for _ in range(6):
        command = client.beat(agent)
        assert command is not None
        assert command["type"] == "run"
        seen.append((command["args"]["a"]["value"], command["args"]["b"]["value"]))
        client.start(sweep, command["run_id"])
        assert client.beat(agent, command["run_id"]) is None, "one run at a time"
        client.end(sweep, command["run_id"], summary='{"loss": 1.5}')
    assert sorted(seen) == [(a, b) for a in (1, 2, 3) for b in "xy"]
    assert client.row(sweep).state == "FINISHED", "the last run ends the sweep without an agent's help"
    assert client.beat(agent) == {"type": "exit"}


def test_exit_never_goes_to_an_agent_with_a_live_run(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 1)
    agent = client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    name = command["run_id"]
    client.start(sweep, name)
    update_sweep(store, client.viewer, sweep, client.now, state="FINISHED")
    assert client.beat(agent, name) is None
    assert client.beat(agent, name) is None
    client.end(sweep, name)
    assert client.beat(agent, name) is None, "its process still lives"
    assert client.beat(agent) == {"type": "exit"}


def test_cancel_stops_runs_first(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 5)
    agent, idle = client.agent(sweep), client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    client.start(sweep, command["run_id"])
    update_sweep(store, client.viewer, sweep, client.now, state="CANCELED")
    assert client.beat(agent, command["run_id"]) == {"type": "stop", "run_id": command["run_id"]}
    with store.reading() as reads:
        (row,) = reads.runs_named(client.viewer, client.row(sweep).project_id, [command["run_id"]]).values()
    assert row.stop_requested_at is not None, "the run is told as well, for runs without an agent"
    assert client.beat(idle) == {"type": "exit"}
    client.end(sweep, command["run_id"], 255)
    assert client.beat(agent) == {"type": "exit"}
    with pytest.raises(Conflict):
        update_sweep(store, client.viewer, sweep, client.now, state="RUNNING")


def test_a_killed_program_ends_with_its_agents_word(client: Client, store: Store) -> None:
    def state() -> tuple[str, str | None]:
        with store.reading() as reads:
            (row,) = reads.runs_named(client.viewer, client.row(sweep).project_id, [name]).values()
        return row.state, row.state_cause

    sweep = client.sweep(RANDOM % 5)
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    assert client.beat(agent, name) is None
    client.wait(10)
    client.beat(agent)
    assert state() == ("running", None), "its last words may be on their way"
    client.wait(30)
    name, lost = client.beat(agent)["run_id"], name  # type: ignore[index]
    client.start(sweep, name)
    assert client.beat(agent, name) is None
    assert [slot.state for slot in client.slots(sweep)] == ["failed", "running"]
    client.log(sweep, lost, '{"loss": 1}')
    assert [slot.state for slot in client.slots(sweep)] == ["running", "running"], "it lives after all"
    update_sweep(store, client.viewer, sweep, client.now, state="CANCELED")
    assert client.beat(agent, name) == {"type": "stop", "run_id": name}
    assert client.beat(agent) == {"type": "exit"}
    assert state() == ("killed", "stopped on request")


def test_pause_waits_and_resume_goes_on(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 5)
    agent = client.agent(sweep)
    update_sweep(store, client.viewer, sweep, client.now, state="PAUSED")
    assert client.beat(agent) is None
    update_sweep(store, client.viewer, sweep, client.now, state="RUNNING")
    assert client.beat(agent) is not None


def test_the_run_cap_holds_among_many_agents(client: Client) -> None:
    sweep = client.sweep(RANDOM % 7)
    agents = [client.agent(sweep) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(client.beat, agents))
    given = [answer["run_id"] for answer in answers if answer is not None]
    assert len(given) == len(set(given)) == 7


def test_no_grid_cell_goes_out_twice_among_many_agents(client: Client) -> None:
    sweep = client.sweep(GRID)
    agents = [client.agent(sweep) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = [one for one in pool.map(client.beat, agents) if one is not None]
    cells = [(one["args"]["a"]["value"], one["args"]["b"]["value"]) for one in answers]
    assert len(cells) == len(set(cells)) == 6


def test_a_lost_reply_is_said_again_once(client: Client) -> None:
    sweep = client.sweep(RANDOM % 5)
    agent = client.agent(sweep)
    first = client.beat(agent)
    assert client.beat(agent) == first
    third = client.beat(agent)
    assert third is not None
    assert third["run_id"] != first["run_id"], "a program that ends before init costs its slot"  # type: ignore[index]
    assert [slot.state for slot in client.slots(sweep)] == ["failed", "assigned"]


def test_a_cell_of_a_vanished_agent_is_handed_out_again(client: Client) -> None:
    sweep = client.sweep(GRID)
    gone, here = client.agent(sweep), client.agent(sweep)
    lost = client.beat(gone)
    client.wait(61)
    found = client.beat(here)
    assert lost is not None
    assert found is not None
    assert found["args"] == lost["args"]
    assert found["run_id"] != lost["run_id"]


def test_a_reported_run_keeps_its_slot_however_slow_its_start(client: Client) -> None:
    sweep = client.sweep(RANDOM % 1)
    slow, other = client.agent(sweep), client.agent(sweep)
    command = client.beat(slow)
    assert command is not None
    for _ in range(4):
        client.wait(50)
        assert client.beat(slow, command["run_id"]) is None
        assert client.beat(other) is None
    assert [slot.state for slot in client.slots(sweep)] == ["assigned"]


def test_values_come_from_history_and_a_second_init_begins_anew(client: Client) -> None:
    sweep = client.sweep(RANDOM % 5)
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    client.log(sweep, name, '{"loss": 0.5, "_timestamp": 1}', '{"loss": 0.2}', '{"loss": NaN}', "{broken")
    assert client.slots(sweep)[0].value == 0.2
    client.end(sweep, name)
    assert client.slots(sweep)[0].state == "finished"
    client.start(sweep, name)
    assert client.slots(sweep)[0].state == "running"
    client.logged[name] = 0
    client.log(sweep, name, '{"loss": 0.7, "_timestamp": 9}')
    client.end(sweep, name, summary='{"loss": 0.6}')
    assert client.slots(sweep)[0].value == 0.6


def test_a_metric_behind_a_prefix_is_found_and_told(client: Client) -> None:
    sweep = client.sweep(RANDOM % 5)
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    client.log(sweep, name, '{"epoch/loss": 0.4}')
    assert client.slots(sweep)[0].value == 0.4
    assert client.row(sweep).metric_name == "epoch/loss"
    assert "epoch/loss" in client.row(sweep).warnings


def test_hyperband_stops_the_laggard(client: Client) -> None:
    sweep = client.sweep(
        "method: random\nmetric: {name: loss, goal: minimize}\n"
        "parameters: {lr: {min: 0.0, max: 1.0}}\nearly_terminate: {type: hyperband, min_iter: 2, eta: 2}"
    )
    agents = [client.agent(sweep) for _ in range(3)]
    names = [client.beat(agent)["run_id"] for agent in agents]  # type: ignore[index]
    for quality, name in enumerate(names):
        client.start(sweep, name)
        client.log(sweep, name, *[f'{{"loss": {quality + 1}}}'] * 2)
    assert client.beat(agents[2], names[2]) == {"type": "stop", "run_id": names[2]}
    assert client.beat(agents[0], names[0]) is None
    client.end(sweep, names[2], 255)
    last = client.slots(sweep)[2]
    assert (last.state, last.value) == ("stopped", 3.0)
    assert "hyperband" in last.cause


def test_hyperband_judges_a_batch_of_rows_at_each_band_in_it(client: Client) -> None:
    sweep = client.sweep(
        "method: random\nmetric: {name: loss, goal: minimize}\n"
        "parameters: {lr: {min: 0.0, max: 1.0}}\nearly_terminate: {type: hyperband, min_iter: 2, eta: 3}"
    )
    agents = [client.agent(sweep) for _ in range(2)]
    names = [client.beat(agent)["run_id"] for agent in agents]  # type: ignore[index]
    for name in names:
        client.start(sweep, name)
    client.log(sweep, names[0], *['{"loss": 1}'] * 3)
    client.log(sweep, names[1], *['{"loss": 5}'] * 30)
    assert client.beat(agents[1], names[1]) == {"type": "stop", "run_id": names[1]}


def test_reaching_the_target_ends_the_sweep(client: Client) -> None:
    sweep = client.sweep(
        "method: random\nmetric: {name: loss, goal: minimize, target: 0.1}\n"
        "parameters: {lr: {min: 0.0, max: 1.0}}"
    )
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    client.end(sweep, name, summary='{"loss": 0.05}')
    assert client.row(sweep).state == "FINISHED"
    assert "target" in client.row(sweep).state_cause


def test_prior_runs_count_as_visited_cells(client: Client) -> None:
    first = client.sweep(GRID)
    client.start(first, "old")  # a run by hand, for a project to draw on

    def configure(tx: Transaction) -> None:
        tx.conn.execute(
            run.update()
            .where(run.c.name == "old")
            .values(
                state="finished", config='{"a": {"value": 1}, "b": {"value": "x"}}', summary='{"loss": 1}'
            )
        )

    client.store.write(configure)
    sweep = client.sweep(GRID, prior_runs='{"$or": [{"name": "old"}]}')
    agent = client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    assert command["args"] == {"a": {"value": 1}, "b": {"value": "y"}}
    with pytest.raises(NotFound, match="nobody-knows"):
        client.sweep(GRID, prior_runs='{"$or": [{"name": "nobody-knows"}]}')


NARROW = """
method: bayes
metric: {name: val_loss, goal: minimize}
parameters: {lr: {distribution: log_uniform_values, min: 0.001, max: 0.1}, old: {min: 1, max: 9}}
"""
WIDE = """
method: bayes
metric: {name: val_loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 0.01, max: 1.0}
  width: {values: [16, 32]}
warm_start: %s
"""


def worked_off(client: Client, runs: int) -> tuple[Any, list[str]]:
    """A sweep with some finished runs that log the metric behind a prefix, and one that crashed."""
    sweep = client.sweep(NARROW)
    agent = client.agent(sweep)
    names = []
    for place in range(runs + 1):
        command = client.beat(agent)
        assert command is not None
        names.append(command["run_id"])
        change = RunChange(
            entity="lab", project="p", name=names[-1], sweep=client.row(sweep).name, writer_id=names[-1],
            config=json.dumps(command["args"]),
        )  # fmt: skip
        upsert_run(client.store, client.viewer, change, client.now)
        if place < runs:
            client.log(sweep, names[-1], f'{{"epoch/val_loss": {1 + place}}}')
        client.end(sweep, names[-1], int(place == runs))
    return client.row(sweep), names


def test_a_sweep_builds_on_another_one_whose_space_only_overlaps(client: Client) -> None:
    old, _ = worked_off(client, 6)
    for address in (old.name, f"p/{old.name}", f"lab/p/{old.name}"):
        sweep = client.sweep(WIDE % f"{{sweeps: [{address}]}}")
        with client.store.reading() as reads:
            known = known_of(reads, client.viewer, client.row(sweep))
        assert sorted(one[3] for one in known if one[3] is not None) == [1, 2, 3, 4, 5, 6]
        assert len(known) == 7, "the crashed one is known too"
    agent = client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    assert set(command["args"]) == {"lr", "width"}
    info = json.loads(client.slots(sweep)[0].search_info)
    assert info["engine"] == "model", "prior runs stand in for the initial design"
    assert len(info["nearest"]) == 3
    assert client.row(old.id).state == "RUNNING", "the old sweep keeps its runs and goes on"


def test_a_sweep_builds_on_plain_runs_by_filter(client: Client) -> None:
    for name, state in (("one", 0), ("two", 0), ("bad", 1)):
        change = RunChange(
            entity="lab", project="p", name=name, group_name="tuning", display_name=name,
            summary='{"val_loss": 0.5}',
            config='{"lr": {"value": 0.05}, "width": {"value": 16}}',
        )  # fmt: skip
        upsert_run(client.store, client.viewer, change, client.now)
        receive(client.store, client.viewer, "lab", "p", name, Post((), exit_code=state), client.now).result()
    wanted = "{filter: {group: tuning, state: finished, config.lr: {$lt: 0.1}}}"
    sweep = client.sweep(WIDE % wanted)
    with client.store.reading() as reads:
        known = known_of(reads, client.viewer, client.row(sweep))
    assert sorted((one[4], one[3], one[5]) for one in known) == [("one", 0.5, True), ("two", 0.5, True)]
    by_client = client.sweep(NARROW, prior_runs='{"group": "tuning"}')
    with client.store.reading() as reads:
        assert len(known_of(reads, client.viewer, client.row(by_client))) == 3


def test_a_warm_start_shows_nobody_what_he_may_not_see(client: Client, store: Store, people: People) -> None:
    old, _ = worked_off(client, 1)
    with pytest.raises(NotFound, match="lab/p"):
        create_sweep(store, people.eve, "eve", "q", WIDE % f"{{sweeps: [lab/p/{old.name}]}}", NOW)
    with pytest.raises(NotFound, match=r"warm_start\.sweeps"):
        client.sweep(WIDE % "{sweeps: [nobodyknows]}")


def test_a_deleted_sweep_tells_its_agents(client: Client, store: Store) -> None:
    sweep = client.sweep(GRID)
    agent = client.agent(sweep)
    delete_sweep(store, client.viewer, sweep, client.now)
    with pytest.raises(NotFound):
        client.beat(agent)


def test_extending_wakes_a_finished_sweep(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 1)
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    client.end(sweep, name)
    assert client.row(sweep).state == "FINISHED"
    update_sweep(store, client.viewer, sweep, client.now, config_text=RANDOM % 2)
    assert client.row(sweep).state == "RUNNING"
    assert client.beat(agent) is not None


def test_a_deleted_run_gives_its_slot_up(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 1)
    agent = client.agent(sweep)
    name = client.beat(agent)["run_id"]  # type: ignore[index]
    client.start(sweep, name)
    with store.reading() as reads:
        (row,) = reads.runs_named(client.viewer, client.row(sweep).project_id, [name]).values()
    delete_run(store, client.viewer, row.id, client.now)
    assert client.beat(agent) == {"type": "exit"}
    assert client.slots(sweep)[0].state == "failed"


BAYES = """
method: bayes
metric: {name: loss, goal: minimize}
parameters: {lr: {min: 0.0, max: 1.0}}
run_cap: 3
retries: 1
"""


def test_a_crashed_trial_is_tried_again_as_often_as_the_sweep_says(client: Client) -> None:
    sweep = client.sweep(BAYES)
    agent = client.agent(sweep)
    first = client.beat(agent)
    assert first is not None
    client.start(sweep, first["run_id"])
    client.log(sweep, first["run_id"], '{"loss": 0.5}')
    client.end(sweep, first["run_id"], 1)
    assert [(slot.state, slot.value) for slot in client.slots(sweep)] == [("queued", None)]
    again = client.beat(agent)
    assert again is not None
    assert again["args"] == first["args"]
    assert again["run_id"] != first["run_id"]
    client.start(sweep, again["run_id"])
    client.end(sweep, again["run_id"], 1)
    assert [slot.state for slot in client.slots(sweep)] == ["failed"]
    third = client.beat(agent)
    assert third is not None
    assert third["args"] != first["args"]


def test_a_point_whose_agent_died_goes_to_the_next_one(client: Client) -> None:
    sweep = client.sweep(BAYES)
    gone, here = client.agent(sweep), client.agent(sweep)
    lost = client.beat(gone)
    client.wait(61)
    found = client.beat(here)
    assert lost is not None
    assert found is not None
    assert found["args"] == lost["args"]
    assert found["run_id"] != lost["run_id"]
    assert [slot.state for slot in client.slots(sweep)] == ["assigned"], "the run cap knows nothing of it"


def test_a_queued_point_outlives_a_pause_and_a_full_cap(client: Client, store: Store) -> None:
    sweep = client.sweep(BAYES)
    agents = [client.agent(sweep) for _ in range(3)]
    commands = [client.beat(agent) for agent in agents]
    for command in commands:
        assert command is not None
        client.start(sweep, command["run_id"])
    crashed = commands[1]["run_id"]  # type: ignore[index]
    update_sweep(store, client.viewer, sweep, client.now, state="PAUSED")
    client.end(sweep, crashed, 1)
    client.wait(500)
    assert client.beat(agents[1]) is None
    update_sweep(store, client.viewer, sweep, client.now, state="RUNNING")
    again = client.beat(agents[1])
    assert again is not None
    assert again["args"] == commands[1]["args"]  # type: ignore[index]
    for command in (commands[0], again, commands[2]):
        client.start(sweep, command["run_id"])  # type: ignore[index]
        client.end(sweep, command["run_id"], summary='{"loss": 1}')  # type: ignore[index]
    assert client.row(sweep).state == "FINISHED"
    assert len(client.slots(sweep)) == 3


def test_requeueing_wakes_a_finished_sweep_and_leaves_a_cancelled_one(client: Client, store: Store) -> None:
    sweep = client.sweep(RANDOM % 1)
    agent = client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    client.start(sweep, command["run_id"])
    client.end(sweep, command["run_id"], 1)
    assert client.row(sweep).state == "FINISHED"
    assert requeue_trials(store, client.viewer, sweep, None, client.now) == [command["run_id"]]
    assert client.row(sweep).state == "RUNNING"
    again = client.beat(agent)
    assert again is not None
    assert again["args"] == command["args"]
    client.start(sweep, again["run_id"])
    client.end(sweep, again["run_id"], summary='{"loss": 1}')
    assert client.row(sweep).state == "FINISHED"
    assert requeue_trials(store, client.viewer, sweep, None, client.now) == []
    update_sweep(store, client.viewer, sweep, client.now, state="CANCELED")
    with pytest.raises(Conflict):
        requeue_trials(store, client.viewer, sweep, [again["run_id"]], client.now)


def test_a_lost_run_that_comes_back_counts_after_all(client: Client) -> None:
    sweep = client.sweep(BAYES)
    agent = client.agent(sweep)
    command = client.beat(agent)
    assert command is not None
    client.start(sweep, command["run_id"])
    client.end(sweep, command["run_id"], 1)  # its point is queued again
    client.start(sweep, command["run_id"])
    client.end(sweep, command["run_id"], summary='{"loss": 0.25}')
    with client.store.reading() as reads:
        known = known_of(reads, client.viewer, client.row(sweep))
    assert [one[3] for one in known if one[5]] == [0.25]


def test_widening_the_space_keeps_the_old_trials(client: Client, store: Store) -> None:
    sweep = client.sweep(GRID)
    agent = client.agent(sweep)
    tried = []
    for _ in range(6):
        command = client.beat(agent)
        assert command is not None
        tried.append((command["args"]["a"]["value"], command["args"]["b"]["value"]))
        client.start(sweep, command["run_id"])
        client.end(sweep, command["run_id"], summary='{"loss": 1}')
    assert client.row(sweep).state == "FINISHED"
    update_sweep(
        store, client.viewer, sweep, client.now, config_text=GRID.replace("[1, 2, 3]", "[0, 1, 2, 3, 4]")
    )
    for _ in range(4):
        command = client.beat(agent)
        assert command is not None
        tried.append((command["args"]["a"]["value"], command["args"]["b"]["value"]))
        client.start(sweep, command["run_id"])
        client.end(sweep, command["run_id"], summary='{"loss": 1}')
    assert sorted(tried) == [(a, b) for a in range(5) for b in "xy"]
    assert client.row(sweep).state == "FINISHED"
