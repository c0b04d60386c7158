"""How the cells of tutorials run: in a folder of their own, with the model compiled, charts drawn by a file of this site."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
SCRIPT = "plotly-gridsim.min.js"
"""plotly.js with the traces that the figures use; the explorer's own copy, put beside the pages."""


def prepare(app: Sphinx) -> None:
    """Compile the model, and give the kernels a start of their own."""
    from gridsim.engine.simulate import warm_up

    warm_up()
    home = Path(tempfile.mkdtemp(prefix="gridsim-docs-"))
    start = home / "profile_default" / "startup"
    start.mkdir(parents=True)
    shutil.copyfile(Path(__file__).parent / "kernel_start.py", start / "00_start.py")
    (start.parent / "ipython_kernel_config.py").write_text("c.Application.log_level = 40\n", encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(home)
    os.environ["GRIDSIM_DOCS_ROOT"] = str(ROOT)
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    app.connect("build-finished", lambda app, error: shutil.rmtree(home, ignore_errors=True))


def charts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load plotly.js on pages that have a chart, and on no others."""
    if "plotly-graph-div" in context.get("body", ""):
        app.add_js_file(SCRIPT)
        app.add_js_file("charts.js")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's entry."""
    app.connect("builder-inited", prepare)
    app.connect("html-page-context", charts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
