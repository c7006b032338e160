"""The clause browser's names for what a clause governs."""

KINDS = ("table", "measure", "indicator", "figure")
NEEDS_QGIS = True


def shown(edition, kind):
    """Names of ``kind`` that the browser calls by their title."""
    from qingliu.core.standard import Target
    from qingliu.ui.clause_texts import target_text

    found = {
        "table": edition.tables,
        "measure": edition.measures,
        "indicator": edition.indicators,
        "figure": edition.figures,
    }
    names = {str(name) for name in found[kind]}
    return {name for name in names if target_text(edition, Target(kind, name)) != name}
