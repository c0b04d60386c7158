"""Compute: what stands between a megawatt and useful work, and how much of it is lost.

Numbers marked "assumed" have no source that was measured or published, and should be swept.
"""

from __future__ import annotations

from typing import Any

from gridsim.config.cloud import Chips, Cloud
from gridsim.config.fields import Block, block, param
from gridsim.config.service import Agents, Leaderboard, Quota, Service


class Waterfall(Block):
    """From MW in service to busy GPUs: what is lost at each stage, the same in every world."""

    facility_kw_per_gpu: float = param(
        1.364,
        "kW/GPU",
        0.1,
        20,
        "power of a facility by GPU, cooling and losses included",
        "Colossus: 300 MW, 220,000 GPUs",
    )
    plugged_share: float = param(0.95, "share", 0.01, 1, "GPUs installed with power behind them", "assumed; 0.85 to 1")
    healthy_share: float = param(
        0.97, "share", 0.01, 1, "of which in working order", "recalled from operators; 0.93 to 0.99"
    )
    allocated_share: float = param(
        0.95, "share", 0.01, 1, "of which given to somebody", "operators' reports; 0.80 to 1"
    )
    busy_share: float = param(
        0.66, "share", 0.01, 1, "of which busy", "Acme trace (Hu et al. 2024, NSDI): GPU busy 0.66; 0.05 to 0.85"
    )


class Mfu(Block):
    """Model FLOP utilisation while busy: what share of the peak arithmetic of a GPU a job gets out of it."""

    benchmark: float = param(
        0.40, "share", 0.01, 1, "what good practice reaches", "published training runs; 0.35 to 0.46"
    )
    initial: float = param(
        0.30,
        "share",
        0.01,
        1,
        "mean over labs and hyperscalers at month 0",
        "assumed; reports run from 0.11 (xAI) to 0.45",
    )
    spread: float = param(0.05, "share", 0, 0.5, "half-width around that mean (uniform)", "assumed")
    small_job: float = param(
        0.43, "share", 0.01, 1, "what can be learned to reach on 8,192 GPUs", "Llama 3 (Meta 2024): 0.43 on 8,192 GPUs"
    )
    loss_per_doubling: float = param(
        0.02, "share", 0, 0.2, "less of it for each doubling of the GPUs of one job", "assumed; 0.01 to 0.04"
    )
    job_share: float = param(0.25, "share", 0, 1, "share of a fleet that one job spans", "assumed")
    learning_per_month: float = param(
        0.05,
        "1/month",
        0,
        1,
        "share of the gap to what can be reached that is closed each month",
        "assumed; 0.02 to 0.15",
    )


class Mode(Block):
    """A kind of query, and the tokens that one takes."""

    weight: float
    tokens_in: float
    tokens_out: float


def weight(default: float) -> Any:
    """Declare how many queries of a kind there are."""
    return param(default, "1", 1e-6, 1e6, "how many there are once adopted, relative to the other kinds", "assumed")


def tokens(default: float, least: float, what: str, source: str) -> Any:
    """Declare tokens of a query."""
    return param(default, "tokens", least, 1e7, f"tokens {what}", source)


class Chat(Mode):
    """A question and its answer."""

    weight: float = weight(0.55)
    tokens_in: float = tokens(1155, 0, "read", "Azure LLM inference traces (Microsoft 2023)")
    tokens_out: float = tokens(211, 1, "written", "Azure LLM inference traces (Microsoft 2023)")


class Code(Mode):
    """Completion of code."""

    weight: float = weight(0.15)
    tokens_in: float = tokens(2048, 0, "read", "Azure LLM inference traces (Microsoft 2023)")
    tokens_out: float = tokens(28, 1, "written", "Azure LLM inference traces (Microsoft 2023)")


class Reasoning(Mode):
    """An answer after long thought."""

    weight: float = weight(0.2)
    tokens_in: float = tokens(1155, 0, "read", "assumed: eight times the output of a chat")
    tokens_out: float = tokens(1688, 1, "written", "assumed: eight times the output of a chat")


