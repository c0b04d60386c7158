"""What a viewer has chosen: the scenario, what was changed in it, what is looked at. All of it fits into a link."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

TEXT_MAX = 256_000  # characters of a scenario given as text, as of a file
LINK_MAX = 8_000  # characters of a link that every browser and mail program takes
CHANGES_MAX = 100
Against = Literal["today", "opened", "honest"]
Value = bool | int | float | str | None


class Choices(BaseModel):
    """A viewer's choices; whatever a browser sends is checked against this."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    source: str = Field("", max_length=300, description="key of a scenario in the catalogue; empty for `text`")
    text: str = Field("", max_length=TEXT_MAX, description="a scenario as YAML, where it is from no catalogue")
    changes: dict[str, Value] = Field(
        {}, max_length=CHANGES_MAX, description="values by dotted path, over the scenario"
    )
    against: Against = Field("today", description="what the scenario is compared with")
    measure: str = Field("queued_mw", max_length=60, description="column of the market chart")
    view: str = Field("market", max_length=30)
    seed: int = Field(1, ge=0, lt=2**63, description="of the single run shown")
    month: int | None = Field(None, ge=0, le=600, description="month shown on the map; None: that of the peak")


class Provenance(NamedTuple):
    """What a link says of the numbers that its sender saw."""

    version: str
    model: str
    result: str
    finding: str

    def is_known(self) -> bool:
        """Whether the link came with any of it."""
        return bool(self.version or self.model or self.result)


def checked(data: Any) -> Choices:
    """Choices from what a browser sent. Raises ValueError with one line that says what is wrong."""
    try:
        return Choices.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "choices"
        raise ValueError(f"{place}: {first['msg']}") from None


def query(choices: Choices, provenance: Provenance | None = None) -> str:
    """The part of a link after the question mark; a value that is the default is left out."""
    default = Choices()
    pairs: list[tuple[str, str]] = []
    if choices.source:
        pairs.append(("scenario", choices.source))
    if choices.text:
        pairs.append(("text", packed(choices.text)))
    pairs += [(path, json.dumps(value)) for path, value in choices.changes.items()]
    for name in ("against", "measure", "view", "seed", "month"):
        value = getattr(choices, name)
        if value != getattr(default, name):
            pairs.append((name, str(value)))
    if provenance is not None:
        pairs += [(name, value) for name, value in provenance._asdict().items() if value]
    return urlencode(pairs)


def parsed(search: str, *, limit: int = TEXT_MAX) -> tuple[Choices, Provenance]:
    """Choices and provenance from a link. Raises ValueError with one line that says what is wrong."""
    fields: dict[str, Any] = {"changes": {}}
    said: dict[str, str] = {}
    for name, value in parse_qsl(search.removeprefix("?"), keep_blank_values=True, max_num_fields=CHANGES_MAX + 20):
        if name in Provenance._fields:
            said[name] = value[:300]
        elif name == "scenario":
            fields["source"] = value
        elif name == "text":
            fields["text"] = unpacked(value, limit)
        elif name in ("seed", "month"):
            fields[name] = whole(name, value)
        elif name in ("against", "measure", "view"):
            fields[name] = value
        else:
            fields["changes"][name] = plain(name, value)
    return checked(fields), Provenance(*(said.get(name, "") for name in Provenance._fields))


def whole(name: str, text: str) -> int:
    """A whole number of a link."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise ValueError(f"{name}: {text[:40]!r} is not a whole number")
    return int(text)


def plain(name: str, text: str) -> Value:
    """A value of a link: a number, true, false, null, or text in quotes."""
    try:
        value = json.loads(text) if len(text) <= 1000 else {}
    except ValueError:
        value = {}
    if isinstance(value, dict | list) or value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{name[:80]}: {text[:40]!r} is not a number, true, false, null or text in quotes")
    found: Value = value
    return found


def packed(text: str) -> str:
    """A scenario's text, compressed for a link."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpacked(text: str, limit: int = TEXT_MAX) -> str:
    """The text again; raises ValueError if it is damaged or unpacks to more than `limit` characters."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacker = zlib.decompressobj()
        out = unpacker.decompress(data, limit + 1)
        whole_text = out.decode()
    except (ValueError, zlib.error):
        raise ValueError("text: the scenario in the link is damaged") from None
    if not unpacker.eof or len(out) > limit:
        raise ValueError("text: the scenario in the link is cut off or too long")
    return whole_text
