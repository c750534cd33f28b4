#!/usr/bin/env python3
"""Goal: what was imported comes out as it stood in the file, value for value.
Method: every row that comes out, written exactly, against the rows that a reader of a few lines,
which shares nothing with the loader, finds in the file. A format is one function below.

    round_trip.py RUNNER FORMAT FILE...
"""
import csv
import datetime
import io
import subprocess
import sys
from decimal import Decimal

import round_trip_other


def text_of(path):
    """The file's text, unpacked if it must be."""
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True,
                              encoding="utf-8").stdout
    with open(path, newline="", encoding="utf-8-sig") as file:
        return file.read()


def number(text):
    """A decimal without zeros that say nothing; "-" where there is none."""
    return "-" if text in ("", None) else format(Decimal(text).normalize() + 0, "f")


def ns_of(text):
    """ns since 1970 of ISO 8601 or of an epoch number, whose unit its size tells."""
    if text.lstrip("-").isdigit():
        epoch = int(text)
        for limit, ns in ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3)):
            if epoch < limit:
                return epoch * ns
        return epoch
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def generic_csv(path):
    """Gives (instrument, series, ts_ns, rest of the row as text)."""
    for row in csv.DictReader(io.StringIO(text_of(path))):
        if "open" in row:
            values = [number(row[name]) for name in ("open", "high", "low", "close", "volume")]
            series = "bar"
        else:
            values = [number(row["price"]), number(row.get("quantity")), row.get("side") or "-"]
            series = row.get("series") or "trade"
        yield row["instrument"], series, ns_of(row["ts"]), " ".join(values)


READERS = {"generic-csv": generic_csv, **round_trip_other.READERS}


def main():
    runner, reader = sys.argv[1], READERS[sys.argv[2]]
    wrong = 0
    for path in sys.argv[3:]:
        # sorted() is stable: rows of one time stay as they came
        rows = sorted(reader(path), key=lambda row: (row[0].encode(), row[1].encode(), row[2]))
        expected = [f"{row[0]} {row[1]} {row[2]} {row[3]}" for row in rows]
        got = subprocess.run([runner, "--dump", path], check=True, capture_output=True,
                             encoding="utf-8").stdout.splitlines()
        for line, (a, b) in enumerate(zip(got, expected), 1):
            if a != b:
                print(f"{path}: row {line} came out as '{a}', not '{b}'")
                wrong += 1
                break
        if len(got) != len(expected) or not got:
            print(f"{path}: {len(got)} rows came out, not {len(expected)}")
            wrong += 1
        print(f"{path}: {len(got)} rows compared")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
