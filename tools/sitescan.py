"""The plugin site's scan of an upload (QEP 408): any finding of bandit or detect-secrets blocks it.

The tests of bandit are the site's own choice; detect-secrets runs with all its detectors.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = [
    "__init__.py",
    "plugin.py",
    "metadata.txt",
    "core",
    "layers",
    "layouts",
    "processing",
    "resources",
    "ui",
]
BANDIT = (
    "B102,B103,B105,B106,B107,B111,B201,B202,B301,B302,B304,B305,B306,B307,B312,B321,B323,B401,B402,B412,B413,"
    "B501,B502,B503,B505,B506,B507,B601,B602,B604,B605,B609,B610,B611,B612,B613,B615,B701,B101,B104,B108,B110,"
    "B112,B113,B303,B308,B310,B311,B313,B314,B315,B316,B317,B318,B319,B320,B324,B403,B405,B406,B407,B408,B409,"
    "B504,B508,B509,B603,B606,B607,B608,B614,B702,B703,B704"
)


def run(tool: str, *arguments: str) -> dict:
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def main() -> int:
    sources = [name for name in SHIPPED if name not in ("resources", "metadata.txt")]
    faults = run("bandit", "-q", "-r", *sources, "-f", "json", "-t", BANDIT)["results"]
    lines = [f"{f['filename']}:{f['line_number']} {f['test_id']} {f['issue_text']}" for f in faults]
    secrets = run("detect-secrets", "scan", "--all-files", *SHIPPED)["results"]
    for name, hits in secrets.items():
        lines += [f"{name}:{hit['line_number']} {hit['type']}" for hit in hits]
    print("\n".join(lines), end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
