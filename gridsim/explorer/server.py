"""The server: who may ask, for how much, and what a browser may do with the answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from dash import Dash
from flask import Flask, Response, abort, request

from gridsim.engine.simulate import warm_up
from gridsim.explorer import assess_page, assess_work
from gridsim.explorer.app import make_app
from gridsim.explorer.batches import found
from gridsim.explorer.service import Service

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HOSTS_VARIABLE = "GRIDSIM_HOSTS"
BODY_MAX = 2_000_000  # bytes of a request: a scenario of 256 kB and what the page says about it
ANSWER_MAX = 20_000_000  # bytes of an answer that waits to be sent, in memory as everything that a page has sent
THREADS = 16
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def explorer(path: Path | None, hosts: Iterable[str] = LOOPBACK) -> Dash:
    """The explorer of a scenario, or of a folder with the stores of batches; answers only requests for these hosts.

    Raises ScenarioError for a bad scenario.
    """
    stores = found(path) if path is not None and path.is_dir() else []
    app = make_app(Service(None if path is None or path.is_dir() else path), stores)
    guard(app, frozenset(hosts))
    return app


def production(path: str | None = None) -> Flask:
    """The explorer as a WSGI application, for a server such as gunicorn; GRIDSIM_HOSTS names the hosts it answers for."""
    warm_up()
    named = [host.strip() for host in os.environ.get(HOSTS_VARIABLE, "").split(",") if host.strip()]
    server: Flask = explorer(Path(path) if path else None, named or LOOPBACK).server
    return server


def guard(app: Dash, hosts: frozenset[str]) -> None:
    """Refuse what comes for another host or from another page, and what is too large; tell browsers what they may do."""
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = assess_work.BODY_MAX
    policy = content_policy(app)

    @server.before_request
    def check() -> None:
        if name_of(request.host) not in hosts:
            abort(Response("This server does not answer for that host.\n", 403, mimetype="text/plain"))
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            abort(Response("This server does not answer other pages.\n", 403, mimetype="text/plain"))
        if request.path != assess_page.ADDRESS and (request.content_length or 0) > BODY_MAX:
            abort(413)

    @server.after_request
    def say(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


def content_policy(app: Dash) -> str:
    """What the page may load: its own files, its own inline scripts, and nothing from anywhere else."""
    hashes = " ".join(f"'{digest}'" if not digest.startswith("'") else digest for digest in app.csp_hashes())
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def name_of(host: str) -> str:
    """The name of a host without its port."""
    return host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def names_of(host: str) -> list[str]:
    """The names under which a browser may ask for an address: for all addresses of this machine, those it goes by."""
    if host not in ("0.0.0.0", "::"):
        return [host]
    name = socket.gethostname()
    try:
        addresses = [str(found[4][0]) for found in socket.getaddrinfo(name, None)]
    except OSError:
        addresses = []
    return [name, *addresses]


def free_port(host: str, port: int) -> int:
    """The port if it is free, else one that is. Raises OSError if the host has no such address."""
    for wanted in (port, 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, wanted))
            except OSError:
                if wanted == 0:
                    raise
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("unreachable")


def serve(app: Dash, host: str, port: int, listening: Callable[[], None]) -> None:
    """Answer until interrupted; calls `listening` once connections are taken."""
    from waitress import create_server

    server = create_server(
        app.server,
        host=host,
        port=port,
        threads=THREADS,
        ident="gridsim",
        max_request_body_size=assess_work.BODY_MAX,
        inbuf_overflow=assess_work.BODY_MAX + 1,  # beyond these two waitress would use files
        outbuf_overflow=ANSWER_MAX,
    )
    listening()
    server.run()
