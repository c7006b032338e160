"""Printed codes: a text as a QR code in SVG, by segno where it is installed."""

from __future__ import annotations

import base64
import io


def can_print_codes() -> bool:
    """Whether segno is there."""
    try:
        import segno  # noqa: F401
    except ImportError:
        return False
    return True


def code_picture(text: str) -> str:
    """A QR code of ``text`` as a picture that needs no file (``base64:…``); empty without segno.

    Error correction M (15 %): paper that was folded and wet is still read.
    """
    try:
        import segno
    except ImportError:
        return ""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(
        drawn, kind="svg", border=2, scale=4, light="#ffffff", dark="#000000", xmldecl=False, svgclass=None,
        lineclass=None,
    )  # fmt: skip
    return "base64:" + base64.b64encode(drawn.getvalue()).decode("ascii")
