"""What a fleet is used for: users hour by hour, research teams with their quotas, employees, agents that nobody stops."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gridsim.config.fields import Block, block, param

AZURE = "Azure LLM inference traces (Microsoft 2023, 2024)"
CHAT_HOURS = [
    0.90, 0.97, 0.94, 0.78, 0.80, 0.88, 1.02, 1.09, 1.10, 1.08, 0.97, 1.03,
    1.16, 1.29, 1.34, 1.24, 1.12, 1.09, 1.08, 1.01, 0.91, 0.77, 0.69, 0.73,
]  # fmt: skip
CODE_HOURS = [
    0.70, 0.68, 0.63, 0.52, 0.41, 0.34, 0.29, 0.25, 0.23, 0.24, 0.26, 0.38,
    0.70, 1.20, 1.70, 1.82, 1.73, 1.98, 2.18, 2.24, 2.07, 1.53, 1.09, 0.82,
]  # fmt: skip
Hours = list[Annotated[float, Field(ge=0, le=100)]]


def hours(default: list[float]) -> Any:
    """Declare a load profile."""
    return Field(
        default,
        min_length=24,
        max_length=24,
        description="load by hour of the day, over its mean",
        json_schema_extra={"unit": "1", "source": f"{AZURE}, hour 0 to 23 UTC, mean 1"},
    )


class Profile(Block):
    """When a kind of query is asked."""

    hours: Hours = hours(CHAT_HOURS)
    weekend: float = param(0.57, "1", 0.01, 10, "load of a weekend day over that of a weekday", AZURE)
    busiest_day: float = param(1.086, "1", 1, 10, "load of the busiest weekday over that of the mean one", AZURE)


class CodeProfile(Profile):
    """When code is completed."""

    hours: Hours = hours(CODE_HOURS)
    weekend: float = param(0.32, "1", 0.01, 10, "load of a weekend day over that of a weekday", AZURE)
    busiest_day: float = param(1.075, "1", 1, 10, "load of the busiest weekday over that of the mean one", AZURE)


class Service(Block):
    """The pool of a lab: what serves users, what a launch takes, what research is left with."""

    target_utilisation: float = param(
        0.70,
        "share",
        0.05,
        1,
        "share of its tokens that a serving GPU works out at most, for short answers",
        "assumed; 0.5 to 0.9",
    )
    chat: Profile = block(Profile, "when users chat, search and reason")
    code: CodeProfile = block(CodeProfile, "when code is completed")
    elasticity: float = param(
        0.3, "1", 0, 5, "fall of demand with the price or quota multiplier m: D m^-e", "assumed; 0.1 to 0.8"
    )
    multiplier_max: float = param(
        3.0, "1", 1, 100, "highest price or quota multiplier in short hours", "published price tiers; 1 to 3"
    )
    retries: float = param(1.0, "1", 0, 10, "times that a blocked query is asked again", "assumed; 0 to 3")
    churn: float = param(
        0.05, "1/month", 0, 1, "users lost a month for good measure of throttling felt: share x this", "assumed"
    )
    return_rate: float = param(0.1, "1/month", 0, 1, "share of lost users who come back a month", "assumed")
    launch_share: float = param(
        0.083,
        "share",
        0,
        1,
        "share that launches take on average of the compute that serves no users",
        "assumed; 0.05 of all",
    )
    launches_per_year: float = param(2.0, "1/year", 0, 12, "launches of a lab or hyperscaler", "assumed")
    launch_decay: float = param(
        0.4, "1/month", 0, 0.99, "share of a launch's load that is left a month later", "assumed: 1 to 3 months"
    )
    research_floor: float = param(
        0.15, "share", 0, 1, "share of a fleet that users cannot take from research", "assumed"
    )
    night_borrowing: bool = Field(
        False, description="lever: research works on serving GPUs in the hours in which they idle"
    )
    chip_efficiency: float = param(
        0.65,
        "1",
        0.05,
        1,
        "M9: what a chip does that a lab with scarce chips can get, over the benchmark's",
        "assumed; 0.5 to 1",
    )
    progress_exponent: float = param(
        0.5, "1", 0.01, 1, "eta: progress grows with useful research compute to this power", "assumed"
    )


class Quota(Block):
    """How the teams of a lab share what research has: use it or lose it."""

    teams: int = param(20, "teams", 1, 100, "teams of each lab and hyperscaler", "assumed")
    size_sigma: float = param(0.5, "1", 0, 3, "sigma of the lognormal size of a team", "assumed")
    busy_share: float = param(
        0.66,
        "share",
        0.01,
        1,
        "mean need of all teams over what research needs",
        "Acme trace (Hu et al. 2024, NSDI): GPU busy 0.66",
    )
    on_share: float = param(
        0.23, "share", 0.01, 1, "time for which a team is at its peak", "assumed; useful use 0.38 of quota"
    )
    off_level: float = param(
        0.09, "share", 0, 1, "need between peaks, over the peak", "assumed; useful use 0.38 of quota"
    )
    burst_days: float = param(20, "days", 0.5, 1000, "mean length of a peak", "assumed; 5 to 60")
    rule: Literal["proportional", "linear", "uniform", "turn_and_earn"] = Field(
        "turn_and_earn", description="how research GPUs are shared among teams that ask for more than there is"
    )
    threshold: float = param(
        0.40,
        "share",
        0,
        0.95,
        "reported use of a quota below which it is cut to what is used",
        "published practice; 0 to 0.7",
    )
    gaming_share: float = param(
        0.5, "share", 0, 1, "teams that run useless jobs to keep their quota, where it pays", "assumed; 0.05 to 1"
    )
    hoarding: float = param(0.5, "1", 0, 5, "h: asks are peak x (1 + h x share of need not met)", "assumed; 0 to 2")
    memory: float = param(0.1, "1/month", 0.001, 1, "weight of the last month in the record of use", "assumed")
    padding_cost: float = param(1.0, "1", 0, 1000, "what a useless GPU-hour costs a team, in effort", "assumed")
    value: float = param(
        10.0, "1", 0, 1e4, "what a GPU-hour is worth to a team that lacks it, in the same unit", "assumed"
    )
    patience: float = param(0.95, "1/month", 0, 0.999, "weight of next month's quota against this one's", "assumed")
    internal_price: float = param(
        0.0, "1", 0, 1000, "lever: price of a GPU-hour of quota to a team, in the same unit", "assumed; 0 is free"
    )
    price_elasticity: float = param(
        -0.7, "1", -5, 0, "reserve that a team asks for: (1 + price)^this", "assumed; -1.5 to 0"
    )
    lending: bool = Field(
        False, description="lever: idle quota is lent to teams that lack some, and taken back at need"
    )
    goodput: bool = Field(False, description="lever: only useful work counts as use")
    trust: float = param(
        0.2, "share", 0, 1, "share of useless jobs that the lab takes for need of more GPUs", "assumed"
    )


class Leaderboard(Block):
    """Employees of a lab's customers burn tokens for rank: a tournament (Lazear & Rosen 1981)."""

    employee_share: float = param(
        0.15, "share", 0, 1, "share of serving that employees with a leaderboard use", "assumed"
    )
    fake_share: float = param(
        0.25,
        "share",
        0,
        0.9,
        "share of their tokens that is burned, with prize 1 and no charge",
        "assumed; 0.05 to 0.6",
    )
    prize: float = param(
        1.0, "1", 0, 10, "what the first rank is worth, over what it was where that share was seen", "assumed"
    )
    charge: float = param(
        0.0,
        "1",
        0,
        100,
        "lever: price of a token to who burns it, over the trouble of burning it",
        "assumed; 0 is free",
    )
    employees: int = param(10000, "people", 1, 10_000_000, "employees on a leaderboard", "assumed")
    spread: float = param(
        2.1, "1", 0, 5, "sigma of the lognormal burn among them", "assumed; top user 398 times the mean"
    )


