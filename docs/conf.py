"""Sphinx's configuration: `./run docs` builds the pages of this folder into docs/_build/html."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import gridsim  # noqa: E402 - from this checkout

project = "gridsim"
author = copyright = "The gridsim developers"
version = release = gridsim.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs._ext.docstrings",
    "docs._ext.directives",
    "docs._ext.command_pages",
    "docs._ext.sources",
    "docs._ext.execution",
]
exclude_patterns = ["_build", "_ext", "_templates", "clusters"]
smartquotes = False  # they would make dashes of options
default_role = "code"
suppress_warnings = ["config.cache"]
nitpicky = True
# The types of other libraries; their pages are elsewhere, and a build asks no other server.
nitpick_ignore_regex = [(r"py:.*", r"(?!gridsim).*")]
nitpick_ignore = [
    ("py:class", "gridsim.engine.user_strategies.Strategy"),  # a type variable: any function
    ("py:class", "gridsim.study.store.Store"),  # what a folder of results is inside
]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True

autodoc_typehints = "signature"
maximum_signature_line_length = 90
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False

html_theme = "pydata_sphinx_theme"
html_title = "gridsim"
templates_path = ["_templates"]
html_sidebars = {"**": ["contents"]}
html_static_path = ["_static", "../gridsim/explorer/assets/plotly-gridsim.min.js"]
html_css_files = ["gridsim.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_context = {"default_mode": "light"}
