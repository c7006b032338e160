"""Every number's origin: what it is called, by which clause and formula, from which inputs.

The register of the evaluation gives most of them; columns of survey tables, limits of table 7-1, checks,
quantities and counts are added. Only what the dossier shows, and what that rests on, is kept.
"""

from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence

from ..evaluation.model import INPUTS, IndicatorRow
from ..provenance import Feature, Value
from ..standard import Column, Edition, Table
from .document import ClauseText, Origin, Reference, Run, Runs
from .model import Contents
from .numbers import STATES, VERDICTS, exact_text

NOTHING = "调查库中没有数据"
UNITS, WATER = "units", "water_quality"
KIND_WORDS = {
    "entered": "填报值",
    "computed": "由图层量算",
    "official": "统计、监测或公布数据",
    "estimate": "估算值",
}
_CELL = re.compile(r"\b([a-z]\d+[a-z]?)\.(\w+)\b")
_PRINTED_CELL = re.compile(r"\b(A\.\d+[a-z]?)\.(\w+)")
_UNITS = re.compile(r"\b(?:hm2|km2|m2|yuan/a|L/a|10\^4 yuan|GB 3838 class)(?![\w²/])")
_WORDS = {"indicator_input": "指标录入表", "service_radius": "服务半径", "density": "密度",
          "service_radius_along_roads": "沿道路服务半径", "proven_absent": "已证明不存在"}  # fmt: skip
_JUDGEMENT = {1.0: "是", 0.0: "否"}


