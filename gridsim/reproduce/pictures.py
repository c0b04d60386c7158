"""Figures as pictures: PNG and SVG by Kaleido, which drives a Chrome or Chromium that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import plotly.graph_objects as go

WIDTH, SCALE = 900, 2


def missing() -> str:
    """Why no pictures can be made; empty if they can."""
    try:
        import kaleido  # noqa: F401
        from choreographer.browsers.chromium import Chromium
    except ImportError as error:
        return f'no PNG and SVG without {error.name}: pip install "gridsim[paper]"'
    return "" if Chromium.find_browser(skip_local=False) else "no PNG and SVG: there is no Chrome or Chromium here"


@contextmanager
def browser() -> Iterator[None]:
    """One browser for all pictures that are made meanwhile."""
    import kaleido

    kaleido.start_sync_server(silence_warnings=True)
    try:
        yield
    finally:
        kaleido.stop_sync_server(silence_warnings=True)


def write(figure: go.Figure, path: Path) -> None:
    """Write a figure on white, as PATH.png, twice as fine, and as PATH.svg."""
    import kaleido

    plain = go.Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white")
    size = {"width": WIDTH, "height": int(figure.layout.height or 500)}
    for kind, scale in (("png", SCALE), ("svg", 1)):
        target = path.with_name(f"{path.name}.{kind}")
        kaleido.write_fig_sync(plain, path=str(target), opts={"format": kind, "scale": scale, **size})
