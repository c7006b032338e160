"""Judges a measure on its place by every rule that concerns it; one function for live, batch and candidates.

Serves chapters 5 and 6, 8.6.1, row 10 of table 7-1 and rulings 5, 15 and 19. A measure needs one clause that
supports its place: the rules of effect require, prefer and permit are alternatives, and those that fail
beside one that holds (or may hold) step aside. Every other rule must hold by itself. What layers
cannot measure is a duty for a person, never a pass.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Mapping, Sequence

from ..errors import Problem
from ..standard import Edition, default_edition
from ..standard.model import Condition, SitingRule
from .model import (
    ASIDE,
    DUTY,
    NOTE,
    NOWHERE,
    PASS,
    UNKNOWN,
    WARNING,
    WHOLE,
    Finding,
    Ground,
    MeasureFeature,
    Part,
    Site,
    Unknown,
)  # fmt: skip
from .questions import BESIDE, STORAGE, Asker
from .rules import KEEPING_OFF, PLACING, TABLE, rules_of
from .truth import NO, PERSON, YES, Truth, all_of
from .truth import UNKNOWN as NOT_KNOWN
from .wording import asked

_CLASSES = ("I", "II", "III", "IV", "V")
_TARGET = "water_function_zone_target_class"


@dataclass(frozen=True)
class _Case:
    """One measure before its rules."""

    edition: Edition
    ground: Ground
    site: Site
    measure: MeasureFeature
    candidate: bool = False

    def asker(self, belongs: bool) -> Asker:
        return Asker(self.edition, self.ground.settings, self.measure, self.site, belongs)


@dataclass(frozen=True)
class _Draft:
    """What a rule says, before its part is drawn; ``part`` None is the truth's breach."""

    rule: SitingRule
    verdict: str
    code: str
    truth: Truth
    part: Part | None = NOWHERE
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether something measured speaks for it."""
        return any(r.found_en for r in self.truth.reasons)


def judge(
    measure: MeasureFeature,
    ground: Ground,
    edition: Edition | None = None,
    *,
    candidate: bool = False,
    only: str | None = None,
    site: Site | None = None,
) -> list[Finding]:
    """What every rule says of ``measure`` where it stands, in the order of the rules.

    ``candidate``: the measure is only thought of; rules about its companions, columns and design and the
    zones of table B.1 are left out. ``only``: the id of the one rule to judge, by itself. ``site``: the measure's
    place, where it is known already. [] where the geometry is empty. Raises EditionError QL-STD-NOSUCH for a key
    that is no measure.
    """
    found = edition or default_edition()
    rules = [r for r in rules_of(found, measure.key) if only in (None, r.id)]
    site = ground.site(measure) if site is None else site
    if site is None:
        return []
    case = _Case(found, ground, site, measure, candidate)
    wanted = (*PLACING, *KEEPING_OFF, "dimension") if candidate else tuple(_EFFECTS)
    asked_for = [r for r in rules if r.effect in wanted and not (candidate and r.clause == TABLE)]
    drafts = [_EFFECTS[r.effect](r, case) for r in asked_for if _concerns(r, case)]
    return [_finding(d, case) for d in _settled(drafts)]


def ranks(
    measure: MeasureFeature, ground: Ground, edition: Edition | None = None, *, site: Site | None = None
) -> Mapping[str, str]:
    """Rule id and attribute (``terrace.6.2.2-5-1.prefer/slope_position``) -> yes, no or unknown.

    The tests that order places and exclude none (ruling 5).
    """
    found = edition or default_edition()
    site = ground.site(measure) if site is None else site
    if site is None:
        return {}
    asker = _Case(found, ground, site, measure).asker(True)
    tests = ((r, t) for r in rules_of(found, measure.key) for t in r.tests() if t.ranks)
    return {f"{rule.id}/{test.attr}": asker.truth(test).state for rule, test in tests}


def _concerns(rule: SitingRule, case: _Case) -> bool:
    """Whether the rule is about this kind of the measure: a rule for plants says nothing of a concrete bank."""
    kind = case.measure.attributes.get("protection")
    return rule.variant is None or not kind or rule.variant == kind or rule.effect == "prefer"


# -- one rule -------------------------------------------------------------------


def _placing(rule: SitingRule, case: _Case) -> _Draft:
    """Where a measure belongs."""
    truth = all_of(_truths(rule, case, True), case.site, True)
    if rule.reading == "demand":
        return _demand(rule, case, truth)
    if rule.reading == "confirm":
        return _confirm(rule, case, truth)
    kind = case.measure.attributes.get("protection")
    if rule.variant is not None and kind and kind != rule.variant:
        return _other_kind(rule, case, truth)
    return _belonging(rule, case, truth, "QL-SITE-OUTSIDE")


def _belonging(rule: SitingRule, case: _Case, truth: Truth, code: str) -> _Draft:
    if truth.state == NO:
        return _Draft(rule, rule.severity, code, truth, None)
    return _open(rule, case, truth) or _Draft(rule, PASS, "QL-SITE-PASS", truth)


def _open(rule: SitingRule, case: _Case, truth: Truth, part: Part = NOWHERE) -> _Draft | None:
    """Unknown, or a duty, where the truth is not settled."""
    if truth.state == NOT_KNOWN:
        return _Draft(rule, UNKNOWN, "QL-SITE-UNKNOWN", truth)
    if truth.state == PERSON:
        return _duty(rule, case, "QL-SITE-DUTY", truth, {}, part)
    return None


def _demand(rule: SitingRule, case: _Case, truth: Truth) -> _Draft:
    """Land or other measures need it; elsewhere it breaks nothing, which is worth a note.

    Whoever looks for places is told that this is none of the land the clause means.
    """
    of_land = any(t.attr != "adjacent_measure" for t in rule.tests())
    if truth.state == NO and not (case.candidate and of_land):
        return _Draft(rule, NOTE, "QL-SITE-NODEMAND", truth, None)
    return _belonging(rule, case, truth, "QL-SITE-OUTSIDE")


def _confirm(rule: SitingRule, case: _Case, truth: Truth) -> _Draft:
    """Where the condition holds a person has to say that the clause is kept; elsewhere there is nothing to say."""
    if truth.state == NO:
        return _Draft(rule, ASIDE, "QL-SITE-ASIDE", truth)
    return _open(rule, case, truth) or _duty(rule, case, "QL-SITE-DUTY", truth, {})


def _other_kind(rule: SitingRule, case: _Case, truth: Truth) -> _Draft:
    """The clause prefers another kind of protection where its condition holds."""
    if truth.state == YES:
        return _Draft(rule, rule.severity, "QL-SITE-OTHERKIND", truth, WHOLE)
    return _open(rule, case, truth) or _Draft(rule, ASIDE, "QL-SITE-ASIDE", truth)


def _keeping_off(rule: SitingRule, case: _Case) -> _Draft:
    """Where a measure must not go."""
    truth = all_of(_truths(rule, case, False), case.site, False)
    if truth.state == YES:
        code = "QL-SITE-FORBIDDEN" if rule.effect == "forbid" else "QL-SITE-AVOID"
        return _Draft(rule, rule.severity, code, truth, None)
    return _open(rule, case, truth) or _Draft(rule, PASS, "QL-SITE-PASS", truth)


def _dimension(rule: SitingRule, case: _Case) -> _Draft:
    """How large the measure itself is."""
    truth = all_of(_truths(rule, case, True), case.site, True)
    return _belonging(rule, case, truth, "QL-SITE-SIZE")


def _require_with(rule: SitingRule, case: _Case) -> _Draft:
    """What has to stand beside it or its block; of several each, rainwater storage within its reach."""
    values = case.ground.settings.values
    wanted = [str(v) for t in rule.tests() for v in t.value]
    storage = STORAGE in wanted
    reach = float(values["storage_reach_m"] if storage else values[BESIDE])
    beside = case.site.beside(reach, float(values[BESIDE]))
    if isinstance(beside, Unknown):
        return _Draft(rule, UNKNOWN, "QL-SITE-UNKNOWN", Truth(NOT_KNOWN, missing=(beside.role,)))
    keys = _storage_measures(case.edition) if storage else wanted
    lacking = [k for k in keys if k not in beside]
    facts = _companions(case.edition, lacking, reach)
    if not lacking:
        return _Draft(rule, PASS, "QL-SITE-PASS", Truth(YES))
    if rule.reading == "confirm":
        return _duty(rule, case, "QL-SITE-COMPANIONDUTY", Truth(PERSON), facts)
    return _Draft(rule, rule.severity, "QL-SITE-COMPANION", Truth(NO), WHOLE, facts)


def _attribute(rule: SitingRule, case: _Case) -> _Draft:
    """What is to be recorded on the measure."""
    truth = all_of(_truths(rule, case, True), case.site, True)
    return _belonging(rule, case, truth, "QL-SITE-RECORD")


def _design_standard(rule: SitingRule, case: _Case) -> _Draft:
    """Designed and built by a standard: a person's word."""
    return _duty(rule, case, "QL-SITE-STANDARD", Truth(PERSON), {"standards": ", ".join(rule.standards)})


