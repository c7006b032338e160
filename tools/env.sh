#!/usr/bin/env bash
# Print the `export` lines under which a plain qgis_process.bin finds the plugin and its libraries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
put() { printf 'export %s=%q\n' "$1" "$2"; }
put QGIS_CUSTOM_CONFIG_PATH "$PWD/build/profile"
put PYTHONPATH "$site"
put QT_QPA_PLATFORM "${QT_QPA_PLATFORM:-offscreen}"
put XDG_RUNTIME_DIR "$PWD/build/run"
put NUMBA_CACHE_DIR "$PWD/build/numba"
# pip's pyproj, where one came along, must not look for a proj.db of its own
[ -d /usr/share/proj ] && put PROJ_DATA /usr/share/proj
exit 0
