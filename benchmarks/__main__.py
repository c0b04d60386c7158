"""Run the benchmarks and write docs/performance.md: `python -m benchmarks [NAME...] [--page-only]`, or `./run bench`.

Each benchmark leaves its numbers in docs/performance/NAME.json, from which the page is written; one that is not run again keeps
the numbers that it had.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import page

COMMANDS = {
    "rationing_game": ["-m", "benchmarks.rationing_game"],
    "power_layer": ["benchmarks/power_layer.py"],
    "scaling": ["benchmarks/scaling.py"],
    "batches": ["benchmarks/batches.py"],
    "large_batch": ["benchmarks/large_batch.py"],
    "explorer": ["-m", "benchmarks.explorer"],
    "assess": ["benchmarks/assess.py"],
}


def main() -> int:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(COMMANDS)}; all by default")
    parser.add_argument("--page-only", action="store_true", help="write the page from the numbers that are there")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(COMMANDS))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(COMMANDS)}")
    page.NUMBERS.mkdir(parents=True, exist_ok=True)
    for name in () if asked.page_only else asked.names or COMMANDS:
        print(f"== {name}", file=sys.stderr, flush=True)
        command = [sys.executable, *COMMANDS[name], "--out", str(page.NUMBERS / f"{name}.json")]
        ran = subprocess.run(command, cwd=page.HOME, check=False)
        if ran.returncode:
            return ran.returncode
        page.remember_machine(name)
    page.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
