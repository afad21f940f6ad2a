"""Conditions and orders on values of runs, with several projects in the database."""

import json

from runstone.actions.run import RunChange, upsert_run
from runstone.domain.filter import All, parse_filter
from runstone.store.opening import Store
from tests.conftest import NOW, People


def test_each_project_has_its_own_paths_of_values(store: Store, people: People) -> None:
    """A value is found in a project whose names of values were not the first in the database."""
    for project in ("first", "second", "third"):
        for lr in (0.1, 0.2):
            config = json.dumps({"lr": {"value": lr}})
            change = RunChange(
                entity="lab",
                project=project,
                name=f"lr-{lr}",
                config=config,
                summary=json.dumps({"loss": -lr}),
            )
            upsert_run(store, people.ben, change, NOW)
    with store.reading() as reads:
        for name in ("first", "second", "third"):
            project = reads.project(people.ben, "lab", name)
            assert project is not None
            condition = parse_filter({"config.lr": {"$gt": 0.15}})
            assert [one.name for one in reads.runs(people.ben, project.id, condition)] == ["lr-0.2"]
            found = reads.runs(people.ben, project.id, All(()), order="+summary_metrics.loss")
            assert [one.name for one in found] == ["lr-0.2", "lr-0.1"]
