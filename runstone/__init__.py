"""Runstone: experiment tracking, artifacts, sweeps and a registry for the wandb client."""
