"""The main job as data: which algorithm comes when, what it takes and what it gives.

``make demo`` and the guide in QGIS follow the same steps. A step takes roles of
the case (or of earlier steps); where a role it needs is missing, the step is left
out and the role named: nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping

from .data import RESOURCES, load_yaml


@dataclass(frozen=True)
class Step:
    """One algorithm of the main job.

    ``needs`` are roles without which it cannot run, ``takes`` roles it uses where
    they are there, ``uses`` parameters that are not named like their role (their own name serves
    where that role is not there and ``takes`` has it), ``gives`` maps
    its outputs to (role or None, file name), ``settings`` are fixed parameters, ``unless``
    is a role that makes it needless, and ``under`` a parameter that takes all layers of the
    case but the DEM, to say where to look. ``proofs`` are the files by which one sees that it was run.
    ``refusals`` are codes of errors that answer for a case what it cannot have, without anything being wrong.
    """

    key: str
    algorithm: str
    title: Mapping[str, str]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    uses: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    unless: str | None = None
    under: str | None = None
    proofs: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A step that is left out, and the roles it lacks (empty where its role is already given)."""

    step: Step
    missing: tuple[str, ...]


def steps() -> list[Step]:
    """The steps of the main job in order, from ``resources/job.yaml``."""
    found = []
    for key, entry in load_yaml(RESOURCES / "job.yaml").items():
        gives = {out: (spec.get("role"), spec["file"]) for out, spec in (entry.get("gives") or {}).items()}
        found.append(
            Step(
                key=key,
                algorithm=entry["algorithm"],
                title=entry["title"],
                needs=tuple(entry.get("needs") or ()),
                takes=tuple(entry.get("takes") or ()),
                uses=entry.get("uses") or {},
                gives=gives,
                settings=entry.get("settings") or {},
                unless=entry.get("unless"),
                under=entry.get("under"),
                refusals=tuple(entry.get("refusals") or ()),
                proofs=tuple(spec.get("proof", spec["file"]) for spec in (entry.get("gives") or {}).values()),
            )
        )
    return found


def parameters_of(
    step: Step, roles: Mapping[str, str], folder: Path, layers: Iterable[str] = ()
) -> dict[str, Any] | Skipped:
    """Parameters for ``step`` from the roles at hand, outputs into ``folder``; Skipped where roles lack.

    ``ROLE_FIELD`` and ``ROLE_MAP`` go with their role where the algorithm has them; ``layers``
    are the roles that are layers.
    """
    if step.unless and step.unless in roles:
        return Skipped(step, ())
    missing = tuple(role for role in step.needs if role not in roles)
    if missing:
        return Skipped(step, missing)
    found: dict[str, Any] = dict(step.settings)
    known = load_yaml(RESOURCES / "help" / f"{step.algorithm}.yaml")["parameters"]
    names = {role: role for role in (*step.needs, *step.takes)}
    uses = {p: role for p, role in step.uses.items() if role in roles or p not in names}
    for parameter, role in {**names, **uses}.items():
        for ending in ("", "_FIELD", "_MAP"):
            named = parameter + ending
            if role + ending in roles and named in known and not (ending and named in found):
                found[named] = roles[role + ending]
    if step.under and not any(role in roles for role in step.takes):
        found[step.under] = [roles[role] for role in layers if role != "DEM" and role in roles]
    for output, (_, file) in step.gives.items():
        found[output] = str(folder / file)
    return found
