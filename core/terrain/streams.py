"""The stream survey from a DEM to whole channels with verdicts, in one call (4.3.1, 4.3.2).

Routing runs over the whole DEM wherever the caller lets it run (``route``); what follows is
sparse and cheap. Surveyed lines are burned into the DEM for the routing only; heights, and so
gradients, are always the DEM's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from ..errors import Problem
from ..grid import Grid
from ..progress import SILENT, Progress
from ..standard import default_edition
from .channels import Channels, channels_of
from .lines import covering_line, follow
from .network import channel_cells, network_of
from .routing import route_values
from .survey import Verdicts, settled_initiation, verdicts
from .surveyed import SurveyedPaths, burn, lay_lines, unburn

# Runs the job "route" somewhere: (arrays, values) -> (arrays by name, values).
Route = Callable[
    [Mapping[str, np.ndarray], Mapping[str, Any]], "tuple[Mapping[str, np.ndarray], Mapping[str, Any]]"
]


@dataclass(frozen=True)
class Limits:
    """What makes a channel, and what makes it one to survey; lengths in m, areas in km²."""

    min_length_m: float
    min_area_km2: float
    initiation_km2: float


def default_limits() -> Limits:
    """The limits of the edition in force: 4.3.1's, and our initiation area."""
    edition = default_edition()
    return Limits(
        float(edition.default("survey_channel_length_min_m")),
        float(edition.default("survey_channel_catchment_min_km2")),
        float(edition.default("channel_initiation_area_km2")),
    )


@dataclass(frozen=True)
class Depressions:
    """How depressions are treated: ``fill``, or ``breach`` up to a depth and length (m)."""

    method: str = "fill"
    max_depth: float = 10.0
    max_length: float = 200.0


@dataclass(frozen=True)
class Streams:
    """The channels of a DEM with the clause's verdict on each.

    ``direction`` and ``drained`` are the routing's grids (``drained`` None where it was not to be
    kept); ``given_line`` (int64, (m,)) is the
    surveyed line that covers most of a channel, -1 where none does; ``changed_cells`` counts
    cells whose height conditioning changed for the routing.
    """

    channels: Channels
    verdicts: Verdicts
    direction: np.ndarray
    drained: np.ndarray | None
    given_line: np.ndarray
    initiation_m2: float
    changed_cells: int
    warnings: tuple[Problem, ...]


def survey_streams(
    dem: Grid,
    limits: Limits,
    route: Route,
    *,
    depressions: Depressions = Depressions(),  # noqa: B008 - immutable
    lines: Sequence[np.ndarray] = (),
    names: Sequence[Any] | None = None,
    water: Sequence[Any] = (),
    project: Callable[[np.ndarray], np.ndarray] | None = None,
    keep_drained: bool = True,
    progress: Progress = SILENT,
) -> Streams:
    """Route ``dem``, trace its whole channels and judge each.

    ``lines`` (coordinates (k, 2)) and ``water`` (shapely polygons) are in the DEM's CRS;
    ``names`` are the lines' names; ``project`` turns the DEM's coordinates into those of the
    output. Without ``keep_drained`` the drained area goes as soon as the channels are known: 4 bytes
    a cell (8 in degrees). Raises InputError (QL-CHANNELS-*, QL-TERRAIN-*), Cancelled.
    """
    initiation_m2, warnings = settled_initiation(limits.initiation_km2, limits.min_area_km2, dem.frame)
    paths = None
    if len(lines):
        progress.stage("surveyed", len(lines))
        paths = lay_lines(lines, dem.values, dem.frame, progress)
    arrays, values = _routed(dem, depressions, paths, route)
    direction, drained, beyond = arrays["direction"], arrays["drained"], arrays["contaminated"]
    del arrays
    progress.stage("channels")
    extra = None if paths is None else paths.cells
    cells = channel_cells(direction, drained, dem.frame, initiation_m2, extra)
    kept = drained if keep_drained else None
    del drained
    channels = channels_of(
        network_of(cells, direction, dem.frame, initiation_m2), direction, dem.values, beyond
    )
    del cells, beyond
    progress.stage("lines", len(channels))
    channels = follow(channels, paths=paths, water=water, project=project, progress=progress)
    given = np.full(len(channels), -1, np.int64)
    if paths is not None:
        given = covering_line(channels, paths, names, progress)
    return Streams(
        channels=channels,
        verdicts=verdicts(channels.length_m, channels.area_m2, limits.min_length_m, limits.min_area_km2),
        direction=direction,
        drained=kept,
        given_line=given,
        initiation_m2=initiation_m2,
        changed_cells=values["changed"],
        warnings=tuple(warnings),
    )


def _routed(
    dem: Grid, depressions: Depressions, paths: SurveyedPaths | None, route: Route
) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
    values = route_values(dem.frame, depressions.method, depressions.max_depth, depressions.max_length)
    if paths is None:
        return route({"dem": dem.values}, values)
    saved = burn(dem.values, paths)
    try:
        taken = {"dem": dem.values, "path_cells": paths.cells, "path_successor": paths.successor}
        return route(taken, values)
    finally:
        unburn(dem.values, paths, saved)
