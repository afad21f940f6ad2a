"""The story that most pages are looked at with: a team trains a small classifier in project lab/digits.

It prints what it logged as JSON, so that tests compare what a page shows with what was sent.
"""

import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import plotly.graph_objects
import wandb
from PIL import Image

ENTITY, PROJECT = "lab", "digits"
EPOCHS = 20
LABELS = [str(one) for one in range(10)]
RUNS = (
    {"learning_rate": 0.01, "batch_size": 32, "dropout": 0.1, "optimizer": "adam"},
    {"learning_rate": 0.003, "batch_size": 32, "dropout": 0.2, "optimizer": "adam"},
    {"learning_rate": 0.001, "batch_size": 64, "dropout": 0.2, "optimizer": "adam"},
    {"learning_rate": 0.03, "batch_size": 128, "dropout": 0.3, "optimizer": "sgd"},
    {"learning_rate": 0.001, "batch_size": 32, "dropout": 0.5, "optimizer": "rmsprop"},
)


def picture(label: int, seed: int) -> np.ndarray:
    """A grey 28 by 28 picture that differs with its label."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:28, 0:28]
    ring = np.exp(-(((np.hypot(x - 14, y - 14) - 4 - label / 2) / 2.2) ** 2))
    cut = np.cos(np.arctan2(y - 14, x - 14) * (label % 4)) > -0.6
    return (np.clip(ring * cut + rng.normal(0, 0.06, (28, 28)), 0, 1) * 255).astype(np.uint8)


def curves(config: dict, number: int) -> list[dict]:
    """Losses and accuracies that look like training."""
    rng = random.Random(number)
    speed = 0.12 + 0.1 * math.exp(-abs(math.log10(config["learning_rate"]) + 2.5))
    floor = 0.05 + 0.3 * abs(config["dropout"] - 0.2)
    rows = []
    for epoch in range(EPOCHS):
        loss = floor + 2.2 * math.exp(-speed * epoch) + rng.gauss(0, 0.015)
        val = loss + 0.04 + 0.006 * epoch * (0.4 - config["dropout"]) + rng.gauss(0, 0.02)
        rows.append(
            {
                "epoch/epoch": epoch,
                "epoch/loss": loss,
                "epoch/val_loss": val,
                "epoch/accuracy": 1 - loss / 2.6,
                "epoch/val_accuracy": 1 - val / 2.6,
                "epoch/learning_rate": config["learning_rate"] * 0.9**epoch,
            }
        )
    return rows


def sound(directory: Path) -> Path:
    """A second of a tone."""
    path = directory / "tone.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        tone = (np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 8000).astype("<i2")
        out.writeframes(tone.tobytes())
    return path


def element(name: str, *content: bytes) -> bytes:
    """A part of a WebM file: its name, its length, its content."""
    body = b"".join(content)
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def film(directory: Path) -> Path:
    """A second of ten pictures: WebP's are VP8's key frames, put one behind the other."""
    width = height = 56
    frames = []
    for label in range(10):
        out = io.BytesIO()
        Image.fromarray(picture(label, label)).convert("RGB").resize((width, height)).save(out, "WEBP")
        start = out.getvalue().index(b"VP8 ")
        length = int.from_bytes(out.getvalue()[start + 4 : start + 8], "little")
        frame = out.getvalue()[start + 8 : start + 8 + length]
        frames.append(element("a3", b"\x81", (label * 100).to_bytes(2, "big"), b"\x80", frame))
    size = element("e0", element("b0", bytes([width])), element("ba", bytes([height])))
    track = element(
        "ae", *(element(name, b"\1") for name in ("d7", "73c5", "83")), element("86", b"V_VP8"), size
    )
    duration = element("4489", struct.pack(">d", 1000))
    info = element(
        "1549a966", element("2ad7b1", (10**6).to_bytes(3, "big")), duration, element("4d80", b"story")
    )
    cluster = element("1f43b675", element("e7", b"\0"), *frames)
    kind = element("1a45dfa3", element("4282", b"webm"), element("4287", b"\2"), element("4285", b"\2"))
    path = directory / "strokes.webm"
    path.write_bytes(kind + element("18538067", info, element("1654ae6b", track), cluster))
    return path


def figure(said: list[int]) -> plotly.graph_objects.Figure:
    """Bars and a line in one drawing, as a person makes it with the library's own defaults."""
    counts = [said.count(one) for one in range(10)]
    drawing = plotly.graph_objects.Figure(
        [
            plotly.graph_objects.Bar(name="predicted", x=LABELS, y=np.array(counts)),
            plotly.graph_objects.Scatter(name="true", x=LABELS, y=[6] * 10, mode="lines+markers"),
        ]
    )
    return drawing.update_layout(title="Predicted and true", xaxis_title="digit", yaxis_title="rows")