class Origins:
    """Hands out links to numbers and keeps the origins behind them, in the order they were asked for."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._edition: Edition = contents.edition
        self._register = contents.evaluation.register
        self._made: dict[str, Origin] = {}
        self._anchors: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._variables = _variables(self._edition)
        self._tables = {t.name: t for t in self._edition.tables.values()}
        self._tests = {
            i.exemption.test: i.exemption.zh for i in self._edition.indicators.values() if i.exemption
        }

    # -- what the parts ask for ------------------------------------------------
    def value(self, id: Optional[str], text: str) -> Runs:
        """``text`` as a link to the register's value ``id``; nothing for no text."""
        if not text:
            return ()
        if id is None or id not in self._register:
            raise KeyError(f"no origin for {text!r}: {id}")
        return (Run(text, "value", self._of_register(id)),)

    def knows(self, id: str) -> bool:
        """Whether the register has a value ``id``."""
        return id in self._register

    def cell(self, table: Table, column: Column, uuid: str, text: str) -> Runs:
        """A cell of a survey table: its own origin where the evaluation used it, else its column's."""
        id = f"{table.name}.{uuid}.{column.key}"
        anchor = self._of_register(id) if id in self._register else self.column(table, column)
        return (Run(text, "value", anchor),)

    def column(self, table: Table, column: Column) -> str:
        """The anchor of a column of a survey table: its clause, formula and the columns it is made of."""
        key = f"column.{table.name}.{column.key}"
        if key in self._made:
            return self._anchors[key]
        anchor = self._anchor(key)
        self._made[key] = _waiting(anchor)
        used = [
            c for c in table.columns if c is not column and column.formula and _named(c.key, column.formula)
        ]
        inputs = tuple(Reference(self.column(table, c), f"表 {table.id} {c.zh}", "") for c in used)
        formula = (
            column.formula
            or (column.from_layer_zh and f"填报值，或由图层：{column.from_layer_zh}")
            or "填报值"
        )
        for c in used:
            formula = re.sub(rf"\b{re.escape(c.key)}\b", c.zh, formula)
        unit = f"（{self.unit(column.unit)}）" if column.unit else ""
        self._made[key] = Origin(
            anchor, f"表 {table.id} {column.group_zh or ''} {column.zh}{unit}".replace("  ", " "), "",
            table.clauses[0], formula, inputs, f"表 {table.id} {table.title_zh}",
        )  # fmt: skip
        return anchor

    def own(
        self,
        key: str,
        label: str,
        text: str,
        clause: str,
        formula: str,
        *,
        inputs: Sequence[str] = (),
        source: str = "",
        features: Sequence[str] = (),
    ) -> str:
        """An origin of the dossier's own (a count, a limit, a finding); ``inputs`` are anchors."""
        if key not in self._made:
            found = tuple(self._reference(anchor) for anchor in inputs)
            anchor = self._anchor(key)
            self._made[key] = Origin(
                anchor, label, text, self._clause(clause), formula, found, source, None, tuple(features)
            )
        return self._anchors[key]

    def anchor_of(self, id: str) -> Optional[str]:
        """The anchor of a value of the register, None where it has none."""
        return self._of_register(id) if id in self._register else None

    def register_value(self, id: str) -> Optional[float]:
        """A number of the register, None where it has none of that id."""
        value = self._register.get(id)
        return float(value.value) if value is not None and isinstance(value.value, (int, float)) else None

    def county_limit(self, row: IndicatorRow) -> Optional[str]:
        """The anchor of the county's number that a row is held against, None where the limit is table 7-1's."""
        state = self._register.get(row.state_id or "")
        ids = [i for i in (state.inputs if state else ()) if i.startswith("county.")]
        return self._of_register(ids[0]) if ids else None

    def words(self, text: str, number: int) -> str:
        """A text with keys in it (variables, columns, layers, units), with their names in Chinese."""

        def column(match: re.Match[str]) -> str:
            return self._column_words(match.group(1).lower().replace(".", ""), match.group(2))

        def named(match: re.Match[str]) -> str:
            key = match.group(0)
            own = self._variables.get(f"{number}.{key}") or self._variables.get(key)
            known = self._contents.layers.get(key) or self._tests.get(key)
            return own or known or _WORDS.get(key) or key

        text = text.replace("county.yaml:", "县级参数").replace("county.yaml", "县级参数")
        found = _UNITS.sub(lambda m: self.unit(m.group(0)), _PRINTED_CELL.sub(column, text))
        return re.sub(r"\b[a-z][A-Za-z_0-9]*", named, found)

    def formula_words(self, number: int) -> str:
        """The standard's formula of an indicator in Chinese, empty where it has none."""
        formula = self._edition.indicators[number].formula
        return formula.zh if formula else ""

    def measure(self, key: str) -> str:
        """Number and name of a measure of table B.1."""
        found = self._edition.measures.get(key)
        return f"{found.number} {found.name_zh}" if found else key

    def unit(self, code: Optional[str]) -> str:
        """A unit as people write it."""
        if not code or UNITS not in self._edition.codelists:
            return code or ""
        return self._edition.code_label(UNITS, code, "zh")

    # -- at the end ------------------------------------------------------------
    def all(self) -> tuple[Origin, ...]:
        """The origins that were asked for, with all they rest on."""
        return tuple(self._made.values())

    def clauses(self, cited: Iterable[str]) -> tuple[ClauseText, ...]:
        """The clauses behind the origins and those cited elsewhere, in the order of the standard."""
        wanted = {o.clause for o in self._made.values()} | set(cited)
        return tuple(
            ClauseText(c.id, c.printed_id if c.printed_id != c.id else "", c.zh, c.use_zh)
            for c in self._edition.clauses.values()
            if c.id in wanted
        )

    # -- the register ------------------------------------------------------------
    def _of_register(self, id: str) -> str:
        if id not in self._made:
            value = self._register.get(id)
            if value is None:
                raise KeyError(id)
            self._anchor(id)
            self._made[id] = _waiting(self._anchors[id])
            self._made[id] = self._origin(value)
        return self._anchors[id]

    def _origin(self, value: Value) -> Origin:
        inputs = tuple(self._reference(self._of_register(i)) for i in value.inputs if i in self._register)
        return Origin(
            anchor=self._anchors[value.id], label=self.label(value), text=self._text(value),
            clause=self._clause(value.clause), formula=self._formula(value), inputs=inputs,
            source=self.words(value.source or "", 0) or ("" if inputs or value.features else NOTHING), year=value.year,
            features=tuple(dict.fromkeys(self._feature(f) for f in value.features)),
        )  # fmt: skip

    def _reference(self, anchor: str) -> Reference:
        origin = self._made[self._keys[anchor]]
        return Reference(anchor, origin.label, origin.text)

    def _anchor(self, key: str) -> str:
        anchor = self._anchors.setdefault(key, f"n{len(self._anchors) + 1}")
        self._keys[anchor] = key
        return anchor

    def _clause(self, clause: Optional[str]) -> str:
        return clause if clause is not None and clause in self._edition.clauses else "7.0.1"

    def _text(self, value: Value) -> str:
        if value.id.startswith("state."):
            return STATES.get(str(value.value), str(value.value))
        if value.id.startswith("verdict."):
            return VERDICTS.get(str(value.value), str(value.value))
        if ".judgement" in value.id and isinstance(value.value, float):
            return _JUDGEMENT.get(value.value, exact_text(value.value))
        text = exact_text(value.value) if value.value is not None else "逐行取值" if value.inputs else "—"
        return f"{text} {self.unit(value.unit)}".strip()

    def _formula(self, value: Value) -> str:
        if value.formula is None:
            return KIND_WORDS[value.kind]
        found = value.formula
        head, _, rest = value.id.partition(".")
        if found in self._tests:
            return self._tests[found]
        if head == "indicator" and rest.isdigit():
            formula = self._edition.indicators[int(rest)].formula
            found = f"{formula.zh}〔{value.formula}〕" if formula else found
        if head == "indicator" and ".beside." in value.id:
            return "与采用值并列，不参与判定"
        if head == "verdict":
            return "任一项不达标即不达标；否则任一项待证即待证；否则达标"
        for sign, text in SIGN_WORDS:
            found = found.replace(sign, text)
        found = found.replace("value ", "采用值 与限值之差：") if head == "margin" else found
        found = found.replace("sum(", "合计(").replace("mean(", "按人口加权平均(")
        return _CELL.sub(lambda m: self._column_words(m.group(1), m.group(2)), found)

    def _column_words(self, table_name: str, key: str) -> str:
        table = self._tables.get(table_name)
        column = next((c for c in table.columns if c.key == key), None) if table else None
        return f"表 {table.id} {column.zh}" if table and column else f"{table_name}.{key}"

    def _feature(self, feature: Feature) -> str:
        if feature.uuid is None:
            return f"图层 {self._layer(feature.role)}（全部要素）"
        name = self._contents.names.get((feature.role, feature.uuid), "")
        return f"{self._layer(feature.role)} {name or feature.uuid}"

    def _layer(self, role: str) -> str:
        return self._contents.layers.get(role, role)

    # -- what values are called ---------------------------------------------------
    def label(self, value: Value) -> str:
        """What a value of the register is called."""
        parts = value.id.split(".")
        head = parts[0]
        if head in ("state", "margin"):
            return f"第 {parts[1]} 项 {'结论' if head == 'state' else '裕量'}"
        if head == "verdict":
            return "自评结论"
        if head == "count":
            return f"第 {parts[1]} 项 计数"
        if head == "county":
            known = {i.key: i.zh for i in self._edition.header.county_inputs}
            return f"县级参数 {known.get(parts[1], parts[1])}"
        if head == "figure":
            return f"图层量算 {self._variables.get(parts[1], parts[1])}"
        if head == "indicator":
            beside = (
                "（并列读数）" if "beside" in parts or (not parts[-1].isdigit() and len(parts) > 2) else ""
            )
            return f"第 {parts[1]} 项 {self._edition.indicators[int(parts[1])].name_zh}{beside}"
        if head == INPUTS:
            return f"第 {parts[1]} 项 {self._variable(parts[1], parts[2])}（录入）"
        if head == "variable":
            return self._variable_label(parts)
        return self._cell_label(parts)

    def _variable(self, number: str, key: str) -> str:
        return self._variables.get(f"{number}.{key}") or self._variables.get(key) or key

    def _variable_label(self, parts: Sequence[str]) -> str:
        number = parts[1]
        key = next((p for p in parts[2:] if f"{number}.{p}" in self._variables), parts[2])
        return f"第 {number} 项 {self._variable(number, key)}"

    def _cell_label(self, parts: Sequence[str]) -> str:
        words = self._column_words(parts[0], parts[-1])
        name = self._contents.names.get((parts[0], ".".join(parts[1:-1])), "")
        return f"{words}（{name}）" if name else words


