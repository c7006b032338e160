"""What the layout is checked against, read once in a task: the ground of the rules, and the areas of the bill.

Layers are opened again for the task (:class:`Copies`), because those of the project belong to the
interface thread. Edits of them that are not saved are not seen.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsRasterLayer,
    QgsTask,
    QgsVectorLayer,
)

from ..core.county import County, references
from ..core.erosion.tables import intensity_scale
from ..core.errors import Problem, QingliuError
from ..core.layoutplan.cutting import Areas
from ..core.layoutplan.outlook import EROSION, EROSION_CLASS
from ..core.siting.ground import Ground, fill
from ..core.siting.model import Settings
from ..core.siting.omissions import Need, prepared
from ..core.siting.questions import BESIDE
from ..core.standard import Edition
from ..layers.erosion import class_field, class_of
from ..layers.layoutplan import areas_of
from ..layers.records import POLYGON, Wanted, read_records
from ..layers.siting import RoleLayer, ground_of, terrain_wanted
from ..layers.sitingshapes import QgisShapes
from .layout_ledger import Bases
from .tasks import TaskProgress

STAGES = 40
CUT_BY = {"ZONES": "zones", "ADMIN": "villages", "PARCELS": "parcels"}
STORAGE_REACH = "storage_reach_m"


class Choice(NamedTuple):
    """Which layers play which roles, and what no layer says."""

    layers: Mapping[str, QgsMapLayer]
    mapping: Optional[Mapping[str, str]]  # codes of the land-use layer
    region: str
    county: Optional[County]
    type_key: str


class Read(NamedTuple):
    """The ground, the areas of the bill, what must be said, how far measures matter to each other (m).

    ``needs``: what asks for measures of the layout as a whole.
    """

    ground: Ground
    bases: Bases
    warnings: List[Problem]
    reach: float
    needs: Sequence[Need] = ()


class Given(NamedTuple):
    """How a layer is opened again in another thread."""

    source: str
    name: str
    provider: str
    subset: str
    crs: QgsCoordinateReferenceSystem
    raster: bool


class Copies:
    """The layers for one task: files are opened again in its thread, what is in memory is copied here.

    A layer of the project belongs to the interface thread.
    """

    def __init__(self, layers: Mapping[str, QgsMapLayer]) -> None:
        self.given: Dict[str, Given] = {}
        self.held: Dict[str, QgsMapLayer] = {}
        for role, layer in layers.items():
            if isinstance(layer, QgsVectorLayer) and layer.providerType() == "memory":
                self.held[role] = layer.clone()
            else:
                raster = isinstance(layer, QgsRasterLayer)
                subset = "" if raster else layer.subsetString()
                self.given[role] = Given(
                    layer.source(), layer.name(), layer.providerType(), subset, layer.crs(), raster
                )

    def opened(self) -> Dict[str, QgsMapLayer]:
        """The layers, for the thread that calls; to be let go there."""
        return {**self.held, **{role: _open(one) for role, one in self.given.items()}}

    def drop(self) -> None:
        """Let the copies go, in the interface thread: a finished task is kept for long."""
        self.held.clear()


def _open(given: Given) -> QgsMapLayer:
    layer: Any
    if given.raster:
        layer = QgsRasterLayer(given.source, given.name, given.provider)
    else:
        layer = QgsVectorLayer(given.source, given.name, given.provider)
        if given.subset:
            layer.setSubsetString(given.subset)
    layer.setCrs(given.crs)
    return layer


def settings_of(edition: Edition, choice: Choice) -> Settings:
    """What holds for the whole watershed."""
    values = references(edition, choice.county)
    return Settings(values, choice.type_key or None, choice.region or None)


def reach_of(settings: Settings) -> float:
    """How far one measure can matter to another, m."""
    return max(float(settings.values[STORAGE_REACH]), float(settings.values[BESIDE]))


def read(
    task: QgsTask | None,
    copies: Copies,
    choice: Choice,
    crs: QgsCoordinateReferenceSystem,
    edition: Edition,
) -> Read:
    """Read all layers that were chosen. Raises Cancelled."""
    layers = copies.opened()
    settings = settings_of(edition, choice)
    progress = TaskProgress(task, STAGES) if task is not None else None
    given = {
        role: RoleLayer(layer, mapping=choice.mapping if role == "LANDUSE" else None)
        for role, layer in layers.items()
        if role not in ("ADMIN", EROSION)
    }
    more: Dict[str, Any] = {} if progress is None else {"progress": progress}
    reading = ground_of(given, crs, settings, terrain=terrain_wanted(list(edition.measures)), **more)
    warnings = list(reading.warnings)
    _take_erosion(reading.ground, layers.get(EROSION), crs, edition, warnings)
    named = {kind: _areas(layers.get(role), role, crs, warnings) for role, kind in CUT_BY.items()}
    needs = prepared(reading.ground, edition)
    return Read(reading.ground, Bases(**named), warnings, reach_of(settings), needs)


def _take_erosion(
    ground: Ground, layer: QgsMapLayer | None, crs: QgsCoordinateReferenceSystem, edition: Edition,
    warnings: List[Problem],
) -> None:  # fmt: skip
    """Grades of erosion, which no rule of the layout asks for and the comparison of schemes does."""
    if not isinstance(layer, QgsVectorLayer):
        return
    try:
        records = read_records(layer, crs, EROSION, Wanted(POLYGON)).records
    except QingliuError as error:
        warnings.extend(error.problems)
        return
    scale = intensity_scale(edition)
    name = class_field(records, scale)
    if name is not None:
        graded = ((r, class_of(r.attributes.get(name), scale)) for r in records)
        fill(ground, EROSION, ((r.fid, r.wkb, {EROSION_CLASS: code}) for r, code in graded if r.wkb and code))


def _areas(
    layer: QgsMapLayer | None, role: str, crs: QgsCoordinateReferenceSystem, warnings: List[Problem]
) -> Areas | None:
    """The areas of a role to cut by; a fault of the layer has been told by the ground already."""
    if layer is None or isinstance(layer, QgsRasterLayer):
        return None
    names: Sequence[str] = {"ZONES": ("zone",), "ADMIN": ("name",)}.get(role, ("uuid", "name", "fid"))
    try:
        reading = read_records(layer, crs, role, Wanted(POLYGON))
    except QingliuError as error:
        if role == "ADMIN":
            warnings.extend(error.problems)
        return None
    return areas_of(reading.records, QgisShapes(), lambda values: _first(values, names))


def _first(values: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((values[n] for n in names if values.get(n) not in (None, "")), None)
