"""What a single test of a siting rule asks of a place, and how its answer is weighed.

A measure belongs where its place as a whole does: area-weighted means and shares decide. It offends on
any part that is worth naming, however good the mean. Whoever changes a weight changes it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..landuse import group_members
from ..standard import Edition
from ..standard.model import Attribute, Condition, LandUseGroup
from .model import NOWHERE, WHOLE, Field, MeasureFeature, Part, Settings, Site, Unknown
from .siteclasses import HARD_BANKS
from .truth import PERSON, UNKNOWN, YES, Reason, Truth, all_of, any_of, decided
from .wording import class_words, named, number_words, plain_words

MAJORITY = 0.5
MEETS = 1e-6
ELSEWHERE = "elsewhere"
"""Class of a place that has none of the others."""

VILLAGE = "@village"
"""Class of land that the third survey marks as settlement (203), beside its own code."""

_BY_MAJORITY = ("zone", "slope_position", "aspect", "natural_regeneration")
_PRESENT = ("facility", "gully_head", "landform", "adjacent_to", "neighbour_land_use")
_SHARP = (
    "inside_flood_passage", "inside_water_source_protection_area", "inside_main_channel_bed", "channel_state",
    "bank_type",
)  # fmt: skip
_ASKED_OF_LAYERS = ("measure", "adjacent_measure", "width_m")
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_WHOLE_WATERSHED = {"region": "REGION", "watershed_type": "TYPE"}
_PARTS = (
    "inside_flood_passage", "inside_water_source_protection_area", "inside_main_channel_bed", "gully_head",
    "natural_regeneration",
)  # fmt: skip
_NUMBERS_BY_SHARE = ("slope_position", "aspect")
CONTIGUOUS_LIMIT, TOLERANCE, BESIDE = "contiguous_area_min_hm2", "siting_part_min_share", "beside_m"
STORAGE = "rainwater_storage"


@dataclass(frozen=True)
class Asker:
    """Asks the tests of rules about one place; ``belongs``: the rule says where a measure goes, not where not."""

    edition: Edition
    settings: Settings
    measure: MeasureFeature
    site: Site
    belongs: bool = True

    def truth(self, condition: Condition) -> Truth:
        """The answer to a condition, groups resolved."""
        if condition.any:
            return any_of(self._until_held(condition.any), self.site, self.belongs)
        if condition.all:
            return all_of([self.truth(c) for c in condition.all], self.site, self.belongs)
        return self._single(condition)

    def _until_held(self, conditions: Sequence[Condition]) -> list[Truth]:
        """Answers in order; one that supports a place is enough, while offences are all looked at."""
        found: list[Truth] = []
        for condition in conditions:
            found.append(self.truth(condition))
            if self.belongs and found[-1].state == YES:
                break
        return found

    def limit(self, value: Any) -> Any:
        """A value of a condition, ``@name`` looked up; None where the profile does not know it."""
        if isinstance(value, str) and value.startswith("@"):
            return self.settings.values.get(value[1:])
        return value

    # -- which question ---------------------------------------------------------
    def _single(self, test: Condition) -> Truth:
        attribute = self.edition.siting.attribute(test.attr or "")
        if attribute is None:
            return Truth(PERSON, reasons=(Reason(test),))
        said = self._said(attribute, test)
        if said is not None:
            return said
        if test.op in ("is", "in"):
            return self._words(attribute, test)
        return self._number(test)

    def _said(self, attribute: Attribute, test: Condition) -> Truth | None:
        """What the measure's own columns say; None where they do not and a layer has to."""
        key = attribute.key
        value = (
            self.measure.key if key == "own_measure" else _keyed(attribute, self.measure.attributes.get(key))
        )
        if key == "bank_type" and value:  # what is planned speaks before what stands there
            hard = value in HARD_BANKS
            return self._whole(hard, test, str(value), str(value))
        of_measure = attribute.role in (None, "LAYOUT") and key not in _ASKED_OF_LAYERS
        if not of_measure:
            return None
        if value is None or value == "":
            if any(v.test is not None and v.key in _texts(test.value) for v in attribute.values):
                return None
            if key == "receiving":
                return Truth(UNKNOWN, missing=("LAYOUT.receiving",), reasons=(Reason(test),))
            return Truth(PERSON, reasons=(Reason(test),))
        yes = bool(_texts(value) & _texts(test.value))
        return self._whole(yes, test, *plain_words(self.edition, key, _texts(value)))

    def _words(self, attribute: Attribute, test: Condition) -> Truth:
        """Words of the standard: those with a number of ours are measured, the others are classes."""
        wanted = list(test.value) if isinstance(test.value, (list, tuple)) else [test.value]
        tests = {v.key: v.test for v in attribute.values if v.test is not None}
        measured = [tests[w] for w in wanted if w in tests]
        classes = [w for w in wanted if w not in tests]
        truths = [self.truth(t) for t in measured]
        if classes:
            truths.append(self._class(attribute, test, classes))
        return truths[0] if len(truths) == 1 else any_of(truths, self.site, self.belongs)

    def _class(self, attribute: Attribute, test: Condition, wanted: Sequence[Any]) -> Truth:
        key = attribute.key
        if key in _WHOLE_WATERSHED:
            return self._watershed(attribute, test, wanted)
        if key == "contiguous":
            return self._block(test)
        if key == "adjacent_measure":
            return self._companion(attribute, test, wanted)
        if key in _PARTS:
            return self._part(test, self.site.inside(key), wanted != [False])
        if key in ("land_use", "neighbour_land_use"):
            return self._land_use(attribute, test, wanted)
        if key in ("aspect", "ground_cover"):
            return Truth(PERSON, reasons=(Reason(test),))
        return self._classes(attribute, test, frozenset(str(w) for w in wanted))

    # -- numbers -----------------------------------------------------------------
    def _number(self, test: Condition) -> Truth:
        limits = [
            self.limit(v) for v in (test.value if isinstance(test.value, (list, tuple)) else [test.value])
        ]
        if any(v is None for v in limits):
            return Truth(UNKNOWN, missing=("COUNTY",), reasons=(Reason(test),))
        if test.attr == "width_m":
            return self._width(test, float(limits[0]))
        field = self.site.field(test.attr or "")
        if isinstance(field, Unknown):
            return _cannot(field, test)
        return self._weighed(test, field, _bounds(test, [float(v) for v in limits]))

    def _weighed(self, test: Condition, field: Field, bounds: Sequence[tuple[str, float]]) -> Truth:
        """Belonging by the mean, or by the larger part of what has no mean; offending by any part worth naming."""
        by_share = test.attr in _NUMBERS_BY_SHARE or (test.attr or "").startswith("distance_")
        mean_holds = all(_compare(field.mean, op, limit) for op, limit in bounds)
        reason = Reason(test, *number_words(self.edition, test.attr or "", field.mean))
        if self.belongs and mean_holds and not by_share:
            return decided(True, NOWHERE, reason)
        if self.belongs and not by_share:
            return decided(False, lambda: self._outside(field, bounds), reason)
        outside = self._outside(field, bounds)
        if self.belongs:
            yes = outside.share <= MAJORITY
            return decided(yes, NOWHERE if yes else outside, reason)
        inside = self.site.rest(outside)
        least = MEETS if by_share else self._tolerance()
        yes = inside.share > least or (mean_holds and not by_share)
        return decided(yes, inside if yes else NOWHERE, reason)

    def _outside(self, field: Field, bounds: Sequence[tuple[str, float]]) -> Part:
        """The part beyond any of the bounds."""
        return field.where_any([(_OPPOSITE[op], limit) for op, limit in bounds])

    def _width(self, test: Condition, limit: float) -> Truth:
        found = self.site.widths(limit)
        if isinstance(found, Unknown):
            return _cannot(found, test)
        yes = _compare(found.least, test.op or ">", limit)
        share = 100 * found.narrow.share
        zh = f"最窄 {found.least:.3f} m，中位 {found.median:.3f} m，{share:.1f}% 的长度不足"
        en = f"least {found.least:.3f} m, median {found.median:.3f} m, {share:.1f} % of the length too narrow"
        breach = found.narrow if not found.narrow.nowhere else WHOLE
        return decided(yes, NOWHERE if yes else breach, Reason(test, zh, en))

    # -- classes -----------------------------------------------------------------
    def _classes(self, attribute: Attribute, test: Condition, keys: frozenset[str]) -> Truth:
        found = self.site.classes(attribute.key)
        if isinstance(found, Unknown):
            return _cannot(found, test)
        missing = tuple(role for role, hidden in found.missing.items() if hidden & keys)
        part = found.where(keys - {ELSEWHERE})
        if ELSEWHERE in keys:
            missing, part = tuple(found.missing), self.site.rest(found.where(frozenset(found.shares())))
        reason = Reason(test, *class_words(self.edition, attribute.key, found.shares()))
        return self._shared(test, part, missing, reason)

    def _land_use(self, attribute: Attribute, test: Condition, wanted: Sequence[Any]) -> Truth:
        found = self.site.classes(attribute.key)
        groups = [g for g in (self.edition.siting.land_use_group(str(w)) for w in wanted) if g is not None]
        plain = [g for g in groups if g.codes and not g.when and g.flag is None]
        asked: list[Part | Unknown] = [self._group(attribute.key, g) for g in groups if g not in plain]
        if plain:
            asked.append(self._of_classes(attribute.key, frozenset().union(*(_codes(g) for g in plain))))
        missing = tuple(dict.fromkeys(p.role for p in asked if isinstance(p, Unknown)))
        parts = [p for p in asked if isinstance(p, Part)]
        shares: Mapping[str, float] = {} if isinstance(found, Unknown) else found.shares()
        reason = Reason(test, *class_words(self.edition, "land_use", shares))
        return self._shared(test, self.site.either(parts), missing, reason)

    def _group(self, key: str, group: LandUseGroup) -> Part | Unknown:
        """The part of the place that is land of a group."""
        if group.flag is not None:
            return self._of_classes("flags", frozenset({group.flag}))
        if group.role == "GULLIES":
            return self._of_classes("gully", frozenset({group.key}))
        part: Part | Unknown = WHOLE
        if group.codes:
            part = self._of_classes(key, _codes(group))
        elif not group.when:
            return NOWHERE
        if isinstance(part, Unknown) or part.nowhere:
            return part
        part = self._on_slope(part, group)
        return part if isinstance(part, Unknown) else self._without_terraces(part, group)

    def _on_slope(self, part: Part, group: LandUseGroup) -> Part | Unknown:
        """The part as far as the group's own conditions hold for the place as a whole."""
        asker = Asker(self.edition, self.settings, self.measure, self.site)
        held = all_of([asker.truth(c) for c in group.when], self.site, True)
        if held.state == UNKNOWN:
            return Unknown(held.missing[0])
        return part if held.state == YES else NOWHERE

    def _without_terraces(self, part: Part, group: LandUseGroup) -> Part:
        """Cropland that is terraced is no sloping cropland (note of the group)."""
        if group.key != "sloping_cropland":
            return part
        terraced = self._of_classes("flags", frozenset({"terraced"}))
        if isinstance(terraced, Unknown) or terraced.nowhere:
            return part
        return self.site.both([part, self.site.rest(terraced)])

    def _of_classes(self, key: str, classes: frozenset[str]) -> Part | Unknown:
        found = self.site.classes(key)
        return found if isinstance(found, Unknown) else found.where(classes)

    def _part(self, test: Condition, part: Part | Unknown, wanted: bool) -> Truth:
        if isinstance(part, Unknown):
            return _cannot(part, test)
        part = part if wanted else self.site.rest(part)
        share = 100 * part.share
        return self._shared(test, part, (), Reason(test, f"占 {share:.1f}%", f"{share:.1f} % of it"))

    def _shared(self, test: Condition, part: Part, missing: tuple[str, ...], reason: Reason) -> Truth:
        """A class or an area by its share of the place."""
        key = test.attr or ""
        yes = part.share >= self._least(key) if self.belongs else part.share > self._most(key)
        if missing and yes is (ELSEWHERE in _texts(test.value)):
            return Truth(UNKNOWN, missing=missing, reasons=(reason,))
        if self.belongs:
            return decided(yes, NOWHERE if yes else (lambda: self.site.rest(part)), reason)
        return decided(yes, part if yes else NOWHERE, reason)

    def _least(self, key: str) -> float:
        """Share from which a place as a whole has a class."""
        if key in _BY_MAJORITY:
            return MAJORITY
        if key in _PRESENT or key in _SHARP:
            return MEETS
        return 1 - self._tolerance()

    def _most(self, key: str) -> float:
        """Share up to which a place is not said to be somewhere it should not be."""
        if key in _BY_MAJORITY:
            return MAJORITY
        return MEETS if key in _SHARP or key in _PRESENT else self._tolerance()

    def _tolerance(self) -> float:
        return float(self.settings.values[TOLERANCE])

    # -- the whole ---------------------------------------------------------------
    def _watershed(self, attribute: Attribute, test: Condition, wanted: Sequence[Any]) -> Truth:
        value = self.settings.region if attribute.key == "region" else self.settings.type_key
        if value is None:
            return Truth(UNKNOWN, missing=(_WHOLE_WATERSHED[attribute.key],), reasons=(Reason(test),))
        words = named(self.edition, attribute.key, value)
        return self._whole(value in wanted, test, *words)

    def _block(self, test: Condition) -> Truth:
        limit = float(self.settings.values[CONTIGUOUS_LIMIT])
        area = self.site.block_area(limit * 1e4)
        if isinstance(area, Unknown):
            return _cannot(area, test)
        hm2 = round(area / 1e4, 7)
        yes = hm2 >= limit
        return self._whole(yes, test, f"{hm2:.4f} hm²", f"{hm2:.4f} hm²")

    def _companion(self, attribute: Attribute, test: Condition, wanted: Sequence[Any]) -> Truth:
        found = self.site.beside(float(self.settings.values[BESIDE]))
        if isinstance(found, Unknown):
            return _cannot(found, test)
        keys = sorted(found & self.edition.measures.keys())
        zh = "、".join(self.edition.measures[k].name_zh for k in keys) or "无"
        en = ", ".join(self.edition.measures[k].name_en for k in keys) or "none"
        return self._whole(bool(found & {str(w) for w in wanted}), test, zh, en)

    def _whole(self, yes: bool, test: Condition, zh: str, en: str) -> Truth:
        breach = WHOLE if yes != self.belongs else NOWHERE
        return decided(yes, breach, Reason(test, zh, en))


