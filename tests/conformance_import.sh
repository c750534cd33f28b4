#!/usr/bin/env bash
# Goal: the vendors' own sample files are imported, and come out as they are.
# Method: the runner over the folder of samples, which is no part of the repository: it lies beside
# the checkout or where CROSSFALL_SAMPLES says. Without it the test is skipped, and says so. Then the
# tables of figures that were worked out from the samples by other programs, tests/data/samples*.tsv.
#
#   conformance_import.sh RUNNER SOURCE_ROOT
set -euo pipefail
export LC_ALL=C

runner=$1
root=$2
samples=${CROSSFALL_SAMPLES:-$root/../shared/data/formats}
if [ ! -d "$samples" ]; then
    echo "conformance_import: no samples at '$samples' (CROSSFALL_SAMPLES names another): skipped"
    exit 77
fi
"$runner" "$samples"
for table in "$root"/tests/data/samples*.tsv; do
    [ ! -e "$table" ] || "$runner" --expect "$table" "$samples"
done
