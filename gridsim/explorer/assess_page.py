"""The view that assesses a list of requests: what is asked of a viewer, and the way of a file through the server.

Here is the page and what it asks for; `gridsim.explorer.assess_work` has the answers and `assess_result` shows them.
"""

from __future__ import annotations

import base64
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, dcc, html, no_update
from dash.development.base_component import Component
from flask import Response, jsonify, request

from gridsim.explorer import notices
from gridsim.explorer.assess_result import result
from gridsim.explorer.assess_work import EXAMPLES, LIMITS, Asked, Found, asked_of, assessed, missing
from gridsim.explorer.assessor import Assessor, Progress
from gridsim.explorer.catalogue import GROUPS, listed
from gridsim.explorer.service import Service, Wrong

ADDRESS = "/assess"
CLIENT = "gridsim_assess"
NO_TARIFFS = (GROUPS["mechanisms"],)
"""Groups of the catalogue whose scenarios differ in something else than what applicants face."""


def view(service: Service) -> Component:
    """The content of the view."""
    tariffs = [group for group in listed(service.entries) if group["group"] not in NO_TARIFFS]
    why = missing()
    return html.Div(
        [
            html.Section(
                [
                    html.H1("What does a list of requests stand for?", id="assess-heading"),
                    html.P(
                        "Drop a list of requests on this page, or totals by quarter. It is held against simulated lists, of "
                        "which the truth is known: how many MW are copies, what will sign, what will be in service, and what "
                        "the data cannot tell.",
                        className="which",
                    ),
                    *([html.P(html.Code(why), className="note-box")] if why else []),
                    choices(tariffs, service.start),
                    html.Button("Assess", id="assess-button", type="button", className="wide primary"),
                    html.P(["No list at hand? Try with an example: ", *examples()], className="assess-examples"),
                    html.P(id="assess-place", className="note"),
                    html.Div(id="assess-said", role="alert"),
                    html.P(id="assess-status", role="status", className="which"),
                    html.Progress(id="assess-bar", hidden=True, **{"aria-label": "How far the assessment is"}),
                ],
                className="card",
                **{"aria-labelledby": "assess-heading"},
            ),
            html.Div(id="assess-result", tabIndex=-1),
            dcc.Store(id="assess-asked"),
            dcc.Store(id="assess-progress"),
        ],
        id="assess-body",
        **{"data-most": str(LIMITS.file_bytes)},
    )


def choices(tariffs: list[dict[str, object]], start: str) -> Component:
    """What a viewer chooses: files, the tariff, the day of the list."""
    return html.Div(
        [
            picked("list", "List of requests", "CSV or Parquet"),
            picked("mapping", "Mapping of columns (optional)", "YAML"),
            dmc.Select(
                id="assess-tariff", label="Tariff that applicants face", data=tariffs, value=start, searchable=True,
                allowDeselect=False, maxDropdownHeight=360,
            ),
            dmc.TextInput(
                id="assess-as-of", label="Day of the list (optional)", placeholder="2024-12-31", value="", debounce=200
            ),
        ],
        className="picks assess-picks",
    )  # fmt: skip


def picked(kind: str, label: str, what: str) -> Component:
    """A file to choose; the page's script opens the window for it."""
    return html.Div(
        [
            html.Div(label, className="name", id=f"assess-{kind}-label"),
            html.Button(
                f"Choose a file ({what})",
                id=f"assess-{kind}-button",
                type="button",
                className="wide",
                **{
                    "data-pick": kind,
                    "aria-labelledby": f"assess-{kind}-label assess-{kind}-button",
                    "aria-describedby": f"assess-{kind}-name",
                },
            ),
            html.Div("none chosen", id=f"assess-{kind}-name", className="note", role="status"),
        ],
        className="assess-file",
    )


def examples() -> list[Component]:
    """Buttons that assess what comes with the package."""
    return [
        html.Button(label, type="button", className="preset", **{"data-example": key})
        for key, label in EXAMPLES.items()
    ]


def register(app: dash.Dash, service: Service) -> None:
    """The address that takes a file, and the callbacks of the view."""
    assessor: Assessor[Asked, Found] = Assessor(
        lambda asked, step: assessed(asked, service.entries, service.start, step)
    )

    @app.server.post(ADDRESS)
    def take() -> Response:
        """Take a file on; answers with the name of its assessment, or why there is none."""
        try:
            asked = asked_of(request.get_data(cache=False))
            return jsonify(job=assessor.put(asked.head.viewer, asked))
        except Wrong as error:
            return jsonify(problem=str(error))

    @app.callback(
        Output("assess-result", "children"),
        Output("assess-said", "children"),
        Output("assess-status", "children"),
        Output("assess-bar", "value"),
        Output("assess-bar", "max"),
        Output("assess-bar", "hidden"),
        Output("assess-progress", "data"),
        Input("assess-asked", "data"),
        prevent_initial_call=True,
    )
    def look(data: Any) -> tuple[Any, ...]:
        """How far an assessment is; in the end its result, or what is wrong."""
        try:
            if problem := data.get("problem"):
                raise ValueError(str(problem)[:300])
            return shown(assessor.look(str(data["job"])[:64]), data)
        except (KeyError, TypeError, AttributeError, *Wrong) as error:
            return wrong(error, data)

    app.clientside_callback(
        ClientsideFunction(CLIENT, "chosen"),
        Output("assess-place", "children"),
        Input("assess-tariff", "value"),
        Input("assess-as-of", "value"),
        Input("url", "href"),
    )
    app.clientside_callback(
        ClientsideFunction(CLIENT, "looked"), Input("assess-progress", "data"), prevent_initial_call=True
    )


def shown(progress: Progress[Found], data: dict[str, Any]) -> tuple[Any, ...]:
    """What the page shows of an assessment that is under way or over. Raises what the assessment raised."""
    if progress.error is not None:
        raise progress.error if isinstance(progress.error, Wrong) else RuntimeError(unexpected(progress.error))
    found = progress.found
    if found is not None:
        files = {name: packed(name, content) for name, content in found.files.items()}
        over = {"job": data["job"], "over": True, "files": files}
        return result(found), [], f"{found.name} is assessed.", 1, 1, True, over
    said = f"{progress.what[:1].upper()}{progress.what[1:]} …"
    if progress.before:
        said = f"Others are before you: {progress.before}."
    elif progress.of:
        said = f"{said[:-2]}: {progress.done} of {progress.of} worlds."
    value, most = (progress.done, progress.of) if progress.of else (None, 1)
    return no_update, [], said, value, most, False, {"job": data["job"], "over": False}


def wrong(error: Exception, data: Any) -> tuple[Any, ...]:
    """What the page shows when nothing comes of it."""
    job = data.get("job") if isinstance(data, dict) else None
    return [], notices.problems(error, "scenario"), "", None, 1, True, {"job": job, "over": True, "files": {}}


def unexpected(error: Exception) -> str:
    """What is said of an error that nobody has thought of."""
    return f"the assessment failed: {type(error).__name__}: {error}"[:300]


def packed(name: str, content: bytes) -> dict[str, str]:
    """A file as the page keeps it until it is saved."""
    if name.endswith(".parquet"):
        return {"base64": base64.b64encode(content).decode()}
    return {"text": content.decode()}
