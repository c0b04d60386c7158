"""`gridsim assess` where totals by quarter are all there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim.batch_commands import as_bad_input
from gridsim.console import emit, emit_json, emit_table, progress, writable_folder

if TYPE_CHECKING:
    from gridsim.assess.queue import Totals
    from gridsim.config.scenario import Scenario


def assess_totals(
    found: Totals, market: Scenario, cells: list[dict[str, Any]], out: Path | None, command: str, *, as_json: bool
) -> None:
    """Say what totals stand for, and what will be under contract."""
    from gridsim.assess.shelf import totals_of
    from gridsim.assess.totals import forecast
    from gridsim.assess.totals_report import POSTERIOR_HEADS, data, files_of, posterior_rows, quotable
    from gridsim.assess_command import write_files

    folder = writable_folder(out) if out is not None else None
    with as_bad_input():
        with progress(f"totals of {len(cells)} worlds", len(cells)) as advance:
            lists = totals_of(market, cells, done=advance)
        table = forecast(found, lists)
    if folder is not None:
        write_files(files_of(found, table, market, command), folder)
    if as_json:
        emit_json(data(found, table))
        return
    emit(quotable(found, table) + "\n")
    emit_table(list(POSTERIOR_HEADS), posterior_rows(table), numbers_from=1)
