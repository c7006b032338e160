"""The county profile: what the standard takes from the county a watershed lies in.

Serves table 7-1 (targets and means of the county), note CM-6.2.2-2 (the local no-cultivation
slope) and the datum parameters that a survey in an old datum needs. A profile is a small YAML
file; which inputs it may hold is said by the edition (``county_inputs``), so that another
edition may ask for others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Iterator, Mapping, Optional, Tuple

import yaml

from .data import load_untrusted
from .datum_shift import DatumShift, shift_from_mapping
from .errors import EditionError, InputError, Problem
from .standard import Edition, Indicator, default_edition
from .standard.model import COMPARISONS, CountyInput, one_of
from .standard.reading import Place, build

FIRST_YEAR, LAST_YEAR = 1980, 2100
NO_CULTIVATION = "no_cultivation_slope_deg"
_ROMAN = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ", "V": "Ⅴ"}


@dataclass(frozen=True)
class ExtraThreshold:
    """A local limit that holds besides table 7-1; ``types`` empty means every type."""

    indicator: Any
    value: float
    source: str
    operator: str = one_of(">=", ">", "<=", "<")
    unit: Optional[str] = None
    types: Tuple[str, ...] = ()

    def concerns(self, indicator: Indicator, type_key: str) -> bool:
        """Whether the limit applies to ``indicator`` in a watershed of type ``type_key``."""
        named = self.indicator in (indicator.number, indicator.key)
        return named and (not self.types or type_key in self.types)


@dataclass(frozen=True)
class _Profile:
    """The keys of the file that do not depend on the edition."""

    name: str
    year: int
    source: str
    no_cultivation_slope_deg: Optional[float] = None
    thresholds: Tuple[ExtraThreshold, ...] = ()


@dataclass(frozen=True)
class County(_Profile):
    """A county profile; ``inputs`` holds the numbers the edition asks for, None where unknown.

    ``datum`` are local parameters between old datums and CGCS2000.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    datum: Tuple[DatumShift, ...] = ()


def load_county(path: Path, edition: Edition | None = None) -> County:
    """The profile in a YAML file. Raises :class:`EditionError` with all its faults."""
    try:
        raw = load_untrusted(Path(path))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        fault = Place(Path(path).name).fault("QL-STD-UNREADABLE", reason=" ".join(str(error).split()))
        raise EditionError(problems=[fault]) from error
    return county_from(raw, edition, Path(path).name)


def county_from(raw: Any, edition: Edition | None = None, file: str = "county.yaml") -> County:
    """The profile in parsed YAML; ``file`` names it in faults.

    Raises :class:`EditionError` with all faults.
    """
    edition = edition or default_edition()
    asked = {i.key: i for i in edition.header.county_inputs}
    place = Place(file)
    faults: list[Problem] = []
    inputs: dict[str, Any] = {}
    shifts: tuple[DatumShift, ...] = ()
    rest = raw
    if isinstance(raw, Mapping):
        inputs = {key: _input(asked[key], raw.get(key), place.at(key), edition, faults) for key in asked}
        shifts = _shifts(raw.get("datum"), place.at("datum"), faults)
        rest = {k: v for k, v in raw.items() if k not in asked and k != "datum"}
    county = build(_Profile, rest, place, faults, also=(*asked, "datum"))
    if county is not None:
        faults += _faults(county, place, edition)
    if faults:
        raise EditionError(problems=faults)
    return County(**vars(county), inputs=MappingProxyType(inputs), datum=shifts)


def county_to_yaml(county: County) -> str:
    """The profile as the text of its YAML file; unknown inputs are left out."""
    raw: dict[str, Any] = {"name": county.name, "year": county.year, "source": county.source}
    raw.update({k: v for k, v in county.inputs.items() if v is not None})
    if county.no_cultivation_slope_deg is not None:
        raw[NO_CULTIVATION] = county.no_cultivation_slope_deg
    if county.thresholds:
        raw["thresholds"] = [_filled(t) for t in county.thresholds]
    if county.datum:
        raw["datum"] = [_shift_to_mapping(d) for d in county.datum]
    return yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)


