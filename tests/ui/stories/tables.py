"""Tables of a small project lab/tables: a split, and two models evaluated on the same rows.

It prints the rows as they were sent, the picture's number first.
"""

import json
import sys
from pathlib import Path

import numpy as np
import wandb

sys.path.insert(0, str(Path(__file__).parent))

from digits import picture

HOME = {"entity": "lab", "project": "tables"}
STAGES = (("train", 70), ("val", 20), ("test", 10))


def rows_of(count: int, errors: float, seed: int, first: int) -> list[list[int]]:
    """Number of the picture, true class and predicted class. The truth is the same for every seed."""
    rng = np.random.default_rng(seed)
    return [
        [first + one, one % 10, one % 10 if rng.random() > errors else int(rng.integers(10))]
        for one in range(count)
    ]


def table(part: str, rows: list[list[int]]) -> wandb.Table:
    """The table as the reference project logs it."""
    data = [[wandb.Image(picture(true, number)), true, predicted] for number, true, predicted in rows]
    return wandb.Table(columns=["image", f"{part}_true", f"{part}_pred"], data=data)


def evaluate(name: str, errors: float, seed: int, *, turned: bool) -> dict[str, list[list[int]]]:
    """One evaluation; the second one logs its rows in the opposite order."""
    told = {"val_table": rows_of(60, errors, seed, 0), "test_table": rows_of(40, errors, seed + 1, 100)}
    with wandb.init(
        **HOME, id=name, name=f"evaluate {name}", job_type="evaluation", tags=["evaluate"]
    ) as run:
        run.log({key: table(key[:-6], rows[::-1] if turned else rows) for key, rows in told.items()})
    return told


def made_of_tables() -> None:
    """A version whose tables are made of others: two joined on differing names of the key, one in
    three parts, and one joined with a table that lies in another version."""
    with wandb.init(**HOME, id="bundle", name="bundle") as run:
        first = wandb.Artifact("truth", type="dataset")
        pictures = [[n, wandb.Image(picture(n, n))] for n in range(6)]
        first.add(wandb.Table(columns=["id", "image"], data=pictures), "all")
        run.log_artifact(first).wait()
        bundle = wandb.Artifact("bundle", type="dataset")
        names = wandb.Table(columns=["id", "name"], data=[[n, f"digit {n}"] for n in range(4)])
        said = wandb.Table(columns=["example", "said"], data=[[n % 4, n] for n in range(9)])
        bundle.add(wandb.JoinedTable(names, said, ["id", "example"]), "answers")
        bundle.add(wandb.JoinedTable(run.use_artifact("truth:latest").get("all"), names, "id"), "pictures")
        for part in range(3):
            rows = [[part, n] for n in range(part + 2)]
            bundle.add(wandb.Table(columns=["part", "n"], data=rows), f"parts/{part}")
        bundle.add(wandb.data_types.PartitionedTable("parts"), "whole")
        run.log_artifact(bundle).wait()
        run.log({"answers": bundle.get("answers")})


def versions() -> dict[str, list[list]]:
    """The same table in two versions: of the second, two labels were put right and a row was added."""
    first = [[n, ("cat", "dog")[n % 2]] for n in range(6)]
    second = [[n, "bird" if n in (1, 4) else label] for n, label in first] + [[6, "cat"]]
    with wandb.init(**HOME, id="labels", name="labels") as run:
        for rows in (first, second):
            version = wandb.Artifact("labels", type="dataset")
            version.add(wandb.Table(columns=["id", "label"], data=rows), "all")
            run.log_artifact(version).wait()
    return {"v0": first, "v1": second}


def main() -> None:
    """The whole story."""
    with wandb.init(**HOME, id="split", name="split", job_type="data-split") as run:
        rows = [[number % 5, stage] for stage, count in STAGES for number in range(count)]
        run.log({"split_table": wandb.Table(columns=["label", "stage"], data=rows)})
    told = {
        "candidate": evaluate("candidate", 0.5, 1, turned=False),
        "retrained": evaluate("retrained", 0.25, 5, turned=True),
    }
    made_of_tables()
    labels = versions()
    with wandb.init(**HOME, id="many", name="many rows") as run:
        data = [[one, one % 7] for one in range(200_000)]
        # The client looks at each value's type, which takes seconds: one row tells it here.
        many = wandb.Table(columns=["number", "class"], data=data[:1])
        many.data = data
        run.log({"many": many})
    print(json.dumps({"tables": told, "labels": labels}))


if __name__ == "__main__":
    main()
