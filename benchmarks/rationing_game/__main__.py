"""Run the benchmark, from the root of the repository: `python -m benchmarks.rationing_game [--out FILE]`.

First the gate: all implementations must log the same (`equivalence`); otherwise it stops with exit code 1 and times nothing.
Then agent-steps per second of each and, to compare, of gridsim's draws alone: a table in Markdown on the standard output
and, with --out, everything as JSON. Ratios within one run can be compared between machines; seconds cannot.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.rationing_game import report
from benchmarks.rationing_game.equivalence import faults, faults_of_own_draws
from benchmarks.rationing_game.gridsim_peer import DRAWS_ALONE
from benchmarks.rationing_game.peers import find
from benchmarks.rationing_game.timing import measure, seconds_to_start

SIZES, ROUNDS = (100, 1_000, 10_000), 12


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rationing_game", description=__doc__)
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each implementation")
    parser.add_argument("--agents", type=int, nargs="+", default=SIZES, help="numbers of agents")
    return parser.parse_args()


def main() -> int:
    """Check, measure, report."""
    options = arguments()
    peers, missing = find()
    for name, reason in missing.items():
        print(f"{name}: {reason}", file=sys.stderr)
    found = faults(peers) or faults_of_own_draws(peers)
    if found:
        print("not the same game:", *found, sep="\n  ", file=sys.stderr)
        return 1
    print(f"all log the same: {', '.join(peer.name for peer in peers)}", file=sys.stderr)
    start = {peer.name: seconds_to_start(peer.name) for peer in peers}
    DRAWS_ALONE.play(DRAWS_ALONE.build(2, 0, None))  # compile it
    timed = [one for n in options.agents for one in measure([*peers, DRAWS_ALONE], n, options.rounds)]
    print(report.table(timed, start, missing), "", *(f"- {verdict}" for verdict in report.verdicts(timed)), sep="\n")
    if options.out:
        options.out.write_text(json.dumps(report.as_json(timed, start, missing), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
