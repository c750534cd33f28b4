#!/usr/bin/env python3
"""Goal: an import stays within 128 MiB of resident memory, whatever the file.
Method: one long series; thousands of series in turn; bars of thousands of instruments, none of which
tells its length before all have come; a compressed file; two threads at once. The kernel tells the
most that the process ever held.

    import_memory.py CROSSFALL
"""
import gzip
import os
import random
import subprocess
import sys
import tempfile

LIMIT_KIB = 128 * 1024


def long_series(file):
    file.write("ts,instrument,price,quantity,side\n")
    for i in range(600_000):
        file.write(f"{1621382400000 + i // 2},BTCUSDT,{40000 + i * 7919 % 1000}.{i % 100:02},"
                   f"0.{i % 1000:03},{'buy' if i % 3 else 'sell'}\n")


def many_series(file):
    file.write("ts,instrument,price,quantity,side,series\n")
    for i in range(200_000):
        file.write(f"{1621382400000 + i // 5000},I{i % 5000},{1 + i % 97},1,buy,"
                   f"{'mark' if i % 5000 % 2 else 'trade'}\n")


def lone_bars(file):
    file.write("ts,instrument,open,high,low,close,volume\n")
    for i in range(12_000):
        file.write(f"{1621382400 + 60 * (i // 6000)},I{i % 6000},2,3,1,2,5\n")


def packed(file):
    noise = random.Random(1)
    file.write("ts,instrument,price,quantity,side\n")
    for i in range(200_000):
        file.write(f"{1621382400000 + i},ETHUSDT,{noise.random() + 1:.12f},{noise.random():.12f},\n")


def main():
    crossfall = os.path.abspath(sys.argv[1])
    failures = 0
    with tempfile.TemporaryDirectory(prefix="crossfall-memory.") as folder:
        os.chdir(folder)
        names = []
        for make in (long_series, many_series, lone_bars, packed):
            name = make.__name__ + (".csv.gz" if make is packed else ".csv")
            with gzip.open(name, "wt", 1) if make is packed else open(name, "w") as file:
                make(file)
            names.append(name)
        for files in [[name] for name in names] + [names]:
            child = subprocess.Popen([crossfall, "import", "--threads", "2", "--data",
                                      f"{len(files)}{files[0]}.db"] + files,
                                     stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            kib = usage.ru_maxrss
            print(f"{' '.join(files)}: {kib / 1024:.1f} MiB")
            failures += child.returncode != 0 or kib > LIMIT_KIB
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
