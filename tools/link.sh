#!/usr/bin/env bash
# Link this checkout as `qingliu` into the user's own QGIS profile (QGIS_PROFILE, default: default).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for base in QGIS3 QGIS4; do
  home=${XDG_DATA_HOME:-$HOME/.local/share}/QGIS/$base
  [ "$base" = QGIS3 ] || [ -d "$home" ] || continue
  plugins=$home/profiles/${QGIS_PROFILE:-default}/python/plugins
  mkdir -p "$plugins"
  if [ -e "$plugins/qingliu" ] && [ ! -L "$plugins/qingliu" ]; then
    echo "a folder qingliu is installed in $plugins already: remove it first" >&2; exit 1
  fi
  ln -sfn "$PWD" "$plugins/qingliu"
  echo "linked; enable Qingliu in QGIS's plugin manager ($base)"
done
