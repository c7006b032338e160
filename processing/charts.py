"""The small charts of erosion and landscape results, as an HTML page in QGIS's results viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Sequence

from qgis.core import QgsProcessingParameterFileDestination

from ..core import language
from ..core.charts import Bar, Chart, colours, page
from ..core.erosion.scale import M2_PER_HM2, NO_CLASS, IntensityScale
from ..core.erosion.survey import ErosionAreas
from ..core.errors import InputError, Problem
from .algorithm import QingliuAlgorithm
from .inputs import Inputs

CHART = "CHART"
_RATE_COLOUR = "#5b8db8"
_NONE = {"zh": "未定级", "en": "no class"}


def add_chart(algorithm: QingliuAlgorithm) -> None:
    """Add the optional output CHART."""
    chart = QgsProcessingParameterFileDestination(
        CHART, algorithm.label(CHART), "HTML (*.html)", None, True, False
    )
    algorithm.add(chart)


def write_chart(
    algorithm: QingliuAlgorithm,
    inputs: Inputs,
    title: str,
    charts: Sequence[Chart],
    notes: Sequence[str] = (),
) -> str:
    """Write the page of CHART; its path. Raises QL-OUT-FOLDER, QL-OUT-WRITE."""
    path = str(algorithm.parameterAsFileOutput(inputs.parameters, CHART, inputs.context))
    folder = Path(path).parent
    if not folder.is_dir():
        raise InputError("QL-OUT-FOLDER", path=path, folder=str(folder))
    try:
        Path(path).write_text(page(title, charts, notes), encoding="utf-8")
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=path, reason=str(error)) from error
    return path


def erosion_chart(areas: ErosionAreas, scale: IntensityScale, title: str) -> Chart:
    """Area of each class, and of what has none."""
    zh, shades = language.current() == "zh", colours("erosion")
    bars = [
        _area_bar(
            f"{c.code} {c.zh if zh else c.en.split(' (')[0]}",
            areas.by_class.get(c.code, 0.0),
            areas.total,
            shades[str(c.code)],
        )
        for c in scale.classes
        if c.code != NO_CLASS
    ]
    if areas.unknown:
        bars.append(_area_bar(language.pick(_NONE), areas.unknown, areas.total, shades[""]))
    return Chart(f"{title} (hm²)", bars)


def rates_chart(rows: Sequence[Mapping[str, Any]], title: str) -> Chart:
    """C.1, C.2 and C.7 of the watershed on a scale of 100 %."""
    found = [r for r in rows if r["scope"] == "watershed" and r["clause"] in ("C.1", "C.2", "C.7")]
    bars = [
        Bar(_name(r), r["value"], _RATE_COLOUR, "–" if r["value"] is None else f"{r['value']:.2f} %")
        for r in found
        if not str(r["indicator"]).endswith("_whole_land")
    ]
    return Chart(f"{title} (%)", bars, full=100.0)


def land_chart(rows: Sequence[Mapping[str, Any]], title: str) -> Chart:
    """The land-use areas of table A.1 that are not 0."""
    shades = colours("landuse")
    found = [r for r in rows if r["scope"] == "watershed" and r["clause"] == "A.1" and r["value"]]
    total = sum(r["value"] for r in found) * M2_PER_HM2
    bars = [_area_bar(_name(r), r["value"] * M2_PER_HM2, total, shades[r["class_code"]]) for r in found]
    return Chart(f"{title} (hm²)", bars)


def rate_note(value: float | None, lower: float, upper: float) -> str:
    """C.1 in words."""
    text = f"{value:.2f} %" if value is not None else f"{lower:.2f} – {upper:.2f} %"
    return Problem("QL-EROSION-RATE", {"rate": text}).text()


def _area_bar(label: str, area_m2: float, total_m2: float, colour: str) -> Bar:
    share = 100 * area_m2 / total_m2 if total_m2 else 0.0
    return Bar(label, area_m2, colour, f"{area_m2 / M2_PER_HM2:.2f} hm² · {share:.1f} %")


def _name(row: Mapping[str, Any]) -> str:
    return str(row["name_zh"] if language.current() == "zh" else row["name_en"])
