#!/bin/bash
#SBATCH --array=0-9
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00
# Ten seeds, a job each: sbatch distributed/sweep.sh
# Without Slurm: for i in {0..9}; do SLURM_ARRAY_TASK_ID=$i bash distributed/sweep.sh; done
set -euo pipefail
HERE="${SLURM_SUBMIT_DIR:+$SLURM_SUBMIT_DIR/distributed}"
HERE="${HERE:-$(dirname "$0")}"
mkdir -p runs
"${PYTHON:-.venv/bin/python}" "$HERE/train.py" --steps "${STEPS:-400}" \
  --out "runs/seed_${SLURM_ARRAY_TASK_ID:?is set by sbatch --array}.pt"
