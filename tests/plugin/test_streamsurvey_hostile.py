"""``qingliu:streamsurvey`` on inputs nobody would give on purpose: refused with a code, or right."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)

# The valley of terrain_files: 60 x 41 cells of 10 m from (500000, 3000000) on, its floor x = 500205.
ON_THE_FLOOR = "POINT(500206 2999500)"


class Told(QgsProcessingFeedback):
    """Keeps the warnings of a run."""

    def __init__(self):
        super().__init__(False)
        self.warnings = []
        self.infos = []

    def pushInfo(self, info):
        self.infos.append(info)

    def pushWarning(self, warning):
        self.warnings.append(warning)

    def codes(self):
        return [text.split(":")[0] for text in self.warnings]


def layer(kind, shapes, fields="", rows=None, crs="EPSG:4547"):
    made = QgsVectorLayer(
        f"{kind}?crs={crs}" + "".join(f"&field={f}" for f in fields.split()), "层", "memory"
    )
    for number, shape in enumerate(shapes):
        feature = QgsFeature(made.fields())
        if shape is not None:
            feature.setGeometry(QgsGeometry.fromWkt(shape) if isinstance(shape, str) else shape)
        if rows:
            feature.setAttributes(rows[number])
        made.dataProvider().addFeature(feature)
    made.updateExtents()
    return made


def features_of(path):
    source = QgsVectorLayer(path, "rows", "ogr")
    return list(source.getFeatures())


@pytest.fixture
def survey(run, tmp_path):
    """survey(dem, **parameters) -> (result, feedback)."""
    from qgis import processing

    def _survey(dem, **more):
        told = Told()
        parameters = {"DEM": dem, "OUTPUT": str(tmp_path / "channels.gpkg"), "INCLUDE_ALL": True, **more}
        return processing.run("qingliu:streamsurvey", parameters, feedback=told), told

    return _survey


@pytest.fixture
def valley(tmp_path):
    return files.write_dem(tmp_path / "dem.tif", files.valley(side=10.0))


def refused(survey, dem, **parameters):
    """The codes with which a run is refused."""
    with pytest.raises(QgsProcessingException) as caught:
        survey(dem, **parameters)
    lines = str(caught.value).strip().splitlines()
    assert all(line.startswith("QL-") for line in lines)
    return [line.split(":")[0] for line in lines]


# -- parameters and destinations ----------------------------------------------


@pytest.mark.parametrize("name", ["MIN_LENGTH", "MIN_AREA", "INITIATION_AREA", "BANK_BELT", "MAX_DEPTH"])
@pytest.mark.parametrize("value", [float("nan"), "nan", float("inf"), "-1", "many"], ids=str)
def test_number_that_compares_with_nothing_is_refused(survey, valley, name, value):
    assert refused(survey, valley, **{name: value}) == ["QL-PARAM-VALUE"]


@pytest.mark.parametrize("output", ["OUTPUT", "CATCHMENTS"])
def test_destination_that_cannot_be_written_is_refused_with_a_code(survey, valley, output):
    assert refused(survey, valley, **{output: "/no/such/folder/result.gpkg"}) == ["QL-OUT-SINK"]


def test_drained_area_never_replaces_the_dem_it_was_made_from(survey, valley):
    before = Path(valley).read_bytes()
    assert refused(survey, valley, ACCUMULATION=valley) == ["QL-OUT-INPUT"]
    assert Path(valley).read_bytes() == before


def test_result_never_replaces_the_earlier_result_it_was_matched_with(survey, valley, tmp_path):
    result, _ = survey(valley)
    kept = shutil.copy(result["OUTPUT"], tmp_path / "earlier.gpkg")
    source = f"{kept}|layername=channels"
    assert refused(survey, valley, PREVIOUS=source, OUTPUT=str(kept)) == ["QL-OUT-INPUT"]


def test_two_results_in_one_file_are_refused(survey, valley, tmp_path):
    both = str(tmp_path / "both.gpkg")
    assert refused(survey, valley, OUTPUT=both, CATCHMENTS=both) == ["QL-OUT-TWICE"]


def test_drained_area_is_not_written_under_the_name_of_another_format(survey, valley, tmp_path):
    assert refused(survey, valley, ACCUMULATION=str(tmp_path / "area.asc")) == ["QL-OUT-NOTIFF"]


def test_shapefile_says_which_names_were_cut(survey, valley, tmp_path):
    _, told = survey(valley, OUTPUT=str(tmp_path / "channels.shp"))
    (warning,) = [w for w in told.warnings if w.startswith("QL-OUT-SHAPEFILE")]
    assert "gradient_permil → gradient_p" in warning


def test_csv_has_the_mark_by_which_excel_knows_utf8_and_says_that_shapes_are_lost(survey, valley, tmp_path):
    path = tmp_path / "channels.csv"
    _, told = survey(valley, OUTPUT=str(path))
    assert path.read_bytes().startswith(b"\xef\xbb\xbfchannel_id,uuid")
    assert "QL-OUT-CSVGEOMETRY" in told.codes()
    assert [p.name for p in tmp_path.glob(".*.part")] == []


def test_vector_layer_as_dem_is_called_no_raster(survey):
    assert refused(survey, layer("Point", [ON_THE_FLOOR])) == ["QL-LAYER-NORASTER"]


# -- boundary and surveyed lines ------------------------------------------------


@pytest.mark.parametrize("shapes", [[], [None], ["POLYGON EMPTY"]], ids=["no row", "no shape", "empty shape"])
def test_boundary_without_polygon_never_means_the_whole_dem(survey, valley, shapes):
    assert refused(survey, valley, BOUNDARY=layer("Polygon", shapes)) == ["QL-STREAMS-EMPTYBOUNDARY"]


def test_boundary_without_any_channel_says_so(survey, valley):
    corner = "POLYGON((500000 3000000,500050 3000000,500050 2999950,500000 3000000))"
    result, told = survey(valley, BOUNDARY=layer("Polygon", [corner]))
    assert result["CHANNELS_TOTAL"] == 0 and "QL-STREAMS-NOCHANNELINSIDE" in told.codes()


def test_dem_without_any_channel_says_so(survey, tmp_path):
    flat = files.write_dem(tmp_path / "flat.tif", np.full((20, 20), 7, np.float32))
    result, told = survey(flat)
    assert result["CHANNELS_TOTAL"] == 0 and "QL-STREAMS-NOCHANNEL" in told.codes()


def test_density_counts_the_land_the_dem_knows_and_not_the_boundary_beyond_it(survey, valley):
    """Western half and the floor, 21 columns of 60 cells; the polygon reaches 10 km further south."""
    half = "POLYGON((500000 3000000,500210 3000000,500210 2989400,500000 2989400,500000 3000000))"
    result, told = survey(valley, BOUNDARY=layer("Polygon", [half]))
    area_km2 = 21 * 60 * 100 / 1e6
    (main,) = features_of(result["OUTPUT"])
    assert result["DRAINAGE_DENSITY"] == pytest.approx(main["inside_m"] / 1e3 / area_km2, abs=1e-6)
    assert "QL-STREAMS-BOUNDARYOUT" in told.codes()


def test_density_inside_the_dem_uses_the_boundary_own_area(survey, valley):
    box = "POLYGON((500103 2999903,500303 2999903,500303 2999603,500103 2999603,500103 2999903))"
    result, _ = survey(valley, BOUNDARY=layer("Polygon", [box]))
    assert result["DRAINAGE_DENSITY"] == pytest.approx(0.3 / 0.06, abs=1e-6)


def test_surveyed_lines_beyond_the_dem_are_counted_and_named(survey, valley):
    lines = ["LINESTRING(600000 3000000,600000 2999000)", "LINESTRING(500205 2999900,500205 2999500)"]
    _, told = survey(valley, CHANNELS=layer("LineString", lines))
    (warning,) = [w for w in told.warnings if w.startswith("QL-STREAMS-LINESOUT")]
    assert " 1 lines" in warning and "ids 1)" in warning


# -- the earlier result -----------------------------------------------------------

ALONG = "LINESTRING(500205 2999945,500205 2999405)"
WHO = "channel_id:string uuid:string name:string"


@pytest.mark.parametrize("number", [None, "G-1", "1.5", "-3", "0", "2147483647"], ids=str)
def test_earlier_row_without_a_usable_id_is_refused(survey, valley, number):
    before = layer("LineString", [ALONG], WHO, [[number, "u", "n"]])
    assert refused(survey, valley, PREVIOUS=before) == ["QL-STREAMS-PREVIOUSID"]


@pytest.mark.parametrize(("ids", "uuids"), [("11", "ab"), ("12", "aa")], ids=["ids", "uuids"])
def test_earlier_rows_that_share_an_id_are_refused(survey, valley, ids, uuids):
    rows = [[ids[0], uuids[0], None], [ids[1], uuids[1], None]]
    before = layer("LineString", [ALONG, "LINESTRING(500105 2999945,500105 2999405)"], WHO, rows)
    assert refused(survey, valley, PREVIOUS=before) == ["QL-STREAMS-PREVIOUSTWICE"]


def test_earlier_row_without_uuid_gets_a_new_one_and_not_the_word_none(survey, valley):
    result, told = survey(valley, PREVIOUS=layer("LineString", [ALONG], WHO, [["7", None, "清水沟"]]))
    (row,) = features_of(result["OUTPUT"])
    assert row["channel_id"] == 7 and row["name"] == "清水沟" and len(row["uuid"]) == 36
    assert "QL-STREAMS-PREVIOUSNOUUID" in told.codes()


def test_id_of_an_earlier_row_without_shape_is_given_to_nobody(survey, valley):
    rows = [["4", "a", None], ["90", "b", None]]
    elsewhere = "LINESTRING(500015 2999945,500015 2999905)"
    result, _ = survey(valley, PREVIOUS=layer("LineString", [elsewhere, None], WHO, rows))
    ids = {row["change"]: row["channel_id"] for row in features_of(result["OUTPUT"])}
    assert ids == {"new": 91, "vanished": 4}


# -- banks --------------------------------------------------------------------------


def test_outfalls_of_a_multipoint_are_counted_one_by_one(survey, valley):
    both = "MULTIPOINT((500206 2999500),(500206 2999600))"
    outfalls = layer("MultiPoint", [both], "kind:string", [["outfall"]])
    result, _ = survey(valley, POLLUTION=outfalls)
    (row,) = features_of(result["OUTPUT"])
    assert row["sewage_outfalls"] == 2


def test_kinds_that_the_data_model_does_not_know_are_named(survey, valley):
    points = layer("Point", [ON_THE_FLOOR] * 3, "kind:string", [["排污口"], [None], ["farm"]])
    _, told = survey(valley, POLLUTION=points)
    (warning,) = [w for w in told.warnings if w.startswith("QL-STREAMS-KINDS")]
    assert " 2 points" in warning and "排污口" in warning


def test_layer_of_points_without_a_row_counts_nothing(survey, valley):
    result, told = survey(valley, POLLUTION=layer("Point", [], "kind:string"))
    (row,) = features_of(result["OUTPUT"])
    assert row["sewage_outfalls"] == 0 and "QL-LAYER-NOFEATURES" in told.codes()


@pytest.mark.parametrize("scale", [-0.1, 3.0], ids=["below 0", "above 100"])
def test_raster_that_is_no_cover_is_refused(survey, valley, tmp_path, scale):
    values = (np.arange(60 * 41).reshape(60, 41) % 97 * scale).astype(np.float32)
    cover = files.write_dem(tmp_path / "cover.tif", values)
    assert refused(survey, valley, COVER=cover) == ["QL-STREAMS-COVER"]


def test_land_use_elsewhere_says_that_its_column_is_empty(survey, valley):
    away = "POLYGON((600000 3000000,600100 3000000,600100 3000100,600000 3000000))"
    _, told = survey(valley, LANDUSE=layer("Polygon", [away], "dl:string", [["0101"]]), LANDUSE_FIELD="dl")
    assert "QL-STREAMS-NOBANK" in told.codes()


def test_warnings_of_water_bodies_come_once(survey, valley):
    _, told = survey(valley, WATERBODIES=layer("Polygon", []))
    assert told.codes().count("QL-LAYER-NOFEATURES") == 1


# -- cancel --------------------------------------------------------------------------


def test_cancel_while_catchments_become_polygons_stops_at_once(qgis_app):
    from qingliu.core.errors import Cancelled
    from qingliu.core.grid import GridFrame
    from qingliu.layers.labels import label_polygons

    class Stop:
        def stage(self, name, count=None):
            return None

        def step(self, fraction):
            raise Cancelled()

    labels = np.arange(10000, dtype=np.int32).reshape(100, 100)
    with pytest.raises(Cancelled):
        next(label_polygons(labels, GridFrame(100, 100, 0, 1000, 10, 10), Stop()))


def test_context_is_not_needed_to_know_a_file(valley, provider):
    """Paths in every spelling lead to the same file."""
    from qingliu.processing.checks import file_of

    folder = Path(valley).parent
    spellings = [valley, f"{valley}|layername=x", f"{folder}/./dem.tif", f"{folder}/x/../dem.tif"]
    context = QgsProcessingContext()
    assert {file_of(s, context) for s in spellings} == {file_of(valley, context)}
    assert file_of("TEMPORARY_OUTPUT", context) == file_of("memory:", context) == ""


def test_misspelt_parameter_is_told(survey, valley):
    _, told = survey(valley, MINLENGTH=200)
    (warning,) = [w for w in told.warnings if w.startswith("QL-PARAM-UNKNOWN")]
    assert "MINLENGTH → MIN_LENGTH" in warning


def test_northing_first_without_a_zone_prefix_is_recognised(survey, tmp_path):
    dem = files.write_dem(tmp_path / "swapped.tif", files.valley(), x0=3000000.0, y0=500000.0)
    with pytest.raises(QgsProcessingException, match=r"QL-CRS-SWAPPED: .*zone 38.*EPSG:4547"):
        survey(dem)


def test_density_on_a_dem_in_degrees_counts_ellipsoidal_cells(survey, tmp_path):
    """The western 20 of 41 columns and beyond; a cell at 27.1 degrees has about 109.9 m2."""
    dem = files.write_dem(
        tmp_path / "d.tif", files.valley(side=10.0), cell=1e-4, x0=114.2, y0=27.1, epsg=4490
    )
    west = "POLYGON((114.1 27.2,114.20205 27.2,114.20205 27.0,114.1 27.0,114.1 27.2))"
    result, _ = survey(dem, BOUNDARY=layer("Polygon", [west], crs="EPSG:4490"), INITIATION_AREA=0.002)
    inside_km = sum(row["inside_m"] for row in features_of(result["OUTPUT"])) / 1e3
    assert inside_km > 0
    assert result["DRAINAGE_DENSITY"] == pytest.approx(inside_km / (20 * 60 * 109.9e-6), rel=0.03)


@pytest.mark.parametrize("epsg", [4214, 4610], ids=["Beijing 54", "Xi'an 80"])
def test_results_of_an_old_datum_in_degrees_are_never_moved_in_silence(survey, tmp_path, epsg):
    """Results of a DEM in degrees lie in CGCS2000: tens of metres away, nobody knows where."""
    dem = files.write_dem(
        tmp_path / "d.tif", files.valley(side=10.0), cell=1e-4, x0=114.2, y0=27.1, epsg=epsg
    )
    _, told = survey(dem)
    assert "QL-CRS-DATUMSHIFT" in told.codes()


def test_log_has_the_lengths_on_the_ellipsoid_beside_the_planar_ones(survey, tmp_path):
    """100 km east of the central meridian lengths on the plane are 1 + y2 / 2R2 = 1.000123 times too long."""
    dem = files.write_dem(tmp_path / "east.tif", files.valley(side=10.0), x0=600000.0)
    result, told = survey(dem)
    (line,) = [info for info in told.infos if info.startswith("QL-STREAMS-LENGTHS")]
    planar, ellipsoidal = (float(word) for word in line.split() if word[0].isdigit())
    assert planar == pytest.approx(sum(row["length_m"] for row in features_of(result["OUTPUT"])))
    assert planar / ellipsoidal == pytest.approx(1.000123, abs=3e-6)


def test_faults_of_all_layers_come_in_one_list_before_the_long_work(survey, valley, tmp_path):
    codes = refused(
        survey,
        valley,
        BOUNDARY=layer("LineString", [ALONG]),
        POLLUTION=layer("Point", [ON_THE_FLOOR]),
        LANDUSE=layer("Polygon", []),
        LANDUSE_MAP=str(tmp_path / "none.csv"),
        COVER=str(tmp_path / "none.tif"),
        PREVIOUS=layer("LineString", [ALONG], WHO, [["x", "u", None]]),
    )
    assert sorted(codes) == [
        "QL-LANDUSE-MAPFILE",
        "QL-LAYER-GEOMETRYTYPE",
        "QL-LAYER-MISSING",
        "QL-LAYER-NOFIELD",
        "QL-STREAMS-PREVIOUSID",
    ]
