"""A batch on Dask workers that SLURM starts; this script drives it, on a login node or in a small job of its own.

    python docs/clusters/slurm_dask.py configs/baseline.yaml out/baseline --seeds 100000 --jobs 16 --interface ib0

Needs `pip install "gridsim[dask]" dask-jobqueue`, and a folder on a disk that every node sees. What a partition, an account
or modules are called differs from cluster to cluster: see `SLURMCluster` in the documentation of dask-jobqueue.
"""

from __future__ import annotations

import argparse
import sys

from dask.distributed import Client
from dask_jobqueue import SLURMCluster

import gridsim


def cluster_of(interface: str | None, cores: int) -> SLURMCluster:
    """A cluster whose jobs have so many workers of one thread each; no job yet."""
    return SLURMCluster(
        cores=cores,
        processes=cores,
        memory=f"{2 * cores} GB",
        walltime="04:00:00",
        interface=interface,  # of the network between the nodes
        scheduler_options={"dashboard_address": ":0"},  # any port that is free
    )


def main() -> int:
    """Run the batch; 3 if some runs failed, as the command line does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("out")
    parser.add_argument("--sweep")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--cores", type=int, default=8, help="workers of a job")
    parser.add_argument("--interface")
    given = parser.parse_args()

    with cluster_of(given.interface, given.cores) as cluster, Client(cluster) as client:
        cluster.scale(jobs=given.jobs)
        client.wait_for_workers(1)  # as long as the queue takes; workers that come later get their share
        batch = gridsim.run_batch(
            gridsim.load(given.scenario),
            range(1, given.seeds + 1),
            given.out,
            sweep=given.sweep,
            scheduler=cluster.scheduler_address,
        )
    print(batch.status())
    return 3 if batch.failures else 0


if __name__ == "__main__":
    sys.exit(main())
