"""From contents to document: the order of the parts, and what the dossier must say that it lacks (3.0.8)."""

from __future__ import annotations

from typing import Iterator

from .basis import basis_part, unanswered
from .checks import checks_part
from .closing import cited, edition_part, files_part, signatures_part
from .document import Document, Part, Run, Runs, clause, code, every_run, joined, link, linked_only, said
from .front import acceptance, cover, heading_of, index, unproven, without_code
from .model import Contents
from .origins import Origins
from .plan import cards_part, figures_part, plan_part
from .proofs import proofs_part
from .signed import holders_grid
from .tables import empty_tables, tables_parts
from .verdicts import verdicts_part


def build(contents: Contents) -> Document:
    """The dossier of a survey: acceptance, what is unproven, index, then everything else."""
    origins = Origins(contents)
    body = [
        basis_part(contents, origins),
        *tables_parts(contents, origins),
        figures_part(contents),
        verdicts_part(contents, origins),
        proofs_part(contents),
        checks_part(contents, origins),
        plan_part(contents, origins),
        cards_part(contents.cards, origins, holders_grid(contents)),
        edition_part(contents, origins),
        signatures_part(contents),
        files_part(contents),
    ]
    first = [cover(contents, origins), acceptance(contents)]
    first.append(unproven(contents, origins, list(absences(contents))))
    parts = (*first, index([*first, *body]), *body)
    return _document(contents, parts, origins)


def _document(contents: Contents, parts: tuple[Part, ...], origins: Origins) -> Document:
    made = Document(
        name=contents.name,
        heading=heading_of(contents),
        date=contents.date.isoformat(),
        edition=contents.edition.id,
        version=contents.version,
        parts=linked_only(parts),
        origins=origins.all(),
        clauses=(),
    )
    named = [run.target for run in every_run(made) if run.kind == "clause"]
    return Document(**{**vars(made), "clauses": origins.clauses([*cited(), *named])})


def absences(contents: Contents) -> Iterator[Runs]:
    """What the dossier lacks beside indicators and evidence, each in a line."""
    if not contents.accepted:
        text = "、".join(contents.lacking_acceptance)
        yield (*link("验收", "part-acceptance"), Run(f"：缺{text}（"), *clause("3.0.8"), Run("）"))
    open_ones = unanswered(contents)
    if open_ones:
        stages = [(Run(stage.zh), Run("（"), *clause(stage.clause), Run("）")) for stage, _ in open_ones]
        yield (*link("建设依据、类型与目标", "part-basis"), Run("：有未答的项，"), *joined(stages))
    empty = empty_tables(contents)
    if empty:
        yield (Run("调查表无内容："), *code("、".join(f"表 {t}" for t in empty)))
    unsigned = _unsigned(contents)
    if unsigned:
        yield (*link("表头未签全", "part-signatures"), Run("："), *code("、".join(unsigned)))
    yield from _of_the_figures(contents)
    yield from _of_the_plan(contents)
    errors = sum(f.severity == "error" for f in contents.findings)
    if errors:
        yield (*link("检查", "part-checks"), Run("：有应改正的问题，见该节"))
    for warning in contents.warnings:
        yield said(without_code(warning.text("zh")))


def _of_the_figures(contents: Contents) -> Iterator[Runs]:
    """Figures that are not there, with the reason; customary ones that were not asked for in one line."""
    passed = []
    for figure in contents.figures:
        if figure.picture:
            continue
        if not (figure.withheld or figure.lacks or figure.required_by):
            passed.append(figure.title)
            continue
        why = "含标密图层，未附" if figure.withheld else "缺少图层" if figure.lacks else "本次未选"
        asked = (Run("（规范要求，"), *clause(figure.required_by), Run("）")) if figure.required_by else ()
        names = code("、".join(figure.withheld or figure.lacks))
        yield (*link("图件", "part-figures"), Run(f"：{figure.title} {why} "), *names, *asked)
    if passed:
        yield (*link("图件", "part-figures"), Run(f"：惯例图件本次未选 {'、'.join(passed)}"))


def _of_the_plan(contents: Contents) -> Iterator[Runs]:
    if contents.layout_findings is None:
        yield (*link("措施布局检查", "part-checks"), Run("：没有检查结果"))
    if not contents.amounts:
        yield (
            *link("措施布局与工程量", "part-plan"),
            Run("：没有措施或工程量（"),
            *clause("5.1.2"),
            Run("）"),
        )
    if not contents.cards:
        yield (*link("管护卡", "part-cards"), Run("：待补（"), *clause("8.1.1"), Run("）"))


def _unsigned(contents: Contents) -> list[str]:
    """Tables with rows whose head lacks surveyor, checker or date."""
    found = []
    for sheet in contents.sheets:
        values = sheet.head.values if sheet.head else {}
        if sheet.rows and not all(values.get(k) for k in ("surveyor", "checker", "survey_date")):
            found.append(f"表 {sheet.form.table_id}")
    return list(dict.fromkeys(found))
