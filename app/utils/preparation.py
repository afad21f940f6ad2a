"""Logging a prepared dataset: the artifact, a histogram, a table."""

import numpy as np
import wandb

from app.utils.drawing import labels_histogram
from app.utils.settings import Settings
from app.utils.splits import STAGES, Splits, same_images, shapes, write_splits
from app.utils.tracking import DATASET, folder, started

CAPTION = "rescaled_labels_distribution"


def log_splits(settings: Settings, parts: Splits, *, percent: int, source: str, seed: int) -> None:
    """Log the parts in a run of their own. Parts that are known already make no new version."""
    with started(settings, "data-split") as run, folder() as directory:
        artifact = wandb.Artifact(
            DATASET,
            "dataset",
            description="Images of handwritten digits, split for training, validation and test",
            metadata={**shapes(parts), "source": source, "fraction_percent": percent, "seed": seed},
        )
        artifact.add_file(str(write_splits(parts, directory)))
        run.log_artifact(artifact)
        rows = [[int(label), name] for name in STAGES for label in parts[name].y]
        labels = np.concatenate([parts[name].y for name in STAGES])
        run.log(
            {
                "labels_distribution": wandb.Image(labels_histogram(labels, percent), caption=CAPTION),
                "split_table": wandb.Table(columns=["label", "stage"], data=rows),
            }
        )
        count, share = same_images(parts)
        run.summary.update({"same_images": count, "same_images_share": share})
        if count:
            print(
                f"WARNING: {count} validation or test images ({share:.2%}) are identical to an image "
                "of an earlier part."
            )
