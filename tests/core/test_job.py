"""The main job as data: every step can be run as it is written, in an order that gives what it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from qingliu.core.case import Case, LayerRef
from qingliu.core.data import RESOURCES, load_yaml
from qingliu.core.job import Skipped, parameters_of, steps


def test_no_step_is_written_twice():
    tree = yaml.compose((RESOURCES / "job.yaml").read_text(encoding="utf-8"))
    keys = [key.value for key, _ in tree.value]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("step", steps(), ids=lambda s: s.key)
def test_step_names_parameters_that_its_algorithm_has(step):
    texts = load_yaml(RESOURCES / "help" / f"{step.algorithm}.yaml")
    known = {*texts["parameters"], *texts.get("outputs", {})}
    given = {*step.settings, *step.gives, *step.uses, *([step.under] if step.under else [])}
    assert given <= known
    assert {*step.needs, *step.takes} <= known | {"REGION"}
    assert step.title["zh"] and step.title["en"]


def test_a_role_travels_with_its_field_and_map_under_the_parameters_own_name():
    erosion = next(s for s in steps() if s.key == "erosion")
    roles = {"BOUNDARY": "b.gpkg", "EROSION": "e.gpkg", "EROSION_FIELD": "class", "STREAMS": "s.gpkg"}
    found = parameters_of(erosion, roles, Path("out"))
    assert found["OFFICIAL"] == "e.gpkg" and found["OFFICIAL_FIELD"] == "class"
    assert found["CHANNELS"] == "s.gpkg" and "EROSION" not in found


def test_what_a_case_lacks_is_named_and_the_step_left_out():
    shoreline = next(s for s in steps() if s.key == "shoreline")
    assert parameters_of(shoreline, {"BOUNDARY": "b.gpkg"}, Path("out")) == Skipped(shoreline, ("BANKS",))


def test_without_an_outlet_the_watershed_is_looked_for_under_the_cases_layers():
    delineate = next(s for s in steps() if s.key == "delineate")
    roles = {"DEM": "dem.tif", "ROADS": "r.gpkg"}
    assert parameters_of(delineate, roles, Path("out"), ["DEM", "ROADS"])["UNDER"] == ["r.gpkg"]
    with_outlet = parameters_of(delineate, {**roles, "OUTLET": "1,2"}, Path("out"), ["DEM", "ROADS"])
    assert "UNDER" not in with_outlet and with_outlet["OUTLET"] == "1,2"
    assert parameters_of(delineate, {**roles, "BOUNDARY": "b"}, Path("out")) == Skipped(delineate, ())


def test_a_case_with_terrain_alone_has_no_erosion_and_nothing_is_wrong_with_it():
    assert "QL-EROSION-NOSOURCE" in next(s for s in steps() if s.key == "erosion").refusals


def test_zones_that_a_case_brings_are_not_drawn_anew():
    zones = next(s for s in steps() if s.key == "zones")
    roles = {"BOUNDARY": "b.gpkg", "DEM": "dem.tif", "ZONES": "z.gpkg"}
    assert parameters_of(zones, roles, Path("out")) == Skipped(zones, ())


def test_measures_of_a_case_go_to_the_figures():
    figures = next(s for s in steps() if s.key == "figures")
    found = parameters_of(figures, {"BOUNDARY": "b.gpkg", "MEASURES": "m.gpkg"}, Path("out"))
    assert found["MEASURES"] == "m.gpkg"


def test_an_outlet_that_is_a_layer_goes_where_layers_are_taken_and_nothing_is_looked_for_under():
    delineate = next(s for s in steps() if s.key == "delineate")
    case = Case(
        Path("case"), "case", layers={"DEM": LayerRef(Path("dem.tif")), "OUTLET": LayerRef(Path("o.shp"))}
    )
    found = parameters_of(delineate, case.role_parameters(), Path("out"), case.layers)
    assert found["OUTLETS"] == "o.shp" and "OUTLET" not in found and "UNDER" not in found


@pytest.mark.parametrize(
    ("extra", "field"),
    [({"BANKS_FIELD": "岸坡"}, "岸坡"), ({"BANK_FIELD": "类型"}, "类型"),
     ({"BANKS_FIELD": "岸坡", "BANK_FIELD": "类型"}, "岸坡"), ({}, None)],
    ids=["with-its-layer", "as-parameter", "both", "neither"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["shoreline", "prefill"])
def test_the_field_of_the_banks_is_that_of_their_layer_else_the_parameter_of_that_name(key, extra, field):
    step = next(s for s in steps() if s.key == key)
    found = parameters_of(step, {"SURVEY": "s.gpkg", "BANKS": "b.gpkg", **extra}, Path("out"))
    assert found["BANKS"] == "b.gpkg" and found.get("BANK_FIELD") == field


def test_what_the_indicators_are_measured_on_goes_into_the_survey():
    prefill = next(s for s in steps() if s.key == "prefill")
    layers = {
        role: LayerRef(Path(f"{role}.gpkg")) for role in ("BANKS", "TREATED", "GREEN", "BUILT", "LAYOUT")
    }
    roles = {"SURVEY": "s.gpkg", **Case(Path("case"), "case", layers=layers).role_parameters()}
    found = parameters_of(prefill, roles, Path("out"))
    assert {role: found[role] for role in layers} == {role: f"{role}.gpkg" for role in layers}
    assert found["COPY_LAYERS"] is True
