#!/usr/bin/env bash
# translate.sh update : collect the sources' strings into i18n/qingliu_zh_CN.ts and compile it
# translate.sh check  : fail on a string that is missing, unfinished or stale
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ts=i18n/qingliu_zh_CN.ts
update=$(command -v pylupdate5 || command -v pylupdate6 || true)
[ -n "$update" ] || { echo "pylupdate is missing (package pyqt5-dev-tools)" >&2; exit 1; }
sources=$(git ls-files -c -o --exclude-standard '*.py' | grep -E '^(plugin\.py|ui/|layouts/|layers/|processing/)' || true)
case ${1:-update} in
update)
  # shellcheck disable=SC2086 - a list of files without spaces
  "$update" -noobsolete $sources -ts "$ts" >/dev/null 2>&1 || "$update" $sources -ts "$ts"
  sed -i '/<location /d' "$ts"   # line numbers would change with every edit
  grep -c 'type="unfinished"' "$ts" | sed 's/^/unfinished: /' || true
  release=$(command -v lrelease || ls /usr/lib/qt5/bin/lrelease | head -n 1)
  "$release" -silent "$ts" -qm "${ts%.ts}.qm" ;;
check)
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  cp "$ts" "$work/now.ts"
  "$update" -noobsolete $sources -ts "$work/now.ts" >/dev/null 2>&1
  if grep -q 'type="unfinished"' "$work/now.ts"; then
    echo "untranslated strings (make translate, then complete $ts):" >&2
    grep -B 3 'type="unfinished"' "$work/now.ts" | grep '<source>' >&2
    exit 1
  fi ;;
esac
