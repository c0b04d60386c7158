"""The plain market opened from the columns of a run before month 0, and told every month what agents decide."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from gridsim.engine.prepare import KINDS
from gridsim.model.state import (
    COUNT_DERATED,
    COUNT_FULL,
    COUNT_NONE,
    HEURISTIC,
    N_BUILDING,
    N_PROJECT_IDS,
    N_QUEUE,
    N_SERVICE,
    NEVER,
    STAGES,
    Params,
    State,
)
from tests.oracle.agents import Applicant, Project, Request, Utility, added
from tests.oracle.fleets import Cloud, Contract, Fleet, Neocloud, Team
from tests.oracle.lines import Lines
from tests.oracle.market import Market
from tests.oracle.settlement import Tariff

COUNTING = {COUNT_FULL: "full", COUNT_DERATED: "derated", COUNT_NONE: "none"}
AMOUNTS = (
    "mw", "need_mw", "quality", "upgrade_usd", "upgrade_mw", "line_mw", "own_mw", "released_mw",
    "deposit_usd", "deposit_paid_usd", "readiness_usd", "collateral_usd",
)  # fmt: skip
MONTHS = (
    "study_end", "studied", "offered", "decide_by", "signed", "deliver", "ready", "energised", "left", "cancel_month"
)  # fmt: skip
NUMBERS = ("key", "applicant", "holder", "utility", "bus", "choice", "filed", "wanted", "patience_end")
NUMBERS += ("nonfirm", "restudies")


class Twin(Market):
    """The plain market with the scenario's tariffs, opened from the columns of a run before month 0."""

    def __init__(self, state: State, params: Params, case_mw) -> None:
        applicants = [
            Applicant(
                number=i,
                key=int(a.key),
                kind=KINDS[a.kind],
                pads=bool(params.speculation) and a.strategy == HEURISTIC,
                files_at_deadlines=bool(a.deadline_filer),
                initial_mw=float(a.initial_mw),
                margin=float(a.margin),
                exposure=float(a.exposure),
                energised_mw=float(a.energised_mw),
                held_mw=float(a.held_mw),
                sale_belief=float(a.sale_belief),
                approval_seen=float(a.approval_seen),
                hears=state.network.heard[state.network.first[i] : state.network.first[i + 1]].tolist(),
            )
            for i, a in enumerate(state.applicants)
        ]
        utilities = [
            Utility(
                number=u,
                key=int(x.key),
                counting=COUNTING[x.counting],
                slots=int(x.slots),
                attraction=float(x.attraction),
                build_limit_mw_per_year=float(x.build_limit_mw_per_year),
                initial_mw=float(x.initial_mw),
                installed_mw=float(x.installed_mw),
                other_load_mw=float(x.other_load_mw),
                review_offset=int(x.review_offset),
                buses=[(b, float(state.buses.reach[b])) for b in range(x.first_bus, x.last_bus)],
                due_mw=state.additions.due_mw[u].tolist(),
                signed_mw=float(x.signed_mw),
                queued_mw=float(x.queued_mw),
            )
            for u, x in enumerate(state.utilities)
        ]
        rules = SimpleNamespace(**{k: params[k].item() for k in params.dtype.names})
        limit, committed = state.lines.limit_mw.copy(), state.lines.committed_mw.copy()
        lines = Lines(state.load_flow.copy(), limit, case_mw.copy(), committed, rules.cutoff)
        super().__init__(rules, applicants, utilities, lines)
        self.tariffs = [Tariff(**{k: float(row[k]) for k in state.terms.dtype.names}) for row in state.terms]
        self.term_row, self.expected_row = state.term_row.tolist(), state.ahead_row.tolist()
        self.confirm = state.confirm.tolist()
        self.day_hours = [state.load_hours[:24].tolist(), state.load_hours[24:].tolist()]
        self.read_fleets(state)
        self.read_clouds(state)
        self.read_additions(state)
        self.read_requests(state)
        self.read_money(state)

    def terms(self, utility: int, t: int) -> Tariff:
        return self.tariffs[self.term_row[t][utility]]

    def terms_expected(self, utility: int, t: int) -> Tariff:
        return self.tariffs[self.expected_row[t][utility]]

    def must_confirm(self, utility: int, t: int) -> bool:
        return bool(self.confirm[t][utility])

    def read_fleets(self, state: State) -> None:
        n = self.rules.teams
        for i, a in enumerate(self.applicants):
            if a.kind == "developer":
                continue
            teams = [read_team(row) for row in state.teams[i * n : (i + 1) * n]]
            rents = zip(state.contracts.gpus[i].tolist(), state.contracts.usd_per_hour[i].tolist(), strict=True)
            contracts = [Contract(gpus, usd, end) for end, (gpus, usd) in enumerate(rents) if gpus > 0.0]
            opened = {name: float(state.fleets[name][i]) for name in state.fleets.dtype.names}
            a.fleet = Fleet(teams=teams, contracts=contracts, **opened)
            longer = a.fleet.reserved_gpus - added(x.gpus for x in contracts)  # beyond the last month
            contracts.append(
                Contract(longer, a.fleet.rent_usd_per_hour - added(x.usd_per_hour for x in contracts), NEVER)
            )

    def read_clouds(self, state: State) -> None:
        row = state.cloud[0]
        self.cloud = Cloud(**{name: float(row[name]) for name in state.cloud.dtype.names})
        names = ("owned_gpus", "ordered_gpus", "bought_gpus")
        self.neoclouds = [Neocloud(**{name: float(row[name]) for name in names}) for row in state.neoclouds]

    def read_additions(self, state: State) -> None:
        for u in self.utilities:
            row = state.additions.arriving_mw[u.number]
            u.arriving_mw.update({int(m): float(row[m]) for m in np.flatnonzero(row)})

    def read_requests(self, state: State) -> None:
        projects: dict[int, Project] = {}
        self.projects_made = int(state.counts[N_PROJECT_IDS])
        for rows, mine in ((queue_rows(state), self.queue), (building_rows(state), self.building)):
            for r in rows:
                row = state.requests[r]
                common = state.projects[row.project]
                project = projects.setdefault(int(row.project), Project(int(row.project_id), float(common.mw)))
                months = {name: None if row[name] == NEVER else int(row[name]) for name in MONTHS}
                numbers = {name: int(row[name]) for name in NUMBERS}
                amounts = {name: float(row[name]) for name in AMOUNTS}
                request = Request(project=project, stage=STAGES[row.stage], **months, **numbers, **amounts)
                if common.signer == r:
                    project.signed, project.signer = int(common.signed), request
                if request.stage == "in study":
                    self.utilities[request.utility].desk.append(request)
                mine.append(request)

    def read_money(self, state: State) -> None:
        assert not state.ledger.flow_usd.any(), "the opening pipeline paid before month 0"
        for account_name, usd in zip(self.accounts(), state.ledger.cash_usd.tolist(), strict=True):
            self.ledger.cash[account_name] = usd

    def accounts(self) -> list[tuple[str, int]]:
        """In the order of the compiled ledger."""
        n, areas = len(self.applicants), len(self.utilities)
        names = [("applicant", i) for i in range(n)] + [("utility", u) for u in range(areas)]
        names += [("escrow", u) for u in range(areas)]
        return [*names, ("land", 0), ("customers", 0), ("owners", 0), ("neoclouds", 0), ("vendor", 0)]

    def hear_need(self, state: State, t: int) -> None:
        """What everybody truly needs, and what queries take."""
        for a in self.applicants:
            a.need_mw = float(state.need_mw[a.number, t])
            a.need_ahead_mw = float(state.need_mw[a.number, t + self.rules.horizon])
        self.work(t, float(state.queries.computed_tokens[t]), float(state.queries.useful_tokens[t]))

    def hear_decisions(self, state: State, t: int) -> None:
        """What agents decided and believe, and what utilities last quoted."""
        for mine, theirs in zip(self.applicants, state.applicants, strict=True):
            for name in ("ask_mw", "gap_mw", "room_mw", "scarcity", "believed_wait"):
                setattr(mine, name, float(theirs[name]))
            mine.copies = int(theirs.copies)
        self.quoted_wait = state.quotes.wait[: t + 1].tolist()


def read_team(row) -> Team:
    amounts = ("weight", "ask_gpus", "counted_gpus", "quota_gpus", "record", "unmet")
    return Team(gamer=bool(row.gamer), at_peak=bool(row.at_peak), **{name: float(row[name]) for name in amounts})


def queue_rows(state: State) -> list[int]:
    return state.queue.request[: state.counts[N_QUEUE]].tolist()


def building_rows(state: State) -> list[int]:
    return state.lists.building[: state.counts[N_BUILDING]].tolist()


def service_rows(state: State) -> list[int]:
    return state.lists.service[: state.counts[N_SERVICE]].tolist()