def _quality(rule: SitingRule, case: _Case) -> _Draft:
    """Effluent by the standard of where it goes (6.2.5); against the receiving water's class where both are said."""
    truth = all_of(_truths(rule, case, True), case.site, True)
    standards = ", ".join(rule.standards)
    if truth.state == NO:
        return _Draft(rule, ASIDE, "QL-SITE-ASIDE", truth)
    if truth.state == NOT_KNOWN:
        return _Draft(rule, UNKNOWN, "QL-SITE-UNKNOWN", truth)
    effluent = _class_of_water(case.measure.attributes.get("effluent_class"))
    target = _class_of_water(case.ground.settings.values.get(_TARGET))
    if rule.ruling is None or effluent not in _CLASSES or target not in _CLASSES:
        return _duty(rule, case, "QL-SITE-QUALITY", truth, {"standards": standards})
    facts = {"effluent": effluent, "target": target, "standards": standards}
    if _CLASSES.index(effluent) > _CLASSES.index(target):
        return _Draft(rule, rule.severity, "QL-SITE-EFFLUENT", truth, WHOLE, facts)
    return _Draft(rule, PASS, "QL-SITE-PASS", truth)


def _class_of_water(value: Any) -> str:
    """Class I to V however it is written: Ⅲ, III, iii."""
    return unicodedata.normalize("NFKC", str(value or "")).strip().upper().replace("类", "")


