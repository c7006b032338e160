"""Which zone a piece of land belongs to, as rules in order: read, checked, their numbers settled (3.0.4).

The edition's schemes stand in ``zoning/*.yaml``, its numbers among its parameters; a user's scheme
(``CUSTOM``) is a file of the same grammar and is trusted in nothing. The first rule that holds
decides; every list ends with a rule that always holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Tuple

import yaml

from ..data import parse_untrusted as untrusted
from ..errors import InputError, Problem, problem
from ..standard import Edition, default_edition
from ..standard.reading import Place, build, repeated_keys

SCHEMES = ("three", "two", "custom")
LAND_USE = "land_use"
MEASURED = (
    "slope_deg", "height_above_drainage_m", "slope_position", "erosion_class",
    "cover_pct", "settlement_m", "road_m", "channel_m", "water_m",
)  # fmt: skip
BELTS = ("channels", "water")
OPERATORS = (">", ">=", "<", "<=")

# Numbers the belts use; they stand on the belts' polygons.
BELT_LIMITS = {
    "channels": (
        "channel_zone_area_min_km2", "channel_zone_area_always_km2", "channel_influence_m",
        "channel_medium_area_km2", "channel_large_area_km2", "channel_medium_order", "channel_large_order",
        "channel_small_belt_m", "channel_medium_belt_m", "channel_zone_buffer_m",
    ),
    "water": (
        "small_water_hm2", "small_water_belt_m", "shore_belt_m", "bank_belt_m", "narrow_water_m",
        "channel_small_belt_m",
    ),
}  # fmt: skip
TERRAIN_LIMITS = ("zone_drainage_area_km2", "slope_relief_reach_m", "slope_relief_min_m")
# Attributes that rest on where drainage begins and slopes are compared.
ON_DRAINAGE = ("height_above_drainage_m", "slope_position")
MAP_LIMITS = ("min_mapping_area_hm2",)


def _choice(*values: str, **keywords: Any) -> Any:
    return field(metadata={"choices": values}, **keywords)


@dataclass(frozen=True)
class Test:
    """One condition: a measured attribute against a number, or land use in groups or codes.

    The number is ``value`` or that of the edition's ``parameter``. An ``optional`` test is left out
    where its input is missing; without that word the whole rule falls out.
    """

    attribute: str = _choice(LAND_USE, *MEASURED)
    operator: Optional[str] = _choice(*OPERATORS, default=None)
    parameter: Optional[str] = None
    value: Optional[float] = None
    group: Optional[str] = None
    groups: Tuple[str, ...] = ()
    codes: Tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Rule:
    """All of ``when`` makes land part of ``zone``, or a ``belt`` does; ``source`` says whose rule it is."""

    id: str
    zone: str
    zh: str
    en: str
    clause: str
    source: str = _choice("clause", "ours")
    belt: Optional[str] = _choice(*BELTS, default=None)
    when: Tuple[Test, ...] = ()


@dataclass(frozen=True)
class ZoneName:
    """A zone: key as in the results, names, the clause that defines it."""

    key: str
    zh: str
    en: str
    clause: str


@dataclass(frozen=True)
class _File:
    zones: Tuple[ZoneName, ...] = ()
    rules: Tuple[Rule, ...] = ()
    like: Optional[str] = None
    join: Optional[dict] = None


@dataclass(frozen=True)
class Scheme:
    """Zones, rules in order, the numbers they use (``limits``) and the land-use codes of each group."""

    key: str
    zones: tuple[ZoneName, ...]
    rules: tuple[Rule, ...]
    limits: Mapping[str, float]
    groups: Mapping[str, tuple[str, ...]]

    def zone_index(self, rule: int) -> int:
        """Position of a rule's zone in ``zones``."""
        return [z.key for z in self.zones].index(self.rules[rule].zone)

    def of_rule(self, rule: Rule) -> dict[str, float]:
        """The numbers by which a rule decides, by parameter key (or attribute, where a rule has its own)."""
        keys = BELT_LIMITS.get(rule.belt or "", ())
        if any(t.attribute in ON_DRAINAGE for t in rule.when):
            keys = (*keys, *TERRAIN_LIMITS)
        own = {t.parameter or t.attribute: self.number(t) for t in rule.when if t.operator}
        return {**{k: self.limits[k] for k in keys}, **own}

    def number(self, test: Test) -> float:
        """The number a test compares with."""
        return float(self.limits[test.parameter]) if test.parameter else float(test.value or 0.0)

    def codes(self, test: Test) -> tuple[str, ...]:
        """The land-use codes a test asks for; two digits stand for all under them."""
        names = (*test.groups, *((test.group,) if test.group else ()))
        return (*test.codes, *(c for n in names for c in self.groups[n]))

    def attributes(self) -> frozenset[str]:
        """All attributes that some rule looks at."""
        return frozenset(t.attribute for r in self.rules for t in r.when)

    def belts(self) -> tuple[int, ...]:
        """Positions of the belt rules."""
        return tuple(i for i, r in enumerate(self.rules) if r.belt)


