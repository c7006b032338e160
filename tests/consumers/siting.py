"""The layout check: every measure of table B.1 is judged by its rules."""

KINDS = ("measure",)
NEEDS_QGIS = False


def shown(edition, kind):
    """Keys of the measures of which the engine has something to say, on a ground of which nothing is known."""
    from qingliu.core.county import references
    from qingliu.core.siting.engine import judge
    from qingliu.core.siting.examples import wkb_of
    from qingliu.core.siting.ground import Ground
    from qingliu.core.siting.model import MeasureFeature, Settings
    from qingliu.core.siting.planar import ShapelyShapes

    ground = Ground(ShapelyShapes(), Settings(references(edition)))
    place = wkb_of("box", [0, 0, 100, 100])
    return {k for k in edition.measures if judge(MeasureFeature("m", k, place), ground, edition)}
