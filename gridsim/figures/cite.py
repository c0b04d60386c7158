"""Texts that take a view elsewhere: commands, a script, a citation. Nothing here asks a clock."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from gridsim.about import AUTHORS
from gridsim.config.written import value_text

_TEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_"},
    "\\": "\\textbackslash{}",
    "{": "\\textbraceleft{}",  # BibTeX counts braces, with a backslash before them or not
    "}": "\\textbraceright{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}
_IN_LINKS = {"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20", "<": "%3C", ">": "%3E", '"': "%22"}


def command_text(
    path: str, changes: Mapping[str, object] | None = None, *, seed: int | None = None, seeds: int | None = None
) -> str:
    """The line for a shell that runs a scenario with some values changed: once, or under the seeds 1 to `seeds`.

    Of an absolute path the file's name is left: the folders of one machine mean nothing on another.
    """
    if seeds is None:
        words = ["run", _file(path), *([] if seed is None else ["--seed", str(seed)])]
    else:
        words = ["batch", _file(path), "--seeds", str(seeds), "--out", f"out/{PurePath(path).stem}"]
    settings = [f"{where}={value_text(_short(where, value))}" for where, value in (changes or {}).items()]
    return shlex.join(["gridsim", *words, *(word for text in settings for word in ("--set", text))])


def python_text(path: str, changes: Mapping[str, object] | None = None, *, seed: int = 1, seeds: int = 200) -> str:
    """A script that runs a scenario with some values changed, once with its honest twin, and under the seeds 1 to `seeds`."""
    values = "".join(f"        {where!r}: {_short(where, value)!r},\n" for where, value in (changes or {}).items())
    arguments = f"\n    {_file(path)!r},\n    {{\n{values}    }},\n" if values else repr(_file(path))
    return f"""\
import gridsim
from gridsim.engine.ensemble import ensemble

scenario = gridsim.load({arguments})
result = gridsim.simulate(scenario, seed={seed}, twin=True)
print(result.headline())

runs = ensemble(scenario, seeds=range(1, {seeds + 1}))
queue = runs.series["queued_mw"]  # [seed, month]
print("highest queue, mean of all runs, MW:", queue.max(axis=1).mean())
"""


def citation(
    title: str,
    *,
    version: str,
    model: str,
    scenario_digest: str,
    result_digest: str,
    link: str = "",
    year: int | None = None,
) -> str:
    """A chart as a list of references has it: who, when, what, and what fixes its numbers."""
    what = _one_line(title)
    end = "" if what.endswith((".", "?", "!")) else "."
    source = _source(version, model, scenario_digest, result_digest)
    who = AUTHORS if year is None else f"{AUTHORS} ({year})"
    return f"{who}. {what}{end} {source}.{f' {_one_line(link)}' if link else ''}"


def bibtex(
    title: str,
    *,
    version: str,
    model: str,
    scenario_digest: str,
    result_digest: str,
    link: str = "",
    year: int | None = None,
) -> str:
    """The same as an entry for BibTeX and biblatex."""
    key = re.sub(r"[^A-Za-z0-9]", "", f"{scenario_digest[:8]}{result_digest[:8]}")
    fields = {
        "author": f"{{{AUTHORS}}}",
        "title": f"{{{_tex(title)}}}",
        "note": _tex(_source(version, model, scenario_digest, result_digest)),
    }
    if year is not None:
        fields["year"] = str(year)
    if link:
        fields["url"] = "".join(_IN_LINKS.get(c, c) for c in _one_line(link))
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{gridsim-{key},\n{lines}\n}}\n"


def _file(path: str) -> str:
    file = PurePath(path)
    name = file.name if file.is_absolute() else str(file)
    return f"./{name}" if name.startswith("-") else name


def _short(where: str, value: Any) -> Any:
    """A whole number without decimals; not inside a contrast, where 1 and 1.0 are two values."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15 and repr(value) != "-0.0"
    return int(value) if is_whole and not where.startswith("contrast") else value


def _source(version: str, model: str, scenario_digest: str, result_digest: str) -> str:
    return f"gridsim {version}, model {model}, scenario {scenario_digest}, result {result_digest}"


def _one_line(text: str) -> str:
    """A text without breaks, tabs and characters that cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(c, c) for c in _one_line(text))
