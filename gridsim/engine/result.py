"""What a run leaves behind: monthly series, the log of requests, agents; as pandas tables and as Parquet files."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gridsim import __version__
from gridsim.config.fields import month_number
from gridsim.config.scenario import Scenario
from gridsim.engine.measures import SERIES
from gridsim.engine.prepare import KINDS, Prepared
from gridsim.engine.request_log import RequestLog
from gridsim.model.state import State
from gridsim.model.summary import summarise

if TYPE_CHECKING:
    import pandas as pd

F = NDArray[np.float64]
HEADLINE_MONTHS = 12
PLACES = {name: i for i, name in enumerate(SERIES)}
SCALARS = ("last", "peak", "mean")
"""What is kept of each column of the series in a few numbers."""
HEADLINE = {
    "requested_gw": "power_claims",
    "needed_gw": "power_need",
    "deliverable_gw": "power_capacity",
    "duplicate_gw": "duplicate_mw",
    "speculative_gw": "speculative_mw",
}


class Result:
    """The outcome of one run; tables are made when first asked for.

    `twin` is the honest twin's result, where one was run.
    """

    def __init__(self, prepared: Prepared, seed: int, state: State) -> None:
        """Wrap the final state of a run."""
        self.scenario = prepared.scenario
        self.seed = seed
        self.twin: Result | None = None
        self._prepared = prepared
        self._state = state

    def __repr__(self) -> str:
        return f"Result({self.scenario.title!r}, seed={self.seed}, months={self.scenario.horizon_months})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from gridsim.engine.notebook import of_result

        return of_result(self)

    @functools.cached_property
    def series(self) -> pd.DataFrame:
        """One row a month (index `month`, 0 .. T-1), one column a measure; units in `gridsim.engine.measures.SERIES`."""
        import pandas as pd

        return pd.DataFrame(self.monthly, index=pd.RangeIndex(self._state.series.size, name="month"))

    @property
    def monthly(self) -> dict[str, F]:
        """The columns of `series` as plain arrays."""
        return {name: np.ascontiguousarray(self._state.series[name]) for name in SERIES}

    @functools.cached_property
    def dates(self) -> pd.DatetimeIndex:
        """The first day of each simulated month."""
        return calendar(self.scenario, self._state.series.size)

    @functools.cached_property
    def requests(self) -> pd.DataFrame:
        """One row a request, in the order of filing. Raises ValueError if the run kept no log."""
        import pandas as pd

        return pd.DataFrame(dict(self.log))

    @functools.cached_property
    def log(self) -> Mapping[str, NDArray[Any]]:
        """The columns of `requests` as plain arrays. Raises ValueError if the run kept no log."""
        return RequestLog(self._prepared, self._state)

    @functools.cached_property
    def agents(self) -> pd.DataFrame:
        """One row per agent and month, agents in the scenario's order. Raises ValueError if the run did not record agents."""
        import pandas as pd

        traces = self._state.applicant_traces
        if traces.shape[0] == 0:
            raise ValueError('this run did not record agents; run it with record="agents"')
        p = self._prepared
        kinds = [KINDS[k] for k in p.applicants.kinds]
        tables = [
            agent_table(traces, p.applicants.names, kinds, p.applicants.listed),
            agent_table(
                self._state.utility_traces, p.utilities.names, ["utility"] * len(p.utilities.names), p.utilities.listed
            ),
        ]
        return pd.concat(tables, ignore_index=True).sort_values("month", kind="stable", ignore_index=True)

    @functools.cached_property
    def areas(self) -> pd.DataFrame:
        """One row per utility and month: queued, signed, energised and installed MW."""
        p = self._prepared.utilities
        table = agent_table(self._state.utility_traces, p.names, ["utility"] * len(p.names), p.listed)
        return table.drop(columns="kind").rename(columns={"agent": "utility"})

    def summary(self) -> dict[str, float | str]:
        """Scalars: `<column>.last`, `.peak`, `.mean` of every series column (NaN months apart), and the headline numbers."""
        kinds = scalars(self._state)
        numbers = {f"{name}.{kind}": float(kinds[kind][i]) for i, name in enumerate(SERIES) for kind in kinds}
        return dict(self.headline()) | numbers

    def headline(self) -> dict[str, float | str]:
        """The numbers of the headline sentence, in the month in which claims peak."""
        return headline(self.scenario, series_table(self._state))

    @property
    def manifest(self) -> dict[str, Any]:
        """What fixes this result: versions, scenario, seed, and a digest of the numbers. No clock, no host."""
        from gridsim.engine.files import digest

        return {
            "gridsim": __version__,
            "model": self._prepared.model_digest,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scenario": self.scenario.model_dump(by_alias=True),
            "scenario_digest": self.scenario.digest(),
            "seed": self.seed,
            "result_digest": digest(self._state),
            "twin_digest": digest(self.twin._state) if self.twin else None,
        }

    def to_parquet(self, folder: str | Path) -> list[Path]:
        """Write series, requests, agents (where kept) and the manifest into `folder`, twin's tables beside; return the paths."""
        from gridsim.engine.files import write_result

        return write_result(self, Path(folder))


def calendar(scenario: Scenario, months: int | None = None) -> pd.DatetimeIndex:
    """The first day of each of a scenario's months, or of the first few."""
    import pandas as pd

    return pd.date_range(f"{scenario.start_month}-01", periods=months or scenario.horizon_months, freq="MS")


def scalars(state: State) -> dict[str, F]:
    """`last`, `peak` and `mean` of every column of the series, in the order of SERIES; NaN months apart, NaN where all are."""
    out = np.empty((len(SCALARS), len(SERIES)))
    summarise(series_table(state), out)
    return dict(zip(SCALARS, out, strict=True))


def series_table(state: State) -> F:
    """The series as a table [month, column], the columns in the order of SERIES; it shares their memory."""
    return np.asarray(state.series).view(np.float64).reshape(-1, len(SERIES))


def headline(scenario: Scenario, table: F) -> dict[str, float | str]:
    """Of a series as a table [month, column]: the month in which claims peak, and what stands then, in GW."""
    t = int(np.argmax(table[:, PLACES["power_claims"]]))
    first = month_number(scenario.start_month) + t
    numbers = {name: float(table[t, PLACES[column]]) / 1000.0 for name, column in HEADLINE.items()}
    return {"peak_month": f"{first // 12:04d}-{first % 12 + 1:02d}"} | numbers


def agent_table(traces: Any, names: list[str], kinds: list[str], listed: list[int]) -> pd.DataFrame:
    """One row per agent and month, from a table of traces [month, agent], agents in the scenario's order."""
    import pandas as pd

    months, agents = traces.shape
    order = np.argsort(np.array(listed), kind="stable")
    columns = {name: traces[name][:, order].ravel() for name in traces.dtype.names}
    return pd.DataFrame(
        {
            "month": np.repeat(np.arange(months), agents),
            "agent": np.tile(np.array(names, dtype=object)[order], months),
            "kind": np.tile(np.array(kinds, dtype=object)[order], months),
            **columns,
        }
    )
