"""Answers to the view of batches: what its stores offer, their charts, a page of runs, a run to replay.

Whatever a browser sends is checked: a store is one of those given, by its key; everything else is checked by the store.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from gridsim.engine.result import HEADLINE
from gridsim.explorer import cards
from gridsim.explorer.batch_runs import Asked, filters, runs_table, selection, which
from gridsim.explorer.service import Recent
from gridsim.figures import words as numbers
from gridsim.figures.batch import Fan, Response, measured
from gridsim.figures.batch_apart import Apart, ApartBy
from gridsim.study.overview import PAGE, Overview
from gridsim.study.pairs import Pairs
from gridsim.study.results import Batch
from gridsim.study.selection import TWIN, Selection, words
from gridsim.study.store import MANIFEST, Store, StoreError

SEED_MAX = 2**53 - 1  # whole numbers that a browser keeps
NONE = "none"
Wrong = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What a question may end in that does not fit a store, or a store whose files somebody has changed."""
_stores: Recent[Overview] = Recent(6)
_pairs: Recent[Pairs] = Recent(3)
_count = itertools.count(time.time_ns() // 1_000_000)


def found(folder: Path) -> list[Path]:
    """The stores at a folder: itself, or those of its folders that are."""
    if (folder / MANIFEST).is_file():
        return [folder]
    try:
        return sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    except OSError:
        return []


def listed(folders: Sequence[Path | Store | Batch]) -> dict[str, Path]:
    """The stores at some folders by key: a digest, so that no path travels."""
    places = [place if isinstance(place, Path) else root_of(place) for place in folders]
    paths = dict.fromkeys(path.resolve() for place in places for path in found(place))
    return {hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest(): path for path in paths}


def root_of(store: Store | Batch) -> Path:
    """The folder of a store."""
    return store.root if isinstance(store, Store) else store.folder


def named(stores: dict[str, Path]) -> dict[str, str]:
    """What stores are called, by key: their folder's name, with the one above where two are the same."""
    names = [path.name for path in stores.values()]
    return {
        key: path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
        for key, path in stores.items()
    }


class Desk:
    """Answers to the page, about the stores at some folders and no others."""

    def __init__(self, folders: Sequence[Path | Store | Batch]) -> None:
        """Of these folders."""
        self.folders = tuple(folders)

    def store(self, key: object) -> Overview:
        """The store of a key. Raises `StoreError` if there is none, and whatever a store may that is damaged."""
        stores = listed(self.folders)
        if not isinstance(key, str) or key not in stores:
            raise StoreError("there is no such store here")
        path = stores[key]
        stamp = (path / MANIFEST).stat()
        return _stores.get((path, stamp.st_mtime_ns, stamp.st_size), lambda: Overview(Batch(path)))

    def pairs(self, key: object, other: object) -> Pairs:
        """Two stores, paired. Raises `StoreError` as `store`, or if they have nothing to pair by."""
        here, there = self.store(key), self.store(other)
        return _pairs.get((here, there), lambda: Pairs(here, there))

    def asked(self, data: object) -> tuple[Asked, Overview, Selection]:
        """What a viewer looks at, checked. Raises `StoreError`."""
        try:
            asked = Asked.model_validate(data)
        except ValueError:
            raise StoreError("the page asks for something that is not understood") from None
        store = self.store(asked.store)
        return asked, store, selection(store, asked)

    def controls(self, key: object) -> tuple[Any, ...]:
        """Choices that a store offers, and the first of them: series, panels, numbers, parameters, columns; filters."""
        try:
            store = self.store(key)
            paths = [*store.parameters, *([TWIN] if store.has_twins else [])]
            controls = filters(store)
        except Wrong:
            return ([], None) * 6 + ([],)
        series = [measure(name) for name in store.series]
        numbers = [measure(name) for name in store.scalars]
        groups = [{"value": NONE, "label": "nothing"}]
        groups += [{"value": path, "label": "run or honest twin" if path == TWIN else path} for path in paths]
        columns = dict.fromkeys(["run", "seed", *store.parameters, "peak_month", *HEADLINE])
        by = next(iter(store.parameters), NONE)
        return (
            *(series, preferred("queued_mw", store.series)),
            *(groups, NONE),
            *(numbers, preferred("queued_mw.peak", store.scalars)),
            *(groups, by),
            *(groups, NONE),
            *(
                [{"value": name, "label": name} for name in columns] + [{"value": "measure", "label": "number chosen"}],
                "run",
            ),
            controls,
        )

    def about(self, data: object) -> str:
        """What a store holds and how far it is, or what is wrong."""
        try:
            _, store, chosen = self.asked(data)
            done = store.done
            runs = (
                f"{done:,} runs" if done == store.planned else f"{done:,} of {store.planned:,} runs, the rest to come"
            )
            varied = [f"{path} ({found.distinct:,} values)" for path, found in store.parameters.items()]
            fixed = [f"{path} = {words(value)}" for path, value in store.fixed.items()]
            said = [f"{runs}."]
            said += [f"Varied: {numbers.listed(varied[:8])}{' and more' if len(varied) > 8 else ''}."] if varied else []
            said += [f"The same in all: {numbers.listed(fixed[:8])}."] if fixed else []
            return " ".join([*said, which(store, chosen)]).strip()
        except Wrong as error:
            return problem(error)

    def fan(self, data: object, series: object, facet: object) -> Any:
        """A series month by month."""

        def make() -> Component:
            """The chart of the months."""
            _, store, chosen = self.asked(data)
            frame = store.months(text(series), chosen, optional(facet))
            path = optional(facet)
            drawn = Fan(text(series), frame, path or "", which(store, chosen, path))
            return chart("batch-fan", "Month by month", drawn)

        return shown_or_said("batch-fan", "Month by month", make) if series else []

    def response(self, data: object, scalar: object, by: object, second: object) -> Any:
        """A number of the runs against a parameter."""
        kicker = "Against what was varied"

        def make() -> Component:
            """The chart of the runs."""
            _, store, chosen = self.asked(data)
            one, two = optional(by), optional(second) if second != by else None
            frame = store.scalar(text(scalar), chosen, one, two)
            drawn = Response(text(scalar), frame, one or "", two or "", which(store, chosen, one, two))
            return chart("batch-response", kicker, drawn)

        return shown_or_said("batch-response", kicker, make) if scalar else []

    def apart(self, data: object, other: object, series: object, scalar: object, by: object) -> Any:
        """The difference to another store."""
        if other in (None, "", NONE):
            return []

        def months() -> Component:
            """The chart of the difference in each month."""
            asked, store, chosen = self.asked(data)
            frame = self.pairs(asked.store, other).months(text(series), chosen)
            drawn = Apart(text(series), frame, self.name(other), which(store, chosen))
            return chart("batch-apart", "Compared, month by month", drawn)

        def runs() -> Component:
            """The chart of the difference run by run."""
            asked, store, chosen = self.asked(data)
            path = optional(by)
            frame = self.pairs(asked.store, other).scalar(text(scalar), chosen, path)
            drawn = ApartBy(text(scalar), frame, self.name(other), path or "", which(store, chosen, path))
            return chart("batch-apart-by", "Compared, run by run", drawn)

        return [
            shown_or_said("batch-apart", "Compared, month by month", months),
            shown_or_said("batch-apart-by", "Compared, run by run", runs),
        ]

    def name(self, key: object) -> str:
        """What a store is called."""
        return named(listed(self.folders)).get(str(key), "the other store")

    def runs(self, data: object, sort: object, order: object, page: object, scalar: object) -> tuple[Any, Any, Any]:
        """A page of runs, how many pages there are, and which this is."""
        if not sort or not scalar:
            return [], 1, no_update
        try:
            _, store, chosen = self.asked(data)
            number = page - 1 if isinstance(page, int) and not isinstance(page, bool) and page > 0 else 0
            column = text(scalar) if sort == "measure" else text(sort)
            found = store.page(chosen, column, order == "down", number, text(scalar))
        except Wrong as error:
            return html.P(problem(error), className="missing"), 1, no_update
        if not found.runs:
            return html.P("There is no such run.", className="missing"), 1, no_update
        at, first = found.number, PAGE * found.number
        said = (
            f"Runs {first + 1:,} to {first + len(found.rows):,} of {found.runs:,}; page {at + 1:,} of {found.pages:,}."
        )
        table = runs_table(store, found, text(scalar))
        return [html.P(said, className="note"), table], found.pages, no_update if at == number else at + 1

    def replay(self, data: object, run: object) -> tuple[Any, str]:
        """What opens a run, and a word on it."""
        try:
            _, store, _ = self.asked(data)
            if not isinstance(run, int) or isinstance(run, bool):
                raise StoreError("there is no such run")
            found = store.replay(run)
            if found.seed > SEED_MAX:
                raise StoreError(f"run {run}: its seed is too large for a page; use gridsim run")
        except Wrong as error:
            return no_update, problem(error)
        opened = {
            "name": found.title,
            "text": found.scenario.model_dump_json(by_alias=True),
            "seed": found.seed,
            "n": next(_count),
        }
        apart = "" if found.exact else " The store is another version's: numbers may differ."
        return opened, f"Run {run} is open, with seed {found.seed}.{apart}"


def chart(name: str, kicker: str, drawn: Fan | Response | Apart | ApartBy) -> Component:
    """The card of a chart, or a word where no run is left."""
    if drawn.frame.empty:
        return cards.missing(name, kicker, "None of the runs that are done is among those chosen, or none has a value.")
    table = drawn.table()
    texts = (drawn.title(), drawn.caption(), drawn.alt())
    return cards.card(name, kicker, *texts, drawn.figure(), table, csv=table.to_csv(index=False))


def shown_or_said(name: str, kicker: str, make: Callable[[], Component]) -> Component:
    """A chart, or what is wrong with what it was to show."""
    try:
        return make()
    except Wrong as error:
        return cards.missing(name, kicker, problem(error))


def problem(error: Exception) -> str:
    """What is wrong, in words."""
    return str(error) if isinstance(error, StoreError) else f"The store cannot be read: {error}"


def measure(name: str) -> dict[str, str]:
    """A measure of a list."""
    meaning = measured(name).meaning
    return {"value": name, "label": f"{name} – {meaning}" if meaning else name}


def preferred(name: str, names: Sequence[str]) -> str | None:
    """A name if it is there, else the first."""
    return name if name in names else next(iter(names), None)


def optional(value: object) -> str | None:
    """A name that may be none."""
    return None if value in (None, "", NONE) else text(value)


def text(value: object) -> str:
    """A name that a browser sent. Raises `StoreError` for anything else."""
    if not isinstance(value, str) or len(value) > 1_000:
        raise StoreError("the page asks for something that is not understood")
    return value
