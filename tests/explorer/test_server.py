"""The server: whom it answers, what it refuses, and that what a browser sends can break nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from gridsim.config.scenario import Scenario
from gridsim.explorer import live, server


@pytest.fixture(scope="module")
def app(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Dash:
    path = tmp_path_factory.mktemp("market") / "market.yaml"
    path.write_text(scenario.model_dump_json(by_alias=True))
    return server.explorer(path)


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    return app.server.test_client()


LOCAL = {"base_url": "http://127.0.0.1:8050"}


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "localhost", "[::1]:8050"])
def test_this_machine_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "localhost.example.org:8050", "10.0.0.1", "[::2]"]
)
def test_other_hosts_are_not(client: FlaskClient, host: str) -> None:
    """A page that points its own name at this machine (DNS rebinding) must not read the explorer."""
    for path in ("/", "/_dash-layout", "/csv/market.csv", "/export.html"):
        assert client.get(path, headers={"Host": host}).status_code == 403, path


@pytest.mark.parametrize(
    "origin", ["http://example.org", "null", "http://127.0.0.1:9999", "https://localhost.example.org"]
)
def test_other_pages_are_not_answered(client: FlaskClient, origin: str) -> None:
    answer = client.post("/_dash-update-component", json={}, headers={"Origin": origin}, **LOCAL)
    assert answer.status_code == 403


def test_the_pages_own_posts_are(app: Dash, client: FlaskClient) -> None:
    assert asked(app, client, GOOD, {"Origin": "http://127.0.0.1:8050"})


def test_every_answer_says_what_a_browser_may_do(client: FlaskClient) -> None:
    for path in ("/", "/_dash-layout", "/assets/explorer.js", "/csv/nothing.csv"):
        with client.get(path, **LOCAL) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_body_has_an_end(client: FlaskClient) -> None:
    text = "x" * (server.BODY_MAX + 1)
    assert (
        client.post("/_dash-update-component", data=text, content_type="application/json", **LOCAL).status_code == 413
    )


def live_output(app: Dash) -> str:
    return next(name for name in app.callback_map if "graph-market.figure" in name)


def asked(app: Dash, client: FlaskClient, value: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What the live callback answers to a browser that sends this."""
    name = live_output(app)
    outputs = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in name.strip(".").split("...")]
    body = {
        "output": name,
        "outputs": outputs,
        "inputs": [{"id": "wanted", "property": "data", "value": value}],
        "changedPropIds": ["wanted.data"],
    }
    answer = client.post("/_dash-update-component", json=body, headers=headers, **LOCAL)
    assert answer.status_code == 200, answer.status_code
    found: dict[str, Any] = answer.get_json()["response"]
    return found


GOOD = {"viewer": "v", "seq": 7, "choices": {}, "moving": True, "have": 0}


def test_the_market_answers(app: Dash, client: FlaskClient) -> None:
    found = asked(app, client, GOOD)
    assert found["progress"]["data"] == {"seq": 7, "done": 20, "of": 200}
    assert [tile["measure"] for tile in json.loads(found["tiles"]["data-tiles"])] == list(live.TILES)
    assert found["graph-market"]["figure"]["data"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "x",
        [],
        {},
        GOOD | {"viewer": ""},
        GOOD | {"viewer": "v" * 41},
        GOOD | {"seq": "1"},
        GOOD | {"have": -1},
        GOOD | {"choices": []},
        GOOD | {"extra": 1},
        GOOD | {"choices": {"changes": {"horizon_months": 10**9}}},
        GOOD | {"choices": {"changes": {"policy.deposit_usd_per_mw": "much"}}},
        GOOD | {"choices": {"changes": {"policy.deposit_usd_per_mw": -1.0}}},
        GOOD | {"choices": {"changes": {"extends": "/etc/passwd"}}},
        GOOD | {"choices": {"changes": {"strategies.mine": "/tmp/evil.py:run"}}},
        GOOD | {"choices": {"changes": {"grid.network.case": "/etc/passwd"}}},
        GOOD | {"choices": {"source": "../../etc/passwd"}},
        GOOD | {"choices": {"text": "extends: /etc/passwd\ntitle: x"}},
        GOOD | {"choices": {"text": "&a [*a, *a]"}},
        GOOD | {"choices": {"seed": 2**70}},
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(app: Dash, client: FlaskClient, bad: Any) -> None:
    found = asked(app, client, bad)
    said = json.dumps(found["notice"])
    assert "problem" in said
    assert "Traceback" not in said
    assert "root:" not in said
    assert "graph-market" not in found
    assert asked(app, client, GOOD | {"seq": 8})["progress"]["data"]["seq"] == 8


def test_code_of_ones_own_is_never_run_from_a_page(app: Dash, client: FlaskClient, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\ndef run(signals):\n    return 1.0, 1\n")
    for changes in ({"strategies.mine": f"{evil}:run"}, {"strategies.mine": "evil.py:run"}):
        assert "problem" in json.dumps(asked(app, client, GOOD | {"choices": {"changes": changes}})["notice"])
    for text in (f"title: x\nstrategies: {{mine: '{evil}:run'}}", "title: x\nstrategies: {mine: 'evil.py:run'}"):
        assert "problem" in json.dumps(asked(app, client, GOOD | {"choices": {"text": text}})["notice"])
    assert not (tmp_path / "ran").exists()


def test_files_are_those_of_charts_only(client: FlaskClient) -> None:
    assert client.get("/csv/market.csv?view=queue", **LOCAL).status_code == 400
    assert client.get("/csv/..%2F..%2Fetc.csv", **LOCAL).mimetype == "text/html"  # the page, as for any other address
    assert client.get("/csv/queue.csv?view=queue&seed=x", **LOCAL).status_code == 400
    answer = client.get("/csv/queue.csv?view=queue", **LOCAL)
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 73


def test_a_taken_port_is_told_from_a_free_one() -> None:
    import socket

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        assert server.free_port("127.0.0.1", taken) != taken
    with pytest.raises(OSError, match=r".+"):
        server.free_port("203.0.113.1", 8050)
