"""The figures of a dossier, drawn from what is there now; marked base layers only by a decision (5.1.2).

Layouts that a designer has worked on are taken from the project with everything that was changed by hand;
the project itself is not saved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Mapping, NamedTuple, Optional, Sequence

from qgis.core import (
    QgsFeature,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage

from ..core.dossier import Contents, FigureSheet, FileHash
from ..core.errors import InputError, Problem
from ..core.field.secrecy import PUBLIC, Decision, MarkedLayer, mark_of
from ..layers.dossierfiles import encoded, source_digest
from ..layers.dossierpdf import FigurePage
from ..layers.fieldbasemap import MARK
from ..layers.foreignproject import guard_project
from ..layers.outputs import Column, fields
from ..layers.roles import role_of
from ..layers.schema import store_schema
from ..layouts.compose import plain
from ..layouts.content import Figure, figures
from ..layouts.figureset import (
    DRAWN,
    Studio,
    Wish,
    drawing_of,
    drop_elsewhere,
    ground_of,
    missing_roles,
)
from ..layouts.kept import NAME
from ..layouts.measures import Amount as Measured
from ..layouts.measures import quantities
from ..layouts.sources import TABLES, Fields, Sources, gather
from ..layouts.titleblock import TitleBlock
from .dossierimages import steady_image
from .exportfigures import add_slope, needed_roles, new_project
from .feedback import StageProgress

PAPER = "A3"
_PRINT_DPI = 220
_QUICK = 80  # how PNG is packed: pages are many and kept for a short time
_SCREEN = 0.6  # of the print's pixels
_EVALUATION = ("number", "indicator", "value_num", "value_text", "unit", "operator", "threshold", "state")
_ROLES = {"dem": "DEM 高程", "landuse": "土地利用", "slope": "坡度"}
_RELIEF = ("dem", "slope")


class Drawn(NamedTuple):
    """The figures as pictures and as pages, what they rest on, what was let in, warnings, measured amounts."""

    sheets: list[FigureSheet]
    pages: dict[str, FigurePage]
    files: list[FileHash]
    released: list[MarkedLayer]
    warnings: list[Problem]
    amounts: list[Measured]


class Atelier:
    """Draws the figures of one survey in a project of its own, which is never saved."""

    def __init__(
        self,
        survey: Path,
        project: Optional[Path],
        decision: Optional[Decision],
        font: str,
        scratch: Path,
    ) -> None:
        self.survey, self.decision, self.font, self.scratch = survey, decision, font, scratch
        self.project = _opened(project) if project is not None else new_project()

    def draw(self, contents: Contents, keys: Sequence[str], progress: StageProgress) -> Drawn:
        """The figures of the edition that are asked for; the others are named as not asked for."""
        every = list(figures(contents.edition).values())
        wanted = [f for f in every if f.key in keys]
        sources = self._sources(wanted, contents)
        found = Drawn([], {}, [], [], [], [])
        if "boundary" not in sources.layers:
            found.warnings.append(Problem("QL-FIG-NOBOUNDARY", {}))
            found.sheets.extend(_missing(f, ("boundary",)) for f in wanted)
            return found
        ground, warnings = ground_of(sources)
        found.warnings.extend([*warnings, *drop_elsewhere(sources, ground)])
        held = self._hold_back(sources, found)
        if "dem" not in held:
            add_slope(wanted, sources, self.scratch, progress)
        measures = [x for x in sources.layers.get("measures", []) if isinstance(x, QgsVectorLayer)]
        found.amounts.extend(quantities(measures, contents.edition, ground.crs))
        studio = Studio(self.project, sources, contents.edition, ground, self._wish(contents))
        progress.stage("figures", len(wanted))
        for number, figure in enumerate(wanted):
            progress.step(number / len(wanted))
            self._one(studio, figure, sources, held, found, progress)
        found.sheets.extend(_missing(f, ()) for f in every if f.key not in keys)
        found.sheets.sort(key=lambda sheet: sheet.number)
        found.files.extend(_files(sources, self.survey))
        return found

    def close(self) -> None:
        """Let go of the project with its layers and layouts."""
        self.project.clear()

    # -- what is drawn -----------------------------------------------------------
    def _sources(self, wanted: list[Figure], contents: Contents) -> Sources:
        given: dict[str, list[QgsMapLayer]] = {"evaluation": [evaluation_layer(contents)]}
        found = gather(needed_roles(wanted), given, self.project, self.survey, Fields())
        for role, layers in drawn_layers(self.project).items():
            # of a figures' project that knows more than the survey: results of other algorithms
            found.layers.setdefault(role, layers)
        return found

    def _hold_back(self, sources: Sources, found: Drawn) -> dict[str, list[MarkedLayer]]:
        """Take marked layers out where nobody has decided that they may go; by role."""
        held: dict[str, list[MarkedLayer]] = {}
        for role, layers in list(sources.layers.items()):
            marked = [MarkedLayer(_title(x, role), mark_of(_mark(x), role)) for x in layers]
            marked = [m for m in marked if m.mark != PUBLIC]
            if not marked:
                continue
            if self.decision is not None:
                found.released.extend(marked)
                continue
            held[role] = marked
            del sources.layers[role]
        if "dem" in held:
            held.setdefault("slope", held["dem"])
            sources.layers.pop("slope", None)
        return held

    def _one(
        self,
        studio: Studio,
        figure: Figure,
        sources: Sources,
        held: Mapping[str, list[MarkedLayer]],
        found: Drawn,
        progress: StageProgress,
    ) -> None:
        lacks = missing_roles(figure, sources)
        withheld = [m.name for role in lacks for m in held.get(role, ())]
        if withheld:
            found.sheets.append(_missing(figure, (), tuple(dict.fromkeys(withheld))))
            return
        if lacks:
            found.sheets.append(_missing(figure, tuple(lacks)))
            return
        made = studio.make(figure)
        found.warnings.extend(made.warnings)
        shown = _forbidden(made.layout) if self.decision is None else ()
        if shown:
            found.sheets.append(_missing(figure, (), shown))
            return
        page = steady_image(
            made.layout, _PRINT_DPI, progress, len(found.sheets) / len(figures(studio.edition))
        )
        image = encoded(on_screen(page), "PNG")
        if not image.data:
            raise InputError("QL-FIG-EXPORT", figure=figure.zh, path="PNG", reason="memory")
        found.sheets.append(
            FigureSheet(figure.key, figure.zh, figure.number, figure.required_by, image.data, image.size)
        )
        size = made.layout.pageCollection().page(0).pageSize()
        found.pages[figure.key] = FigurePage(
            float(size.width()), float(size.height()), encoded(page, "PNG", _QUICK).data
        )

    def _wish(self, contents: Contents) -> Wish:
        """Title block as the project's layouts have it, else with the watershed's name."""
        block = dict.fromkeys(TitleBlock._fields, "")
        for name in ("figure", "number", "scale"):
            del block[name]
        block.update(_block_of(self.project))
        block["project"] = block["project"] or contents.name
        facts = [("小流域代码", contents.meta["code"])] if contents.meta.get("code") else []
        kind = contents.edition.types.get(contents.type)
        if kind is not None:
            facts.append(("小流域类型", kind.zh))
        return Wish(PAPER, 0.0, self.font, block, "图", facts)


def on_screen(page: QImage) -> QImage:
    """A page's picture for the screen."""
    return page.scaledToWidth(round(page.width() * _SCREEN), Qt.TransformationMode.SmoothTransformation)


