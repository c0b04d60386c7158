"""What a test wants of the processes that run a batch; a worker imports it by itself, for this folder is on its PYTHONPATH.

GRIDSIM_TEST_UNLOCKED takes the locks of files away. GRIDSIM_TEST_PATIENCE says how many seconds a scheduler may take to
answer. GRIDSIM_TEST_NOTES names a file to which every seed that is run is added.
A run of the seed in GRIDSIM_TEST_POISON does to its process what GRIDSIM_TEST_DEED says, for as long as there is the file that
GRIDSIM_TEST_ILL names.
"""

import os
import sys


def install():
    """Let runs note themselves, and the poisonous one do its deed."""
    from gridsim.engine.runner import Runner

    notes, poison = os.environ.get("GRIDSIM_TEST_NOTES"), os.environ.get("GRIDSIM_TEST_POISON", "")
    healthy = Runner.run

    def run(runner, seeds):
        for seed in seeds:
            if str(seed) in poison.split() and os.path.exists(os.environ["GRIDSIM_TEST_ILL"]):  # noqa: PTH110
                if os.environ["GRIDSIM_TEST_DEED"] == "die":
                    os.kill(os.getpid(), 9)
                raise ArithmeticError(f"seed {seed} is poison")
        if notes:
            handle = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, b"".join(b"%d\n" % seed for seed in seeds))
            os.close(handle)
        return healthy(runner, seeds)

    Runner.run = run


if "GRIDSIM_TEST_UNLOCKED" in os.environ:
    import fcntl

    fcntl.flock = lambda handle, how: None

if "GRIDSIM_TEST_PATIENCE" in os.environ:
    import gridsim.study.dask_executor

    gridsim.study.dask_executor.PATIENCE_SECONDS = float(os.environ["GRIDSIM_TEST_PATIENCE"])

if {"GRIDSIM_TEST_NOTES", "GRIDSIM_TEST_POISON"} & set(os.environ) and "resource_tracker" not in str(sys.orig_argv):
    install()
