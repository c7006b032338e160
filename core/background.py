"""Whether a web map behind the work is shifted: GCJ-02 or BD-09 instead of WGS 84.

Maps published in China by AutoNavi, Tencent, Google and others lie 100-700 m beside true
positions on purpose (GCJ-02), Baidu's a second time (BD-09). Digitising on them spoils
every length and area of the survey. Tianditu (CGCS2000) is not shifted.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class Shifted(NamedTuple):
    """A shifted map: whose, and in which coordinates."""

    publisher: str
    system: str


_HOSTS = (
    (r"(^|\.)autonavi\.com$", Shifted("AutoNavi/Gaode (高德)", "GCJ-02")),
    (r"(^|\.)amap\.com$", Shifted("AutoNavi/Gaode (高德)", "GCJ-02")),
    (r"(^|\.)gtimg\.com$", Shifted("Tencent (腾讯)", "GCJ-02")),
    (r"(^|\.)map\.qq\.com$", Shifted("Tencent (腾讯)", "GCJ-02")),
    (r"(^|\.)google\.cn$", Shifted("Google China (谷歌中国)", "GCJ-02")),
    (r"(^|\.)googleapis\.cn$", Shifted("Google China (谷歌中国)", "GCJ-02")),
    (r"(^|\.)geoq\.cn$", Shifted("GeoQ (智图)", "GCJ-02")),
    (r"(^|\.)arcgisonline\.cn$", Shifted("ArcGIS Online China", "GCJ-02")),
    (r"(^|\.)bdimg\.com$", Shifted("Baidu (百度)", "BD-09")),
    (r"(^|\.)map\.baidu\.com$", Shifted("Baidu (百度)", "BD-09")),
    (r"(^|\.)baidu\.com$", Shifted("Baidu (百度)", "BD-09")),
)
# Google's own hosts shift every layer but plain imagery (lyrs=s) inside China, and that too with gl=cn.
_GOOGLE = re.compile(r"^(mt|mts|khms?|www|maps)?\d*\.?google(apis)?\.com$")


def shifted_background(source: str) -> Shifted | None:
    """Whose shifted map a layer source is (a QGIS ``type=xyz&url=…`` or WMTS source, or a bare URL)."""
    for url in _urls(source):
        host = (urlsplit(url).hostname or "").lower()
        for pattern, found in _HOSTS:
            if re.search(pattern, host):
                return found
        if _GOOGLE.match(host) and _google_is_shifted(url):
            return Shifted("Google (谷歌)", "GCJ-02")
    return None


def _urls(source: str) -> list[str]:
    """URLs inside a layer source, percent signs decoded."""
    fields = parse_qs(source, keep_blank_values=True)
    listed = [u for name in ("url", "styleUrl") for u in fields.get(name, [])]
    # An unescaped address (…?lyrs=y&x={x}) is cut at its own ampersands: look at the whole text too.
    whole = re.findall(r"https?://\S+", unquote(source))
    return [*whole, *listed]


def _google_is_shifted(url: str) -> bool:
    query = parse_qs(urlsplit(url).query)
    path = unquote(url)
    layer = (query.get("lyrs") or re.findall(r"lyrs=([a-z])", path) or ["m"])[0][:1]
    return layer != "s" or "gl=cn" in path.lower()
