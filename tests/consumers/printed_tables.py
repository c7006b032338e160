"""The printed tables: a form with head and columns for every survey table."""

KINDS = ("table",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Ids of the tables whose form has a printed head over every column."""
    from qingliu.core.printing import form_of

    forms = [form_of(table, edition) for table in edition.tables.values()]
    return {
        f.table_id
        for f in forms
        if f.columns and sum(h.columns for h in f.heads if not h.row) == len(f.columns)
    }
