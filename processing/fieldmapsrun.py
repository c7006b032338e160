"""One run of ``qingliu:printfieldmaps``: what is at hand, which pages, what is marked, what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..core.errors import InputError, Problem
from ..core.mapsheets import MapSheet, number, scales
from ..core.mapsheets.bases import COARSE, Covered
from ..core.mapsheets.marks import ROLES, address
from ..core.standard import default_edition
from ..layers.backgrounds import background_problems
from ..layers.crs import OutputCrs, crs_title, output_crs
from ..layers.datums import Transform, guard
from ..layers.dem import read_dem
from ..layers.fieldmarks import (
    FieldMark,
    Page,
    corner_rows,
    make_pages,
    mark_values,
    page_note,
    page_values,
    parent_sheet,
    read_marks,
    write_field_data,
)
from ..layers.mapsheets import sheet_crs, sheet_parts, union_of
from ..layers.outputs import write_csv
from ..layers.rasters import write_raster
from ..layers.records import POLYGON, Record, Wanted, read_records
from ..layers.roles import roles as roles_of
from ..layouts.drawings import Easel, contour_step, height_range
from ..layouts.fieldmaps import TITLE, Series, make_series
from ..layouts.fieldmaps_codes import can_print_codes, code_picture
from ..layouts.fieldmaps_export import dpi_of, export_list, export_series
from ..layouts.fieldmaps_layers import BACKDROPS, Backdrop, field_layers
from ..layouts.fieldmaps_records import TITLE as LIST_TITLE
from ..layouts.fieldmaps_records import Listing, make_list
from ..layouts.fieldmaps_sheet import FieldSheet, field_scale, field_sheet, fits
from ..layouts.fonts import choose_font
from ..layouts.sources import Fields, Sources, gather
from .exportfigures import Target as ProjectTarget
from .exportfigures import new_project, read_project, save_project, survey_meta, watershed_name
from .feedback import StageProgress
from .inputs import Inputs
from .mapsheets import judged_sheets, read_base_maps

# the scale of the series whose sheets are the pages
DIVISIONS = {"sheet": "G", "quarter": "H"}
LAYERS = {
    "BOUNDARY": "boundary", "CHANNELS": "channels", "VILLAGES": "villages", "POLLUTION": "pollution",
    "ENTERPRISES": "enterprises", "WATERBODIES": "waterbodies", "ROADS": "roads", "ADMIN": "admin_villages",
    "DEM": "dem",
}  # fmt: skip
_BACKDROP_ROLES = {
    "outline": "boundary", "admin": "admin_villages", "roads": "roads", "contours": "dem", "relief": "dem",
}  # fmt: skip
PROJECT, DATA, RECORDS, HEIGHTS = "fieldmaps.qgz", "fieldmaps.gpkg", "records.csv", "heights.tif"
_MOST_CELLS = 25_000_000
_MOST_PAGES = 400
RECORD_COLUMNS = ("mark", "kind", "name", "layer", "row_id", "address", "pages", "x", "y")


class Ground(NamedTuple):
    """The watershed in EPSG:4490 and in the maps' CRS, with the way from the first to the second."""

    degrees: QgsGeometry
    shape: QgsGeometry
    place: OutputCrs
    transform: Transform


