"""The gate every DEM passes: what is refused, what is repaired, what comes through untouched."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsRasterRange
from qingliu.core.errors import Cancelled, InputError
from qingliu.core.grid import GridFrame
from qingliu.layers.crs import from_wkt, same_crs, wkt_of
from qingliu.layers.rasterfiles import raster_source
from qingliu.layers.rasters import read_codes, read_dem, read_raster, write_raster

NORTH_UP = (39_500_000.0, 10.0, 0.0, 2_800_000.0, 0.0, -10.0)
HEIGHTS = np.arange(300.0, 300.0 + 20 * 30).reshape(20, 30)


@pytest.fixture(autouse=True)
def _qgis(qgis_app, english):
    return qgis_app


def srs(crs):
    found = osr.SpatialReference()
    found.SetFromUserInput(crs)
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


@pytest.fixture
def dem(tmp_path):
    """dem(values, crs=…, placing=…, nodata=…, kind=…, …) writes a GeoTIFF and gives its path."""

    def write(
        values=HEIGHTS,
        crs="EPSG:4527",
        placing=NORTH_UP,
        nodata=None,
        kind=gdal.GDT_Float32,
        name="dem.tif",
        bands=1,
        unit="",
        scale=None,
        offset=None,
        options=(),
        driver="GTiff",
    ):
        path = tmp_path / name
        rows, cols = np.shape(values)
        dataset = gdal.GetDriverByName(driver).Create(str(path), cols, rows, bands, kind, list(options))
        if placing is not None:
            dataset.SetGeoTransform(placing)
        if crs:
            dataset.SetSpatialRef(srs(crs))
        for number in range(1, bands + 1):
            band = dataset.GetRasterBand(number)
            if nodata is not None:
                band.SetNoDataValue(nodata)
            if unit:
                band.SetUnitType(unit)
            if scale is not None:
                band.SetScale(scale)
            if offset is not None:
                band.SetOffset(offset)
            band.WriteArray(np.asarray(values))
        dataset.FlushCache()
        del dataset, band
        return path

    return write


def refused(path, **options):
    """Codes of the refusal."""
    with pytest.raises(InputError) as error:
        read_dem(path, **options)
    for found in error.value.problems:
        for language in ("en", "zh"):
            text = found.text(language)
            assert "{" not in text, f"a fact is missing: {text}"
            assert found.facts["layer"] in text
            assert "DEM" in text
    return [p.code for p in error.value.problems]


def warned(reading):
    for found in reading.warnings:
        assert "{" not in found.text("en") + found.text("zh")
    return [p.code for p in reading.warnings]


# -- what comes through -----------------------------------------------------


def test_plain_dem_comes_through_untouched(dem):
    grid, warnings = read_dem(dem())
    assert warnings == []
    assert grid.values.dtype == np.float32
    np.testing.assert_array_equal(grid.values, HEIGHTS)
    assert (grid.frame.x0, grid.frame.y0, grid.frame.dx, grid.frame.dy) == (39_500_000, 2_800_000, 10, 10)
    assert from_wkt(grid.frame.crs_wkt) == QgsCoordinateReferenceSystem("EPSG:4527")


def test_south_up_and_mirrored_grids_are_turned_north_up(dem):
    south_up = (39_500_000.0, 10.0, 0.0, 2_799_800.0, 0.0, 10.0)
    mirrored = (39_500_300.0, -10.0, 0.0, 2_800_000.0, 0.0, -10.0)
    files = [(HEIGHTS[::-1], south_up), (HEIGHTS[:, ::-1], mirrored)]
    for grid, warnings in [read_dem(dem(values, placing=placing)) for values, placing in files]:
        assert warnings == []
        np.testing.assert_array_equal(grid.values, HEIGHTS)
        assert (grid.frame.x0, grid.frame.y0) == (39_500_000, 2_800_000)
        assert grid.values.flags.c_contiguous


def test_cells_that_are_not_square_are_fine(dem):
    frame = read_dem(dem(placing=(39_500_000.0, 10.0, 0.0, 2_800_000.0, 0.0, -5.0))).grid.frame
    assert (frame.dx, frame.dy) == (10, 5)


def test_degrees_are_no_fault(dem):
    grid, warnings = read_dem(dem(crs="EPSG:4490", placing=(116.0, 1 / 3600, 0.0, 26.0, 0.0, -1 / 3600)))
    assert warnings == []
    assert grid.frame.geographic
    assert grid.frame.row_steps()[1][0] == pytest.approx(30.77, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "nodata"),
    [
        (gdal.GDT_Int16, -32768),
        (gdal.GDT_UInt16, 65535),
        (gdal.GDT_Int32, -(2**31)),
        (gdal.GDT_Float32, -3.4028234663852886e38),
        (gdal.GDT_Float64, -1.7976931348623157e308),
        (gdal.GDT_Float32, math.nan),
        (gdal.GDT_Float32, -9999),
    ],
    ids=["int16", "uint16", "int32", "float32 lowest", "float64 lowest", "nan", "-9999"],
)
def test_declared_nodata_is_masked_in_every_kind(dem, kind, nodata):
    values = HEIGHTS.copy()
    values[3, 4] = nodata
    grid, warnings = read_dem(dem(values, kind=kind, nodata=nodata))
    assert warnings == []
    assert np.argwhere(np.isnan(grid.values)).tolist() == [[3, 4]]
    assert grid.values[3, 5] == HEIGHTS[3, 5]


def test_own_mask_of_the_file_is_honoured(dem):
    path = dem()
    with gdal.config_option("GDAL_TIFF_INTERNAL_MASK", "YES") if hasattr(gdal, "config_option") else _null():
        dataset = gdal.Open(str(path), gdal.GA_Update)
        dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
        shown = np.full(HEIGHTS.shape, 255, np.uint8)
        shown[0, 0] = 0
        dataset.GetRasterBand(1).GetMaskBand().WriteArray(shown)
        del dataset
    grid, _ = read_dem(path)
    assert np.argwhere(np.isnan(grid.values)).tolist() == [[0, 0]]


class _null:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


def test_layer_brings_its_own_crs_name_and_nodata(dem):
    layer = QgsRasterLayer(str(dem(crs="")), "高程 1")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4527"))
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(300, 301)])
    grid, _ = read_dem(raster_source(layer))
    assert int(np.isnan(grid.values).sum()) == 2
    assert from_wkt(grid.frame.crs_wkt).authid() == "EPSG:4527"


@pytest.mark.parametrize("name", ["小流域 1/高程.tif", "a b/c'd/e#f%20.tif", "D:\\小流域 1\\dem.tif"])
def test_names_that_people_use(dem, tmp_path, name):
    target = tmp_path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(dem(), target)
    assert read_dem(target).grid.values.shape == HEIGHTS.shape


def test_crs_without_a_code_keeps_its_full_definition(shared):
    grid, warnings = read_dem(shared / "data/youwuzhen/dem_5m.tif")
    assert warnings == []
    assert grid.values.shape == (588, 762)
    assert not np.isnan(grid.values).any()
    assert "39500000" in grid.frame.crs_wkt
    assert grid.frame.semi_major == 6378245


# -- units ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "metres"), [("ft", 0.3048), ("US survey foot", 1200 / 3937), ("m", 1.0), ("cm", 0.01)]
)
def test_heights_come_out_in_metres(dem, unit, metres):
    grid, warnings = read_dem(dem(unit=unit))
    np.testing.assert_allclose(grid.values, HEIGHTS * metres, rtol=1e-6)
    assert [w.code for w in warnings] == ([] if unit == "m" else ["QL-DEM-FEET"])


def test_vertical_crs_in_feet_is_heeded(dem):
    reading = read_dem(dem(crs="EPSG:32617+6360", placing=(500_000.0, 10, 0, 4_000_000.0, 0, -10)))
    assert warned(reading) == ["QL-DEM-FEET"]
    assert reading.grid.values[0, 0] == pytest.approx(300 * 1200 / 3937, abs=1e-4)


@pytest.mark.parametrize("driver", ["GTiff", "HFA"])
def test_heights_in_the_crs_do_not_hide_that_it_is_in_degrees(dem, driver):
    placing = (116.0, 1 / 3600, 0.0, 26.0, 0.0, -1 / 3600)
    path = dem(crs="EPSG:4490+5737", placing=placing, driver=driver, name="d.tif")
    grid, warnings = read_dem(path)
    assert (grid.frame.geographic, warnings) == (True, [])
    assert same_crs(from_wkt(grid.frame.crs_wkt), QgsCoordinateReferenceSystem("EPSG:4490"))


def test_unknown_unit_is_said(dem):
    assert warned(read_dem(dem(unit="li"))) == ["QL-DEM-UNIT"]


def test_scale_and_offset_of_the_band_are_applied(dem):
    reading = read_dem(dem(HEIGHTS, scale=0.1, offset=50.0, nodata=305))
    assert warned(reading) == ["QL-DEM-SCALED"]
    assert reading.grid.values[0, 0] == pytest.approx(80.0)
    assert np.isnan(reading.grid.values[0, 5])


def test_dem_in_feet_on_the_ground_is_resampled_to_metres(dem):
    placing = (6_000_000.0, 30.0, 0.0, 2_000_000.0, 0.0, -30.0)
    reading = read_dem(dem(crs="EPSG:2227", placing=placing))
    assert set(warned(reading)) == {"QL-DEM-MAYBEFEET", "QL-DEM-WARPED"}
    assert from_wkt(reading.grid.frame.crs_wkt).authid() == "EPSG:26910"
    assert reading.grid.frame.dx == pytest.approx(30 * 0.3048006, rel=0.01)


def test_web_mercator_is_resampled_because_its_areas_are_wrong(dem):
    placing = (12_970_000.0, 10.0, 0.0, 2_960_000.0, 0.0, -10.0)
    reading = read_dem(dem(crs="EPSG:3857", placing=placing))
    assert warned(reading) == ["QL-DEM-WARPED"]
    frame = reading.grid.frame
    assert from_wkt(frame.crs_wkt).authid() == "EPSG:4527"
    latitude = math.radians(25.67)
    true_area = HEIGHTS.size * (10 * math.cos(latitude)) ** 2
    covered = int((~np.isnan(reading.grid.values)).sum()) * frame.dx * frame.dy
    assert covered == pytest.approx(true_area, rel=0.05)


# -- wrong no data ----------------------------------------------------------


@pytest.mark.parametrize("value", [-9999.0, -3.4028234663852886e38, 32767.0, -32768.0, 65535.0, 1e30])
def test_undeclared_nodata_is_masked_and_counted(dem, value):
    values = HEIGHTS.copy()
    values[:2, :5] = value
    reading = read_dem(dem(values))
    assert warned(reading) == ["QL-DEM-SENTINEL"]
    assert reading.warnings[0].facts["count"] == 10
    assert int(np.isnan(reading.grid.values).sum()) == 10


def test_nan_and_infinity_are_masked_and_counted_together(dem):
    values = HEIGHTS.copy()
    values[0, :3] = [math.nan, math.inf, -math.inf]
    reading = read_dem(dem(values, nodata=-9999))
    assert warned(reading) == ["QL-DEM-NONFINITE"]
    assert reading.warnings[0].facts["count"] == 3
    assert int(np.isnan(reading.grid.values).sum()) == 3


def test_zeros_around_hills_are_no_heights(dem):
    values = HEIGHTS.copy()
    values[:, :3] = 0
    reading = read_dem(dem(values))
    assert warned(reading) == ["QL-DEM-ZEROS"]
    assert reading.warnings[0].facts["count"] == 60


def test_zeros_at_the_coast_are_heights(dem):
    values = HEIGHTS - 300
    values[:, :3] = 0
    reading = read_dem(dem(values))
    assert reading.warnings == []
    assert not np.isnan(reading.grid.values).any()


def test_resampled_nodata_is_refused_with_its_cell(dem):
    values = HEIGHTS.copy()
    values[4, 6] = -4849.5
    path = dem(values)
    assert refused(path) == ["QL-DEM-HEIGHTS"]
    with pytest.raises(InputError) as error:
        read_dem(path)
    assert (error.value.problems[0].facts["row"], error.value.problems[0].facts["col"]) == (5, 7)


def test_heights_in_millimetres_without_a_unit_are_refused(dem):
    assert refused(dem(HEIGHTS * 1000)) == ["QL-DEM-HEIGHTS"]


SITE = 'ENGCRS["site",EDATUM["x"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'

# -- what is refused --------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"values": np.full((5, 5), -9999.0), "nodata": -9999}, "QL-DEM-NODATA"),
        ({"values": np.full((5, 5), math.nan)}, "QL-DEM-NODATA"),
        ({"values": np.full((5, 5), -9999.0)}, "QL-DEM-NODATA"),
        ({"values": np.full((1, 1), 300.0)}, "QL-DEM-SMALL"),
        ({"values": np.full((1, 50), 300.0)}, "QL-DEM-SMALL"),
        ({"values": np.full((50, 2), 300.0)}, "QL-DEM-SMALL"),
        ({"crs": ""}, "QL-DEM-NOCRS"),
        ({"crs": 'LOCAL_CS["工地",UNIT["metre",1]]'}, "QL-DEM-LOCALCRS"),
        ({"crs": SITE}, "QL-DEM-LOCALCRS"),
        ({"placing": (39_500_000.0, 10, 1, 2_800_000.0, 1, -10)}, "QL-DEM-ROTATED"),
        ({"placing": None}, "QL-DEM-NOPLACE"),
        ({"placing": (39_500_000.0, 0.09, 0, 2_800_000.0, 0, -0.09)}, "QL-DEM-TINYCELL"),
        ({"placing": (39_500_000.0, 0.0001, 0, 2_800_000.0, 0, -0.0001)}, "QL-DEM-TINYCELL"),
        ({"placing": (39_000_000.0, 1e6, 0, 2_800_000.0, 0, -1e6)}, "QL-DEM-HUGECELL"),
        ({"crs": "EPSG:4490", "placing": (116.0, 5e-7, 0, 26.0, 0, -5e-7)}, "QL-DEM-TINYCELL"),
        ({"bands": 3, "kind": gdal.GDT_Byte, "values": HEIGHTS % 255}, "QL-DEM-BANDS"),
        ({"bands": 2}, "QL-DEM-BANDS"),
        ({"kind": gdal.GDT_CFloat32}, "QL-DEM-COMPLEX"),
        ({"placing": (500_000.0, 10, 0, 2_800_000.0, 0, -10)}, "QL-CRS-UNPREFIXED"),
        ({"crs": "EPSG:4548"}, "QL-CRS-PREFIXED"),
        ({"crs": "EPSG:4526"}, "QL-CRS-OTHERZONE"),
        ({"crs": "EPSG:4490"}, "QL-CRS-METRES"),
        ({"placing": (116.0, 0.001, 0, 26.0, 0, -0.001)}, "QL-CRS-DEGREES"),
    ],
)  # fmt: skip
def test_faulty_dem_is_refused_by_name(dem, changes, code):
    assert refused(dem(**changes)) == [code]


def test_cell_of_exactly_ten_centimetres_is_accepted(dem):
    read_dem(dem(placing=(39_500_000.0, 0.1, 0, 2_800_000.0, 0, -0.1)))


def test_picture_with_a_colour_table_is_refused(dem, tmp_path):
    path = dem(HEIGHTS % 255, kind=gdal.GDT_Byte)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    table = gdal.ColorTable()
    table.SetColorEntry(1, (255, 0, 0, 255))
    dataset.GetRasterBand(1).SetColorTable(table)
    del dataset
    assert refused(path) == ["QL-DEM-IMAGE"]


def test_all_faults_come_at_once(dem):
    values = HEIGHTS[:2].copy()
    values[0, 0] = -4000
    found = refused(dem(values, crs="", placing=(39_500_000.0, 10, 1, 2_800_000.0, 1, -10)))
    assert found == ["QL-DEM-SMALL", "QL-DEM-NOCRS", "QL-DEM-ROTATED", "QL-DEM-HEIGHTS"]


def test_more_cells_than_memory_are_refused_before_any_is_read(dem):
    path = dem(np.zeros((4, 4)), name="huge.tif", options=["SPARSE_OK=TRUE"])
    assert refused(path, bytes_per_cell=1e12) == ["QL-DEM-MEMORY"]


def test_missing_empty_and_foreign_files_are_refused(tmp_path):
    assert refused(tmp_path / "没有.tif") == ["QL-DEM-MISSING"]
    (tmp_path / "empty.tif").write_bytes(b"")
    assert refused(tmp_path / "empty.tif") == ["QL-DEM-EMPTY"]
    (tmp_path / "text.tif").write_text("not a raster")
    assert refused(tmp_path / "text.tif") == ["QL-DEM-UNREADABLE"]


@pytest.mark.parametrize(("driver", "name"), [("GTiff", "a.tif"), ("ENVI", "a.bil"), ("HFA", "a.img")])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_file_cut_off_anywhere_is_refused(dem, driver, name, share):
    values = np.random.default_rng(1).random((200, 200)) + 300
    path = dem(values, driver=driver, name=name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refused(path)[0] in ("QL-DEM-CUTOFF", "QL-DEM-UNREADABLE")


# -- virtual rasters --------------------------------------------------------

VRT = """<VRTDataset rasterXSize="30" rasterYSize="20"><SRS>EPSG:4527</SRS>
<GeoTransform>39500000,10,0,2800000,0,-10</GeoTransform>
<VRTRasterBand dataType="Float32" band="1" {band}>{extra}
<SimpleSource><SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""


