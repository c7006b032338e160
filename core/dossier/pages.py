"""The document as HTML: one self-contained page for browsers, and plain pages that Qt can set in type."""

from __future__ import annotations

import base64
from typing import Mapping

from ..report import render
from .document import Document, Part, Picture


def html(document: Document) -> str:
    """One page without any file beside it; each number is a link to its origin."""
    pictures = {b.key: data_uri(b) for p in document.parts for b in p.blocks if isinstance(b, Picture)}
    return render("dossier/dossier.html", document=document, pictures=pictures)


def data_uri(picture: Picture) -> str:
    """A picture inside the page."""
    return f"data:{picture.media};base64,{base64.b64encode(picture.data).decode('ascii')}"


def paper(part: Part, font: str, places: Mapping[str, str], *, pictures: bool = True, title: str = "") -> str:
    """A part for Qt's text layout; ``places`` are page numbers by part's key for the index.

    Figures have pages of their own on paper and are left out where ``pictures`` is false; pictures are
    named ``picture:<key>``. ``title`` is the line above the cover.
    """
    return render("dossier/paper.html", part=part, font=font, places=places, pictures=pictures, title=title)
