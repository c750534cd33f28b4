#!/usr/bin/env bash
# Fetches what a package.json pins (by hash, in its package-lock.json) into a folder of the build.
# Without arguments: the chart library of the HTML page into build-web/, where meson looks for it.
# A second call fetches nothing. Needs npm.
#
#   fetch_echarts.sh [FOLDER_OF_package.json TO]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

from=${1:-reports}
to=${2:-build-web}

if [ -d "$to/node_modules" ] && cmp -s "$from/package-lock.json" "$to/package-lock.json"; then
    exit 0
fi
mkdir -p "$to"
scratch=$(mktemp -d "$to/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$scratch/"
echo "Fetching by npm what $from/package-lock.json pins, into $to/"
(cd "$scratch" && npm ci --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error >/dev/null)
rm -rf "$to/package-lock.json" "$to/node_modules"
mv "$scratch/node_modules" "$to/"
mv "$scratch/package-lock.json" "$to/" # last: it says that all is there
