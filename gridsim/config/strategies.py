"""Which strategies there are by name, and how a scenario gives them to agents."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from gridsim.config.errors import StrategyError
from gridsim.config.explain import did_you_mean
from gridsim.config.fields import Block

NEED_STRATEGIES = {
    "heuristic": "anchors and adjusts on its forecast; copies, pads and under-counts its queue as far as mechanisms allow",
    "honest": "files once for what the forecast says, and counts its own queue in full",
    "best_reply": "asks for the multiple of its gap, and files the copies, that are worth most at the believed chances",
    "ewa": "learns the multiple from what each earned or would have earned (Camerer & Ho 1999), from cognitive levels",
}
"""Request strategies of labs and hyperscalers."""
ENTRY_STRATEGIES = {
    "option_value": "files speculative positions while their expected resale exceeds their cost",
    "none": "never files",
}
"""Entry strategies of developers."""
REGISTERED: dict[str, Callable[..., Any]] = {}
"""Request strategies that this process has registered, by name (see `gridsim.strategy`)."""
BYTES_MAX = 1_000_000
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.py:[A-Za-z_][A-Za-z0-9_]*")
"""A user's strategy as a scenario names it: a file beside the scenario, and a function in it."""

StrategyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Mix = StrategyName | dict[StrategyName, Weight]
"""One strategy for all, or weights by which agents draw theirs."""


def names_of(mix: str | dict[str, float]) -> list[str]:
    """The strategies of a mix."""
    return [mix] if isinstance(mix, str) else list(mix)


def source_of(file: str, folder: Path | None) -> str:
    """The text of a file of strategies, which lies in the scenario's own folder.

    Raises `StrategyError` where it cannot be read, is too long, or lies elsewhere.
    """
    home = folder or Path()
    path = home / file
    try:
        if path.resolve().parent != home.resolve():
            raise StrategyError(f"strategies.mine: {file} lies outside the scenario's folder")
        with path.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise StrategyError(f"strategies.mine: {path} cannot be read: {reason}") from None
    if len(content) > BYTES_MAX:
        raise StrategyError(f"strategies.mine: {path} is longer than {BYTES_MAX} bytes")
    return content.decode("utf-8", "replace")


def registered_digest(name: str) -> str:
    """A name for what a registered strategy says: its source, or its byte code where there is no source."""
    function = getattr(REGISTERED[name], "py_func", REGISTERED[name])
    try:
        text = inspect.getsource(function).encode()
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        text = repr((code.co_code, code.co_consts, code.co_names)).encode() if code else name.encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


class Strategies(Block):
    """How each kind of agent chooses its signals."""

    labs: Mix = Field(
        "heuristic", description="request strategy of labs, or weights of several: {heuristic: 0.7, ewa: 0.3}"
    )
    hyperscalers: Mix = Field("heuristic", description="request strategy of hyperscalers, or weights of several")
    developers: Literal["option_value", "none"] = Field("option_value", description="entry strategy of developers")
    mine: Annotated[str, StringConstraints(pattern=f"^{FILE.pattern}$")] | None = Field(
        None,
        description="a strategy of one's own, for labs or hyperscalers to name as mine: a file beside this one and a "
        "function in it, my_strategies.py:cautious; the file is run",
    )

    def registered(self) -> list[str]:
        """The names among them that this process has registered."""
        return sorted({name for mix in (self.labs, self.hyperscalers) for name in names_of(mix) if name in REGISTERED})

    @model_validator(mode="after")
    def _strategies_exist(self) -> Strategies:
        known = [*NEED_STRATEGIES, *REGISTERED, *(["mine"] if self.mine else [])]
        for kind in ("labs", "hyperscalers"):
            mix = getattr(self, kind)
            for name in names_of(mix):
                if name not in known:
                    hint = "; set strategies.mine to a file and a function" if name == "mine" else ""
                    hint = hint or did_you_mean(name, known)
                    raise ValueError(f"{kind} names {name!r}; allowed are {', '.join(map(repr, known))}{hint}")
            if not isinstance(mix, str) and sum(mix.values()) <= 0.0:
                raise ValueError(f"the weights of {kind} must add up to more than 0")
        return self
