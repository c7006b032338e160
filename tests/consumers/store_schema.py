"""What a survey store holds: its tables, and the lists of measures and indicators in its forms."""

KINDS = ("table", "measure", "indicator")
NEEDS_QGIS = True


def shown(edition, kind):
    """Ids of the survey tables that become tables of the store, keys that its lists offer."""
    from qingliu.layers.schema import code_lists, store_schema

    if kind == "table":
        schema = store_schema(edition)
        return {t.id for t in edition.tables.values() if t.name in schema and schema[t.name].fields}
    return {item.code for item in code_lists(edition)[f"{kind}s"]}
