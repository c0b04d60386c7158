"""Strategies: built-in ones, mixes, and users' own at compiled speed; the same bytes wherever they run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gridsim
from gridsim.config.errors import ScenarioError, StrategyError
from gridsim.engine.user_strategies import StrategyFault
from gridsim.model import choice

ROOT = Path(__file__).parent.parent
SMALL = {"actors.labs.count": 6, "actors.hyperscalers.count": 2, "horizon_months": 48}
SOURCE = """
def cautious(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 0.5 + 0.25 * luck, 2.0 if approval < 0.4 else 1.0


def broken(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return -1.0, 1.0


def raising(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 1.0 / (wait - wait), 1.0


def uncompilable(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return open("/dev/null"), 1.0
"""


@gridsim.strategy("as_needed")
def as_needed(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 1.0, 1.0


@gridsim.strategy("greedy")
def greedy(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 3.0, copies


@gridsim.strategy("thrice")
def thrice(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 3.0, 1.0


def scenario(mix="heuristic", **changes) -> gridsim.Scenario:
    settings = SMALL | {"strategies.labs": mix, "strategies.hyperscalers": mix}
    return gridsim.load(
        ROOT / "configs" / "baseline.yaml", settings | {k.replace("__", "."): v for k, v in changes.items()}
    )


def digest(result: gridsim.Result) -> str:
    return str(result.manifest["result_digest"])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A scenario of a user beside a file of strategies."""
    (tmp_path / "my_strategies.py").write_text(SOURCE)
    text = "title: Mine\nhorizon_months: 24\nactors: {labs: {count: 3}, hyperscalers: {count: 1}}\n"
    path = tmp_path / "mine.yaml"
    path.write_text(text + "strategies: {labs: mine, mine: my_strategies.py:cautious}\n")
    return path


def with_function(path: Path, name: str) -> Path:
    path.write_text(path.read_text().replace(":cautious", f":{name}"))
    return path


def test_who_asks_for_what_it_needs_in_one_area_is_not_greedy():
    filed = {
        name: gridsim.simulate(scenario(name), 1).series.filed_mw.sum() for name in ("as_needed", "greedy", "honest")
    }
    assert filed["greedy"] > 1.5 * filed["as_needed"]
    copies = [
        gridsim.simulate(scenario(name), 1).series.copies_mean.max() for name in ("as_needed", "honest", "greedy")
    ]
    assert copies[0] == copies[1] == 1.0 < copies[2]


def test_the_multiple_is_what_is_asked_for():
    runs = [gridsim.simulate(scenario(name), 1, record="agents").agents for name in ("as_needed", "thrice")]
    once, three = (run.ask_mw[(run.month == 0) & (run.kind != "developer") & (run.kind != "utility")] for run in runs)
    assert once.max() > 0.0
    assert three.to_numpy() == pytest.approx(3.0 * once.to_numpy())


@pytest.mark.parametrize("mix", ["greedy", "ewa", "best_reply", {"greedy": 0.5, "ewa": 0.25, "honest": 0.25}])
def test_the_mesa_model_gives_the_same_bytes(mix):
    world = scenario(mix)
    model = gridsim.GridModel(world, rng=3)
    model.run_model()
    assert digest(model.result) == digest(gridsim.simulate(world, 3))


def test_a_file_of_strategies_gives_the_same_bytes_in_another_process(written):
    script = "import gridsim, sys; print(gridsim.simulate(gridsim.load(sys.argv[1]), 5).manifest['result_digest'])"
    other = subprocess.run([sys.executable, "-c", script, str(written)], check=True, capture_output=True, text=True)
    ours = gridsim.simulate(gridsim.load(written), 5)
    assert other.stdout.strip() == digest(ours)
    assert digest(ours) != digest(gridsim.simulate(gridsim.load(written, {"strategies.labs": "heuristic"}), 5))


BATCH = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import gridsim


@gridsim.strategy("hesitant")
def hesitant(gap_mw, scarcity, wait, approval, copies, fear, luck):
    return 1.0 + 0.5 * luck, max(1.0, copies - 1.0)


def scenario():
    small = {"actors.labs.count": 4, "horizon_months": 24, "strategies.labs": "hesitant"}
    return gridsim.load(sys.argv[1], small)


def digest(seed):
    return gridsim.simulate(scenario(), seed).manifest["result_digest"]


def stepped(seed):
    model = gridsim.GridModel(scenario(), rng=seed)
    model.run_model()
    return model.result.manifest["result_digest"]


if __name__ == "__main__":
    seeds = range(1, 7)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        batch = list(pool.map(digest, seeds))
    assert batch == [digest(seed) for seed in seeds] == [stepped(seed) for seed in seeds]
    assert len(set(batch)) == 6
    print("equal")
"""


def test_a_script_with_a_strategy_gives_the_same_bytes_alone_stepped_and_over_two_processes(tmp_path):
    script = tmp_path / "batch.py"
    script.write_text(BATCH)
    command = [sys.executable, str(script), str(ROOT / "configs" / "baseline.yaml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.stdout.strip() == "equal", found.stderr[-2000:]


def test_the_text_of_a_strategy_is_part_of_what_its_scenario_says(written):
    before = gridsim.load(written).digest()
    file = written.parent / "my_strategies.py"
    file.write_text(SOURCE.replace("0.5 + 0.25", "0.5 + 0.75"))
    assert gridsim.load(written).digest() != before
    assert digest(gridsim.simulate(gridsim.load(written), 5)) != before


def test_in_the_honest_twin_no_strategy_games():
    twins = [gridsim.simulate(scenario(mix).twin(), 2) for mix in ("greedy", "ewa", "best_reply", "honest")]
    assert len({digest(twin) for twin in twins}) == 1


def test_a_mix_gives_each_agent_one_strategy_by_weight():
    world = gridsim.load(ROOT / "configs" / "baseline.yaml", {
        "actors.labs.count": 400, "horizon_months": 1, "strategies.labs": {"greedy": 3.0, "honest": 1.0, "ewa": 0.0},
    })  # fmt: skip
    used = gridsim.simulate(world, 1, record=None)._state.applicants
    labs = used.strategy[used.kind == 0]
    codes, counts = np.unique(labs, return_counts=True)
    assert len(codes) == 2
    assert 250 < counts.max() < 350


def test_learners_ask_for_more_where_the_queue_is_longer():
    plain = gridsim.simulate(scenario("best_reply"), 1, record=None)._state.applicants
    tight = gridsim.simulate(
        scenario("best_reply", grid__headroom_gw=1.0, grid__expansion__build_limit_gw_per_year=0.5), 1
    )
    asked = tight._state.applicants
    needs = asked.kind != 2
    assert asked.multiplier[needs].mean() > plain.multiplier[needs].mean() >= 1.0


def test_the_best_choice_covers_the_need_where_asking_is_cheap_and_asks_for_none_where_it_is_dear():
    assert choice.MULTIPLIERS[choice.best_choice(1.0, 0.01, 0.1)] == 1.0
    assert choice.MULTIPLIERS[choice.best_choice(0.5, 0.01, 0.1)] == 2.0
    assert choice.MULTIPLIERS[choice.best_choice(0.05, 0.01, 0.1)] == 20.0
    assert choice.MULTIPLIERS[choice.best_choice(0.5, 0.6, 0.1)] == 0.0


def test_each_step_of_thinking_asks_for_no_less():
    asked = [choice.MULTIPLIERS[choice.first_choice(level, 0.5, 0.001, 0.01)] for level in range(5)]
    assert asked[0] == 1.0
    assert asked == sorted(asked)


def test_ewa_has_reinforcement_and_belief_learning_as_limits():
    """With delta 0 what is not chosen only fades; with delta 1 every payoff counts alike (Camerer & Ho 1999)."""
    assert choice.reinforce(0.4, 2.0, 1.0, False, 0.0, 0.9, 0.0) == pytest.approx(0.9 * 2.0 * 0.4 / 2.8)
    both = [choice.reinforce(0.4, 2.0, 1.0, chosen, 1.0, 0.9, 0.0) for chosen in (True, False)]
    assert both[0] == both[1] == pytest.approx((0.9 * 2.0 * 0.4 + 1.0) / 2.8)
    experience, attraction = 1.0, 0.0
    for _ in range(500):
        attraction = choice.reinforce(attraction, experience, 0.7, True, 0.5, 0.9, 0.0)
        experience = choice.more_experience(experience, 0.9, 0.0)
    assert attraction == pytest.approx(0.7)  # averages payoffs
    assert experience == pytest.approx(10.0)


def test_logit_choice_follows_attractions():
    attractions = np.array([0.0, 0.1, 0.3])
    drawn = [choice.logit_choice(attractions, 50.0, (k + 0.5) / 2000) for k in range(2000)]
    weights = np.exp(50.0 * (attractions - 0.3))
    assert np.bincount(drawn, minlength=3) / 2000 == pytest.approx(weights / weights.sum(), abs=1e-3)


def test_levels_of_thinking_are_poisson():
    levels = [choice.level_of((k + 0.5) / 10000, 1.5) for k in range(10000)]
    assert np.mean(levels) == pytest.approx(1.5, abs=0.01)
    assert levels.count(0) / 10000 == pytest.approx(np.exp(-1.5), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing", "has no function 'missing'; it has cautious, broken"), ("uncompilable", "does not compile")],
)
def test_a_strategy_that_cannot_be_used_is_bad_input(written, name, words):
    path = with_function(written, name)
    with pytest.raises(StrategyError, match=words):
        gridsim.simulate(gridsim.load(path), 1)
    command = [sys.executable, "-m", "gridsim", "run", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert words in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("name", ["broken", "raising"])
def test_an_answer_that_is_none_fails_the_run(written, name):
    with pytest.raises(StrategyFault, match="answers that are none"):
        gridsim.simulate(gridsim.load(with_function(written, name)), 1)


def test_a_file_outside_the_scenarios_folder_is_not_run(written, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "mine.yaml").write_text(written.read_text())
    with pytest.raises(StrategyError, match="cannot be read"):
        gridsim.simulate(gridsim.load(inner / "mine.yaml"), 1)
    (inner / "my_strategies.py").symlink_to(tmp_path / "my_strategies.py")
    with pytest.raises(StrategyError, match="outside the scenario's folder"):
        gridsim.simulate(gridsim.load(inner / "mine.yaml"), 1)
    with pytest.raises(ScenarioError):
        gridsim.load(written, {"strategies.mine": "../my_strategies.py:cautious"})


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ScenarioError, match=r"'ewa'.*did you mean 'heuristic'"):
        scenario("heuristc")
    with pytest.raises(ScenarioError, match=r"set strategies\.mine"):
        scenario("mine")
    with pytest.raises(ScenarioError, match="more than 0"):
        scenario({"ewa": 0.0})
    for name in ("ewa", "mine", "not a name"):
        with pytest.raises(StrategyError):
            gridsim.strategy(name)


def test_the_tutorial_runs_as_it_stands(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "strategies.md").read_text(), re.DOTALL)
    exec(compile("\n".join(blocks), "strategies.md", "exec"), {"__name__": "tutorial"})
    assert len(capsys.readouterr().out.split()) == 2
