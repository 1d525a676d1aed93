#!/usr/bin/env bash
# sbatch examples/several_machines/slurm.sh
#SBATCH --job-name=train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --gpus-per-node=1
# Allows it: by itself Slurm queues a job again only where a node fails or the job is preempted.
#SBATCH --requeue
set -euo pipefail

# The same port on each node; another one for each job of a node.
export PORT=$((12000 + SLURM_JOB_ID % 20000))
export HOSTS=$(scontrol show hostnames "$SLURM_JOB_NODELIST")

# Each task names all workers and itself. A folder that all nodes see is not needed: worker 0 alone
# reads and writes the backups. Here it is in a home folder, so that worker 0 may run anywhere.
# When a task fails, `srun` ends the others, and the job is queued again, to go on from the backup.
srun --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" bash -c '
  workers=$(for host in $HOSTS; do printf "\"%s:%s\"," "$host" "$PORT"; done)
  export TF_CONFIG="{\"cluster\": {\"worker\": [${workers%,}]}, \"task\": {\"type\": \"worker\", \"index\": $SLURM_PROCID}}"
  exec python examples/several_machines/train.py --epochs 20 --backup "$HOME/backups/$SLURM_JOB_NAME"
' || {
  # Not for ever: an error in the script would come back each time.
  [[ ${SLURM_RESTART_COUNT:-0} -lt 20 ]] && scontrol requeue "$SLURM_JOB_ID"
}
