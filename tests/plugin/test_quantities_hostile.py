"""``qingliu:quantities`` on layers as they come: crooked, empty, copied, in another CRS, many at once."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsWkbTypes,
)

sys.path.insert(0, str(Path(__file__).resolve().parent))
from land_files import X0, Y0, polygons, rows_of, square

sys.path.pop(0)


class Told(QgsProcessingFeedback):
    """Keeps what the log says."""

    def __init__(self):
        super().__init__()
        self.warnings = []

    def pushWarning(self, text):
        self.warnings.append(text)


@pytest.fixture
def compute(provider, qgis_new_project, english):
    """compute({...}) -> (rows, warnings)."""
    from qgis.core import QgsApplication

    def _compute(parameters):
        told = Told()
        found, ok = (
            QgsApplication.processingRegistry()
            .createAlgorithmById("qingliu:quantities")
            .run(parameters, QgsProcessingContext(), told)
        )
        assert ok, told.warnings
        return rows_of(found["OUTPUT"]), told.warnings

    return _compute


@pytest.fixture
def zones(tmp_path):
    return polygons(tmp_path / "zones.gpkg", [(square(0, 0, 10, 10), {"zone": "regulation"})], zone=str)


def layout(tmp_path, rows, name="layout", kind=QgsWkbTypes.Polygon, epsg=4547):
    return polygons(tmp_path / f"{name}.gpkg", rows, kind=kind, epsg=epsg, uuid=str, measure=str)


def codes(warnings):
    return {w.split(":")[0] for w in warnings}


def test_a_polygon_that_crosses_itself_is_repaired_counted_and_said(compute, tmp_path, zones):
    bow = f"POLYGON(({X0} {Y0},{X0 + 100} {Y0 - 100},{X0 + 100} {Y0},{X0} {Y0 - 100},{X0} {Y0}))"
    made = layout(tmp_path, [(bow, {"measure": "terrace"})])
    rows, warnings = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert [r["quantity"] for r in rows] == [0.5]
    assert "QL-LAYER-REPAIRED" in codes(warnings)


def test_features_without_geometry_are_left_out_and_said(compute, tmp_path, zones):
    made = layout(
        tmp_path, [("POLYGON EMPTY", {"measure": "terrace"}), (square(0, 0), {"measure": "terrace"})]
    )
    rows, warnings = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert [(r["quantity"], r["features"]) for r in rows] == [(1.0, 1)]
    assert "QL-LAYER-NOGEOMETRY" in codes(warnings)


def test_copied_features_with_one_uuid_are_counted_each_and_have_plots_of_their_own(compute, tmp_path, zones):
    made = layout(tmp_path, [(square(0, 0), {"uuid": "a", "measure": "terrace"}),
                             (square(2, 0), {"uuid": "a", "measure": "closure"})])  # fmt: skip
    plots = str(tmp_path / "p.gpkg")
    rows, warnings = compute(
        {"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg"), "PLOTS": plots}
    )
    assert sorted((r["measure"], r["quantity"]) for r in rows) == [("closure", 1.0), ("terrace", 1.0)]
    assert sorted((r["plot_no"], r["measure"]) for r in rows_of(plots)) == [(1, "terrace"), (2, "closure")]
    assert "QL-PLAN-TWINS" in codes(warnings)


def test_zones_in_another_crs_cut_as_well(compute, tmp_path):
    degrees = QgsGeometry.fromWkt(square(0, 0, 10, 10)).densifyByDistance(5.0)
    to = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4547"),
        QgsCoordinateReferenceSystem("EPSG:4490"),
        QgsProject.instance(),
    )
    degrees.transform(to)
    zones = polygons(tmp_path / "z.gpkg", [(degrees.asWkt(12), {"zone": "regulation"})], epsg=4490, zone=str)
    made = layout(tmp_path, [(square(9, 0, 2, 1), {"measure": "terrace"})])
    rows, _ = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert {r["zone"]: r["quantity"] for r in rows} == pytest.approx(
        {"regulation": 1.0, "outside": 1.0}, abs=2e-4
    )


def test_a_zone_of_its_own_name_is_kept_and_overlapping_zones_share_nothing(compute, tmp_path):
    zones = polygons(
        tmp_path / "z.gpkg",
        [(square(0, 0, 3, 1), {"zone": "core"}), (square(2, 0, 3, 1), {"zone": "buffer"})],
        zone=str,
    )
    made = layout(tmp_path, [(square(0, 0, 5, 1), {"measure": "terrace"})])
    rows, _ = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert {r["zone"]: r["quantity"] for r in rows} == {"core": 3.0, "buffer": 2.0}


def test_a_line_drawn_as_a_terrace_is_not_counted_and_named(compute, tmp_path, zones):
    line = f"LINESTRING({X0} {Y0},{X0 + 50} {Y0})"
    made = layout(tmp_path, [(line, {"uuid": "wrong", "measure": "terrace"})], kind=QgsWkbTypes.LineString)
    rows, warnings = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert rows == []
    assert any(w.startswith("QL-PLAN-NOTCOUNTED") and "wrong" in w for w in warnings)


@pytest.mark.slow
def test_a_thousand_measures_on_a_zone_of_many_corners_add_up(compute, tmp_path):
    """A zone with 20,000 corners: every measure inside counted once."""
    ring = [(X0 + 5000 + (4000 + 40 * (n % 2)) * math.cos(n * math.pi / 10_000),
             Y0 - 5000 + (4000 + 40 * (n % 2)) * math.sin(n * math.pi / 10_000)) for n in range(20_000)]  # fmt: skip
    wkt = "POLYGON((" + ",".join(f"{x:.3f} {y:.3f}" for x, y in [*ring, ring[0]]) + "))"
    zones = polygons(tmp_path / "z.gpkg", [(wkt, {"zone": "channel"})], zone=str)
    made = layout(tmp_path, [(square(n % 40 * 2.4, n // 40 * 3.8), {"uuid": str(n), "measure": "grass"})
                             for n in range(1000)])  # fmt: skip
    rows, _ = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert math.fsum(r["quantity"] for r in rows) == pytest.approx(1000.0, abs=1e-4)
    assert {r["zone"] for r in rows} == {"channel", "outside"}


def test_a_run_that_is_cancelled_stops_and_writes_nothing(provider, tmp_path, zones):
    from qgis.core import QgsApplication

    class Impatient(QgsProcessingFeedback):
        def setProgressText(self, text):
            if "Cutting" in text or "切分" in text:
                self.cancel()

    made = layout(tmp_path, [(square(0, 0), {"measure": "terrace"})])
    found, _ = (
        QgsApplication.processingRegistry()
        .createAlgorithmById("qingliu:quantities")
        .run(
            {"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")},
            QgsProcessingContext(),
            Impatient(),
        )
    )
    assert "OUTPUT" not in found
    assert not (tmp_path / "q.gpkg").exists()


def test_areas_over_each_other_and_words_that_name_no_zone_are_told(compute, tmp_path):
    rows = [(square(0, 0, 10, 10), {"zone": "regulation"}), (square(9, 0, 3, 10), {"zone": "甲"})]
    zones = polygons(tmp_path / "zones.gpkg", rows, zone=str)
    made = layout(tmp_path, [(square(0, 0, 2, 1), {"measure": "terrace"}), (square(1, 0, 2, 1), {"measure": "terrace"}),
                             (square(1, 0, 2, 1), {"measure": "closure"})])  # fmt: skip
    rows, warnings = compute({"LAYOUT": [made], "ZONES": zones, "OUTPUT": str(tmp_path / "q.gpkg")})
    assert {r["measure"]: r["quantity"] for r in rows} == {"terrace": 4.0, "closure": 2.0}
    told = {w.split(":", 1)[0]: w for w in warnings}
    assert "10.0000 hm²" in told["QL-PLAN-AREAOVERLAP"] and "甲" in told["QL-PLAN-ZONEWORD"]
    assert "1 pairs" in told["QL-PLAN-OVERLAP"] and "1.0000 hm²" in told["QL-PLAN-OVERLAP"]
