"""Joint studies a second time: the requests of a window share the area's capacity by a rule, and the overload of lines."""

from __future__ import annotations

from typing import NamedTuple

import gridsim
from tests.oracle.agents import Request, added
from tests.oracle.study import Studies


class JointStudy(NamedTuple):
    """What a window of an area came to."""

    rule: str
    members: list[Request]
    asked_mw: float
    free_mw: float
    line_mw: float = 0.0


class Windows(Studies):
    """Joint studies that end this month, before anything else happens in the queue."""

    def study_windows(self, t: int) -> None:
        """Areas one by one; lines once, for the windows of all areas that end together."""
        ending = [[r for r in self.queue if r.utility == u.number and self.ends(r, t)] for u in self.utilities]
        windows = [self.share_area(members, members[0].utility, t) for members in ending if members]
        if not windows:
            return
        for request in self.studied_before(t):
            tariff = self.terms(request.utility, t)
            self.lines.ahead_at[request.bus] += tariff.base_case_weight * self.counted(request, tariff)
        self.lines.gather()
        self.share_lines([r for window in windows for r in window.members])
        self.lines.ahead_mw[:] = 0.0
        for window in windows:
            self.joint_studies.append(window._replace(line_mw=added(r.line_mw for r in window.members)))

    def stays(self, request: Request, t: int) -> bool:
        """Whether a request will not leave this month before anybody looks at what a study of it finds."""
        if request.project.leaves(t) or t >= request.patience_end:
            return False
        return not self.must_confirm(request.utility, t) or self.confirms(request)

    def confirms(self, request: Request) -> bool:
        """Whether a request is confirmed under new terms: while its holder would file it, or another one, today."""
        holder = self.applicants[request.holder]
        return holder.ask_mw > 0.0 if holder.kind == "developer" else request.choice < holder.copies

    def ends(self, request: Request, t: int) -> bool:
        """Whether the joint study of a request ends that will still be in the queue by then."""
        in_window = request.stage == "in study" and self.terms(request.utility, t).collects
        return in_window and request.study_end <= t and self.stays(request, t)

    def studied_before(self, t: int) -> list[Request]:
        """The base case: firm requests of earlier windows that stay; later windows stand behind."""
        return [r for r in self.queue if r.stage == "studied" and not r.nonfirm and self.stays(r, t)]

    def share_area(self, members: list[Request], u: int, t: int) -> JointStudy:
        """Write month and area shortage of every request of a window."""
        utility, tariff = self.utilities[u], self.terms(u, t)
        for r in members:
            r.own_mw = tariff.own_generation_share * r.mw
        asked = [r.mw - r.own_mw for r in members]
        before = [r for r in self.studied_before(t) if r.utility == u]
        ahead_mw = added(tariff.base_case_weight * self.counted(r, tariff) for r in before)
        free_mw = max(0.0, self.free_mw(utility, ahead_mw, t)[-1])
        months = self.months_with_room(utility, ahead_mw, min(added(asked), free_mw), t)
        granted = self.allocate(tariff.allocation_rule, members, asked, free_mw)
        for request, mw, given in zip(members, asked, granted, strict=True):
            request.deliver = months[0]
            request.upgrade_mw = max(0.0, mw - given)
            request.line_mw = 0.0
        return JointStudy(tariff.allocation_rule, members, added(asked), free_mw)

    def allocate(self, rule: str, together: list[Request], asked: list[float], free_mw: float) -> list[float]:
        """The rule of the tariff; those who came first are first, and bids are the projects' qualities."""
        if rule == "first_come":
            return gridsim.allocate(rule, asked, free_mw, filed=range(len(together))).tolist()
        if rule == "auction":
            return gridsim.allocate("uniform_price", asked, free_mw, bids=[r.quality for r in together]).tolist()
        return gridsim.allocate(rule, asked, free_mw).tolist()

    def share_lines(self, together: list[Request]) -> None:
        """What a line lacks for all of them falls on those that push it over, by the flow that each adds."""
        lines, asked = self.lines, [r.mw - r.own_mw for r in together]
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
