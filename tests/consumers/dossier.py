"""The dossier: a card for every indicator, every survey table in its list."""

import datetime

KINDS = ("indicator", "table")
NEEDS_QGIS = False


def shown(edition, kind):
    """Numbers of the indicators with a card, ids of the tables that are listed."""
    from qingliu.core.dossier import Contents, build
    from qingliu.core.evaluation import EvaluationInput, evaluate
    from qingliu.core.printing import form_of, sheets_of

    given = EvaluationInput(
        date=datetime.date(2025, 9, 30),
        made_at=datetime.datetime(2025, 9, 30, tzinfo=datetime.timezone.utc),
    )
    sheets = [s for t in edition.tables.values() for s in sheets_of(form_of(t, edition), [], [], "s")]
    made = build(
        Contents(
            edition=edition, type="livable", date=given.date, version="0", meta={}, given=given,
            evaluation=evaluate(given, ["livable"], edition), sheets=sheets,
        )
    )  # fmt: skip
    part = next(p for p in made.parts if p.key == {"indicator": "verdicts", "table": "tables"}[kind])
    if kind == "indicator":
        return {b.anchor.rsplit("-", 1)[1] for b in part.blocks if b.block == "heading" and b.anchor}
    titles = [line.cells[0].runs[0].text for line in part.blocks[0].lines]
    return {title.split("　")[0].replace("表 ", "") for title in titles}
