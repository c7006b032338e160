"""What must hold of a layer by the role it is given for: ``resources/input_roles.yaml`` as data."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from .data import RESOURCES, load_yaml

POINT, LINE, POLYGON, TABLE = "point", "line", "polygon", "table"
DEM, RASTER, PICTURE, ANY = "dem", "raster", "picture", "any"
VECTORS = (POINT, LINE, POLYGON, TABLE)


class Role(NamedTuple):
    """``kinds`` that a layer of the role may be; ``beyond``: it may well lie outside the watershed."""

    name: str
    kinds: tuple[str, ...]
    beyond: bool = False

    @property
    def vectors(self) -> tuple[str, ...]:
        """The kinds of geometry it may have."""
        return tuple(kind for kind in self.kinds if kind in VECTORS)


class InputRoles(NamedTuple):
    """Every role; ``main`` the roles that say where a run works, in order; ``far_m`` what lies elsewhere; ``drawn``
    the algorithms that only draw what they are given.
    """

    roles: dict[str, Role]
    exceptions: dict[str, dict[str, Role]]
    main: tuple[str, ...]
    far_m: float
    drawn: tuple[str, ...]

    def role(self, name: str, algorithm: str = "") -> Role | None:
        """The role of a parameter of an algorithm, None for a layer that nobody measures."""
        return self.exceptions.get(algorithm, {}).get(name) or self.roles.get(name)


@cache
def input_roles() -> InputRoles:
    """The roles as the file has them."""
    raw = load_yaml(RESOURCES / "input_roles.yaml")
    roles = {name: _role(name, facts) for name, facts in raw["roles"].items()}
    exceptions = {
        algorithm: {name: _role(name, facts) for name, facts in found.items()}
        for algorithm, found in raw["exceptions"].items()
    }
    return InputRoles(roles, exceptions, tuple(raw["main"]), float(raw["far_m"]), tuple(raw["drawn"]))


def _role(name: str, facts: dict[str, Any]) -> Role:
    return Role(name, tuple(facts["kinds"]), bool(facts.get("beyond", False)))
