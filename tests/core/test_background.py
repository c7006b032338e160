"""Shifted web maps are recognised by their address."""

from __future__ import annotations

import pytest
from qingliu.core.background import shifted_background


@pytest.mark.parametrize(
    ("source", "system"),
    [
        ("type=xyz&url=https://webrd01.is.autonavi.com/appmaptile?x%3D%7Bx%7D%26z%3D%7Bz%7D", "GCJ-02"),
        ("type=xyz&url=http://wprd0{1-4}.is.autonavi.com/appmaptile?style=6&x={x}&y={y}&zmax=18", "GCJ-02"),
        ("type=xyz&url=https://rt0.map.gtimg.com/tile?z%3D%7Bz%7D", "GCJ-02"),
        ("type=xyz&url=https://mt1.google.cn/vt/lyrs%3Ds%26x%3D%7Bx%7D", "GCJ-02"),
        ("type=xyz&url=http://www.google.cn/maps/vt?lyrs=s@189&gl=cn&x={x}&y={y}&z={z}", "GCJ-02"),
        ("type=xyz&url=https://mt1.google.com/vt/lyrs%3Dy%26x%3D%7Bx%7D", "GCJ-02"),
        ("type=xyz&url=https://mt1.google.com/vt?lyrs%3Ds%26gl%3Dcn%26x%3D%7Bx%7D", "GCJ-02"),
        ("type=xyz&url=https://map.geoq.cn/ArcGIS/rest/services/ChinaOnlineCommunity/MapServer", "GCJ-02"),
        ("type=xyz&url=https://maponline0.bdimg.com/tile/?qt%3Dvtile", "BD-09"),
        ("contextualWMSLegend=0&crs=EPSG:3857&url=http://online1.map.bdimg.com/onlinelabel/", "BD-09"),
    ],
)  # fmt: skip
def test_shifted_maps_are_named(source, system):
    assert shifted_background(source).system == system


@pytest.mark.parametrize(
    "source",
    [
        "type=xyz&url=https://tile.openstreetmap.org/%7Bz%7D/%7Bx%7D/%7By%7D.png",
        "type=xyz&url=https://t0.tianditu.gov.cn/img_w/wmts?tk%3Dabc",
        "type=xyz&url=https://mt1.google.com/vt/lyrs%3Ds%26x%3D%7Bx%7D",
        "type=xyz&url=https://services.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer",
        "/data/amap.com/dem.tif",
        "D:\\高德\\autonavi.com.tif",
        "",
    ],
)
def test_true_maps_and_files_raise_no_alarm(source):
    assert shifted_background(source) is None