def media(run: wandb.Run, number: int, step_loss: float, directory: Path) -> dict:
    """Everything that is not a number, once."""
    rng = random.Random(number)
    true = [one % 10 for one in range(60)]
    predicted = [one if rng.random() > 0.15 + step_loss / 20 else rng.randrange(10) for one in true]
    table = wandb.Table(columns=["id", "image", "val_true", "val_pred", "score"])
    for row, (real, said) in enumerate(zip(true, predicted, strict=True)):
        table.add_data(row, wandb.Image(picture(real, row)), str(real), str(said), rng.random())
    class_labels = {0: "background", 1: "stroke"}
    masked = picture(7, 3)
    return {
        "examples": [wandb.Image(picture(one, one), caption=f"digit {one}") for one in range(8)],
        "segmentation": wandb.Image(
            masked,
            masks={"prediction": {"mask_data": (masked > 90).astype(np.uint8), "class_labels": class_labels}},
            boxes={
                "ground_truth": {
                    "box_data": [
                        {
                            "position": {"minX": 0.2, "maxX": 0.8, "minY": 0.2, "maxY": 0.8},
                            "class_id": 1,
                            "box_caption": "stroke 0.93",
                            "scores": {"confidence": 0.93},
                        }
                    ],
                    "class_labels": class_labels,
                }
            },
        ),
        "predictions": table,
        "confusion": wandb.plot.confusion_matrix(y_true=true, preds=predicted, class_names=LABELS),
        "precision_recall": wandb.plot.line_series(
            xs=[0, 0.25, 0.5, 0.75, 1],
            ys=[[1, 0.98, 0.93, 0.8, 0.4]],
            keys=["all"],
            title="Precision and recall",
        ),
        "weights": wandb.Histogram(np.random.default_rng(number).normal(0, 1, 500)),
        "tone": wandb.Audio(str(sound(directory)), caption="440 Hz"),
        "strokes": wandb.Video(str(film(directory)), caption="ten strokes"),
        "confidence": wandb.Plotly(figure(predicted)),
        "notes": wandb.Html("<h2>Notes</h2><p id='said'>Trained on <b>digits</b>.</p>"),
    }


def train(number: int, config: dict) -> dict:
    """One run, returned as what was sent."""
    with (
        tempfile.TemporaryDirectory() as directory,
        wandb.init(
            entity=ENTITY,
            project=PROJECT,
            id=f"train{number}",
            name=f"{config['optimizer']}-{config['learning_rate']:g}",
            config={**config, "epochs": EPOCHS, "seed": 7},
            group="first round" if number < 3 else "second round",
            job_type="train",
            tags=["baseline"] if number == 0 else [],
            notes="The run that all others are compared with." if number == 0 else None,
        ) as run,
    ):
        if number == 0:
            data = wandb.Artifact("digits-data", type="dataset", metadata={"rows": 60})
            (Path(directory) / "labels.csv").write_text("id,label\n0,3\n1,7\n")
            data.add_file(str(Path(directory) / "labels.csv"))
            run.log_artifact(data, aliases=["latest", "raw"]).wait()
        else:
            run.use_artifact("digits-data:latest")
        run.define_metric("epoch/epoch")
        run.define_metric("epoch/*", step_metric="epoch/epoch")
        rows = curves(config, number)
        for epoch, row in enumerate(rows):
            losses = f"loss {row['epoch/loss']:.4f}  val_loss {row['epoch/val_loss']:.4f}"
            print(f"\x1b[32mepoch {epoch:2}\x1b[0m  {losses}")
            extra = {"weights": wandb.Histogram(np.random.default_rng(epoch).normal(0, 2 - epoch / 15, 500))}
            if epoch % 5 == 0:
                extra["examples"] = [
                    wandb.Image(picture(one, epoch * 8 + one), caption=f"digit {one}, epoch {epoch}")
                    for one in range(8)
                ]
            run.log({**row, **extra})
        run.log(media(run, number, rows[-1]["epoch/loss"], Path(directory)))
        (Path(directory) / "model.txt").write_text(f"weights of run {number}\n" * 40)
        model = wandb.Artifact(
            "digits-model", type="model", metadata={"val_loss": rows[-1]["epoch/val_loss"]}
        )
        model.add_file(str(Path(directory) / "model.txt"))
        aliases = ["latest", *(["candidate"] if number == 1 else [])]
        run.log_artifact(model, aliases=aliases).wait()
        run.log_code(str(Path(__file__).parent))
        return {"id": run.id, "name": run.name, "config": config, "rows": rows}


def repository(directory: str) -> None:
    """The clone that a script runs in: one commit, and one line changed since."""
    git = ["git", "-C", directory, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    script = Path(directory) / "train.py"
    subprocess.run([*git, "init", "-q"], check=True)
    script.write_text("rate = 0.01\nprint('training')\n")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Train"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://git.example/lab/digits.git"], check=True)
    script.write_text("rate = 0.03\nprint('training')\n")


def fail() -> None:
    """A run whose script raises, inside a git repository."""
    with tempfile.TemporaryDirectory() as directory:
        repository(directory)
        back = Path.cwd()
        os.chdir(directory)
        try:
            # The client looks for changed lines where it keeps its own files.
            home = {"entity": ENTITY, "project": PROJECT, "dir": directory, "save_code": True}
            with wandb.init(**home, id="broken", name="diverged", config=RUNS[3]) as run:
                run.log({"epoch/epoch": 0, "epoch/loss": 2.9})
                print("ValueError: loss is not finite", file=sys.stderr)
                raise ValueError("loss is not finite")
        except ValueError:
            pass
        finally:
            os.chdir(back)


def main() -> None:
    """The whole story."""
    told = [train(number, config) for number, config in enumerate(RUNS)]
    fail()
    print(json.dumps({"runs": told}))


if __name__ == "__main__":
    main()
