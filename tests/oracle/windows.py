"""Joint studies a second time: the requests of a window share the area's capacity by a rule, and the overload of lines."""

from __future__ import annotations

from typing import NamedTuple

import gridsim
from tests.oracle.agents import Request, Utility, added
from tests.oracle.study import Studies


class JointStudy(NamedTuple):
    """What a window came to."""

    rule: str
    requests: int
    asked_mw: float
    free_mw: float
    line_mw: float


class Windows(Studies):
    """Joint studies that end this month, before anything else happens in the queue."""

    def study_windows(self, t: int) -> None:
        """Every area with windows on its own: where windows of two areas end together, neither counts the other on lines."""
        collecting = [u for u in self.utilities if self.terms(u.number, t).collects]
        if not collecting:
            return
        for request in self.in_base_case(t):
            weight = self.terms(request.utility, t).base_case_weight
            self.lines.ahead_at[request.bus] += weight * request.mw
        self.lines.gather()
        for utility in collecting:
            together = [r for r in self.queue if r.utility == utility.number and self.ends(r, t)]
            if together:
                self.study_together(together, utility, t)
        self.lines.ahead_mw[:] = 0.0

    def ends(self, request: Request, t: int) -> bool:
        """Whether the study of a request ends that will still be in the queue by then, confirmed or not."""
        stays = t < request.patience_end and not request.project.leaves(t)
        return request.stage == "in study" and request.study_end <= t and stays

    def in_base_case(self, t: int) -> list[Request]:
        """What has been studied before or is being: also what a later window studies, and what leaves this very month.

        Copies count in full, disclosed or not.
        """
        return [r for r in self.queue if r.stage != "filed" and not r.nonfirm and not self.ends(r, t)]

    def study_together(self, together: list[Request], utility: Utility, t: int) -> None:
        """Write month, area shortage and line shortage of every request of a window."""
        tariff = self.terms(utility.number, t)
        for r in together:
            r.own_mw = tariff.own_generation_share * r.mw
        asked = [r.mw - r.own_mw for r in together]
        before = [r for r in self.in_base_case(t) if r.utility == utility.number]
        ahead_mw = added(tariff.base_case_weight * r.mw for r in before)
        _, left_mw = self.months_with_room(utility, ahead_mw, 0.0, t)
        free_mw = max(0.0, left_mw)
        months, _ = self.months_with_room(utility, ahead_mw, min(added(asked), free_mw), t)
        granted = self.allocate(tariff.allocation_rule, together, asked, free_mw)
        for request, mw, given in zip(together, asked, granted, strict=True):
            request.deliver = months[0] if months else t + self.rules.horizon
            request.upgrade_mw = max(0.0, mw - given)
            request.line_mw = 0.0
        self.share_lines(together, asked)
        self.joint_studies.append(
            JointStudy(tariff.allocation_rule, len(together), added(asked), free_mw, added(r.line_mw for r in together))
        )

    def allocate(self, rule: str, together: list[Request], asked: list[float], free_mw: float) -> list[float]:
        """The rule of the tariff; those who came first are first, and bids are the projects' qualities."""
        if rule == "first_come":
            return gridsim.allocate(rule, asked, free_mw, filed=range(len(together))).tolist()
        if rule == "auction":
            return gridsim.allocate("uniform_price", asked, free_mw, bids=[r.quality for r in together]).tolist()
        return gridsim.allocate(rule, asked, free_mw).tolist()

    def share_lines(self, together: list[Request], asked: list[float]) -> None:
        """What a line lacks for all of them falls on those that push it over, by the flow that each adds."""
        lines = self.lines
        for line in range(len(lines.limit_mw)):
            flows = [lines.factor[r.bus, line] * mw for r, mw in zip(together, asked, strict=True)]
            near = [abs(lines.factor[r.bus, line]) >= lines.cutoff for r in together]
            flows = [flow if is_near else 0.0 for flow, is_near in zip(flows, near, strict=True)]
            before, change = lines.committed_mw[line] + lines.ahead_mw[line], added(flows)
            over_mw = lines.overload(before, change)[line]
            if over_mw <= 0.0:
                continue
            sign = 1.0 if before + change > 0.0 else -1.0
            pushing = added(max(0.0, sign * flow) for flow in flows)
            for request, mw in zip(together, asked, strict=True):
                factor = sign * lines.factor[request.bus, line]
                if factor >= lines.cutoff:
                    request.line_mw += float(over_mw * factor * mw / pushing)
