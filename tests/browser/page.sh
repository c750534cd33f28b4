#!/bin/sh
# The browser test of the HTML page; skipped by name where there is no node.
if ! command -v node >/dev/null; then
    echo "skipped: no node"
    exit 77
fi
exec node "$(dirname "$0")/page.mjs"
