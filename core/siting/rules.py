"""Which rules a measure answers to: its own, and those that a clause gives for all of its kind."""

from __future__ import annotations

from typing import Sequence

from ..standard import Edition, default_edition
from ..standard.model import Condition, SitingRule

TABLE = "B.1"
"""Clause of the rules that table B.1 gives: advice, where no clause supports the place."""

HABITAT_GROUP, MOVED_TO = "rural_habitat", "channel"
PLACING = ("require", "prefer", "permit")
"""Effects that say where a measure belongs; one of a measure's placing rules is enough."""

KEEPING_OFF = ("forbid", "avoid")
"""Effects that say where a measure must not, or should not go."""


def rules_of(edition: Edition, key: str) -> tuple[SitingRule, ...]:
    """The rules of a measure in their order, general ones last. Raises EditionError for no such measure."""
    own = edition.measure(key).rules
    ids = {rule.id for rule in own}
    general = (g.of(key) for g in edition.siting.general_rules if key in g.measures)
    return (*own, *(rule for rule in general if rule.id not in ids), *_zone_rule(edition, key))


def _zone_rule(edition: Edition, key: str) -> tuple[SitingRule, ...]:
    """Table B.1 lists a measure for one zone: elsewhere a note, because the table is for reference (ruling 6).

    By its remark measures of the rural living environment may also stand in the channel zone.
    """
    measure = edition.measure(key)
    allowed = {measure.zone, MOVED_TO} if measure.group == HABITAT_GROUP else {measure.zone}
    others = [z for z in edition.zones if z not in allowed]
    home = edition.zones.get(measure.zone)
    if home is None or not others or edition.siting.attribute("zone") is None:
        return ()
    rule = SitingRule(
        f"{key}.{TABLE}.avoid", TABLE, "permitted", "avoid", (Condition("zone", "in", others),), basis="derived",
        note_zh=f"表 B.1 把它列在{home.zh}，供参考。", note_en=f"Table B.1 lists it for the {home.en}, as a reference.",
    )  # fmt: skip
    return (rule,)


def rule_by_id(rule_id: str, edition: Edition | None = None) -> SitingRule | None:
    """The rule with an id as it stands in findings, or None."""
    found = edition or default_edition()
    key = rule_id.split(".", 1)[0]
    if key not in found.measures:
        return None
    return next((r for r in rules_of(found, key) if r.id == rule_id), None)


def measurable(edition: Edition, rule: SitingRule) -> bool:
    """Whether layers can answer all of a rule, so that no person has to tick it."""
    if rule.effect in ("attribute", "design_standard", "require_quality") or rule.reading == "confirm":
        return False
    tests = [t for t in rule.tests() if not t.ranks]
    return bool(tests) and all(_answered(edition, t.attr or "") for t in tests)


def _answered(edition: Edition, key: str) -> bool:
    attribute = edition.siting.attribute(key)
    by_engine = ("own_measure", "measure", "adjacent_measure", "works", "width_m")
    return attribute is not None and (key in by_engine or attribute.role not in (None, "LAYOUT"))


def roles_of(edition: Edition, keys: Sequence[str]) -> tuple[str, ...]:
    """Roles that the rules of some measures ask for, in the order they come."""
    found: dict[str, None] = {}
    for key in keys:
        for test in (t for rule in rules_of(edition, key) for t in rule.tests()):
            attribute = edition.siting.attribute(test.attr or "")
            if attribute is not None and attribute.role not in (None, "LAYOUT"):
                found[str(attribute.role)] = None
    return tuple(found)