@dataclass(frozen=True)
class Narrowed:
    """A scheme without what its missing inputs would have decided.

    ``fallen``: (rule id, attribute that is missing); ``untested``: the same for optional conditions.
    """

    scheme: Scheme
    fallen: tuple[tuple[str, str], ...] = ()
    untested: tuple[tuple[str, str], ...] = ()

    def warnings(self) -> list[Problem]:
        """What fell out, said once."""
        found = []
        for code, pairs in (("QL-ZONING-FALLEN", self.fallen), ("QL-ZONING-UNTESTED", self.untested)):
            if pairs:
                listed = ", ".join(f"{rule} ({attribute})" for rule, attribute in pairs)
                found.append(problem(code, count=len(pairs), rules=listed))
        return found


def narrowed(scheme: Scheme, available: frozenset[str]) -> Narrowed:
    """The rules that can be decided with these attributes (and belts, as ``belt:channels``)."""
    rules, fallen, untested = [], [], []
    for rule in scheme.rules:
        lacking = [t.attribute for t in rule.when if t.attribute not in available and not t.optional]
        if rule.belt and f"belt:{rule.belt}" not in available:
            lacking.append(rule.belt)
        if lacking:
            fallen.append((rule.id, ", ".join(dict.fromkeys(lacking))))
            continue
        without = [t.attribute for t in rule.when if t.attribute not in available]
        untested += [(rule.id, a) for a in without]
        rules.append(replace(rule, when=tuple(t for t in rule.when if t.attribute in available)))
    return Narrowed(replace(scheme, rules=tuple(rules)), tuple(fallen), tuple(untested))


# -- loading ----------------------------------------------------------------


def load_scheme(
    key: str,
    *,
    custom: Path | None = None,
    overrides: Mapping[str, float] | None = None,
    edition: Edition | None = None,
) -> Scheme:
    """The scheme ``three`` or ``two`` of the edition, or ``custom`` from a file, with its numbers.

    ``overrides`` replace the edition's parameters. Raises InputError with every fault of the file and
    of the overrides (QL-ZONING-*, QL-STD-*).
    """
    known = edition or default_edition()
    if key == "custom" and custom is None:
        raise InputError("QL-ZONING-NOCUSTOM")
    folder = known.folder / "zoning"
    raw = read_untrusted(custom) if key == "custom" and custom else read_untrusted(folder / f"{key}.yaml")
    groups = _groups(folder / "land_use_groups.yaml")
    name = custom.name if custom else f"zoning/{key}.yaml"
    faults = list(repeated_keys(custom, name)) if custom else []
    zones, rules = _resolved(raw, name, folder, faults)
    limits = _limits(known, overrides or {}, faults)
    if not faults:
        faults += _rule_faults(zones, rules, limits, groups, known, name)
    if faults:
        raise InputError(problems=faults)
    return Scheme(key, zones, rules, limits, groups)


