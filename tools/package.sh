#!/usr/bin/env bash
# build/qingliu.zip: what QGIS's plugin manager installs. Same commit, same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
stage=build/package; rm -rf "$stage" build/qingliu.zip; mkdir -p "$stage/qingliu"
git archive HEAD | tar -x -C "$stage/qingliu"
for qm in i18n/*.qm; do [ -e "$qm" ] && cp "$qm" "$stage/qingliu/i18n/"; done
tools/env.sh >/dev/null; eval "$(tools/env.sh)"; .venv/bin/python tools/docs.py >/dev/null
[ -d docs/html ] && cp -r docs/html "$stage/qingliu/docs/"
rm -rf "$stage/qingliu/docs/images" "$stage/qingliu/docs/guide"  # what they show is in docs/html
when=$(git log -1 --format=%cI)
find "$stage" -exec touch -h -d "$when" {} +
find "$stage" -type f -exec chmod 644 {} +
(cd "$stage" && find qingliu -type f | LC_ALL=C sort | TZ=UTC zip -q -X -9 ../qingliu.zip -@)
echo "build/qingliu.zip: $(du -k build/qingliu.zip | cut -f1) KiB"
.venv/bin/python tools/sbom.py
