"""Filing a second time: decisions become projects, and projects become requests."""

from __future__ import annotations

import numpy as np

from gridsim.model import draws
from gridsim.model.elementary import exp, log
from tests.oracle.agents import Applicant, Project, Request, Utility, added, nearest, whole_months_until
from tests.oracle.world import World

SMALLEST_MW = 5.0
SAVED_PROJECTS = 4


class Filing(World):
    """The month's new requests."""

    def file(self, t: int) -> None:
        """Projects that are ready are filed; the month's requests join the queue in a drawn order."""
        rules, n = self.rules, len(self.utilities)
        quoted = self.quoted_wait[max(0, t - rules.publication_lag)]
        appeal = [
            max(1e-300, utility.attraction * exp(-rules.wait_sensitivity * min(wait, rules.wait_max_months)))
            for utility, wait in zip(self.utilities, quoted, strict=True)
        ]
        liability = added(self.terms_expected(u, t).unused_take(rules.interest_per_year) / n for u in range(n))
        patient = self.nothing_closes(t)
        new = []
        for applicant in self.applicants:
            if patient and applicant.files_at_deadlines:
                saved = applicant.preparing_mw + applicant.ask_mw
                applicant.preparing_mw = min(saved, SAVED_PROJECTS * rules.size_max_mw)
            else:
                new += self.prepare(applicant, appeal, liability, t)
        luck = self.draw("word", draws.FILING_ORDER, t, 0)
        new.sort(key=lambda r: draws.pair_uniform(np.uint64(luck), np.uint64(r.key)))
        for request in new:
            self.ledger.filed(request, self.terms(request.utility, t))
            self.queue.append(request)
        self.measures = {"filed_mw": added(request.mw for request in new)}

    def nothing_closes(self, t: int) -> bool:
        """Whether most areas collect requests in windows, none of which closes this month."""
        tariffs = [self.terms(u, t) for u in range(len(self.utilities))]
        collecting = [tariff for tariff in tariffs if tariff.collects]
        return len(collecting) > len(tariffs) / 2 and not any(tariff.closes(t) for tariff in collecting)

    def prepare(self, applicant: Applicant, appeal: list[float], liability: float, t: int):
        """The requests of the projects that one applicant has ready this month."""
        rules = self.rules
        if applicant.ask_mw <= 0.0:
            applicant.preparing_mw = 0.0
            return
        applicant.preparing_mw += applicant.ask_mw
        most = rules.filings_max if applicant.kind == "developer" else rules.projects_max
        filed = 0
        while filed < most:
            key = draws.subkey(np.uint64(applicant.key), applicant.projects_filed)
            if applicant.next_mw is None:
                z = self.draw("normal", draws.PROJECT_SIZE, 0, key)
                mw = rules.size_median_mw * exp(rules.size_sigma * z)
                applicant.next_mw = max(SMALLEST_MW, min(rules.size_max_mw, mw))
            if applicant.preparing_mw < applicant.next_mw:
                break
            applicant.preparing_mw -= applicant.next_mw
            yield from self.new_requests(applicant, key, applicant.next_mw, appeal, liability, t)
            applicant.next_mw = None
            applicant.projects_filed += 1
            filed += 1
        if filed == most:
            applicant.preparing_mw = min(applicant.preparing_mw, rules.size_max_mw)

    def new_requests(self, applicant: Applicant, key: int, need_mw: float, appeal, liability: float, t: int):
        """One request per copy of a project, in the areas it likes best."""
        rules = self.rules
        mw = need_mw * (1.0 + self.padding(applicant, liability))
        taste = draws.word(rules.seed, draws.SITE_TASTE, 0, np.uint64(key))
        dislike = [
            -log(draws.pair_uniform(np.uint64(taste), np.uint64(utility.key))) * (1.0 / appeal[utility.number])
            for utility in self.utilities
        ]
        best_first = sorted(range(len(dislike)), key=lambda u: dislike[u])
        project = Project(self.projects_made, mw)
        self.projects_made += 1
        for choice, u in enumerate(best_first[: min(applicant.copies, rules.sites_max)]):
            copy_key = draws.pair_key(np.uint64(key), choice)
            yield Request(
                key=copy_key,
                project=project,
                applicant=applicant.number,
                holder=applicant.number,
                utility=u,
                bus=bus_at(self.utilities[u], draws.pair_uniform(np.uint64(taste), np.uint64(copy_key))),
                choice=choice,
                mw=mw,
                need_mw=need_mw,
                quality=exp(log(self.draw("uniform", draws.PROJECT_QUALITY, 0, key)) / rules.quality_shape),
                filed=t,
                wanted=t + nearest(min(applicant.believed_wait, rules.reference_wait_months)),
                patience_end=self.patience_end(self.utilities[u], copy_key, t),
            )

    def patience_end(self, utility: Utility, key: int, t: int) -> int:
        """The month in which interest is lost; for who tells nobody, the first review of the area's queue after it."""
        rules, month_luck = self.rules, np.uint64(self.draw("word", draws.PATIENCE, t, 0))
        luck = draws.pair_uniform(month_luck, np.uint64(key))
        month = t + 1 + whole_months_until(rules.patience_hazard_per_year, luck, rules.patience_shape)
        if draws.pair_uniform(month_luck, ~np.uint64(key)) < rules.silent_share:
            while (month + utility.review_offset) % rules.review_months:
                month += 1
        return month

    def padding(self, applicant: Applicant, liability: float) -> float:
        """Size added for perceived scarcity, less where an unneeded MW is dear."""
        if not applicant.pads:
            return 0.0
        pad = min(self.rules.padding * max(0.0, applicant.scarcity - 1.0), self.rules.padding_max)
        value = self.rules.value_usd_per_mw
        return pad * max(0.0, 1.0 - liability / value) if value > 0.0 else pad


def bus_at(utility: Utility, site: float) -> int:
    """The bus of an area at a place between 0 and 1, if buses stand in a row, each as long as its share."""
    return next((bus for bus, reach in utility.buses if site <= reach), utility.buses[-1][0])
