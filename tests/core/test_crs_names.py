"""What a name or a number says about its datum and zone, without QGIS."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qingliu.core.crs_names import (
    GEOCENTRIC,
    OLD_CHINESE,
    Projection,
    central_meridian,
    datum_key,
    datum_title,
    easting_zone,
    epsg_of_zone,
    projected_fault,
    utm_epsg,
    zone_of_longitude,
    zone_width,
)
from qingliu.core.memory import available_bytes

ZONES = st.sampled_from([*range(13, 24), *range(25, 46)])
NORTHINGS = st.floats(2_000_000, 5_900_000)


@given(ZONES, st.floats(-350_000, 350_000))
def test_prefixed_easting_says_its_zone(zone, offset):
    assert easting_zone(zone * 1_000_000 + 500_000 + offset) == zone


@given(st.floats(-1_000_000, 1_000_000))
def test_plain_easting_says_no_zone(x):
    assert easting_zone(x) is None


@given(ZONES)
def test_longitude_of_a_central_meridian_leads_back_to_its_zone(zone):
    assert zone_of_longitude(central_meridian(zone), zone_width(zone)) == zone


@given(ZONES, st.floats(-300_000, 300_000), NORTHINGS)
def test_data_in_the_right_zone_never_raise_an_alarm(zone, offset, y):
    for false_easting in (zone * 1_000_000 + 500_000.0, 500_000.0):
        x = false_easting + offset
        box = (x - 1000, y - 1000, x + 1000, y + 1000)
        assert projected_fault(box, Projection("cgcs2000", false_easting, central_meridian(zone))) is None


@given(ZONES, st.floats(-300_000, 300_000), NORTHINGS)
def test_prefix_under_a_crs_without_it_is_named_with_the_crs_that_fits(zone, offset, y):
    x = zone * 1_000_000 + 500_000 + offset
    found = projected_fault((x, y, x + 10, y + 10), Projection("xian80", 500_000.0, central_meridian(zone)))
    assert (found.kind, found.found) == ("prefixed", zone)
    assert found.epsg == epsg_of_zone("xian80", zone)


@given(ZONES, st.floats(-300_000, 300_000), NORTHINGS)
def test_missing_prefix_is_named_with_the_crs_that_fits(zone, offset, y):
    x = 500_000 + offset
    said = Projection("beijing54", zone * 1_000_000 + 500_000.0, central_meridian(zone))
    found = projected_fault((x, y, x + 10, y + 10), said)
    assert found.kind == "unprefixed"
    assert found.epsg == epsg_of_zone("beijing54", zone, prefixed=False)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Beijing_1954", "beijing54"),
        ("D_Beijing_1954", "beijing54"),
        ("Xian 1980", "xian80"),
        ("D_Xian_1980", "xian80"),
        ("China_2000", "cgcs2000"),
        ("D_China_2000", "cgcs2000"),
        ("WGS_1984", "wgs84"),
        ("World Geodetic System 1984 ensemble", "wgs84"),
        ("New_Beijing", "newbeijing"),
        ("ITRF2014", "itrf"),
        ("Pulkovo_1942", "pulkovo1942"),
    ],
)
def test_datum_behind_a_name(name, key):
    assert datum_key(name) == key
    assert datum_title(key)


def test_old_and_new_datums_are_apart():
    assert not GEOCENTRIC & OLD_CHINESE


@pytest.mark.parametrize(
    ("datum", "zone", "north", "epsg"),
    [
        ("wgs84", 32, True, 32632),
        ("wgs84", 56, False, 32756),
        ("nad83", 17, True, 26917),
        ("etrs89", 32, True, 25832),
    ],
)
def test_utm_keeps_the_datum_where_the_register_has_it(datum, zone, north, epsg):
    assert utm_epsg(datum, zone, north) == epsg


def test_free_memory_heeds_the_limit_of_the_process(root):
    resource = pytest.importorskip("resource")
    assert available_bytes() > 0
    limit = 3 * 2**30
    code = f"import sys; sys.path.insert(0, {str(root / 'core')!r}); import memory; print(memory.available_bytes())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert 0 < int(done.stdout) <= limit
