"""build/sbom.json: what the plugin's zip carries, and what it needs and does not carry (CycloneDX 1.5).

The zip carries no code of others: its components are its own files with their SHA-256, by folder, and data that
come from elsewhere. Libraries are listed with their ranges and reasons from requirements-runtime.txt.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import re
import sys
import uuid
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?P<range>[<>=!~][^#]*?)\s*#\s*(?P<kind>need|optional):\s*(?P<why>.+)"
)
QGIS = {
    "type": "framework",
    "name": "QGIS",
    "version": ">=3.22,<5",
    "licenses": [{"license": {"id": "GPL-2.0-or-later"}}],
}


def libraries() -> list[dict]:
    """Run-time libraries: required or optional, never in the zip."""
    found = []
    for line in (ROOT / "tools" / "requirements-runtime.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise SystemExit(f"requirements-runtime.txt: no range or no reason: {line}")
        found.append(
            {
                "type": "library", "bom-ref": f"pkg:pypi/{match['name'].lower()}", "name": match["name"],
                "version": match["range"].strip(), "purl": f"pkg:pypi/{match['name'].lower()}",
                "scope": "required" if match["kind"] == "need" else "optional",
                "properties": [{"name": "qingliu:carried", "value": "false"},
                               {"name": "qingliu:reason", "value": match["why"].strip()}],
            }
        )  # fmt: skip
    return found


def files(archive: zipfile.ZipFile) -> list[dict]:
    """Every file of the zip with its hash."""
    found = []
    for info in sorted(archive.infolist(), key=lambda i: i.filename):
        if info.is_dir():
            continue
        digest = hashlib.sha256(archive.read(info)).hexdigest()
        found.append(
            {"type": "file", "name": info.filename, "hashes": [{"alg": "SHA-256", "content": digest}]}
        )
    return found


def bom(path: Path) -> dict:
    """The bill of materials of a zip; the same for the same zip."""
    metadata = configparser.ConfigParser(interpolation=None)
    with zipfile.ZipFile(path) as archive:
        metadata.read_string(archive.read("qingliu/metadata.txt").decode("utf-8"))
        carried = files(archive)
    general = metadata["general"]
    needed = libraries()
    name = {"type": "application", "bom-ref": "qingliu", "name": "qingliu", "version": general["version"],
            "licenses": [{"license": {"id": general["license"]}}],
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]}  # fmt: skip
    serial = uuid.uuid5(uuid.NAMESPACE_URL, name["hashes"][0]["content"])
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}", "version": 1,
        "metadata": {"component": name}, "components": [QGIS, *needed, *carried],
        "dependencies": [{"ref": "qingliu", "dependsOn": [c["bom-ref"] for c in needed]}],
    }  # fmt: skip


def main() -> int:
    made = bom(ROOT / "build" / "qingliu.zip")
    (ROOT / "build" / "sbom.json").write_text(
        json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    count = sum(c["type"] == "file" for c in made["components"])
    print(
        f"build/sbom.json: {count} files carried, {len(made['components']) - count - 1} libraries not carried"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