def evaluation_layer(contents: Contents) -> QgsVectorLayer:
    """The verdicts as a table in memory, as ``qingliu:evaluate`` writes them."""
    made = QgsVectorLayer("None", "evaluation", "memory")
    kinds = {"number": "integer", "value_num": "number"}
    columns = [Column(name, kinds.get(name, "text"), name) for name in _EVALUATION]
    provider = made.dataProvider()
    provider.addAttributes(list(fields(columns)))
    made.updateFields()
    rows = []
    for row in contents.evaluation.of(contents.type):
        feature = QgsFeature(made.fields())
        values = {**vars(row), "indicator": row.name_zh}
        feature.setAttributes([values[n] for n in _EVALUATION])
        rows.append(feature)
    provider.addFeatures(rows)
    return made


def drawn_layers(project: QgsProject) -> dict[str, list[QgsMapLayer]]:
    """Layers that a figures' project was drawn from, by role."""
    found: dict[str, list[QgsMapLayer]] = {}
    for _, layer in sorted(project.mapLayers().items()):
        drawn = str(layer.customProperty(DRAWN) or "")
        if drawn and layer.isValid() and layer.providerType() != "memory":
            role = drawing_of(drawn.rsplit("/", 1)[0]).role
            if layer.source() not in [x.source() for x in found.get(role, [])]:
                found.setdefault(role, []).append(layer)
    return found