class Run:
    """The stages in their order: ``gather``, ``divide``, ``mark``, ``print``."""

    def __init__(self, inputs: Inputs, folder: Path, progress: StageProgress) -> None:
        self.inputs, self.folder, self.progress = inputs, folder, progress
        self.most = int(default_edition().default("base_map_scale_denominator_max"))
        self.survey: Path | None = None
        self.sources = Sources({}, Fields(), [])
        self.pages: list[Page] = []
        self.marks: list[FieldMark] = []
        self.ground: Ground
        self.sheet: FieldSheet
        self.scale = 0.0

    # -- what is at hand -----------------------------------------------------
    def gather(self) -> None:
        """Layers by role: given, of the survey, of the open project, of the case beside the survey."""
        inputs = self.inputs
        inputs.county()
        self.survey = Path(inputs.text("SURVEY")) if inputs.given("SURVEY") else None
        if self.survey is not None and not self.survey.is_file():
            inputs.faults.append(Problem("QL-STORE-NOFILE", {"path": str(self.survey)}))
        given = {role: [layer] for name, role in LAYERS.items() if (layer := self._given(name)) is not None}
        inputs.settle()
        project = inputs.context.project()
        if self.survey is not None or "boundary" in given or project is None or not roles_of(project):
            project = None
        wanted = [*LAYERS.values(), "base_sheets"]
        self.sources = gather(wanted, given, project, self.survey, Fields())
        if self.sources.found:
            inputs.feedback.pushInfo("case.yaml: " + ", ".join(self.sources.found))
        self.ground = self._ground()
        self._heights_without_steps()

    def _heights_without_steps(self) -> None:
        """A DEM of whole metres as one of fractions, so that what is interpolated between its cells is smooth."""
        found = self.sources.layers.get("dem", [])
        if not found or not isinstance(found[0], QgsRasterLayer):
            return
        dem = found[0]
        whole = dem.dataProvider().dataType(1) not in (Qgis.DataType.Float32, Qgis.DataType.Float64)
        if not whole or dem.width() * dem.height() > _MOST_CELLS:
            return
        self.progress.stage("read_dem")
        grid = read_dem(dem, progress=self.progress).grid
        path = write_raster(self.folder / HEIGHTS, grid.values, grid.frame, unit="m", progress=self.progress)
        self.sources.layers["dem"] = [QgsRasterLayer(str(path), dem.name())]

    def _given(self, name: str) -> QgsMapLayer | None:
        inputs = self.inputs
        if not inputs.given(name):
            return None
        layer = inputs.algorithm.parameterAsLayer(inputs.parameters, name, inputs.context)
        if layer is None or not layer.isValid():
            value = str(inputs.parameters[name])
            facts = {"parameter": name, "layer": Path(value.split("|")[0]).name, "path": value}
            inputs.faults.append(Problem("QL-LAYER-NOVECTOR", facts))
            return None
        return layer

    def _ground(self) -> Ground:
        found = self.sources.layers.get("boundary")
        if not found:
            raise InputError("QL-FIG-NOBOUNDARY")
        layer = found[0]
        records = self._records(layer)
        degrees = union_of(records)
        if degrees is None:
            raise InputError("QL-FIG-NOBOUNDARY")
        place = output_crs(layer.crs(), layer.extent(), layer.name(), "BOUNDARY")
        self.inputs.warn(place.warnings)
        transform = guard(
            sheet_crs(), place.crs, layer=layer.name(), algorithm="mapsheets", shifts=self.inputs.shifts
        ).transform
        shape = QgsGeometry(degrees)
        if not transform.identity:
            shape.transform(transform.qgis())
        return Ground(degrees, shape, place, transform)

    def _records(self, layer: QgsVectorLayer) -> list[Record]:
        reading = self.inputs.must(
            lambda: read_records(
                layer,
                sheet_crs(),
                "BOUNDARY",
                Wanted(POLYGON),
                algorithm="mapsheets",
                shifts=self.inputs.shifts,
                progress=self.progress,
            )
        )
        self.inputs.warn(reading.warnings)
        return reading.records

    # -- pages ---------------------------------------------------------------
    def divide(self) -> None:
        """The pages, their paper and scale; warnings of base maps and scale."""
        inputs = self.inputs
        register = self.sources.layers.get("base_sheets", [])
        registered = bool(register) or inputs.given("BASEMAPS")
        bases = read_base_maps(inputs, self.progress, register[0] if register else None)
        inputs.settle()
        indexed = judged_sheets(inputs, self.ground.degrees, bases, registered, self.progress)
        covered = {one.part.sheet: one.base for one in indexed}
        tiles = self._tiles(covered)
        if len(tiles) > _MOST_PAGES:
            raise InputError("QL-SHEET-TOOMANY", count=len(tiles), most=_MOST_PAGES)
        self.pages = make_pages(tiles, self.ground.transform)
        self.sheet = field_sheet(inputs.choice("PAPER"))
        sizes = [(box.width(), box.height()) for box in (p.outline.boundingBox() for p in self.pages)]
        chart = self.sheet.page.map
        self.scale = inputs.number("SCALE") or field_scale(sizes, chart)
        inputs.warn(self._scale_warnings(sizes))
        if any(base.state == COARSE for base in covered.values()) and not inputs.text("COARSE_REASON"):
            inputs.warn([Problem("QL-SHEET-NOREASON")])

    def _tiles(self, covered: dict[MapSheet, Covered]) -> list[tuple[MapSheet, Covered]]:
        """What each page shows, sheet by sheet."""
        code = DIVISIONS[self.inputs.choice("DIVISION")]
        if code == "G":
            return list(covered.items())
        order = list(covered)
        parts = [part.sheet for part in sheet_parts(self.ground.degrees, scales()[code], self.progress)]
        # a sliver of the watershed may count on a part of a sheet and not on the sheet
        kept = [tile for tile in parts if parent_sheet(tile) in covered]
        kept.sort(key=lambda tile: order.index(parent_sheet(tile)))
        return [(tile, covered[parent_sheet(tile)]) for tile in kept]

    def _scale_warnings(self, sizes: list[tuple[float, float]]) -> list[Problem]:
        found = []
        shown, paper = f"{self.scale:g}", self.inputs.choice("PAPER")
        cut = [p for p, s in zip(self.pages, sizes) if not fits(s, self.scale, self.sheet.page.map)]
        if cut:
            needed = f"{field_scale(sizes, self.sheet.page.map):g}"
            names = ", ".join(number(page.tile) for page in cut[:5])
            facts = {"scale": shown, "paper": paper, "sheets": names, "needed": needed}
            found.append(Problem("QL-SHEET-CUT", facts))
        if self.scale > self.most:
            facts = {"scale": shown, "most": str(self.most), "paper": paper}
            found.append(Problem("QL-SHEET-PRINTSCALE", facts))
        return found

    # -- marks ---------------------------------------------------------------
    def mark(self) -> None:
        """The marks, and the data of the series on disk."""
        inputs, ground = self.inputs, self.ground
        layers = {role: self.sources.layers[role] for role in ROLES if role in self.sources.layers}
        reading = inputs.must(
            lambda: read_marks(
                layers,
                ground.place.crs,
                ground.shape,
                self.pages,
                shifts=inputs.shifts,
                progress=self.progress,
            )
        )
        inputs.warn(reading.warnings)
        self.marks = reading.marks
        if not can_print_codes():
            inputs.warn([Problem("QL-SHEET-NOSEGNO")])
        reason = inputs.text("COARSE_REASON")
        rows = [
            page_values(
                page,
                len(self.pages),
                ground.transform,
                page_note(page, self.most, reason, self.scale),
                code_picture(address("sheet", number(page.tile))),
            )
            for page in self.pages
        ]
        corners = [row for page in self.pages for row in corner_rows(page, ground.transform)]
        self.progress.stage("write_features", len(self.marks))
        write_field_data(self.folder / DATA, ground.place.crs, rows, corners, self.marks)
        write_csv(self.folder / RECORDS, RECORD_COLUMNS, (self._record(mark) for mark in self.marks))

    def _record(self, mark: FieldMark) -> list[object]:
        values = {**mark_values(mark), "address": mark.one.address}
        return [values[name] for name in RECORD_COLUMNS]

    # -- paper ---------------------------------------------------------------
    def print(self) -> str:
        """The layouts in a project of their own, and the files; the project's path."""
        inputs, folder = self.inputs, self.folder
        font = choose_font(wanted=inputs.text("FONT"))
        inputs.warn(font.warnings)
        path = folder / PROJECT
        project = read_project(path, inputs) if path.exists() else new_project()
        inputs.settle()
        project.setCrs(self.ground.place.crs)
        self._draw(project, font.family)
        return save_project(ProjectTarget(project, path, None), inputs)

    def _draw(self, project: QgsProject, font: str) -> None:
        inputs, folder, ending = self.inputs, self.folder, self.inputs.choice("FORMAT")
        given = inputs.algorithm.parameterAsLayerList(inputs.parameters, "BACKGROUND", inputs.context)
        backdrops = self._backdrops()
        inputs.warn([*background_problems(given), *self._shifted([*(b.source for b in backdrops), *given])])
        dpi = dpi_of(self.sheet.page.width)
        layers = field_layers(project, folder / DATA, backdrops, given, self._easel(font), dpi)
        name, centre = self._name(), self.pages[0].outline.boundingBox().center()
        crs = self.ground.place.crs
        series = Series(name, crs, self.scale, (centre.x(), centre.y()), font, self._notes())
        made = make_series(project, self.sheet, layers, series)
        inputs.warn(made.warnings)
        if made.kept:
            inputs.warn([Problem("QL-FIG-KEPT", {"figure": TITLE, "items": ", ".join(made.kept)})])
        written = export_series(made.layout, folder, ending, TITLE, self.progress)
        if self.marks:
            layout = make_list(project, self.marks, Listing(name, crs_title(crs), font), self.progress)
            written += export_list(layout, folder, ending, LIST_TITLE)
        for path in written:
            inputs.feedback.pushInfo(str(path))

    def _backdrops(self) -> list[Backdrop]:
        found = []
        for key in BACKDROPS:
            for layer in self.sources.layers.get(_BACKDROP_ROLES[key], []):
                found.append(Backdrop(key, layer))
        return found

    def _shifted(self, layers: list[QgsMapLayer]) -> list[Problem]:
        """Layers that QGIS draws tens of metres off, since no one knows their datum's tie to the map's."""
        found: dict[str, Problem] = {}
        for layer in layers:
            if layer.crs().isValid():
                warnings = guard(layer.crs(), self.ground.place.crs, layer=layer.name()).warnings
                found.update({layer.name(): w for w in warnings if w.code == "QL-CRS-DATUMSHIFT"})
        return list(found.values())

    def _easel(self, font: str) -> Easel:
        extent = self.ground.shape.boundingBox()
        size, fields = self.sheet.letters**0.5, self.sources.fields
        return Easel(font, size, default_edition(), fields, extent, self._heights())

    def _heights(self) -> tuple[float, float] | None:
        """Lowest and highest ground of the watershed; None without a DEM there."""
        for layer in self.sources.layers.get("dem", []):
            if isinstance(layer, QgsRasterLayer):
                context = QgsProject.instance().transformContext()
                way = QgsCoordinateTransform(self.ground.place.crs, layer.crs(), context)
                low, high = height_range(layer, way.transformBoundingBox(self.ground.shape.boundingBox()))
                if -1000 < low <= high < 10_000:
                    return low, high
        return None

    def _name(self) -> str:
        given = self.inputs.text("PROJECT_NAME")
        return given or survey_meta(self.survey).get("name") or watershed_name(self.sources)

    def _notes(self) -> str:
        header = default_edition().header
        crs = self.ground.place.crs
        heights = self._heights()
        lines = [
            f"等高距 {contour_step(heights)} m。" if heights else "",
            f"坐标系 {crs.authid()} {crs.description()}，方里网注记单位 km；图廓点经纬度为 CGCS2000。",
            "标注编号见对象清单，现场变更请记在清单相应行。",
            header.status_zh or "",
        ]
        return "\n".join(line for line in lines if line)
