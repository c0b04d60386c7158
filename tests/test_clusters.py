"""The files in docs/clusters/, as far as they can be tried without a cluster: their commands run, shortened, on this machine.

A stand-in for SLURM sets its variables, or runs what `sbatch` is given; the containers' commands run as plain processes.
"""

import importlib.util
import os
import re
import shlex
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

import gridsim
from gridsim.commands import app
from tests.command_line import ROOT, by_compiled_model, environment, written

CLUSTERS = ROOT / "docs" / "clusters"
MANIFESTS = sorted(CLUSTERS.glob("*.yaml"))
TINY = "title: Tiny\nhorizon_months: 2\nactors: {utilities: {names: [A, B]}}\n"
SBATCH = """#!/bin/sh
for script; do :; done
job=$(mktemp "$FAKE_SLURM/job.XXXXXX") && cp "$script" "$job"
setsid bash "$job" >"$job.log" 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for job; do kill -- "-$job" 2>/dev/null || :; done
"""


@pytest.fixture
def shell(tmp_path):
    """The environment of a shell that finds gridsim, dask and a stand-in for SLURM."""
    by_compiled_model()
    programs = {"sbatch": SBATCH, "scancel": SCANCEL, "gridsim": f'#!/bin/sh\nexec {sys.executable} -m gridsim "$@"\n'}
    programs["dask"] = f'#!/bin/sh\nexec {sys.executable} -m dask "$@"\n'
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        written(tmp_path / "bin" / name, text).chmod(0o755)
    return environment(PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", FAKE_SLURM=str(tmp_path))


def ended(process, seconds=120):
    """Exit code and stderr of a process."""
    _, err = process.communicate(timeout=seconds)
    return process.returncode, err


def started(command, env, **more):
    return subprocess.Popen(command, env=env | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def array_job(env, folder, index, count, last):
    command = ["bash", CLUSTERS / "slurm_array.sh", folder / "tiny.yaml", folder / "out", "--seeds", "500"]
    more = {"ID": index, "COUNT": count, "MAX": last}
    return started(list(map(str, command)), env, **{f"SLURM_ARRAY_TASK_{name}": str(n) for name, n in more.items()})


@pytest.mark.slow
def test_a_slurm_array_runs_the_whole_batch_and_says_how_it_must_be_counted(shell, tmp_path):
    written(tmp_path / "tiny.yaml", TINY)
    jobs = [array_job(shell, tmp_path, index, 3, 3) for index in (1, 2, 3)]
    assert [ended(job)[0] for job in jobs] == [0, 0, 0]
    assert gridsim.Batch(tmp_path / "out").status()["done"] == 500
    code, err = ended(array_job(shell, tmp_path, 0, 4, 3))
    assert (code, "--array=1-4" in err) == (2, True)


def test_the_array_asks_slurm_for_as_many_cores_as_it_has_threads():
    text = (CLUSTERS / "slurm_array.sh").read_text()
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", text, re.MULTILINE))
    assert options["array"].startswith("1-")
    assert int(options["cpus-per-task"]) > 1
    assert '--workers "${SLURM_CPUS_PER_TASK:-1}"' in text


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("dask_jobqueue") is None, reason="dask-jobqueue is not installed")
@pytest.mark.skipif(not Path("/sys/class/net/lo").exists(), reason="no network interface lo")
def test_workers_that_slurm_starts_run_a_batch(shell, tmp_path):
    written(tmp_path / "tiny.yaml", TINY)
    command = [sys.executable, CLUSTERS / "slurm_dask.py", tmp_path / "tiny.yaml", tmp_path / "out"]
    command += ["--seeds", "300", "--jobs", "2", "--cores", "1", "--interface", "lo"]
    code, err = ended(started(list(map(str, command)), shell))
    assert code == 0, err[-2000:]
    assert gridsim.Batch(tmp_path / "out").status()["done"] == 300
    scripts = [path.read_text() for path in tmp_path.glob("job.??????")]
    assert len(scripts) == 2
    for script in scripts:
        assert "#SBATCH --cpus-per-task=1" in script
        assert "#SBATCH -t 04:00:00" in script
        assert "distributed.cli.dask_worker tcp://127.0.0.1:" in script


def containers():
    """Name, image and words of the command of every container; a shell's text as its words."""
    for path in MANIFESTS:
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            for container in one["spec"].get("template", {}).get("spec", {}).get("containers", []):
                command = container["command"] + container.get("args", [])
                words = (
                    shlex.split(command[2].replace("$((JOB_COMPLETION_INDEX + 1))", "1"))
                    if "sh" in command
                    else command
                )
                yield container["name"], container["image"], words[1:] if words[0] == "exec" else words


def test_the_containers_commands_are_ones_that_the_programs_know():
    from distributed.cli import dask_scheduler, dask_worker

    commands = {
        "batch": get_command(app).commands["batch"],
        "scheduler": dask_scheduler.main,
        "worker": dask_worker.main,
    }
    parsed = {}
    for name, _, words in containers():
        assert words[0] == ("gridsim" if words[1] == "batch" else "dask")
        context = commands[words[1]].make_context(words[1], words[2:])  # parses, and runs nothing
        parsed[name] = context.params
    assert set(parsed) == {"scheduler", "worker", "batch", "share"}
    assert parsed["batch"]["scheduler"] == parsed["worker"]["scheduler"] == "tcp://gridsim-scheduler:8786"
    assert parsed["share"]["shard"] == "1/16"
    assert str(parsed["share"]["out"]) == str(parsed["batch"]["out"]) == "/data/baseline"


def test_the_manifests_fit_together():
    for path in MANIFESTS:
        found = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        claims = {one["metadata"]["name"] for one in found if one["kind"] == "PersistentVolumeClaim"}
        for one in found:
            template = one["spec"].get("template", {})
            for volume in template.get("spec", {}).get("volumes", []):
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            for container in template.get("spec", {}).get("containers", []):
                mounts = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
                assert mounts == (set() if container["name"] == "scheduler" else {"/data"})
            if one["kind"] == "Deployment":
                assert one["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
            if one["kind"] == "Service":
                pods = [o["spec"]["template"]["metadata"]["labels"] for o in found if o["kind"] == "Deployment"]
                assert one["spec"]["selector"] in pods
                assert one["metadata"]["name"] == "gridsim-scheduler"
            if one["kind"] == "Job":
                assert template["spec"]["restartPolicy"] == "Never"  # as a policy for failures demands
                (rule,) = one["spec"]["podFailurePolicy"]["rules"]
                assert rule["onExitCodes"]["containerName"] == template["spec"]["containers"][0]["name"]
                assert rule["onExitCodes"]["values"] == [2, 3]
            if one["spec"].get("completionMode") == "Indexed":
                shares = re.search(r"/(\d+) --workers", template["spec"]["containers"][0]["args"][0])[1]
                assert one["spec"]["completions"] == int(shares)


def shortened(words, folder, port="8786"):
    """A container's command for this machine: its own folders and port, few seeds, one worker."""
    changes = {"/data": str(folder), "/gridsim/configs/baseline.yaml": str(folder / "tiny.yaml"), "100000": "300"}
    changes |= {"gridsim-scheduler:8786": f"127.0.0.1:{port}"}
    out = []
    for word in words:
        for old, new in changes.items():
            word = word.replace(old, new)
        out.append({"8786": port, "4": "1"}.get(word, word))
    return out


@contextmanager
def alongside(command, env):
    """A process that is ended afterwards."""
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.slow
def test_scheduler_worker_and_batch_of_the_manifest_work_together(shell, tmp_path):
    written(tmp_path / "tiny.yaml", TINY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    commands = {name: shortened(words, tmp_path, port) for name, _, words in containers() if name != "share"}
    with alongside(commands["scheduler"], shell), alongside(commands["worker"], shell):
        code, err = ended(started(commands["batch"], shell))
    assert code == 0, err[-2000:]
    assert gridsim.Batch(tmp_path / "baseline").status()["done"] == 300


@pytest.mark.slow
def test_the_pods_of_the_indexed_job_run_the_whole_batch(shell, tmp_path):
    written(tmp_path / "tiny.yaml", TINY)
    (job,) = (
        one["spec"]["template"]["spec"]["containers"][0]
        for one in yaml.safe_load_all((CLUSTERS / "kubernetes_indexed_job.yaml").read_text(encoding="utf-8"))
        if one["kind"] == "Job"
    )
    text = (
        " ".join(shortened(job["args"][0].split(" "), tmp_path))
        .replace("/16", "/2")
        .replace("--workers 8", "--workers 1")
    )
    pods = [started([*job["command"], text], shell, JOB_COMPLETION_INDEX=index) for index in "01"]
    assert [ended(pod)[0] for pod in pods] == [0, 0]
    assert gridsim.Batch(tmp_path / "baseline").status()["done"] == 300


def test_the_image_has_this_version_and_what_it_copies_is_there():
    lines = (CLUSTERS / "Dockerfile").read_text(encoding="utf-8")
    assert {image for _, image, _ in containers()} == {f"gridsim:{gridsim.__version__}"}
    assert f"-t gridsim:{gridsim.__version__} ." in lines
    allowed = (CLUSTERS / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for sources in re.findall(r"^COPY (.+) \S+$", lines, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists()
            assert f"!{source}" in allowed


def test_the_image_pins_the_versions_of_the_lock(tmp_path):
    text = (CLUSTERS / "Dockerfile").read_text(encoding="utf-8")
    command = re.search(r"^RUN (sed .+?) > (\S+) \\$", text, re.MULTILINE)
    found = subprocess.run(["sh", "-c", command[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pinned = [line for line in found.splitlines() if not line.startswith("#")]
    assert len(pinned) > 100
    assert all(re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[^\s\\]+( ; [^\\]+)?", line) for line in pinned)
    assert f"-c {command[2]} " in text


def test_no_file_names_a_registry():
    for path in CLUSTERS.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "://" not in re.sub(r"tcp://gridsim-scheduler", "", text), path.name
        for image in re.findall(r"^(?:FROM| *image:) (\S+)", text, re.MULTILINE):
            assert "/" not in image