def vrt(path, source, relative=1, band="", extra=""):
    path.write_text(VRT.format(source=source, relative=relative, band=band, extra=extra), encoding="utf-8")
    return path


def test_virtual_raster_over_its_own_folder_is_fine(dem, tmp_path):
    dem(name="tile.tif")
    np.testing.assert_array_equal(read_dem(vrt(tmp_path / "all.vrt", "tile.tif")).grid.values, HEIGHTS)


def test_virtual_raster_by_gdalbuildvrt_is_fine(dem, tmp_path):
    tile = dem(name="瓦片.tif")
    gdal.BuildVRT(str(tmp_path / "built.vrt"), [str(tile)]).FlushCache()
    assert read_dem(tmp_path / "built.vrt").grid.values.shape == HEIGHTS.shape


def test_virtual_raster_with_code_is_refused_and_not_run(dem, tmp_path):
    dem(name="tile.tif")
    canary = tmp_path / "canary"
    code = (
        "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
        f"<PixelFunctionCode><![CDATA[\nopen({str(canary)!r}, 'w').close()\ndef f(*a): pass\n]]>"
        "</PixelFunctionCode>"
    )
    path = vrt(tmp_path / "bad.vrt", "tile.tif", band='subClass="VRTDerivedRasterBand"', extra=code)
    assert refused(path) == ["QL-DEM-VRTCODE"]
    assert not canary.exists()


