"""The command that opens the explorer."""

from __future__ import annotations

import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from gridsim.console import BadInput, emit, say

PLACE = "127.0.0.1"
PORT = 8050


def explore(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="SCENARIO|DIR",
            help="Scenario file, or folder with the results of batches; configs/baseline.yaml by default.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(metavar="P", min=1, max=65_535, help="Port; the next free one if it is taken.")
    ] = PORT,
    host: Annotated[
        str, typer.Option(metavar="H", help="Address to listen at; others than this machine need one.")
    ] = PLACE,
    no_browser: Annotated[bool, typer.Option("--no-browser", metavar="", help="Open no browser.")] = False,
) -> None:
    """Explore a market in the browser: move a lever, see what changes, with its uncertainty."""
    try:
        from gridsim.explorer import batches, server
    except ImportError as error:
        raise BadInput(f'the explorer needs libraries ({error.name}): pip install "gridsim[explore]"') from None
    if what is not None and what.is_dir() and not batches.found(what):
        raise BadInput(f"{what}: there is no batch here; make one: gridsim batch SCENARIO --seeds 100 --out {what}")
    hosts = server.LOOPBACK if host in server.LOOPBACK else (*server.LOOPBACK, *server.names_of(host))
    app = server.explorer(what, hosts)
    try:
        free = server.free_port(host, port)
    except OSError as error:
        raise BadInput(f"--host {host}: {error.strerror or error}") from None
    if host not in server.LOOPBACK:
        say(f"warning: anybody who can reach {host} can use this explorer; it asks for no password")
    if free != port:
        say(f"port {port} is taken; using {free}")

    from gridsim.engine.simulate import warm_up

    warm_up()
    address = f"http://{f'[{host}]' if ':' in host else host}:{free}/"

    def listening() -> None:
        emit(f"gridsim explorer at {address} (Ctrl-C ends it)")
        sys.stdout.flush()
        if not no_browser:
            threading.Timer(0.2, webbrowser.open, [address]).start()

    server.serve(app, host, free, listening)