class Retrieval(Mode):
    """Passages found first, then read (RAG)."""

    weight: float = weight(0.05)
    tokens_in: float = tokens(4000, 0, "read", "assumed; 0.17 to 0.38 of the tokens of a long context (Li et al. 2024)")
    tokens_out: float = tokens(
        500, 1, "written", "assumed; 0.17 to 0.38 of the tokens of a long context (Li et al. 2024)"
    )


class LongContext(Mode):
    """Whole documents read."""

    weight: float = weight(0.05)
    tokens_in: float = tokens(16000, 0, "read", "assumed; 16,000 tokens read, and up to a million")
    tokens_out: float = tokens(500, 1, "written", "assumed; 16,000 tokens read, and up to a million")


class Queries(Block):
    """What users ask for: kinds of query, and how many of the dear ones a cheap one would have answered as well."""

    cache_hit: float = param(
        0.56, "share", 0, 1, "tokens read that need not be computed again", "published; 0.3 to 0.9"
    )
    chat: Chat = block(Chat, "a question and its answer")
    code: Code = block(Code, "completion of code")
    reasoning: Reasoning = block(Reasoning, "an answer after long thought")
    retrieval: Retrieval = block(Retrieval, "passages found first, then read (RAG)")
    long_context: LongContext = block(LongContext, "whole documents read")
    adopted_at_start: float = param(
        0.2, "share", 0, 1, "reasoning and long context at month 0, of all that there will be", "assumed"
    )
    adoption_months: int = param(
        36, "months", 1, 600, "months until they have all of it, on a straight line", "assumed"
    )
    avoidable_share: float = param(
        0.5,
        "share",
        0,
        1,
        "reasoning that chat, and long contexts that retrieval, would have answered as well",
        "assumed; retrieval takes 0.17 to 0.38 of a long context's tokens (Li et al. 2024)",
    )


class Users(Block):
    """Who asks: users who pay and users who do not."""

    paid_share: float = param(0.056, "share", 0, 1, "users who pay", "published counts of subscribers and users")
    free_queries_per_day: float = param(7, "1/day", 0, 1000, "queries of a user who does not pay", "published")
    paid_queries_per_day: float = param(
        21, "1/day", 0.01, 1000, "queries of a user who pays", "published; 77 at the top tier"
    )
    paid_cost_ratio: float = param(
        3.0, "1", 0.01, 100, "compute of a paid query over that of a free one", "assumed; 1 to 6"
    )

    @property
    def free_compute_share(self) -> float:
        """Share of serving compute that users take who do not pay: (1 - p) q_f / ((1 - p) q_f + p q_p c)."""
        free = (1.0 - self.paid_share) * self.free_queries_per_day
        paid = self.paid_share * self.paid_queries_per_day * self.paid_cost_ratio
        return free / (free + paid) if free > 0.0 else 0.0


class Compute(Block):
    """From megawatts to useful work."""

    serving_share: float = param(
        0.40, "share", 0, 1, "share of compute that serves users", "assumed; research has the rest"
    )
    tokens_per_second: float = param(
        2767, "tokens/s/GPU", 1, 1e6, "computed tokens of a busy GPU at the benchmark", "published; 300 to 7,000"
    )
    waterfall: Waterfall = block(Waterfall, "from MW in service to busy GPUs")
    users: Users = block(Users, "who pays, and who does not (M15)")
    mfu: Mfu = block(Mfu, "what a busy GPU achieves (M13)")
    queries: Queries = block(Queries, "tokens that queries take (M14)")
    service: Service = block(Service, "the pool, hour by hour (M8, M9, M10)")
    quota: Quota = block(Quota, "how teams share what research has (M7)")
    leaderboard: Leaderboard = block(Leaderboard, "tokens burned for rank (M11)")
    agents: Agents = block(Agents, "agents left running, and local hardware (M12)")
    cloud: Cloud = block(Cloud, "GPUs to rent (M4, M5)")
    chips: Chips = block(Chips, "GPUs to buy (M6)")
