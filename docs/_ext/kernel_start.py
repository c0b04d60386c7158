# Runs in every kernel before the first cell of a page: a place like a checkout, and charts as the theme shows them.
import os as _os
import shutil as _shutil
import sys as _sys
from pathlib import Path as _Path

_root = _Path(_os.environ["GRIDSIM_DOCS_ROOT"])
for _name in ("analysis", "configs", "docs/clusters", "examples"):
    if not _Path(_name).exists():
        _shutil.copytree(_root / _name, _name)
_os.environ["PATH"] = f"{_Path(_sys.executable).parent}{_os.pathsep}{_os.environ['PATH']}"
_os.environ["NO_COLOR"] = "1"

import plotly.io as _pio  # noqa: E402
from plotly.io.base_renderers import HtmlRenderer as _HtmlRenderer  # noqa: E402

from gridsim.figures.style import CONFIG as _CONFIG  # noqa: E402

_pio.renderers["page"] = _HtmlRenderer(
    connected=False, full_html=False, global_init=False, include_plotlyjs=False, config=_CONFIG
)
_pio.renderers.default = "page"
