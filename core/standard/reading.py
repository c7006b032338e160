"""YAML to records: every fault of a file is found at once and named with its place.

The dataclasses of :mod:`.model` are the grammar: a field's type hint says what a value may be,
a field without default must be there, a key that is no field is a fault.
"""

from __future__ import annotations

import dataclasses
import difflib
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Union, get_args, get_origin, get_type_hints

import yaml

from ..data import SAFE_LOADER, load_yaml
from ..errors import Problem, problem

_FAILED: Any = object()
_UNPAIRED = ("aliases_zh",)  # other names need not exist in both languages


class Place(NamedTuple):
    """Where in an edition something stands: file (relative to its folder) and path of keys."""

    file: str
    key: str = ""

    def at(self, step: str | int) -> Place:
        """The place one step further in; a number counts entries of a list from 0."""
        if isinstance(step, int):
            return Place(self.file, f"{self.key}[{step + 1}]")
        return Place(self.file, f"{self.key}.{step}" if self.key else step)

    def fault(self, code: str, **facts: Any) -> Problem:
        """A problem at this place."""
        return problem(code, file=self.file, key=self.key or "-", **facts)


@dataclasses.dataclass(frozen=True)
class Part:
    """The records of one part of an edition, where each stands, and what was wrong with them.

    ``names`` identifies every entry, also those that faults kept from becoming a record.
    """

    records: tuple[Any, ...] = ()
    places: tuple[Place, ...] = ()
    problems: tuple[Problem, ...] = ()
    names: tuple[Any, ...] = ()


class _FieldPlan(NamedTuple):
    name: str
    hint: Any
    required: bool
    choices: tuple[str, ...]
    pair: str | None


@lru_cache(maxsize=64)
def _plan(kind: type) -> dict[str, _FieldPlan]:
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}
    plans = {}
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        pair = "en" if name == "zh" else name[:-3] + "_en" if name.endswith("_zh") else None
        pair = None if name in _UNPAIRED else pair
        plans[name] = _FieldPlan(
            name, hints[name], needed, field.metadata.get("choices", ()), pair if pair in fields else None
        )
    return plans


def build(kind: type, raw: Any, place: Place, faults: list[Problem], also: tuple[str, ...] = ()) -> Any:
    """A record of dataclass ``kind`` from a YAML mapping; None where faults forbid it.

    Faults are appended to ``faults``, all of them. Keys in ``also`` are known and left to the
    caller.
    """
    if not isinstance(raw, Mapping):
        faults.append(place.fault("QL-STD-NOTMAPPING", found=_shown(raw)))
        return None
    plans = _plan(kind)
    before = len(faults)
    faults.extend(_unknown_keys(raw, [*plans, *also], place))
    values = {}
    for name, plan in plans.items():
        if name in raw:
            value = _convert(plan.hint, raw[name], place.at(name), faults, plan.choices)
            if plan.required and value == "":
                faults.append(place.at(name).fault("QL-STD-MISSING"))
            elif value is not _FAILED:
                values[name] = value
        elif plan.required:
            faults.append(place.at(name).fault("QL-STD-MISSING"))
    faults.extend(_one_language_only(values, plans, place))
    return kind(**values) if len(faults) == before else None


def _unknown_keys(raw: Mapping[Any, Any], known: list[str], place: Place) -> list[Problem]:
    unknown = [str(k) for k in raw if k not in known]
    return [place.at(k).fault("QL-STD-UNKNOWNKEY", near=_nearest(k, known)) for k in unknown]


def _nearest(key: str, known: list[str]) -> str:
    """The known keys closest to a mistyped one, for the message."""
    return ", ".join(difflib.get_close_matches(key, known, 3, 0.5) or sorted(known))


def _one_language_only(
    values: Mapping[str, Any], plans: Mapping[str, _FieldPlan], place: Place
) -> list[Problem]:
    found = []
    for plan in plans.values():
        if plan.pair is None:
            continue
        zh, en = values.get(plan.name), values.get(plan.pair)
        if bool(zh) != bool(en):
            found.append(place.at(plan.name if not zh else plan.pair).fault("QL-STD-LANGUAGE"))
        elif isinstance(zh, tuple) and isinstance(en, tuple) and len(zh) != len(en):
            found.append(place.at(plan.pair).fault("QL-STD-LANGUAGE"))
    return found