def _opened(path: Path) -> QgsProject:
    project = QgsProject()
    if path.is_file():
        guard_project(path)  # nothing of its code is run by reading it
    if not path.is_file() or not project.read(str(path)):
        reason = project.error() or "no such file"
        raise InputError("QL-FIG-PROJECT", path=str(path), reason=reason)
    return project


def _missing(figure: Figure, lacks: Sequence[str], withheld: tuple[str, ...] = ()) -> FigureSheet:
    names = tuple(role_words(role) for role in lacks)
    return FigureSheet(
        figure.key, figure.zh, figure.number, figure.required_by, lacks=names, withheld=withheld
    )


def role_words(roles: str) -> str:
    """Roles (one, or several of which one is enough) by the names of the survey's layers."""
    schema = store_schema()
    known = [TABLES.get(role, role) for role in roles.split(" | ")]
    return " 或 ".join(schema[r].zh if r in schema else _ROLES.get(r, r) for r in known)


def _mark(layer: QgsMapLayer) -> Optional[str]:
    return str(layer.customProperty(MARK) or "") or None


def _title(layer: QgsMapLayer, role: str) -> str:
    """A layer that a case names by its role gets the role's name for people."""
    return _ROLES.get(role, role) if layer.name() in ("", role) else layer.name()


def _forbidden(layout: QgsPrintLayout) -> tuple[str, ...]:
    """Marked layers in a map that the designer has taken into his own hands."""
    found = []
    for item in layout.items():
        for layer in item.layers() if isinstance(item, QgsLayoutItemMap) else ():
            role = role_of(layer) or drawing_of(str(layer.customProperty(DRAWN) or "").rsplit("/", 1)[0]).role
            if mark_of(_mark(layer), "dem" if role in _RELIEF else role) != PUBLIC:
                found.append(layer.name())
    return tuple(dict.fromkeys(found))


def _block_of(project: QgsProject) -> dict[str, str]:
    """The fields of the title block as the project's figures have them."""
    found: dict[str, str] = {}
    fields = set(TitleBlock._fields) - {"figure", "number", "scale"}
    for layout in project.layoutManager().printLayouts():
        for item in layout.items():
            name = str(item.customProperty(NAME) or "") if isinstance(item, QgsLayoutItemLabel) else ""
            if name.startswith("block.") and name[6:] in fields and item.text():
                found.setdefault(name[6:], plain(item.text()))
    return found


def _files(sources: Sources, survey: Path) -> Iterator[FileHash]:
    """The files that the figures were drawn from, but the survey itself."""
    paths = {
        Path(layer.source().split("|")[0]).resolve()
        for layers in sources.layers.values()
        for layer in layers
        if layer.providerType() in ("ogr", "gdal")
    }
    home = survey.resolve()
    for path in sorted(paths - {home}, key=lambda p: (p.name, str(p))):
        if path.is_file() and path.name != "slope.tif":
            how, digest = source_digest(path)
            yield FileHash(path.name, how, digest)
