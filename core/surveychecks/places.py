"""Do tables and map agree: points for farms, outfalls, waste points, plants; channels; base map (4.1.3, 4.3.1)?"""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from .model import Case, Finding, Row, said, title_of
from .relations import found, rows_of
from .rules import Check

_NAMES = ("name", "natural_village", "channel_name", "unit_name")
_SAME_SHARE = 0.02
# Measure of a feature whose geometry is missing or empty.
UNPLACED = "unplaced"
LENGTH, AREA = "survey_channel_length_min_m", "survey_channel_catchment_min_km2"


def name_of(row: Row) -> str | None:
    """The name a row goes by, without blanks; None where it has none."""
    for key in _NAMES:
        value = row.values.get(key)
        if value:
            return "".join(str(value).split())
    return None


def features_of(case: Case, check: Check) -> list[Row]:
    """Features of the layer that the check means."""
    features = case.of(check.layer or "")
    if check.features is None:
        return list(features)
    return [f for f in features if check.features.holds(f.values.get(check.features.field))]


def check_unplaced(case: Case) -> Iterator[Finding]:
    """Features without a place of the layers that tables point to: nothing of them stands on the map (4.1.3)."""
    for layer in dict.fromkeys(layer for table in case.edition.tables.values() for layer in table.layers):
        for feature in case.of(layer):
            if UNPLACED in feature.measures:
                facts = {"layer": layer, "name": name_of(feature) or feature.uuid}
                yield Finding(
                    "unplaced",
                    "warning",
                    layer,
                    feature.uuid,
                    None,
                    said("QL-CHECK-UNPLACED", facts),
                    "4.1.3",
                )


def check_sheet_links(case: Case) -> Iterator[Finding]:
    """Rows whose sheet is that of another table, is not there, or was never said: these are printed all the same."""
    for table in case.edition.tables.values():
        known = {s.uuid for s in case.of("sheet") if s.values.get("table") == table.name}
        for row in case.of(table.name):
            link = row.values.get("sheet_uuid")
            if not link and "sheet_uuid" in row.values:
                facts = {**title_of(case, table.name)}
                yield Finding(
                    "sheet_link", "warning", table.name, row.uuid, "sheet_uuid",
                    said("QL-CHECK-NOSHEET", facts), "4.1.4",
                )  # fmt: skip
            elif link and known and str(link) not in known:
                facts = {**title_of(case, table.name), "link": str(link)}
                yield Finding(
                    "sheet_link", "error", table.name, row.uuid, "sheet_uuid",
                    said("QL-CHECK-SHEETLINK", facts), "4.1.4",
                )  # fmt: skip


def check_dangling(case: Case) -> Iterator[Finding]:
    """Links of rows to features that are not there."""
    for table in case.edition.tables.values():
        for layer in table.layers:
            known = {f.uuid for f in case.of(layer)}
            name = f"{layer}_uuid"
            for row in case.of(table.name):
                link = row.values.get(name)
                if link and str(link) not in known:
                    facts = {**title_of(case, table.name), "layer": layer, "link": str(link)}
                    yield Finding(
                        "dangling_link", "error", table.name, row.uuid, name,
                        said("QL-CHECK-DANGLING", facts), "4.1.6",
                    )  # fmt: skip


def _unmatched(case: Case, check: Check) -> tuple[list[Row], list[Row]]:
    """Rows without a feature and features without a row, after links and equal names."""
    link = f"{check.layer}_uuid"
    rows, features = rows_of(case, check, check.table or ""), features_of(case, check)
    linked = {str(r.values[link]) for r in case.of(check.table or "") if r.values.get(link)}
    loose = [r for r in rows if not r.values.get(link)]
    free = [f for f in features if f.uuid not in linked]
    left = []
    for row in loose:
        mate = next((f for f in free if name_of(f) is not None and name_of(f) == name_of(row)), None)
        if mate is None:
            left.append(row)
        else:
            free.remove(mate)
    return left, free


def check_linked(case: Case, check: Check) -> Iterator[Finding]:
    """Every row has its feature on the map and every feature its row.

    Rows and features that are linked or share a name are settled. Of the rest only as many as the other
    side is short of can be said to be missing; what may belong together without a link is a note.
    """
    rows, features = _unmatched(case, check)
    short = len(rows) - len(features)
    if rows and features:
        facts: dict[str, Any] = {"layer": check.layer, "count": min(len(rows), len(features))}
        note = found(case, check, "QL-CHECK-UNLINKED", None, None, check.table or "", **facts)
        yield note._replace(severity="note")
    if short > 0:
        for row in rows[len(rows) - short :]:
            yield found(case, check, "QL-CHECK-NOPOINT", row, f"{check.layer}_uuid", layer=check.layer)
    for feature in features[len(features) + short :] if short < 0 else []:
        facts = {"name": name_of(feature) or "-", "layer": check.layer, **_wanted(case, check)}
        yield found(case, check, "QL-CHECK-NOROW", feature, None, **facts)


def _count(row: Row, name: str | None) -> float | None:
    """What a cell counts, yes being one; None for an empty cell and for words."""
    value = row.values.get(name or "")
    return float(value) if isinstance(value, bool) else row.number(name or "")


