"""Every layer parameter of every algorithm meets the same bad layers: named and refused, or named and said.

In the ordinary suite each parameter meets two of them in turn; `make torture` lets it meet all.
"""

from __future__ import annotations

import re
import shutil

import pytest
from case import Site, left_behind
from qingliu.core.inputroles import input_roles
from runner import plain, run
from sound import SOUND, sound
from sweeps import LAYERS, RASTERS, company, has_place

# What takes more than a moment when it is not refused is tried whole in the long form only.
SLOW = ("packagefield", "printfieldmaps", "exportfigures", "printseries", "dossier", "createsurvey")
# Roles whose layers are only looked at, or files that are sorted out by their content.
LOOSE = ("UNDER", "BASEMAP", "BACKGROUND", "FILES")
EACH = 2


def _parameters(algorithm):
    """(parameter, geometry wanted, table of bad layers) of every layer parameter."""
    from qgis.core import QgsApplication
    from qingliu.processing.layerchecks import _kinds

    made = QgsApplication.processingRegistry().createAlgorithmById(f"qingliu:{algorithm}")
    for definition in made.parameterDefinitions():
        name = definition.name()
        if definition.type() not in ("source", "vector", "layer", "raster", "multilayer") or name in LOOSE:
            continue
        role = input_roles().role(name, algorithm)
        kind = next((k for k in _kinds(role, definition) if k in ("point", "line", "polygon")), "any")
        yield definition, kind, RASTERS if definition.type() == "raster" else LAYERS


def _fits(bad, definition, kind, algorithm):
    role = input_roles().role(definition.name(), algorithm)
    kinds = set(role.vectors) - {"table"}
    tests = {
        "kind": not {"point", "polygon"} <= kinds and "table" not in role.vectors,
        "vector": not {"raster", "dem"} & set(role.kinds),
        "raster": True,
        "place": not role.beyond and has_place(algorithm, definition.name()),
        "dem": definition.name() == "DEM",
        "cells": algorithm not in input_roles().drawn,
        "": True,
    }
    shown = bad.needs != "table" or "table" not in role.vectors
    return tests.get(bad.needs, True) and shown


def _meet(site, algorithm, definition, kind, name, bad):
    given, made = sound(algorithm, site), bad.make(site, kind)
    given[definition.name()] = [made] if definition.type() == "multilayer" else made
    for key, value in company(algorithm, definition.name(), site).items():
        if value is None:
            given.pop(key, None)
        else:
            given.setdefault(key, value)
    found = run(algorithm, {k: v for k, v in given.items() if v is not None}, site)
    plain(found)
    told = [*found.error.splitlines(), *"\n".join(found.warnings).splitlines()]
    hits = [t for t in told if re.match(bad.codes, t) and definition.name() in t and "坏" in t]
    assert hits, f"{definition.name()}, {name}: nothing names parameter and layer in {told}"
    assert found.error or bad.soft, f"{definition.name()}, {name}: taken although it cannot be used"
    assert not found.error or left_behind(site.out) == [], (
        f"{definition.name()}, {name}: something was left behind"
    )


def _all(algorithm, *, chosen):
    """(definition, kind, name, bad) to try; ``chosen``: only some in turn, the slow ones not whole."""
    turn = 0
    for definition, kind, table in _parameters(algorithm):
        fit = [(n, b) for n, b in table.items() if _fits(b, definition, kind, algorithm)]
        if chosen and algorithm in SLOW:
            fit = [(n, b) for n, b in fit if not b.soft and b.needs != "cells"]
        count = min(EACH, len(fit)) if chosen else len(fit)
        for step in range(count):
            name, bad = fit[(turn + step) % len(fit)] if chosen else fit[step]
            yield definition, kind, name, bad
        turn += EACH


def _try(algorithm, country, surveys, tmp_path, chosen):
    """How many were tried; what went wrong with any of them is said at the end, all of it."""
    tried, wrong = 0, []
    for number, (definition, kind, name, bad) in enumerate(_all(algorithm, chosen=chosen)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        tried += 1
        try:
            _meet(Site(country, surveys, folder), algorithm, definition, kind, name, bad)
        except AssertionError as fault:
            wrong.append(f"{definition.name()}, {name}: {fault}")
        if not chosen:
            print(number, definition.name(), name, flush=True)
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
    return tried


@pytest.mark.timeout(120)
@pytest.mark.parametrize("algorithm", list(SOUND))
def test_some_bad_layers_for_every_parameter(
    algorithm, provider, country, surveys, tmp_path, qgis_new_project, english
):
    expected = sum(1 for _ in _parameters(algorithm))
    assert _try(algorithm, country, surveys, tmp_path, True) >= expected


@pytest.mark.torture
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("algorithm", list(SOUND))
def test_all_bad_layers_for_every_parameter(
    algorithm, provider, country, surveys, tmp_path, qgis_new_project, english
):
    _try(algorithm, country, surveys, tmp_path, False)


def test_every_algorithm_and_every_layer_parameter_is_known(provider):
    """A new algorithm gets sound parameters here, a new layer parameter a role in input_roles.yaml."""
    assert {a.name() for a in provider.algorithms()} == set(SOUND)
    for algorithm in SOUND:
        for definition, _, _ in _parameters(algorithm):
            assert input_roles().role(definition.name(), algorithm) is not None, definition.name()


def test_roles_agree_with_what_the_parameters_declare(provider):
    """Kinds of a role that a parameter's own type does not take would never be asked for."""
    from qingliu.processing.layerchecks import _kinds

    for algorithm in SOUND:
        for definition, _, _ in _parameters(algorithm):
            role = input_roles().role(definition.name(), algorithm)
            assert _kinds(role, definition), (algorithm, definition.name())


def test_kinds_that_are_guessed_for_a_role_are_kinds_that_it_takes(provider):
    from qingliu.core.case import guess_rules

    same = {"raster": ("raster", "dem"), "dem": ("dem",)}
    for name, rule in guess_rules().items():
        role = input_roles().role(name)
        if role is not None:
            for kind in rule["kinds"]:
                assert set(same.get(kind, (kind,))) & set(role.kinds), (name, kind)
