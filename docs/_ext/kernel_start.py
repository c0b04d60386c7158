"""Runs in every kernel before the first cell of a page: a place like a checkout, and charts as the theme shows them."""

import json as _json
import os as _os
import shutil as _shutil
import subprocess as _subprocess
import sys as _sys
from pathlib import Path as _Path

_root = _Path(_os.environ["GRIDSIM_DOCS_ROOT"])
for _name in ("analysis", "configs", "docs/clusters", "examples"):
    if not _Path(_name).exists():
        _shutil.copytree(_root / _name, _name)
_os.environ["PATH"] = f"{_Path(_sys.executable).parent}{_os.pathsep}{_os.environ['PATH']}"
_os.environ["NO_COLOR"] = "1"

import plotly.io as _pio  # noqa: E402
from plotly.io.base_renderers import MimetypeRenderer as _MimetypeRenderer  # noqa: E402

from gridsim.figures.style import CONFIG as _CONFIG  # noqa: E402


class _Page(_MimetypeRenderer):
    """A chart as HTML that finds plotly.js on the page, and asks no other server."""

    shown = 0

    def to_mimebundle(self, figure):
        """The chart's HTML; charts of a page are numbered, so that a build gives the same page again."""
        _Page.shown += 1
        chart = _pio.to_html(
            figure,
            config=_CONFIG,
            include_plotlyjs=False,
            include_mathjax=False,
            full_html=False,
            validate=False,
            div_id=f"chart-{_Page.shown}",
        )
        return {"text/html": chart}


_pio.renderers["page"] = _Page()
_pio.renderers.default = "page"


def _bash(line, cell):
    """IPython's `%%bash`, but strict, and with what is printed in one piece: the page would break its lines between pieces."""
    command = ["bash", "-eu", "-o", "pipefail", "-c", cell]
    done = _subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout, end="")
    print(done.stderr, end="", file=_sys.stderr)
    done.check_returncode()


get_ipython().register_magic_function(_bash, "cell", "bash")  # noqa: F821 - IPython's own


def _record(result):
    """Write down that a cell has run, for the test that asks whether all have."""
    line = {"cell": result.info.raw_cell, "ok": result.success}
    with _Path(_os.environ["GRIDSIM_DOCS_RECORD"]).open("a", encoding="utf-8") as file:
        file.write(_json.dumps(line) + "\n")


if "GRIDSIM_DOCS_RECORD" in _os.environ:
    get_ipython().events.register("post_run_cell", _record)  # noqa: F821 - IPython's own
