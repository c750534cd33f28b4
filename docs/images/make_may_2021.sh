#!/usr/bin/env bash
# Draws docs/images/may-2021.svg from a run of the scenario may-2021 in a results file.
# Needs sqlite3 and gnuplot (Debian: sqlite3, gnuplot-nox).
#
#   make_may_2021.sh [RUNS.db [OUT.svg]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

results=${1:-runs.db}
picture=${2:-docs/images/may-2021.svg}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run=$(sqlite3 -readonly "$results" \
    "SELECT id FROM run WHERE scenario = 'may-2021' ORDER BY ordinal DESC LIMIT 1")
[ -n "$run" ] || {
    echo "no run of may-2021 in $results" >&2
    exit 1
}

# One line a minute: time, BTC recorded, without feedback, with feedback; longs and shorts liquidated
# over all instruments, in millions.
sqlite3 -readonly -separator ' ' "$results" "
    SELECT m.ts_ns / 1000000000, m.recorded, m.without_feedback, m.simulated,
           (SELECT sum(a.long_notional_e8) FROM minute a WHERE a.run = m.run AND a.ts_ns = m.ts_ns) / 1e14,
           (SELECT sum(a.short_notional_e8) FROM minute a WHERE a.run = m.run AND a.ts_ns = m.ts_ns) / 1e14
    FROM minute m
    WHERE m.run = '$run' AND m.instrument = 'BTCUSDT' AND m.simulated IS NOT NULL
    ORDER BY m.ts_ns" >"$scratch/minutes"

gnuplot <<GNUPLOT
set terminal svg size 900,600 font "DejaVu Sans,13" background "white"
set output "$picture"
set xdata time
set timefmt "%s"
set lmargin 10
set rmargin 3
set border 3 lc rgb "#808080"
set tics nomirror
set grid ytics lc rgb "#e0e0e0" lw 1 lt 1
set key bottom left reverse Left samplen 2
set multiplot
set format x ""
set tmargin 1
set bmargin 0.7
set size 1,0.5
set origin 0,0.5
set ylabel "BTCUSDT" offset 1
plot "$scratch/minutes" using 1:2 with lines lw 1.4 lc rgb "#404040" title "recorded; under the rules of that day also simulated"
set size 1,0.22
set origin 0,0.28
set ylabel "% of price" offset 1
set ytics 0.2
set yrange [-0.2:*]
set key top left reverse Left
plot "$scratch/minutes" using 1:((\$3/\$2-1)*100) with lines lw 1.4 lc rgb "#1f6fb4" title "how far forced orders hold it down (feedback)"
set size 1,0.28
set origin 0,0
set bmargin 2.5
set format x "%H:%M"
set ylabel "M USDT a minute" offset 1
set ytics 50
set yrange [-25:*]
plot "$scratch/minutes" using 1:5 with impulses lw 1.2 lc rgb "#c0392b" title "longs liquidated, all 13 contracts", \
     "" using 1:(-\$6) with impulses lw 1.2 lc rgb "#2e8b57" title "shorts liquidated (downwards)"
unset multiplot
GNUPLOT
echo "$picture from run $run"