SIGN_WORDS = ((">=", "≥"), ("<=", "≤"), ("class_not_worse_than", "不劣于"), ("qualitative", "定性判断："),
              ("not_applicable", "表 7-1 不要求"), ("forbidden", "禁止："))  # fmt: skip


def _waiting(anchor: str) -> Origin:
    """Holds a place while inputs are being made."""
    return Origin(anchor, "", "", "7.0.1", "")


def _named(key: str, formula: str) -> bool:
    return re.search(rf"\b{re.escape(key)}\b", formula) is not None


def _variables(edition: Edition) -> dict[str, str]:
    """Chinese names of variables and entries, by key and by ``number.key``."""
    found: dict[str, str] = {
        "judgement": "判定", "service_radius_m": "服务半径", "service_radius_roads_m": "沿道路服务半径",
        "scale_farms": "规模化养殖场数", "channel_works": "河道整治措施数",
    }  # fmt: skip
    found.update({i.key: i.zh for i in edition.header.county_inputs})
    water = edition.codelists.get(WATER)
    found.update({i["key"]: i["zh"] for i in (water.data.get("items", ()) if water else ())})
    for indicator in edition.indicators.values():
        named = [(v.key, v.zh) for v in (indicator.formula.variables if indicator.formula else ())]
        named += [(v.key, v.zh) for v in indicator.inputs]
        for key, zh in named:
            found[f"{indicator.number}.{key}"] = zh
            found.setdefault(key, zh)
    return found