def _convert(hint: Any, raw: Any, place: Place, faults: list[Problem], choices: tuple[str, ...] = ()) -> Any:
    """``raw`` as the type ``hint`` asks, or _FAILED with a fault recorded."""
    if hint is Any:
        return raw
    origin = get_origin(hint)
    if origin is Union:
        if raw is None:
            return None
        return _convert(get_args(hint)[0], raw, place, faults, choices)
    if origin is tuple:
        return _sequence(get_args(hint)[0], raw, place, faults)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        record = build(hint, raw, place, faults)
        return _FAILED if record is None else record
    code, fits = _SHAPES.get(hint, _SHAPES[dict])
    if not fits(raw):
        faults.append(place.fault(code, found=_shown(raw)))
        return _FAILED
    if choices and raw not in choices:
        faults.append(place.fault("QL-STD-CHOICE", value=raw, choices=", ".join(choices)))
        return _FAILED
    return float(raw) if hint is float else raw


def _sequence(hint: Any, raw: Any, place: Place, faults: list[Problem]) -> Any:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        faults.append(place.fault("QL-STD-NOTLIST", found=_shown(raw)))
        return _FAILED
    values = [_convert(hint, item, place.at(i), faults) for i, item in enumerate(raw)]
    return _FAILED if any(v is _FAILED for v in values) else tuple(values)


def _is_number(raw: Any) -> bool:
    return isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < float("inf")


_SHAPES: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("QL-STD-NOTTEXT", lambda raw: isinstance(raw, str)),
    bool: ("QL-STD-NOTYESNO", lambda raw: isinstance(raw, bool)),
    int: ("QL-STD-NOTINTEGER", lambda raw: isinstance(raw, int) and not isinstance(raw, bool)),
    float: ("QL-STD-NOTNUMBER", _is_number),
    dict: ("QL-STD-NOTMAPPING", lambda raw: isinstance(raw, Mapping)),
}


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def read_part(folder: Path, part: str, kind: type, identity: str = "") -> Part:
    """All records of ``part``: the entries of ``<part>.yaml`` and of every ``<part>/*.yaml``.

    A file holds one mapping or a list of them. No file at all is an empty part.
    """
    records: list[Any] = []
    places: list[Place] = []
    names: list[Any] = []
    faults: list[Problem] = []
    for place, raw in _entries(folder, part, faults):
        if isinstance(raw, Mapping) and isinstance(raw.get(identity), (str, int)):
            names.append(raw[identity])
        record = build(kind, raw, place, faults)
        if record is not None:
            records.append(record)
            places.append(place)
    return Part(tuple(records), tuple(places), tuple(faults), tuple(names))


def part_files(folder: Path, part: str) -> list[Path]:
    """The files that make up ``part``."""
    single = folder / f"{part}.yaml"
    return ([single] if single.is_file() else []) + sorted((folder / part).glob("*.yaml"))


def _entries(folder: Path, part: str, faults: list[Problem]) -> Iterator[tuple[Place, Any]]:
    for path in part_files(folder, part):
        file = path.relative_to(folder).as_posix()
        content = _content(path, file, faults)
        if isinstance(content, list):
            yield from ((Place(file).at(i), raw) for i, raw in enumerate(content))
        elif content is not None:
            yield Place(file), content


def _content(path: Path, file: str, faults: list[Problem]) -> Any:
    try:
        return load_yaml(path)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        faults.append(Place(file).fault("QL-STD-UNREADABLE", reason=reason))
        return None


def repeated_keys(path: Path, file: str) -> list[Problem]:
    """Keys written twice in one mapping of a file, which YAML would silently let the last win."""
    try:
        with open(path, encoding="utf-8") as stream:
            loader = SAFE_LOADER(stream)
            try:
                root = loader.get_single_node()
            finally:
                loader.dispose()
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return []  # reported by read_part
    return [] if root is None else list(_repeats(root, Place(file)))


def _repeats(node: Any, place: Place) -> list[Problem]:
    found: list[Problem] = []
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            found += _repeats(item, place.at(i))
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                found.append(place.at(str(key.value)).fault("QL-STD-DUPLICATEKEY"))
            seen.add(key.value)
            found += _repeats(value, place.at(str(key.value)))
    return found
