#!/usr/bin/env bash
# GRASS, from a DEM to stream lines: chain_grass.sh DEM LINES.gpkg CELLS, in a location of its own.
# Memory is given generously: with the default of 300 MB both modules swap to disk.
set -euo pipefail
dem=$(realpath "$1"); target=$(realpath -m "$2"); cells=$3
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
grass -c "$dem" "$work/here" -e >/dev/null 2>&1
cat >"$work/chain.sh" <<CHAIN
set -e
r.external input=$dem output=dem --q
g.region raster=dem
r.watershed -s elevation=dem threshold=$cells accumulation=drained --q
r.stream.extract elevation=dem accumulation=drained threshold=$cells stream_vector=streams memory=8000 --q
v.out.ogr input=streams output=$target format=GPKG type=line --q
CHAIN
grass "$work/here/PERMANENT" --exec bash "$work/chain.sh" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
