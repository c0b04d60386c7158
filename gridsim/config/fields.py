"""What every block of a scenario shares: strictness, and parameters that document themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Block(BaseModel):
    """A block of a scenario: unknown keys are refused, text is never read as a number, NaN and infinity never pass."""

    # A default is validated like a value that is given: a whole number becomes a float where one is declared.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True, validate_default=True
    )


def param(
    default: Any, unit: str, low: float | None, high: float | None, meaning: str, source: str, **more: Any
) -> Any:
    """Declare a parameter: the one place where its default, unit, range, meaning and source are written.

    `source` names a publication or data set; "assumed" marks a value without one, to be swept in any serious use.
    """
    return Field(
        default, ge=low, le=high, description=meaning, json_schema_extra={"unit": unit, "source": source}, **more
    )


def block(kind: type[Block], meaning: str) -> Any:
    """Declare a nested block whose own defaults apply when it is left out."""
    return Field(default_factory=kind, description=meaning)


Month = Annotated[str, StringConstraints(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._&'()-]{0,63}$")]


def month_number(month: str) -> int:
    """Months since year 0, so that the difference of two is a count of months."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def month_text(number: int) -> str:
    """The month of a number as `month_number` counts."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