def _cannot(unknown: Unknown, test: Condition) -> Truth:
    if unknown.by_person:
        return Truth(PERSON, reasons=(Reason(test),))
    return Truth(UNKNOWN, missing=(unknown.role,), reasons=(Reason(test),))


def _codes(group: LandUseGroup) -> frozenset[str]:
    """Classes of land that make a group, land marked as settlement among village land."""
    return group_members(group.codes) | ({VILLAGE} if group.key == "village" else set())


def _bounds(test: Condition, limits: Sequence[float]) -> list[tuple[str, float]]:
    """A test as comparisons that must all hold."""
    if test.op != "between":
        return [(test.op or "=", limits[0])]
    low = ">=" if test.inclusive in ("both", "low") else ">"
    high = "<=" if test.inclusive in ("both", "high") else "<"
    return [(low, limits[0]), (high, limits[1])]


def _compare(value: float, op: str, limit: float) -> bool:
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[op]


def _keyed(attribute: Attribute, value: Any) -> Any:
    """A column's words as the keys of the attribute's values, by key or name; None where it knows none of them."""
    if not attribute.values or not isinstance(value, (str, list, tuple)) or attribute.key == "bank_type":
        return value
    known = words_of(attribute)
    keys = [known[w.lower()] for w in _texts(value) if w.lower() in known]
    return sorted(keys) or None


def words_of(attribute: Attribute) -> dict[str, str]:
    """Word in lower case (key, Chinese or English name) -> key, for the values of an attribute."""
    return {word.lower(): v.key for v in attribute.values for word in (v.key, v.zh, v.en)}


def _texts(value: Any) -> frozenset[str]:
    """Values as text: of a list or a column with several, each; truth values in one spelling."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return frozenset(t for v in value for t in _texts(v))
    if isinstance(value, bool) or str(value).lower() in ("true", "false"):
        return frozenset({str(value).lower()})
    return frozenset(p.strip(' "{}') for p in str(value).replace("，", ",").split(","))
