"""The reference project: handwritten digits, from data to an evaluated model, followed by wandb."""