def references(
    edition: Edition | None = None,
    county: County | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """What every ``@name`` of rules and thresholds stands for.

    Parameters have their defaults, then the county's no-cultivation slope, then ``overrides``;
    county inputs are None where the profile does not know them.
    """
    edition = edition or default_edition()
    values: dict[str, Any] = {key: p.default for key, p in edition.parameters.items()}
    values.update({i.key: None for i in edition.header.county_inputs})
    if county is not None:
        values.update(county.inputs)
        if county.no_cultivation_slope_deg is not None:
            values[NO_CULTIVATION] = county.no_cultivation_slope_deg
    values.update(overrides or {})
    return MappingProxyType(values)


def _filled(record: Any) -> dict[str, Any]:
    """The fields of a record that say something, as YAML types."""
    found = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(record).items()}
    return {k: v for k, v in found.items() if v not in (None, [])}


def _shift_to_mapping(shift: DatumShift) -> dict[str, Any]:
    names = {"source": "from", "target": "to", "origin": "source"}
    raw = {names.get(k, k): v for k, v in vars(shift).items()}
    seven = any((shift.rx, shift.ry, shift.rz, shift.scale_ppm))
    return raw if seven else {k: raw[k] for k in ("from", "to", "dx", "dy", "dz", "source")}


def _input(asked: CountyInput, raw: Any, place: Place, edition: Edition, faults: list[Problem]) -> Any:
    """The value of a county input, checked; None where it is unknown or at fault."""
    if raw is None:
        return None
    if asked.codes is not None:
        return _code(asked.codes, raw, place, edition, faults)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        faults.append(place.fault("QL-STD-NOTNUMBER", found=repr(raw)))
        return None
    faults += _outside(float(raw), asked.minimum, asked.maximum, place)
    return raw


def _code(list_id: str, raw: Any, place: Place, edition: Edition, faults: list[Problem]) -> Any:
    codes = edition.codelist(list_id)
    code = str(raw).strip().rstrip("类").strip().upper()
    code = _ROMAN.get(code, code)
    if codes.item(code) is None:
        choices = ", ".join(i.code for i in codes.items)
        faults.append(place.fault("QL-STD-CHOICE", value=raw, choices=choices))
        return None
    return code


def _outside(value: float, low: float | None, high: float | None, place: Place) -> Iterator[Problem]:
    if (low is not None and value < low) or (high is not None and value > high):
        shown = {"low": "-" if low is None else low, "high": "-" if high is None else high}
        yield place.fault("QL-STD-RANGE", value=value, **shown)


def _faults(county: _Profile, place: Place, edition: Edition) -> Iterator[Problem]:
    yield from _outside(county.year, FIRST_YEAR, LAST_YEAR, place.at("year"))
    slope = county.no_cultivation_slope_deg
    if slope is not None:
        highest = edition.parameter(NO_CULTIVATION).maximum
        if slope <= 0 or (highest is not None and slope > highest):
            yield place.at(NO_CULTIVATION).fault("QL-COUNTY-SLOPE", value=slope, high=highest)
    for i, threshold in enumerate(county.thresholds):
        yield from _threshold_faults(threshold, place.at("thresholds").at(i), edition)


def _shifts(raw: Any, place: Place, faults: list[Problem]) -> tuple[DatumShift, ...]:
    """The datum parameters, one mapping or a list of them."""
    if raw is None:
        return ()
    found = []
    for i, entry in enumerate(raw if isinstance(raw, list) else [raw]):
        if not isinstance(entry, Mapping):
            faults.append(place.at(i).fault("QL-STD-NOTMAPPING", found=repr(entry)))
            continue
        try:
            found.append(shift_from_mapping(entry))
        except InputError as error:
            faults += error.problems
    return tuple(found)


def _threshold_faults(extra: ExtraThreshold, place: Place, edition: Edition) -> Iterator[Problem]:
    known = {k: i for i in edition.indicators.values() for k in (i.number, i.key)}
    indicator = known.get(extra.indicator) if isinstance(extra.indicator, (int, str)) else None
    if indicator is None:
        yield place.at("indicator").fault("QL-STD-NOREFERENCE", kind="indicator", name=extra.indicator)
        return
    units = {c.unit for c in indicator.thresholds if c.operator in COMPARISONS} - {None}
    if not units:
        yield place.at("indicator").fault("QL-COUNTY-NOTNUMERIC", name=indicator.number)
    elif extra.unit is not None and extra.unit not in units:
        yield place.at("unit").fault(
            "QL-STD-CHOICE", value=extra.unit, choices=", ".join(sorted(map(str, units)))
        )
    for i, type_key in enumerate(extra.types):
        if type_key not in edition.types:
            yield place.at("types").at(i).fault("QL-STD-NOREFERENCE", kind="type", name=type_key)
