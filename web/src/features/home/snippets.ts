/** Programs to copy that log to this server: each runs as it stands. Pure. */

interface File {
  name: string;
  text: (address: string, person: string) => string;
}

export interface Snippet {
  id: string;
  label: string;
  about: string;
  files: File[];
}

const script = `import math, random, time
import wandb

with wandb.init(project="first-steps", config={"learning_rate": 0.01}) as run:
    for step in range(60):
        loss = math.exp(-step / 20) + random.random() / 20
        run.log({"loss": loss, "val_loss": loss + 0.05})
        time.sleep(0.2)`;

export const snippets: readonly Snippet[] = [
  {
    id: "script",
    label: "Script",
    about: "Sixty points in twelve seconds; watch them arrive.",
    files: [{ name: "first.py", text: () => script }],
  },
  {
    id: "notebook",
    label: "Notebook",
    about: "The last line shows the run's page inside the notebook.",
    files: [
      {
        name: "a cell",
        text: (address) => `%pip install -q wandb
import wandb

wandb.login(host="${address}")
run = wandb.init(project="first-steps")
for step in range(30):
    run.log({"loss": 1 / (step + 1)})
run.finish()
run`,
      },
    ],
  },
  {
    id: "slurm",
    label: "Slurm",
    about: "Nodes without a way to this server log with WANDB_MODE=offline; wandb sync sends it later.",
    files: [
      {
        name: "job.sbatch",
        text: (address) => `#!/bin/bash
#SBATCH --job-name=train
#SBATCH --gres=gpu:1
#SBATCH --time=04:00:00

export WANDB_BASE_URL=${address}
export WANDB_API_KEY=$(cat ~/.runstone-key)
export WANDB_RUN_GROUP=$SLURM_JOB_ID
export WANDB_DIR=$SLURM_TMPDIR

srun python first.py`,
      },
    ],
  },
  {
    id: "sweep",
    label: "Sweep",
    about: "The first command prints the second with the sweep's name in it.",
    files: [
      {
        name: "sweep.yaml",
        text: () => `program: first.py
method: bayes
metric: {name: loss, goal: minimize}
parameters:
  learning_rate: {distribution: log_uniform_values, min: 1e-4, max: 1e-1}`,
      },
      { name: "shell", text: (_, person) => `wandb sweep --project first-steps sweep.yaml\nwandb agent ${person}/first-steps/SWEEP` },
    ],
  },
];
