"""The dock of limits and profiles: computes once, recounts as the limits move."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QSettings

_spec = importlib.util.spec_from_file_location("terrain_files", Path(__file__).with_name("terrain_files.py"))
files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)


@pytest.fixture
def dock(qtbot, qgis_new_project, tmp_path):
    from qingliu.ui.stream_dock import SETTINGS, StreamDock

    QSettings().remove(SETTINGS)
    path = files.write_dem(tmp_path / "dem.tif", files.ridge_country())
    layer = QgsRasterLayer(path, "dem")
    QgsProject.instance().addMapLayer(layer)
    made = StreamDock()
    qtbot.addWidget(made)
    made.dem.setLayer(layer)
    yield made
    QSettings().remove(SETTINGS)


def computed(dock, qtbot):
    dock.compute.click()
    qtbot.waitUntil(lambda: dock.found is not None, timeout=60000)
    return dock


def cell(dock, row, column):
    return dock.counts.item(row, column).text()


def test_the_dock_starts_with_the_standards_limits(dock):
    from qingliu.core.standard import default_edition

    edition = default_edition()
    assert dock.length.value() == edition.default("survey_channel_length_min_m")
    assert dock.area.value() == edition.default("survey_channel_catchment_min_km2")


def test_counts_follow_the_limits_without_a_new_computation(dock, qtbot):
    computed(dock, qtbot)
    first = dock.found
    channels = first.streams.channels
    assert cell(dock, 0, 1) == f"{len(channels):,}"
    dock.length.setValue(100)
    required = int(((channels.length_m.round(3) > 100) | (channels.area_m2.round() > 100000)).sum())
    assert cell(dock, 1, 1) == f"{required:,}"
    standard = int(((channels.length_m.round(3) > 300) | (channels.area_m2.round() > 100000)).sum())
    assert cell(dock, 1, 2) == f"{standard:,}"
    assert dock.found is first


def test_the_map_follows_when_the_limits_rest(dock, qtbot):
    computed(dock, qtbot)
    layer = dock._layer()
    assert layer.featureCount() == len(dock.found.streams.channels)
    dock.length.setValue(5000)
    dock.area.setValue(10)
    qtbot.waitUntil(lambda: {f["survey_reason"] for f in layer.getFeatures()} == {"none"}, timeout=5000)


def test_a_profile_is_drawn_with_the_channels_own_gradient(dock, qtbot):
    computed(dock, qtbot)
    dock.show_profile(0)
    data = dock.plot.data
    channels = dock.found.streams.channels
    assert data.distance_m[-1] == pytest.approx(channels.length_m[0])
    assert data.gradient_permil == pytest.approx(channels.gradient_permil[0])
    assert (data.conditioned_m[1:] <= data.conditioned_m[:-1]).all()
    assert not dock.plot.grab().isNull()
    assert [f["channel_id"] for f in dock._layer().selectedFeatures()] == [1]


def test_a_bad_dem_is_told_in_the_dock_with_its_code(dock, qtbot, tmp_path):
    path = files.write_dem(tmp_path / "bad.tif", files.valley(), epsg=None)
    layer = QgsRasterLayer(path, "no crs")
    QgsProject.instance().addMapLayer(layer)
    dock.dem.setLayer(layer)
    dock.compute.click()
    qtbot.waitUntil(lambda: "QL-DEM-NOCRS" in dock.status.text(), timeout=30000)
    assert dock.found is None


def test_ticks_are_round_and_cover_the_range():
    from qingliu.ui.profile_plot import ticks

    assert ticks(0, 1000) == [0, 200, 400, 600, 800, 1000]
    assert ticks(96.8, 101.3, 4) == [98, 100]
