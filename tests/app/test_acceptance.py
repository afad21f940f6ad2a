"""Every promise of the project has a test that names its number.

`POINTS` is what the original description and programs promise, `MISTAKES` what they got wrong;
a test's name carries `_c19_` or `_d9_` for each one that it proves. A number without a test, or a
test with a number that is not in here, fails.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent

POINTS = {
    1: "app/.env is read by every program",
    2: "a missing variable: one line that names it, status 2",
    3: "--help shows defaults without any variable set",
    4: "out of order, the message names the stage that comes first",
    5: "--fraction: a whole percentage, 10 by default",
    6: "--train_val_test_size, 70 20 10 by default",
    7: "splits are stratified, each has all classes",
    8: "data_prep needs key and project alone",
    9: "job type data-split",
    10: "10 % of 70,000: 4,899, 1,401 and 700",
    11: "the artifact split-data, its arrays, metadata, description",
    12: "the picture labels_distribution",
    13: "the table split_table",
    14: "counts are printed; identical images are counted",
    15: "a second version only for other data; latest moves",
    16: "flags and defaults of train",
    17: "train needs key, project and entity",
    18: "job type training; the config holds all hyper-parameters",
    19: "the run uses split-data:latest",
    20: "the model's layers, optimiser, loss and metric",
    21: "the artifact CNN_model, its files, description, metadata",
    22: "metrics of each epoch, and of the machine",
    23: "the run's page; a report is possible",
    24: "the sweep's space, method and metric",
    25: "at most --max_sweep runs, also told to the server",
    26: "a model version for each run of the sweep",
    27: "job type tuning",
    28: "the sweep is stopped at the end",
    29: "parameters and results for parallel coordinates",
    30: "parameters and results for their importance",
    31: "flags change constants; the sweep's parameters win",
    32: "the best model gets MNIST_CNN:v0 and candidate",
    33: "retraining needs WANDB_MODEL_RETRAIN",
    34: "model and hyper-parameters come from the run that made it",
    35: "job type retraining, tag candidate",
    36: "dataset and candidate are in the lineage",
    37: "retraining makes the next version and logs metrics",
    38: "hyper-parameters beside --retrain are refused",
    39: "the retrained model gets MNIST_CNN:v1 and to_evaluate",
    40: "evaluation needs WANDB_MODEL_EVAL",
    41: "job type evaluation, tag evaluate",
    42: "dataset and model are in the lineage",
    43: "four metrics",
    44: "two confusion matrices",
    45: "val_table and test_table with images",
    46: "without images by both spellings: two columns",
    47: "the batch size of the run that made the model",
    48: "images take at most 17 MB (ours: 2)",
    49: "a progress bar while images are made",
    50: "the first and last line of every stage",
    51: "reports: text with live panels, shared by link",
    52: "a stage of the registry moves without bytes",
    53: "lineage from dataset to evaluation",
    54: "tables: wrong predictions, images",
}
MISTAKES = {
    1: "the sweep's metric has the name that is logged",
    2: "numbers of the sweep file are numbers",
    3: "three ways to write the shares; their sum is checked",
    4: "100 percent skips sampling",
    5: "one name for each file, an alias for the other",
    6: "both spellings of every flag",
    7: "an explicit --epochs counts beside --retrain",
    8: "--dense is a whole number",
    9: "each stage uses the dataset in its own run",
    10: "the sweep loads the dataset once",
    11: "metadata are the config and nothing of the client",
    12: "the callback is imported from where it is",
    13: "training goes on from a file",
    14: "seeds: the same split and model again",
    15: "retraining and evaluation take the model's own dataset version",
    16: "no folder is shared by parallel runs",
    17: "bars of large data are not clipped",
    18: "nothing is unpickled",
    19: "errors go to stderr and change the status",
    20: "the sweep file names no project",
    21: "the sweep is stopped by the API, and the result is checked",
    22: "--tune and --retrain exclude each other",
    23: "the baseline's learning rate is explained, the demo takes another",
    24: "pictures without matplotlib",
    25: "Python 3.11 to 3.13; a portable environment with our pins",
    26: "retraining goes on from the trained weights, or --from_scratch",
    27: "the config of later runs: hyper-parameters and model_id",
}


def proofs() -> dict[str, dict[int, list[str]]]:
    """Tests by kind (c, d) and number."""
    found: dict[str, dict[int, list[str]]] = {"c": defaultdict(list), "d": defaultdict(list)}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for kind, number in re.findall(r"_([cd])(\d+)(?=_)", node.name):
                    found[kind][int(number)].append(f"{path.name}::{node.name}")
    return found


def test_every_promise_and_every_mistake_has_a_test() -> None:
    found = proofs()
    assert sorted(POINTS) == list(range(1, 55))
    assert sorted(MISTAKES) == list(range(1, 28))
    assert {number: POINTS[number] for number in POINTS if number not in found["c"]} == {}
    assert {number: MISTAKES[number] for number in MISTAKES if number not in found["d"]} == {}


def test_no_test_names_a_number_that_is_not_there() -> None:
    found = proofs()
    assert set(found["c"]) <= set(POINTS)
    assert set(found["d"]) <= set(MISTAKES)
