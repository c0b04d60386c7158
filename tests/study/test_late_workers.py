import gridsim
from gridsim.study import dask_executor
from gridsim.study.plan import make_plan
from gridsim.study.store import create


class Client:
    """A client of a scheduler whose workers join one by one."""

    status = "running"

    def __init__(self, counts):
        self.counts = iter(counts)

    def nthreads(self):
        found = next(self.counts)
        if isinstance(found, Exception):
            raise found
        return {f"tcp://worker-{i}": 1 for i in range(found)}

    def wait_for_workers(self, count, timeout):
        pass

    def close(self, timeout):
        pass


def test_workers_that_join_later_get_tasks_too(tmp_path, monkeypatch):
    client = Client([1, OSError("no answer"), 3])
    monkeypatch.setattr("distributed.Client", lambda *_, **__: client)
    plan = make_plan(gridsim.Scenario(title="x", horizon_months=2), [1])
    executor = dask_executor.Dask(create(tmp_path, plan), plan, 4, "tcp://scheduler:8786")
    counts = [(executor.workers, executor.room)]
    for _ in range(2):
        executor._count_workers()
        counts.append((executor.workers, executor.room))
    executor.close()
    assert counts == [(1, 2), (1, 2), (3, 6)]
