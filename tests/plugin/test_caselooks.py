"""The layers of an opened case: each role has its look, and the map can be read at once."""

from __future__ import annotations

import pytest
from qgis.core import QgsHillshadeRenderer, QgsProject, QgsVectorLayer
from qingliu.core.data import RESOURCES, load_yaml
from qingliu.layers.cases import open_case
from qingliu.layers.guidestate import add_case
from qingliu.layers.roles import role_of
from qingliu.layouts.caselooks import depth, dress
from qingliu.layouts.content import drawings

LOOKS = load_yaml(RESOURCES / "case_looks.yaml")


@pytest.mark.parametrize("role", LOOKS)
def test_look_is_one_of_the_figures_or_a_symbol(role):
    entry = LOOKS[role]
    assert set(entry) <= {"look", "fill", "line", "marker", "hidden"}
    assert "look" not in entry or entry["look"] in drawings()


def test_every_role_of_a_case_that_is_a_layer_has_a_look():
    roles = set(load_yaml(RESOURCES / "case_roles.yaml"))
    assert roles - set(LOOKS) <= {"ZONES"}  # made by a step, which brings its own style


@pytest.fixture
def opened(practice_folder, qgis_new_project):
    project = QgsProject.instance()
    made = add_case(project, open_case(practice_folder), depth)
    warnings = dress(project, made)
    return project, {(role_of(layer) or "").upper(): layer for layer in made}, warnings


def test_the_practice_watershed_opens_with_land_use_by_class_under_shaded_relief(opened):
    project, layers, warnings = opened
    assert warnings == []
    assert isinstance(layers["DEM"].renderer(), QgsHillshadeRenderer)
    assert len(layers["LANDUSE"].renderer().categories()) >= 6
    order = [layer.id() for layer in project.layerTreeRoot().layerOrder()]
    assert order.index(layers["VILLAGES"].id()) < order.index(layers["CHANNELS"].id())
    assert order.index(layers["DEM"].id()) < order.index(layers["LANDUSE"].id())


def test_what_would_cover_the_map_is_hidden_or_an_outline(opened):
    project, layers, _ = opened
    tree = project.layerTreeRoot()
    shown = {role for role, layer in layers.items() if tree.findLayer(layer.id()).itemVisibilityChecked()}
    assert {"EROSION", "PARCELS", "COVER", "SOIL_DEPTH"} & shown == set()
    for role in ("TOWNSHIPS", "ADMIN"):
        layer = layers[role]
        assert isinstance(layer, QgsVectorLayer)
        assert layer.renderer().symbol().symbolLayer(0).properties()["style"] == "no"
