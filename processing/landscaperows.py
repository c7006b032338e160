"""Rows of ``qingliu:landscapeindicators``: a measured value with its name, unit, clause and formula."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from ..core.areas import ZoneAreas
from ..core.erosion.scale import M2_PER_HM2, IntensityScale
from ..core.erosion.survey import A3_CLASSES, a3_row, erosion_areas
from ..core.indicators.land_table import COLUMNS, land_areas
from ..core.indicators.landscape import FormulaValue
from ..core.landscape.metrics import MetricValue, texts
from ..core.standard import Edition
from .landscapescopes import Scope

FIELDS = (
    ("indicator", "text"), ("name_zh", "text"), ("name_en", "text"), ("value", "number"), ("unit", "text"),
    ("clause", "text"), ("formula", "text"), ("scope", "text"), ("scope_id", "text"), ("level", "text"),
    ("class_code", "text"),
)  # fmt: skip

Row = Mapping[str, Any]

# Number of the indicator of table 7-1 by formula.
INDICATORS = {"C.1": 1, "C.2": 2, "C.7": 13}
RATE_DECIMALS, HM2_DECIMALS = 6, 4


def rate_of(value: FormulaValue) -> float | None:
    """The value as it is written, %."""
    return _rounded(value.value, RATE_DECIMALS)


def formula_row(value: FormulaValue, scope: Scope, edition: Edition) -> Row:
    """C.1, C.2 or C.7 with the formula and the numbers in it."""
    indicator = edition.indicators[INDICATORS[value.formula]]
    expression = indicator.formula.expr if indicator.formula else ""
    parts = [expression, _variables(value), *(["estimate"] if value.estimate else [])]
    row = _row(scope, indicator.key, indicator.name_zh, indicator.name_en, value.formula)
    return {**row, "value": rate_of(value), "unit": indicator.unit, "formula": "; ".join(parts)}


def whole_land_row(value: FormulaValue, scope: Scope, edition: Edition) -> Row:
    """C.7 by the definition's denominator (整体用地), shown beside the formula's and never used."""
    indicator = edition.indicators[INDICATORS["C.7"]]
    name_en = f"{indicator.name_en}, of the village's whole land (shown only)"
    name_zh = f"{indicator.name_zh}（以村庄整体用地为分母，仅供对照）"
    row = _row(scope, f"{indicator.key}_whole_land", name_zh, name_en, "C.7")
    formula = f"(a_vg1 + a_vg2) / a_whole * 100; {_variables(value)}"
    rate = _rounded(value.others.get("of_whole_village_land"), RATE_DECIMALS)
    return {**row, "value": rate, "unit": indicator.unit, "formula": formula}


def a1_rows(areas: ZoneAreas, scope: Scope, edition: Edition) -> Iterator[Row]:
    """The twelve land-use areas of table A.1, hm²."""
    columns = {c.key: c for c in edition.table("A.1").columns}
    by_first = land_areas(areas.by_code)
    for code, key in COLUMNS.items():
        column = columns[key]
        row = _row(scope, key, column.zh, column.en, "A.1", class_code=code)
        yield {**row, "value": round(by_first[code] / M2_PER_HM2, HM2_DECIMALS), "unit": column.unit}


def a3_rows(areas: ZoneAreas, scope: Scope, edition: Edition, scale: IntensityScale) -> Iterator[Row]:
    """The eroded areas of table A.3, hm² and % of the eroded area."""
    known = {str(c.code): c for c in scale.classes}
    graded = {known[c].code: area for c, area in areas.by_code.items() if c in known}
    values = a3_row(erosion_areas(graded, areas.total), scale)
    columns = {c.key: c for c in edition.table("A.3").columns}

    def row(key: str, name_zh: str, code: str | None) -> Row:
        column = columns[key]
        row = _row(scope, key, name_zh, column.en, "A.3", class_code=code)
        value = _rounded(values[key], HM2_DECIMALS)
        return {**row, "value": value, "unit": column.unit, "formula": column.formula}

    yield row("erosion_total_hm2", "水土流失面积", None)
    for code, name in A3_CLASSES.items():
        zh = known[str(code)].zh
        yield row(f"erosion_{name}_hm2", f"{zh}侵蚀面积", str(code))
        yield row(f"erosion_{name}_pct", f"{zh}侵蚀面积占比", str(code))


def metric_row(value: MetricValue, scope: Scope, names: Sequence[str], rules: str) -> Row:
    """A pattern metric with the rules it was counted by; it has no clause."""
    text = texts()[value.metric]
    code = None if value.class_code is None else names[value.class_code]
    row = _row(scope, value.metric, text.zh, text.en, None, class_code=code)
    formula = f"{text.formula}; {rules}"
    return {**row, "value": value.value, "unit": text.unit, "formula": formula, "level": value.level}


def _row(
    scope: Scope,
    indicator: str,
    name_zh: str,
    name_en: str,
    clause: str | None,
    *,
    class_code: str | None = None,
) -> Row:
    return {
        "indicator": indicator,
        "name_zh": name_zh,
        "name_en": name_en,
        "clause": clause,
        "scope": scope.kind,
        "scope_id": scope.name,
        "level": "norm",
        "class_code": class_code,
    }


def _variables(value: FormulaValue) -> str:
    return ", ".join(f"{key} = {number:.4f}" for key, number in value.variables.items())


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
