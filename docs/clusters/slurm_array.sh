#!/bin/bash
# A batch as a plain job array: each job runs one share of it, all into the same folder, on a disk that every node sees.
#
#     sbatch docs/clusters/slurm_array.sh configs/baseline.yaml out/baseline --seeds 100000
#
# What jobs leave undone, because their time was up or a node failed, the same command does later: shares that are complete
# end at once. Submit the whole array, for the number of shares is its size.
#SBATCH --job-name=gridsim
#SBATCH --array=1-16
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=%x-%A_%a.log
set -eu
if [ "$SLURM_ARRAY_TASK_MAX" != "$SLURM_ARRAY_TASK_COUNT" ]; then
    echo "submit the whole array, counted from 1: --array=1-$SLURM_ARRAY_TASK_COUNT" >&2
    exit 2
fi
scenario=$1 out=$2
shift 2
exec gridsim batch "$scenario" --out "$out" "$@" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --workers "${SLURM_CPUS_PER_TASK:-1}"