def _wanted(case: Case, check: Check) -> dict[str, str]:
    return {"wanted": title_of(case, check.table or "")["table_id"]}


def check_counted(case: Case, check: Check) -> Iterator[Finding]:
    """What a column counts is on the map, and what is on the map is counted.

    ``how``: ``sum`` features = sum of the cells; ``rows`` at least one for each row with a count;
    ``most`` at least as many as the largest count (one may serve several rows); ``flag`` yes or no.
    """
    rows = [r for r in rows_of(case, check, check.table or "") if _count(r, check.field) is not None]
    if not rows:
        return
    complete = len(rows) == len(rows_of(case, check, check.table or ""))
    features = features_of(case, check)
    counts = [_count(r, check.field) or 0.0 for r in rows]
    positive = [r for r, n in zip(rows, counts) if n > 0]
    needed = {
        "sum": sum(counts), "rows": len(positive), "most": max(counts), "flag": 1 if positive else 0,
    }[check.how or "sum"]  # fmt: skip
    facts: dict[str, Any] = {"layer": check.layer, "count": len(features), "needed": f"{needed:g}"}
    if needed > len(features):
        row = positive[0] if len(positive) == 1 else None
        yield found(case, check, "QL-CHECK-FEWPOINTS", row, check.field, check.table or "", **facts)
    surplus = len(features) > needed if check.how == "sum" else bool(features) and not positive
    if complete and surplus:
        feature = features[0] if len(features) == 1 else None
        yield found(
            case,
            check,
            "QL-CHECK-NOTCOUNTED",
            feature,
            None,
            check.layer or "",
            **facts,
            **_wanted(case, check),
        )


# -- channels ---------------------------------------------------------------


def is_required(case: Case, channel: Row) -> bool:
    """Whether 4.3.1 wants a channel surveyed: its own word, else its length or its area."""
    said = channel.values.get("survey_required")
    if said is not None:
        return bool(said)
    length, area = channel.number("length_m"), channel.number("area_km2")
    longer = length is not None and length > float(case.edition.default(LENGTH))
    return longer or (area is not None and area > float(case.edition.default(AREA)))


def match_channels(rows: Sequence[Row], channels: Sequence[Row]) -> dict[str, Row]:
    """Uuid of each row of A.6 -> its channel: by link, then code, then name, then by length and area.

    Two per cent of length and area apart is the same channel; each channel is taken once.
    """
    matched: dict[str, Row] = {}
    free = list(channels)
    for same in (_linked, _same_code, _same_name, _same_size):
        for row in rows:
            if row.uuid in matched:
                continue
            mate = next((c for c in free if same(row, c)), None)
            if mate is not None:
                matched[row.uuid] = mate
                free.remove(mate)
    return matched


def _linked(row: Row, channel: Row) -> bool:
    return bool(row.values.get("channels_uuid")) and row.values["channels_uuid"] == channel.uuid


def _same_code(row: Row, channel: Row) -> bool:
    code = row.values.get("channel_code")
    return bool(code) and str(code) == str(channel.values.get("code"))


def _same_name(row: Row, channel: Row) -> bool:
    return name_of(row) is not None and name_of(row) == name_of(channel)


def _same_size(row: Row, channel: Row) -> bool:
    pairs = (
        (row.number("length_m"), channel.number("length_m")),
        (row.number("catchment_km2"), channel.number("area_km2")),
    )
    return all(a is not None and b is not None and abs(a - b) <= _SAME_SHARE * max(a, b) for a, b in pairs)


def check_channels(case: Case, check: Check) -> Iterator[Finding]:
    """Every channel that 4.3.1 wants surveyed has its row: of the stream survey, else of the layer."""
    channels = case.of("channels") if case.network is None else case.network
    required = [c for c in channels if is_required(case, c)]
    if not required:
        return
    taken = match_channels(case.of(check.table or ""), channels)
    have = {id(c) for c in taken.values()}
    for channel in required:
        if id(channel) not in have:
            length, area = channel.number("length_m"), channel.number("area_km2")
            facts = {
                "name": name_of(channel) or str(channel.values.get("channel_id") or "-"),
                "length": "-" if length is None else f"{length:.0f}",
                "area": "-" if area is None else f"{area:.4g}",
            }
            yield found(case, check, "QL-CHECK-NOCHANNEL", channel, "channel_name", "channels", **facts)


def check_base_map(case: Case, check: Check) -> Iterator[Finding]:
    """The base map is of 1:10 000 or larger; without its scale nothing is known.

    A coarser sheet whose ground more detailed ones cover breaks nothing.
    """
    most = int(case.edition.default("base_map_scale_denominator_max"))
    sheets = case.of(check.layer or "")
    if not sheets:
        missing = found(case, check, "QL-CHECK-NOBASEMAP", None, None, check.layer or "", most=most)
        yield missing._replace(severity="unknown")
    for sheet in sheets:
        if case.base_maps is not None and sheet.uuid not in case.base_maps:
            continue
        scale = sheet.number("base_scale")
        if scale is None:
            missing = found(case, check, "QL-CHECK-NOSCALE", sheet, "base_scale", most=most)
            yield missing._replace(severity="unknown")
        elif scale > most:
            yield found(case, check, "QL-CHECK-SCALE", sheet, "base_scale", scale=int(scale), most=most)