_EFFECTS: Mapping[str, Callable[[SitingRule, _Case], _Draft]] = {
    "require": _placing,
    "prefer": _placing,
    "permit": _placing,
    "avoid": _keeping_off,
    "forbid": _keeping_off,
    "require_with": _require_with,
    "dimension": _dimension,
    "attribute": _attribute,
    "design_standard": _design_standard,
    "require_quality": _quality,
}


# -- the rules together -----------------------------------------------------------


def _settled(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Placing rules that fail step aside where another one supports the measure, or may; so does table B.1."""
    sited = [d for d in drafts if d.rule.effect in PLACING and d.rule.reading != "confirm"]
    supports = any(d.verdict == PASS for d in sited)
    may = supports or any(d.verdict == UNKNOWN or (d.verdict == DUTY and d.measured) for d in sited)
    stepping = (*_BREACHES, UNKNOWN, DUTY) if supports else _BREACHES if may else ()
    return [
        replace(d, verdict=ASIDE, code="QL-SITE-ASIDE", part=NOWHERE)
        if (d in sited or d.rule.clause == TABLE) and d.verdict in stepping and d.code not in _OWN_WORD
        else d
        for d in drafts
    ]


_BREACHES = ("error", WARNING, NOTE)
_OWN_WORD = ("QL-SITE-OTHERKIND",)


# -- building findings --------------------------------------------------------------


def _truths(rule: SitingRule, case: _Case, belongs: bool) -> list[Truth]:
    asker = case.asker(belongs)
    return [asker.truth(c) for c in _deciding(rule)]


def _deciding(rule: SitingRule) -> list[Condition]:
    """Conditions that decide; those that only rank places decide nothing."""
    return [c for c in rule.when if not c.ranks]


def _duty(
    rule: SitingRule, case: _Case, code: str, truth: Truth, facts: Mapping[str, Any], part: Part = NOWHERE
) -> _Draft:
    """A duty, or a pass once somebody has ticked it."""
    verdict = DUTY if case.measure.confirmed.get(rule.id) is None else PASS
    return _Draft(rule, verdict, code, truth, part, facts)


def _breach_part(draft: _Draft) -> Part:
    """The part that breaks the rule; drawn only now, and only where the rule is broken."""
    if draft.verdict not in _BREACHES:
        return NOWHERE
    return draft.truth.breach if draft.part is None else draft.part


def _finding(draft: _Draft, case: _Case) -> Finding:
    rule, truth = draft.rule, draft.truth
    part = _breach_part(draft)
    shown = not part.nowhere
    area, length = case.site.size(part) if shown else (None, None)
    facts = {**_facts(rule, case, truth), **_part_words(part, area, length), **draft.facts}
    return Finding(
        measure_uuid=case.measure.uuid,
        measure=case.measure.key,
        rule_id=rule.id,
        clause=rule.clause,
        effect=rule.effect,
        severity=rule.severity,
        verdict=draft.verdict,
        message=Problem(draft.code, facts),
        failing_area_m2=None if area is None else round(area, 3),
        failing_length_m=_length(truth, case, length, part) if shown else None,
        failing=_shape(case, part) if shown else None,
        share=part.share if shown else None,
        missing=truth.missing,
        confirmed=case.measure.confirmed.get(rule.id),
    )


def _length(truth: Truth, case: _Case, length: float | None, part: Part) -> float | None:
    """Length of the part: of a line its own, of a strip's narrow part that along the strip."""
    if length is not None:
        return round(length, 3)
    tests = [r.test for r in truth.reasons if r.test.attr == "width_m"]
    if not tests or part.nowhere:
        return None
    widths = case.site.widths(float(case.asker(True).limit(tests[0].value)))
    return None if isinstance(widths, Unknown) else round(widths.narrow_length_m, 3)


def _shape(case: _Case, part: Part) -> bytes | None:
    """The part as WKB; the measure's own geometry where it is the whole or has no shape of its own."""
    if part.whole or part.shape is None:
        return case.measure.wkb
    return case.ground.shapes.wkb(part.shape)


def _facts(rule: SitingRule, case: _Case, truth: Truth) -> dict[str, Any]:
    measure = case.edition.measure(case.measure.key)
    zh, en = asked(case.edition, _deciding(rule), case.ground.settings.values)
    found = dict.fromkeys((r.test.attr, r.found_zh, r.found_en) for r in truth.reasons if r.found_en)
    known = [(case.edition.siting.attribute(a or ""), z, e) for a, z, e in found]
    said_zh = "；".join(f"{a.zh} {z}" for a, z, _ in known if a is not None)
    said_en = "; ".join(f"{a.en} {e}" for a, _, e in known if a is not None)
    return {
        "name": _both(measure.name_zh, measure.name_en),
        "asked": _both(zh, en),
        "found": _both(said_zh or "—", said_en or "-"),
        "note": _both(rule.note_zh or "", rule.note_en or ""),
        "uuid": case.measure.uuid, "clause": rule.clause, "rule": rule.id, "roles": ", ".join(truth.missing),
    }  # fmt: skip


def _both(zh: str, en: str) -> dict[str, str]:
    """A fact that has words of its own in each language: ``{name[zh]}`` in a sentence."""
    return {"zh": zh, "en": en}


def _part_words(part: Part, area: float | None, length: float | None) -> dict[str, Any]:
    share = f"{100 * part.share:.1f}"
    if area is not None:
        return {"part": _both(f"{area / 1e4:.4f} hm²（{share}%）", f"{area / 1e4:.4f} hm² ({share} %)")}
    if length is not None:
        return {"part": _both(f"{length:.1f} m（{share}%）", f"{length:.1f} m ({share} %)")}
    return {"part": _both("该处", "this place")}


def _storage_measures(edition: Edition) -> list[str]:
    """Measures that count as rainwater storage."""
    attribute = edition.siting.attribute("measure")
    value = next((v for v in attribute.values if v.key == STORAGE), None) if attribute is not None else None
    return [str(v) for v in value.test.value] if value is not None and value.test is not None else []


def _companions(edition: Edition, keys: Sequence[str], reach: float) -> dict[str, Any]:
    names = [edition.measure(k) for k in keys]
    return {
        "companions": _both("、".join(m.name_zh for m in names), ", ".join(m.name_en for m in names)),
        "reach": f"{reach:g}",
    }
