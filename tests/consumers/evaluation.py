"""The evaluation: a row for every indicator of the edition."""

import datetime

KINDS = ("indicator",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Numbers of the indicators that are evaluated."""
    from qingliu.core.evaluation import EvaluationInput, evaluate

    found = evaluate(EvaluationInput(date=datetime.date(2025, 9, 30)), ["livable"], edition)
    return {str(row.number) for row in found.rows}