@pytest.mark.parametrize(
    ("source", "relative", "code"),
    [
        ("gone.tif", 1, "QL-DEM-VRTMISSING"),
        ("bad.vrt", 1, "QL-DEM-VRTLOOP"),
        ("../outside.tif", 1, "QL-DEM-VRTOUTSIDE"),
        ("/etc/hostname", 0, "QL-DEM-VRTOUTSIDE"),
        ("/vsicurl/http://example.com/x.tif", 0, "QL-DEM-VRTOUTSIDE"),
        ("http://example.com/x.tif", 0, "QL-DEM-VRTOUTSIDE"),
        ("WMS:http://example.com/", 0, "QL-DEM-VRTOUTSIDE"),
    ],
)
def test_virtual_raster_that_reaches_elsewhere_is_refused(dem, tmp_path, source, relative, code):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(dem(), tmp_path / "outside.tif")
    assert refused(vrt(folder / "bad.vrt", source, relative)) == [code]


def test_link_out_of_the_folder_is_outside(dem, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.tif").symlink_to(dem())
    assert refused(vrt(folder / "bad.vrt", "link.tif")) == ["QL-DEM-VRTOUTSIDE"]


def test_virtual_rasters_that_hold_each_other_are_a_loop(tmp_path):
    vrt(tmp_path / "a.vrt", "b.vrt")
    vrt(tmp_path / "b.vrt", "a.vrt")
    assert refused(tmp_path / "a.vrt") == ["QL-DEM-VRTLOOP"]


def test_nested_virtual_raster_is_looked_into(dem, tmp_path):
    vrt(tmp_path / "outer.vrt", "inner.vrt")
    vrt(tmp_path / "inner.vrt", "gone.tif")
    assert refused(tmp_path / "outer.vrt") == ["QL-DEM-VRTMISSING"]


def test_virtual_raster_handed_over_as_text_is_refused(dem):
    assert refused(VRT.format(source="x", relative=0, band="", extra="")) == ["QL-DEM-VRTOUTSIDE"]


# -- progress, cancel, exceptions mode --------------------------------------


class Watch:
    def __init__(self, stop_at=None):
        self.stages, self.steps, self.stop_at = [], [], stop_at

    def stage(self, name, count=None):
        self.stages.append((name, count))

    def step(self, fraction):
        self.steps.append(fraction)
        if self.stop_at is not None and fraction >= self.stop_at:
            raise Cancelled


def test_reading_names_its_stage_and_ends_at_one(dem):
    watch = Watch()
    read_dem(dem(), progress=watch)
    assert watch.stages == [("read_dem", 600)]
    assert watch.steps[-1] == 1.0


def test_reading_can_be_cancelled(dem):
    with pytest.raises(Cancelled):
        read_dem(dem(), progress=Watch(stop_at=0.0))


@pytest.fixture(params=[False, True], ids=["exceptions off", "exceptions on"])
def exceptions(request):
    before = gdal.GetUseExceptions()
    gdal.UseExceptions() if request.param else gdal.DontUseExceptions()
    yield request.param
    gdal.UseExceptions() if before else gdal.DontUseExceptions()


def test_faults_are_told_in_both_modes_of_gdal(dem, tmp_path, exceptions):
    data = dem(np.random.default_rng(1).random((200, 200)) + 300, name="whole.tif").read_bytes()
    (tmp_path / "half.tif").write_bytes(data[: len(data) // 2])
    assert refused(tmp_path / "half.tif") == ["QL-DEM-CUTOFF"]
    (tmp_path / "text.tif").write_text("not a raster")
    assert refused(tmp_path / "text.tif") == ["QL-DEM-UNREADABLE"]
    assert gdal.GetUseExceptions() == int(exceptions)


def test_damaged_file_is_told_and_never_a_traceback(dem, tmp_path, exceptions):
    """Bytes of a real file turned at random (seeded): either it still reads, or a coded refusal."""
    whole = dem(options=["COMPRESS=DEFLATE"]).read_bytes()
    random = np.random.default_rng(20_250_101)
    path = tmp_path / "damaged.tif"
    verdicts = set()
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 600), random.integers(1, 6)):
            data[place] = random.integers(0, 256)
        path.write_bytes(data)
        try:
            read_dem(path)
            verdicts.add("read")
        except InputError as error:
            verdicts.add(error.code)
    assert {"read", "QL-DEM-UNREADABLE"} <= verdicts


# -- other rasters ----------------------------------------------------------


def frame_of(path):
    return read_dem(path).grid.frame


def test_codes_come_to_a_finer_frame_by_nearest_cell(dem):
    codes = np.array([[1, 2, 3], [4, 255, 6], [7, 8, 9]])
    path = dem(codes, kind=gdal.GDT_Byte, nodata=255, name="codes.tif")
    fine = GridFrame(6, 8, 39_500_000.0, 2_800_000.0, 5.0, 5.0, crs_wkt=frame_of(dem()).crs_wkt)
    grid, warnings = read_codes(path, "LANDUSE", fine)
    assert warnings == []
    assert grid.codes[0, :6].tolist() == [1, 1, 2, 2, 3, 3]
    assert grid.valid[2:4, 2:4].any() == False  # noqa: E712 - numpy's
    assert not grid.valid[:, 6:].any()
    assert grid.codes[grid.valid].min() == 1


def test_codes_on_their_own_grid(dem):
    path = dem(np.array([[1, 2, 3], [4, 255, 6], [7, 8, 9]]), kind=gdal.GDT_Byte, nodata=255)
    grid, _ = read_codes(path, "LANDUSE")
    assert grid.codes.tolist()[0] == [1, 2, 3]
    assert grid.valid.sum() == 8


def test_codes_with_fractions_are_refused(dem):
    with pytest.raises(InputError) as error:
        read_codes(dem(HEIGHTS + 0.5), "LANDUSE")
    assert error.value.code == "QL-LAYER-NOTCODES"


def test_float_codes_that_are_whole_are_codes(dem):
    grid, _ = read_codes(dem(HEIGHTS, nodata=300), "LANDUSE")
    assert grid.codes.dtype == np.int32
    assert (grid.valid[0, 0], grid.codes[0, 1]) == (False, 301)


def test_continuous_raster_from_degrees_lands_on_the_frame(dem):
    slope = np.fromfunction(lambda r, c: 100.0 + c, (40, 40))
    path = dem(slope, crs="EPSG:4490", placing=(116.99, 0.0005, 0, 25.31, 0, -0.0005), name="deg.tif")
    target = QgsCoordinateReferenceSystem("EPSG:4527")
    frame = GridFrame(10, 10, 39_500_000.0, 2_799_200.0, 10.0, 10.0, crs_wkt=wkt_of(target))
    grid, warnings = read_raster(path, "COVER", frame)
    assert warnings == []
    # 117 degrees east is the central meridian: column (117 - 116.99) / 0.0005 = 20, its centre at 20.5
    per_column = 0.0005 * math.pi / 180 * 6378137 * math.cos(math.radians(25.3))
    expected = 100.0 + 20 - 0.5 + 5.0 / per_column
    assert grid.values[5, 0] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("value", [-9999.0, -3.4028234663852886e38, 1e30])
def test_undeclared_nodata_never_mixes_into_its_neighbours(dem, value):
    values = np.full((20, 30), 0.5)
    values[5:8, 5:8] = value
    frame = GridFrame(30, 45, 39_500_003.0, 2_799_997.0, 6.0, 6.0, crs_wkt=frame_of(dem()).crs_wkt)
    for wanted in (None, frame):
        reading = read_raster(dem(values), "COVER", wanted)
        assert [w.code for w in reading.warnings] == ["QL-LAYER-SENTINEL"]
        known = reading.grid.values[~np.isnan(reading.grid.values)]
        np.testing.assert_allclose(known, 0.5, rtol=1e-6)
    assert read_raster(dem(values), "COVER").warnings[0].facts["count"] == 9


def test_nodata_switched_off_by_the_user_counts_as_a_value(dem):
    layer = QgsRasterLayer(str(dem(HEIGHTS, nodata=300)), "x")
    layer.dataProvider().setUseSourceNoDataValue(1, False)
    grid, _ = read_codes(raster_source(layer), "LANDUSE")
    assert grid.valid.all()


def test_raster_elsewhere_is_refused(dem):
    frame = GridFrame(5, 5, 39_600_000.0, 2_800_000.0, 10, 10, crs_wkt=frame_of(dem()).crs_wkt)
    with pytest.raises(InputError) as error:
        read_raster(dem(), "COVER", frame)
    assert error.value.code == "QL-LAYER-NOVALUES"


def test_real_land_use_on_the_grid_of_its_dem(shared):
    folder = shared / "data/youwuzhen"
    frame = read_dem(folder / "dem_5m.tif").grid.frame
    grid, warnings = read_codes(folder / "landuse_5m.tif", "LANDUSE", frame)
    own, _ = read_codes(folder / "landuse_5m.tif", "LANDUSE")
    assert warnings == []
    there, here = (np.unique(g.codes[g.valid], return_counts=True)[1] for g in (grid, own))
    assert there.tolist() == here.tolist()


# -- writing ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["float32", "float64", "int16", "int32", "uint8", "bool"])
def test_what_is_written_is_read_back_bit_for_bit(dem, tmp_path, kind):
    frame = frame_of(dem())
    values = (HEIGHTS % 100 > 50) if kind == "bool" else (HEIGHTS % 100).astype(kind)
    path = write_raster(tmp_path / "结果 1.tif", values, frame)
    dataset = gdal.Open(str(path))
    np.testing.assert_array_equal(dataset.ReadAsArray(), values)
    assert dataset.GetGeoTransform() == NORTH_UP
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_floating_rasters_declare_nan_as_nodata(dem, tmp_path):
    path = write_raster(tmp_path / "a.tif", HEIGHTS.astype(np.float32), frame_of(dem()))
    assert math.isnan(gdal.Open(str(path)).GetRasterBand(1).GetNoDataValue())


def test_crs_without_a_code_survives_writing(shared, tmp_path):
    grid, _ = read_dem(shared / "data/youwuzhen/dem_30m.tif")
    again, _ = read_dem(write_raster(tmp_path / "a.tif", grid.values, grid.frame))
    assert same_crs(from_wkt(again.frame.crs_wkt), from_wkt(grid.frame.crs_wkt))
    np.testing.assert_array_equal(again.values, grid.values)


def test_cancelled_write_leaves_the_old_file(dem, tmp_path):
    frame = frame_of(dem())
    path = write_raster(tmp_path / "a.tif", HEIGHTS.astype(np.float32), frame)
    before = path.read_bytes()
    with pytest.raises(Cancelled):
        write_raster(path, HEIGHTS.astype(np.float32) + 1, frame, progress=Watch(stop_at=0.0))
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "dem.tif"]


