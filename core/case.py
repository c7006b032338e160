"""A case: a folder with a watershed's layers and, in ``case.yaml``, who plays which role.

``case.yaml`` holds ``name``, ``code``, ``type``, under ``layers`` role: {file, layer,
field, map}, and ``parameters``. Roles are the parameter names of the algorithms.
Names in a case are untrusted: a file must lie inside the case's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

import yaml

from .data import RESOURCES, load_untrusted, load_yaml
from .errors import InputError, Problem

LAYER_KEYS = {"file", "layer", "field", "map"}
AS_LAYER = {"OUTLET": "OUTLETS"}
"""Roles that are a point, and what they are where a case gives them as a layer."""
CASE_KEYS = {"name", "code", "type", "layers", "parameters"}


@dataclass(frozen=True)
class LayerRef:
    """One layer of a case: ``source`` is what QGIS opens; ``map`` a CSV of codes."""

    file: Path
    layer: str | None = None
    field: str | None = None
    map: Path | None = None

    @property
    def source(self) -> str:
        """The layer's source as QGIS's OGR and GDAL providers read it."""
        return f"{self.file}|layername={self.layer}" if self.layer else str(self.file)


@dataclass(frozen=True)
class Case:
    """A watershed ready for the main job."""

    folder: Path
    name: str
    code: str = ""
    type: str | None = None
    layers: Mapping[str, LayerRef] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    guessed: bool = False

    def role_parameters(self) -> dict[str, str]:
        """Roles as algorithm parameters: ROLE, ROLE_FIELD and ROLE_MAP where given; NAME, CODE, TYPE.

        An outlet that is a layer goes to the parameter that takes layers.
        """
        found: dict[str, str] = {"NAME": self.name}
        found.update({k: v for k, v in (("CODE", self.code), ("TYPE", self.type)) if v})
        for role, ref in self.layers.items():
            found[AS_LAYER.get(role, role)] = ref.source
            if ref.field:
                found[f"{role}_FIELD"] = ref.field
            if ref.map:
                found[f"{role}_MAP"] = str(ref.map)
        found.update({key: str(value) for key, value in self.parameters.items()})
        return found


def read_case(folder: Path) -> Case:
    """The case of ``folder/case.yaml``.

    Raises InputError with every fault of the file at once (unknown keys, missing
    files, files outside the folder, unknown type).
    """
    path = folder / "case.yaml"
    try:
        data = load_untrusted(path)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError("QL-CASE-UNREADABLE", file=path.name, reason=str(error).splitlines()[0]) from error
    if not isinstance(data, dict):
        raise InputError("QL-CASE-UNREADABLE", file=path.name, reason="no mapping")
    problems: list[Problem] = []
    unknown = sorted(set(map(str, data)) - CASE_KEYS)
    if unknown:
        problems.append(Problem("QL-CASE-KEY", {"file": path.name, "keys": ", ".join(unknown)}))
    types = _types()
    if data.get("type") is not None and data["type"] not in types:
        facts = {"file": path.name, "value": data["type"], "known": ", ".join(types)}
        problems.append(Problem("QL-CASE-TYPE", facts))
    layers = _read_layers(folder, path.name, data.get("layers") or {}, problems)
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict):
        facts = {"file": path.name, "reason": "parameters is no mapping"}
        problems.append(Problem("QL-CASE-UNREADABLE", facts))
    if problems:
        raise InputError(problems=problems)
    return Case(
        folder=folder,
        name=str(data.get("name") or folder.name),
        code=str(data.get("code") or ""),
        type=data.get("type"),
        layers=layers,
        parameters=dict(parameters),
    )


def _types() -> list[str]:
    from .standard import default_edition

    return list(default_edition().types)


def _read_layers(folder: Path, file: str, raw: Any, problems: list[Problem]) -> dict[str, LayerRef]:
    if not isinstance(raw, dict):
        problems.append(Problem("QL-CASE-UNREADABLE", {"file": file, "reason": "layers is no mapping"}))
        return {}
    found = {}
    for role, entry in raw.items():
        ref = _read_layer(folder, file, str(role), entry, problems)
        if ref is not None:
            found[str(role)] = ref
    return found


def _read_layer(folder: Path, file: str, role: str, entry: Any, problems: list[Problem]) -> LayerRef | None:
    if not isinstance(entry, dict) or "file" not in entry or set(entry) - LAYER_KEYS:
        problems.append(Problem("QL-CASE-LAYER", {"file": file, "role": role}))
        return None
    source = _inside(folder, file, role, entry["file"], problems)
    table = _inside(folder, file, role, entry["map"], problems) if entry.get("map") else None
    if source is None or (entry.get("map") and table is None):
        return None
    return LayerRef(source, entry.get("layer"), entry.get("field"), table)


def _inside(folder: Path, file: str, role: str, name: Any, problems: list[Problem]) -> Path | None:
    facts = {"file": file, "role": role, "name": str(name)}
    try:
        path = (folder / str(name)).resolve()
        if folder.resolve() not in path.parents:
            problems.append(Problem("QL-CASE-OUTSIDE", facts))
        elif not path.exists():
            problems.append(Problem("QL-CASE-MISSING", facts))
        else:
            return path
    except (OSError, ValueError, RuntimeError):  # a name that no system takes, a link to itself
        problems.append(Problem("QL-CASE-MISSING", facts))
    return None


def guess_rules() -> dict[str, dict[str, Any]]:
    """The documented rules by which roles are guessed where there is no case.yaml: role -> words, kind."""
    return load_yaml(RESOURCES / "case_roles.yaml")


def guess_role(name: str, kind: str) -> str | None:
    """The role that a layer called ``name`` plays, by its words; ``kind`` raster|point|line|polygon|table.

    The first rule, in the order of the file, one of whose words is in the name
    and whose kinds hold the layer's kind.
    """
    lowered = name.lower()
    for role, rule in guess_rules().items():
        if kind in rule["kinds"] and any(word in lowered for word in rule["words"]):
            return role
    return None


def case_text(case: Case) -> str:
    """A case as the text of a ``case.yaml``, paths relative to its folder where they lie inside."""

    def relative(path: Path) -> str:
        inside = case.folder.resolve() in path.resolve().parents
        return path.resolve().relative_to(case.folder.resolve()).as_posix() if inside else path.as_posix()

    layers = {}
    for role, ref in case.layers.items():
        entry = {"file": relative(ref.file), "layer": ref.layer, "field": ref.field}
        entry["map"] = relative(ref.map) if ref.map else None
        layers[role] = {key: value for key, value in entry.items() if value}
    data: dict[str, Any] = {"name": case.name, "code": case.code, "type": case.type, "layers": layers}
    if case.parameters:
        data["parameters"] = dict(case.parameters)
    return yaml.safe_dump({k: v for k, v in data.items() if v}, allow_unicode=True, sort_keys=False)