def read_untrusted(path: Path) -> Any:
    """Content of a YAML file from anywhere: small, plain, without references to itself."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            "QL-ZONING-UNREADABLE", file=path.name, reason=error.strerror or str(error)
        ) from error
    return parse_untrusted(data, path.name)


def parse_untrusted(data: bytes, name: str) -> Any:
    """As :func:`read_untrusted`, from bytes; ``name`` is for messages."""
    try:
        return untrusted(data)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError("QL-ZONING-UNREADABLE", file=name, reason=reason) from error


def _groups(path: Path) -> dict[str, tuple[str, ...]]:
    return {name: tuple(entry["codes"]) for name, entry in read_untrusted(path).items()}


def _resolved(
    raw: Any, name: str, folder: Path, faults: list[Problem]
) -> tuple[tuple[ZoneName, ...], tuple[Rule, ...]]:
    """Zones and rules of a file, those of the scheme it is ``like`` with zones joined."""
    made = build(_File, raw, Place(name), faults)
    if made is None or made.like is None:
        return ((), ()) if made is None else (made.zones, made.rules)
    if made.like not in SCHEMES[:2] or made.rules or made.zones:
        faults.append(problem("QL-ZONING-LIKE", file=name, like=made.like))
        return (), ()
    zones, rules = _resolved(read_untrusted(folder / f"{made.like}.yaml"), made.like, folder, faults)
    known = {z.key for z in zones}
    join = made.join or {}
    for old, new in join.items():
        if old not in known or new not in known:
            faults.append(problem("QL-ZONING-NOZONE", file=name, rule="join", zone=f"{old}: {new}"))
    kept = tuple(z for z in zones if z.key not in join)
    return kept, tuple(replace(r, zone=str(join.get(r.zone, r.zone))) for r in rules)


def _limits(edition: Edition, overrides: Mapping[str, Any], faults: list[Problem]) -> dict[str, float]:
    """Every number of the edition, overridden where asked."""
    found = {
        key: float(p.default)
        for key, p in edition.parameters.items()
        if isinstance(p.default, (int, float)) and not isinstance(p.default, bool)
    }
    for key, value in overrides.items():
        if key not in found:
            faults.append(problem("QL-ZONING-NOPARAMETER", name=key, known=", ".join(sorted(_usual(found)))))
            continue
        least, most = edition.parameter(key).minimum, edition.parameter(key).maximum
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            faults.append(problem("QL-ZONING-NOTNUMBER", name=key, value=value))
        elif (least is not None and value < least) or (most is not None and value > most):
            low, high = ("-" if v is None else f"{v:g}" for v in (least, most))
            faults.append(problem("QL-ZONING-RANGE", name=key, value=value, low=low, high=high))
        else:
            found[key] = float(value)
    return found


def _usual(limits: Mapping[str, float]) -> set[str]:
    """Parameters that zoning looks at, for the message about an unknown one."""
    named = {k for keys in BELT_LIMITS.values() for k in keys} | set(TERRAIN_LIMITS) | set(MAP_LIMITS)
    return named | {k for k in limits if k.startswith(("protection_", "disturbance_", "slope_position_"))}


def _rule_faults(
    zones: Sequence[ZoneName],
    rules: Sequence[Rule],
    limits: Mapping[str, float],
    groups: Mapping[str, Sequence[str]],
    edition: Edition,
    name: str,
) -> list[Problem]:
    faults: list[Problem] = []
    if not zones or not rules:
        return [problem("QL-ZONING-EMPTY", file=name)]
    for what, keys in (("zone", [z.key for z in zones]), ("rule", [r.id for r in rules])):
        twice = sorted({k for k in keys if keys.count(k) > 1})
        faults += [problem("QL-ZONING-TWICE", file=name, kind=what, name=k) for k in twice]
    known = {z.key for z in zones}
    for rule in rules:
        if rule.zone not in known:
            faults.append(problem("QL-ZONING-NOZONE", file=name, rule=rule.id, zone=rule.zone))
        if rule.belt and rule.when:
            faults.append(problem("QL-ZONING-BELTWHEN", file=name, rule=rule.id))
        for test in rule.when:
            faults += _test_faults(rule, test, limits, groups, name)
    faults += [
        problem("QL-ZONING-NOCLAUSE", file=name, name=k, clause=c)
        for k, c in [*((z.key, z.clause) for z in zones), *((r.id, r.clause) for r in rules)]
        if c not in edition.clauses
    ]
    return faults + _order_faults(rules, name)


def _test_faults(
    rule: Rule, test: Test, limits: Mapping[str, float], groups: Mapping[str, Sequence[str]], name: str
) -> list[Problem]:
    place = {"file": name, "rule": rule.id, "attribute": test.attribute}
    listed = (*test.groups, *((test.group,) if test.group else ()))
    if test.attribute == LAND_USE:
        wrong = test.operator or test.parameter or test.value is not None or not (listed or test.codes)
        faults = [problem("QL-ZONING-TEST", **place)] if wrong else []
        faults += [
            problem("QL-ZONING-NOGROUP", group=g, known=", ".join(groups), **place)
            for g in listed
            if g not in groups
        ]
        bad = [c for c in test.codes if not (c.isdigit() and len(c) in (2, 4))]
        return faults + [problem("QL-ZONING-CODE", value=c, **place) for c in bad]
    one_number = (test.parameter is None) != (test.value is None)
    if not test.operator or not one_number or listed or test.codes:
        return [problem("QL-ZONING-TEST", **place)]
    if test.parameter is not None and test.parameter not in limits:
        return [
            problem("QL-ZONING-NOPARAMETER", name=test.parameter, known=", ".join(sorted(_usual(limits))))
        ]
    return []


def _order_faults(rules: Sequence[Rule], name: str) -> list[Problem]:
    """Belts come first, one of a kind; one rule without conditions, the last."""
    faults = []
    seen_cells = False
    for i, rule in enumerate(rules):
        if rule.belt and (seen_cells or rule.belt in [r.belt for r in rules[:i]]):
            faults.append(problem("QL-ZONING-BELTORDER", file=name, rule=rule.id))
        seen_cells = seen_cells or not rule.belt
        if not rule.belt and not rule.when and i < len(rules) - 1:
            faults.append(problem("QL-ZONING-UNREACHED", file=name, rule=rule.id, after=rules[i + 1].id))
    if rules[-1].belt or rules[-1].when:
        faults.append(problem("QL-ZONING-NOREST", file=name, rule=rules[-1].id))
    return faults


def parse_overrides(text: str) -> dict[str, Any]:
    """``RULES``: a YAML or JSON mapping of parameter to number, or the path of a file with one."""
    words = text.strip()
    if not words:
        return {}
    file = Path(words) if words.lower().endswith((".yaml", ".yml", ".json")) and "\n" not in words else None
    raw = read_untrusted(file) if file else parse_untrusted(words.encode("utf-8"), "RULES")
    if not isinstance(raw, dict) or not all(isinstance(k, str) for k in raw):
        raise InputError("QL-ZONING-OVERRIDES", text=words[:60])
    return raw