def test_write_to_a_folder_that_is_not_there(dem, tmp_path):
    with pytest.raises(InputError) as error:
        write_raster(tmp_path / "no" / "a.tif", HEIGHTS, frame_of(dem()))
    assert error.value.code == "QL-OUT-FOLDER"


# GDAL in exceptions mode complains once more when the file that could not be finished is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_full_disk_is_told_and_leaves_the_old_file(dem, tmp_path, kind, exceptions):
    resource = pytest.importorskip("resource")
    frame = frame_of(dem())
    path = write_raster(tmp_path / "a.tif", np.zeros((20, 30), kind), frame)
    before = path.read_bytes()
    noise = (np.random.default_rng(1).random((2000, 2000)) * 255).astype(kind)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    try:
        with pytest.raises(InputError) as error:
            write_raster(path, noise, frame)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.code == "QL-OUT-WRITE"
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "dem.tif"]


def test_refusal_does_not_keep_the_file_open(dem, exceptions):
    """On Windows an open file can be neither replaced nor removed."""
    path = dem(np.full((5, 5), 20_000.0))
    with pytest.raises(InputError) as error:
        read_dem(path)
    frames = []
    walk = error.value.__traceback__
    while walk is not None:
        frames.append(walk.tb_frame)
        walk = walk.tb_next
    held = [
        v for frame in frames for v in frame.f_locals.values() if isinstance(v, (gdal.Dataset, gdal.Band))
    ]
    assert held == []
    assert error.value.__context__ is None
