"""The offline documentation: reference pages in Chinese and English, made from the plugin's own data.

    tools/docs.py [FOLDER]        default docs/html

Guides for the three users (docs/guide), a page per algorithm, and lists of messages, clauses, measures,
indicators, survey tables, parameters, rulings, checks, siting rules, figures and lessons: what a page
says is what the plugin does, from the same files.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any, Iterator

from demo import ROOT, load_package

load_package()

from qingliu.core import language as speech  # noqa: E402
from qingliu.core.data import RESOURCES, load_yaml  # noqa: E402
from qingliu.core.messages import catalogue  # noqa: E402
from qingliu.core.report import render  # noqa: E402
from qingliu.core.standard import default_edition, text  # noqa: E402
from qingliu.core.training.lessons import lessons  # noqa: E402

STYLE = """
body { font-family: "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Zen Hei", sans-serif; color: #222;
  margin: 2em auto; max-width: 60em; line-height: 1.5 }
table { border-collapse: collapse; margin: .6em 0 }
td, th { border: 1px solid #ccc; padding: .25em .6em; text-align: left; vertical-align: top }
code { background: #f2f2f2; padding: 0 .2em }
img { max-width: 100%; border: 1px solid #ccc }
.nav, .foot { color: #666; font-size: .9em }
"""

GUIDES = ROOT / "docs" / "guide"
LINK = re.compile(r"\[([^\]]+)\]\((algorithm|page):([a-z0-9_]+)\)")
WORDS = {
    "guide": {"zh": "使用指南", "en": "Guides"},
    "algorithms": {"zh": "算法", "en": "Algorithms"},
    "messages": {"zh": "提示与错误", "en": "Messages"},
    "clauses": {"zh": "条文", "en": "Clauses"},
    "tables": {"zh": "调查表", "en": "Survey tables"},
    "measures": {"zh": "治理措施", "en": "Measures"},
    "indicators": {"zh": "评价指标", "en": "Indicators"},
    "parameters": {"zh": "所用数值", "en": "Numbers used"},
    "rulings": {"zh": "对矛盾与空缺的裁定", "en": "Rulings"},
    "checks": {"zh": "调查检查", "en": "Checks of the survey"},
    "siting": {"zh": "布设规则", "en": "Siting rules"},
    "figures": {"zh": "规划图件", "en": "Plan figures"},
    "lessons": {"zh": "培训课程", "en": "Lessons"},
}


class Site:
    """Writes the pages of one language."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.language = language
        self.zh = language == "zh"
        self.edition = default_edition()
        speech.use(language)

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def write(self, page: str, template: str, title: str, **data: Any) -> None:
        up = "../" * (page.count("/") + 1)
        nav = [(name, words[self.language]) for name, words in WORDS.items()]
        html = render(
            template,
            title=title, page=page, up=up, nav=nav, language=self.language, other="en" if self.zh else "zh",
            edition=f"{self.edition.id} · {text(self.edition.header, 'status')}", **data,
        )  # fmt: skip
        path = self.folder / self.language / f"{page}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")

    def table(self, page: str, groups: list[dict], lead: str = "") -> None:
        self.write(page, "docs/list.html", WORDS[page][self.language], groups=groups, lead=lead)

    def build(self) -> None:
        self.guides()
        self.checks()
        self.siting()
        self.figures()
        self.lessons()
        self.algorithms()
        self.messages()
        self.clauses()
        self.tables()
        self.measures()
        self.indicators()
        self.parameters()
        self.rulings()
        self.index()

    # -- pages -----------------------------------------------------------------
    def guides(self) -> None:
        rows = []
        for path in sorted(GUIDES.glob("*.yaml")):
            page = load_yaml(path)
            sections = [
                {
                    "key": section["key"],
                    "title": speech.pick(section["title"]),
                    "picture": self.picture(section.get("picture")),
                    "steps": [linked(speech.pick(step)) for step in section["steps"]],
                }
                for section in page["sections"]
            ]
            title, lead = speech.pick(page["title"]), speech.pick(page["lead"])
            self.write(f"guide/{path.stem}", "docs/guide.html", title, lead=lead, sections=sections)
            link = {"text": title, "href": f"guide/{path.stem}.html"}
            rows.append({"key": path.stem, "cells": [link, {"text": lead}]})
        self.table("guide", [{"key": "all", "title": "", "head": None, "rows": rows}])

    def picture(self, name: str | None) -> str:
        """A picture of a window (docs/images, taken by make pictures), copied beside the pages; empty for none."""
        source = ROOT / "docs" / "images" / f"{name}-{self.language}.png"
        if name is None or not source.exists():
            return ""
        (self.folder / "images").mkdir(exist_ok=True)
        shutil.copy(source, self.folder / "images" / source.name)
        return f"images/{source.name}"

    def checks(self) -> None:
        head = [
            self.say("编号", "Id"),
            self.say("级别", "Severity"),
            self.say("条文", "Clause"),
            self.say("内容", "Meaning"),
        ]
        groups = []
        for path in sorted((RESOURCES / "checks" / self.edition.id).glob("*.yaml")):
            rows = [
                {
                    "key": str(c["id"]),
                    "cells": [{"text": str(c.get(k, ""))} for k in ("id", "severity", "clause")]
                    + [{"text": str(c.get(self.language) or c.get(f"title_{self.language}") or "")}],
                }
                for c in load_yaml(path)
            ]
            groups.append({"key": path.stem, "title": path.stem, "head": head, "rows": rows})
        self.table("checks", groups)

    def siting(self) -> None:
        head = [
            self.say("规则", "Rule"),
            self.say("条文", "Clause"),
            self.say("效力", "Effect"),
            self.say("说明", "Note"),
        ]
        effects = {e.key: text(e) for e in self.edition.siting.effects}
        groups = []
        for m in self.edition.measures.values():
            rows = [
                {
                    "key": r.id,
                    "cells": [
                        {"text": r.id}, {"text": r.clause}, {"text": effects.get(r.effect, r.effect)},
                        {"text": text(r, "note") or ""},
                    ],
                }
                for r in m.rules
            ]  # fmt: skip
            if rows:
                groups.append({"key": m.key, "title": text(m, "name"), "head": head, "rows": rows})
        self.table("siting", groups)

    def figures(self) -> None:
        rows = [
            {"key": f.key, "cells": [{"text": f"{f.key}.pdf"}, {"text": text(f)}]}
            for f in self.edition.figures.values()
        ]
        self.table("figures", [{"key": "all", "title": "", "head": None, "rows": rows}])

    def lessons(self) -> None:
        head = ["", self.say("条文", "Clause"), self.say("内容", "Task")]
        groups = [
            {
                "key": lesson.key,
                "title": f"{lesson.title}（{lesson.minutes} min）",
                "head": head,
                "rows": [
                    {
                        "key": f"{lesson.key}-{s.key}",
                        "cells": [{"text": s.key}, {"text": s.clause}, {"text": s.text}],
                    }
                    for s in lesson.steps
                ],
            }
            for lesson in lessons()
        ]
        self.table("lessons", groups)

    def algorithms(self) -> None:
        groups = load_yaml(RESOURCES / "help" / "groups.yaml")
        by_group: dict[str, list[dict]] = {key: [] for key in groups}
        for path in sorted((RESOURCES / "help").glob("*.yaml")):
            if path.stem == "groups":
                continue
            texts = load_yaml(path)
            self.algorithm(path.stem, texts)
            link = {"text": speech.pick(texts["title"]), "href": f"algorithms/{path.stem}.html"}
            cells = [link, {"text": f"qingliu:{path.stem}"}, {"text": speech.pick(texts["summary"])}]
            by_group[texts["group"]].append({"key": path.stem, "cells": cells})
        shown = [
            {"key": key, "title": speech.pick(groups[key]), "head": None, "rows": rows}
            for key, rows in by_group.items()
            if rows
        ]
        self.table("algorithms", shown)

    def algorithm(self, key: str, texts: dict) -> None:
        sections = []
        for name, title in (
            ("parameters", self.say("参数", "Parameters")),
            ("outputs", self.say("输出", "Outputs")),
        ):
            rows = [self.entry(k, e) for k, e in texts.get(name, {}).items()]
            sections.append({"title": title, "rows": rows})
        self.write(
            f"algorithms/{key}", "docs/algorithm.html", speech.pick(texts["title"]),
            key=key, clauses=texts.get("clauses", []), summary=speech.pick(texts["summary"]), sections=sections,
            t={"clauses": self.say("条文", "clauses")},
        )  # fmt: skip

    def entry(self, key: str, entry: dict) -> dict:
        fields = [{"key": k, "label": speech.pick(v)} for k, v in entry.get("fields", {}).items()]
        return {
            "key": key,
            "label": speech.pick(entry["label"]),
            "help": speech.pick(entry.get("help", {})),
            "fields": fields,
        }

    def messages(self) -> None:
        groups: dict[str, list[dict]] = {}
        for code, entry in sorted(catalogue().items()):
            cells = [
                {"text": code},
                {"text": entry[self.language]},
                {"text": entry.get(f"cure_{self.language}", "")},
            ]
            groups.setdefault(code.split("-")[1], []).append({"key": code, "cells": cells})
        head = [self.say("代码", "Code"), self.say("内容", "Meaning"), self.say("怎么办", "What to do")]
        shown = [
            {"key": name, "title": f"QL-{name}", "head": head, "rows": rows} for name, rows in groups.items()
        ]
        self.table(
            "messages",
            shown,
            self.say(
                "代码在两种语言中相同，从不更改。", "A code is the same in both languages and never changes."
            ),
        )

    def clauses(self) -> None:
        rows = [
            {"key": c.id, "cells": [{"text": c.printed_id}, {"text": text(c)}, {"text": text(c, "use")}]}
            for c in self.edition.clauses.values()
        ]
        head = [
            self.say("条号", "Clause"),
            self.say("内容（转述）", "In our own words"),
            self.say("在清流中", "In Qingliu"),
        ]
        self.table("clauses", [{"key": "all", "title": "", "head": head, "rows": rows}])

    def tables(self) -> None:
        head = [
            self.say("字段", "Field"),
            self.say("名称", "Name"),
            self.say("单位", "Unit"),
            self.say("类型", "Type"),
        ]
        groups = []
        for table in self.edition.tables.values():
            rows = [
                {
                    "key": f"{table.id}.{c.key}",
                    "cells": [{"text": c.key}, {"text": text(c)}, {"text": c.unit or ""}, {"text": c.type}],
                }
                for c in table.columns
            ]
            groups.append(
                {"key": table.id, "title": f"{table.id} {text(table, 'title')}", "head": head, "rows": rows}
            )
        self.table("tables", groups)

    def measures(self) -> None:
        types = list(self.edition.types)
        marks = {"major": "■", "minor": "★"}
        rows = []
        for m in self.edition.measures.values():
            cells = [
                {"text": str(m.number)},
                {"text": text(m, "name")},
                {"text": text(self.edition.zones[m.zone])},
            ]
            cells += [{"text": marks.get(m.marks.get(t) or "", "")} for t in types]
            rows.append({"key": m.key, "cells": cells})
        head = [
            "",
            self.say("措施", "Measure"),
            self.say("分区", "Zone"),
            *(text(self.edition.types[t]) for t in types),
        ]
        self.table("measures", [{"key": "all", "title": "", "head": head, "rows": rows}])

    def indicators(self) -> None:
        types = list(self.edition.types)
        rows = []
        for i in self.edition.indicators.values():
            cells = [
                {"text": str(i.number)},
                {"text": text(i, "name")},
                {"text": i.formula.expr if i.formula else ""},
            ]
            for t in types:
                cell = i.threshold(t)
                cells.append(
                    {"text": text(cell) or cell.printed or f"{cell.operator} {cell.value} {cell.unit or ''}"}
                )
            rows.append({"key": str(i.number), "cells": cells})
        head = [
            "",
            self.say("指标", "Indicator"),
            self.say("公式", "Formula"),
            *(text(self.edition.types[t]) for t in types),
        ]
        self.table("indicators", [{"key": "all", "title": "", "head": head, "rows": rows}])

    def parameters(self) -> None:
        rows = [
            {
                "key": p.key,
                "cells": [
                    {"text": text(p)}, {"text": f"{p.default} {p.unit or ''}"},
                    {"text": "、".join(p.clauses) or self.say("本插件自定", "ours")}, {"text": text(p, "reason")},
                ],
            }
            for p in self.edition.parameters.values()
        ]  # fmt: skip
        head = [
            self.say("数值", "Number"),
            self.say("默认", "Default"),
            self.say("来源", "Source"),
            self.say("理由", "Reason"),
        ]
        self.table("parameters", [{"key": "all", "title": "", "head": head, "rows": rows}])

    def rulings(self) -> None:
        rows = [
            {
                "key": str(r.number),
                "cells": [{"text": str(r.number)}, {"text": text(r, "issue")}, {"text": text(r, "ruling")}],
            }
            for r in self.edition.rulings.values()
        ]
        head = ["", self.say("矛盾或空缺", "Contradiction or gap"), self.say("处理", "How it is settled")]
        self.table("rulings", [{"key": "all", "title": "", "head": head, "rows": rows}])

    def index(self) -> None:
        rows = [
            {"key": name, "cells": [{"text": words[self.language], "href": f"{name}.html"}]}
            for name, words in WORDS.items()
        ]
        lead = self.say(
            "按 SL/T 534（征求意见稿）建设生态清洁小流域。以下各页由插件自身的数据生成。",
            "Ecological-clean small watersheds by SL/T 534 (draft). The pages are made from the plugin's own data.",
        )
        groups = [{"key": "all", "title": "", "head": None, "rows": rows}]
        self.write(
            "index",
            "docs/list.html",
            self.say("清流 文档", "Qingliu documentation"),
            groups=groups,
            lead=lead,
        )


def linked(words: str) -> list[dict]:
    """Words with ``[text](algorithm:zoning)`` or ``[text](page:messages)`` as parts with their addresses."""
    parts, at = [], 0
    for found in LINK.finditer(words):
        label, kind, name = found.groups()
        parts.append({"text": words[at : found.start()], "href": ""})
        parts.append(
            {"text": label, "href": f"algorithms/{name}.html" if kind == "algorithm" else f"{name}.html"}
        )
        at = found.end()
    return [*parts, {"text": words[at:], "href": ""}]


def pages(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.html"))


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "html"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "style.css").write_text(STYLE, encoding="utf-8")
    for language in ("zh", "en"):
        Site(folder, language).build()
    print(f"{sum(1 for _ in pages(folder))} pages in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