class Agents(Block):
    """Agents that run in the cloud for their users, some of whom forget them; and hardware of one's own."""

    share: float = param(0.2, "share", 0, 0.9, "share of serving that agents at work use", "assumed")
    forget_share: float = param(
        0.10, "share", 0, 1, "agents that are not stopped when their task is done", "assumed; 0.02 to 0.25"
    )
    stop_per_day: float = param(0.05, "1/day", 0.001, 1, "forgotten agents stopped a day", "assumed; 0.01 to 0.3")
    auto_stop_per_day: float = param(
        0.0, "1/day", 0, 1, "lever: forgotten agents that a rule stops a day", "assumed; 0 is no rule"
    )
    task_days: float = param(1.0, "days", 0.01, 100, "length of an agent's task", "assumed")
    idle_draw: float = param(0.3, "1", 0, 1, "GPUs that a forgotten agent holds, over one at work", "assumed")
    local_price_usd: float = param(
        4000, "USD", 1, 1e6, "hardware that runs an agent at home", "list price 3,999 to 4,700"
    )
    gpus_per_agent: float = param(0.05, "GPU", 0, 10, "GPUs that a cloud agent takes, shared with others", "assumed")
    local_horizon_months: float = param(24, "months", 0, 600, "longest payback for which anybody buys it", "assumed")
    local_rate: float = param(0.01, "1/month", 0, 1, "agents that move a month where it pays back at once", "assumed")
