"""Readers of round_trip.py for formats that are no CSV with a header, or JSON: each a few lines that
share nothing with the loaders. They know what the small samples in tests/data/other hold."""
import datetime
import gzip
import io
import json
import os
import struct
import subprocess
import zipfile
from decimal import Decimal

NONE = 2**63 - 1  # no price, in DBN


def bytes_of(path):
    """The file's bytes, unpacked; of a zip those of its one file."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".gz"):
        return gzip.decompress(data)
    if path.endswith((".zst", ".lz4")):
        tool = "zstd" if path.endswith(".zst") else "lz4"
        return subprocess.run([tool, "-dc", path], check=True, capture_output=True).stdout
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (name,) = archive.namelist()
            return archive.read(name)
    return data


def number(value):
    """A decimal without zeros that say nothing."""
    return format(Decimal(value).normalize() + 0, "f")


def tick(price, quantity=None, side="-"):
    return f"{number(price)} {'-' if quantity is None else number(quantity)} {side}"


def midnight(text, form):
    day = datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc)
    return int(day.timestamp()) * 10**9


def values_of(path):
    """The JSON values of a file of lines, numbers as decimals."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    for line in bytes_of(path).decode().splitlines():
        while line.strip():
            value, end = decoder.raw_decode(line.strip())
            line = line.strip()[end:]
            yield value


def dbn(path):
    data = bytes_of(path)
    version, size = data[3], struct.unpack_from("<I", data, 4)[0]
    symbol_size = 22 if version == 1 else struct.unpack_from("<H", data, 8 + 45)[0]
    dataset = data[8:24].rstrip(b"\0").decode()
    at, names = 8 + 104, {}
    for _ in range(3):  # lists of symbols
        at += 4 + symbol_size * struct.unpack_from("<I", data, at)[0]
    count, at = struct.unpack_from("<I", data, at)[0], at + 4
    for _ in range(count):
        symbol = data[at:at + symbol_size].rstrip(b"\0").decode()
        intervals = struct.unpack_from("<I", data, at + symbol_size)[0]
        at += symbol_size + 4
        for _ in range(intervals):
            key = data[at + 8:at + 8 + symbol_size].rstrip(b"\0").decode()
            names[int(key)] = symbol
            at += 8 + symbol_size
    at = 8 + size
    while at < len(data):
        record, at = data[at:at + 4 * data[at]], at + 4 * data[at]
        kind, key, ts = record[1], *struct.unpack_from("<IQ", record, 4)
        name = names.get(key, f"{dataset}:{key}")
        price = lambda where: Decimal(struct.unpack_from("<q", record, where)[0]) / 10**9
        if kind == 0x16:
            names[key] = record[38 if version == 1 else 89:].split(b"\0")[0].decode()
        elif kind == 0x13:
            names[key] = record[238 if version == 3 else 200:].split(b"\0")[0].decode()
            received = struct.unpack_from("<Q", record, 16)[0]
            for where, series in ((24, "price_tick"), (56, "upper_limit"), (64, "lower_limit")):
                if struct.unpack_from("<q", record, where)[0] != NONE:
                    yield names[key], series, received, tick(price(where))
        elif kind == 0x12:
            yield name, "status", ts, tick(struct.unpack_from("<H", record, 24)[0])
        elif kind == 0x18 and struct.unpack_from("<H", record, 56 if version == 3 else 52)[0] == 3:
            quantity = struct.unpack_from("<q" if version == 3 else "<i", record, 40)[0]
            yield name, "settlement", ts, tick(price(32), quantity)
        elif kind == 0xA0 and record[38:39] == b"T":
            side = {b"A": "sell", b"B": "buy"}.get(record[39:40], "-")
            yield name, "trade", ts, tick(price(24), struct.unpack_from("<I", record, 32)[0], side)
        elif kind in (0x00, 0x01, 0xC3):
            if kind != 0xC3 and record[28:29] == b"T":
                side = {b"A": "sell", b"B": "buy"}.get(record[29:30], "-")
                size = struct.unpack_from("<I", record, 24)[0]
                yield name, "trade", ts, tick(price(16), size, side)
            if kind != 0x00:
                when = struct.unpack_from("<Q", record, 32)[0] if kind == 0xC3 else ts
                sizes = struct.unpack_from("<II", record, 64)
                yield name, "bid", when, tick(price(48), sizes[0])
                yield name, "ask", when, tick(price(56), sizes[1])


def freqtrade(path):
    name = os.path.basename(path).split(".")[0]
    pair = name.split("-")[0].replace("_", "")
    for row in json.loads(bytes_of(path), parse_float=Decimal):
        if name.endswith("-trades"):
            yield pair, "trade", row[0] * 10**6, tick(row[4], row[5], row[3])
        else:
            yield pair, "bar", row[0] * 10**6, " ".join(number(value) for value in row[1:6])


def lean(path):
    data = bytes_of(path).decode()
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            (name,) = archive.namelist()
        day = midnight(name[:8], "%Y%m%d")
        ticker = name.split("_")[1].upper()
    else:
        day, ticker = None, os.path.basename(path).split(".")[0].upper()
    for line in data.splitlines():
        row = line.split(",")
        ts = midnight(row[0], "%Y%m%d %H:%M") if day is None else day + int(row[0]) * 10**6
        if len(row) == 6:
            yield ticker, "bar", ts, " ".join(number(value) for value in row[1:])
            continue
        for series, price, size in (("bid", 4, 5), ("ask", 9, 10)):
            if row[price]:
                yield ticker, series, ts + 60 * 10**9, tick(row[price], row[size] or None)


def lobster(path):
    """Of a day in summer: New York is four hours behind."""
    name = os.path.basename(path).split("_")
    start = midnight(name[1], "%Y-%m-%d") + 4 * 3600 * 10**9
    for line in bytes_of(path).decode().splitlines():
        time, kind, _, size, price, direction = line.split(",")
        ts = start + int(Decimal(time) * 10**9)
        if kind in "45":
            side = "sell" if direction == "1" else "buy"
            yield name[0], "trade", ts, tick(Decimal(price) / 10**4, size, side)
        elif kind == "7":
            yield name[0], "status", ts, tick({"-1": 8, "0": 3, "1": 7}[price])


def hyperliquid(path):
    def fill(user, one):
        ts, row = one["time"] * 10**6, (one["px"], one["sz"], "buy" if one["side"] == "B" else "sell")
        if one.get("crossed") and one["dir"] != "Auto-Deleveraging":
            yield one["coin"], "trade", ts, tick(*row)
        if one.get("liquidation", {}).get("liquidatedUser") == user:
            yield one["coin"], "liquidation", ts, tick(*row)
        elif one["dir"] == "Auto-Deleveraging":
            yield one["coin"], "adl", ts, tick(*row)

    for value in values_of(path):
        if isinstance(value, list):
            yield from fill(*value)
        elif "events" in value:
            for event in value["events"]:
                yield from fill(*event)
        else:
            when = datetime.datetime.fromisoformat(value["time"] + "+00:00")
            side = "buy" if value["side"] == "B" else "sell"
            yield (value["coin"], "trade", int(when.timestamp() * 1000 + 0.5) * 10**6,
                   tick(value["px"], value["sz"], side))


def hyperliquid_csv(path):
    header, *rows = bytes_of(path).decode().splitlines()
    for row in (dict(zip(header.split(","), line.split(","))) for line in rows):
        ts = midnight(row["time"].split(".")[0], "%Y-%m-%d %H:%M:%S")
        for series, column in (("mark", "mark_px"), ("index", "oracle_px"), ("premium", "premium"),
                               ("open_interest", "open_interest"),
                               ("predicted_funding_rate", "funding")):
            yield row["coin"], series, ts, tick(row[column])


def websocket(path):
    books = {}
    for value in values_of(path):
        if not isinstance(value, dict):
            continue  # the recorder's time
        event, topic = value.get("data", value), value.get("topic", "")
        if topic.startswith("orderbook"):
            yield from bybit_book(books, value)
        elif topic.startswith("publicTrade"):
            for one in event:
                yield one["s"], "trade", one["T"] * 10**6, tick(one["p"], one["v"], one["S"].lower())
        elif topic.startswith("tickers"):
            yield event["symbol"], "mark", value["ts"] * 10**6, tick(event["markPrice"])
        elif event.get("e") == "bookTicker":
            yield event["s"], "bid", event["T"] * 10**6, tick(event["b"], event["B"])
            yield event["s"], "ask", event["T"] * 10**6, tick(event["a"], event["A"])
        elif event.get("e") == "aggTrade":
            side = "sell" if event["m"] else "buy"
            yield event["s"], "trade", event["T"] * 10**6, tick(event["p"], event["q"], side)
        elif event.get("e") == "forceOrder":
            order = event["o"]
            yield (order["s"], "liquidation", order["T"] * 10**6,
                   tick(order["ap"], order["q"], order["S"].lower()))
        elif event.get("e") == "markPriceUpdate":
            for series, field in (("mark", "p"), ("index", "i"), ("predicted_funding_rate", "r")):
                yield event["s"], series, event["E"] * 10**6, tick(event[field])


def bybit_book(books, message):
    symbol, ts = message["data"]["s"], message.get("cts", message["ts"]) * 10**6
    if message["type"] == "snapshot":
        books[symbol] = {"b": {}, "a": {}}
    book = books[symbol]
    for side in "ba":
        for price, size in message["data"][side]:
            book[side][Decimal(price)] = Decimal(size)
        book[side] = {price: size for price, size in book[side].items() if size > 0}
    best = {"b": max(book["b"]), "a": min(book["a"])}
    for side, series in (("b", "bid"), ("a", "ask")):
        row = tick(best[side], book[side][best[side]])
        if book.get(series) != row:
            book[series] = row
            yield symbol, series, ts, row
    if ts - book.get("told", -10**10) < 10**9:
        return
    book["told"] = ts
    for side, name, sign in (("b", "buy", -1), ("a", "sell", 1)):
        for percent in range(1, 6):
            edge = (best["b"] + best["a"]) * (100 + sign * percent) / 200
            if all(sign * price < sign * edge for price in book[side]):
                break  # the book does not reach so far
            near = [(p, q) for p, q in book[side].items() if sign * p <= sign * edge]
            yield (symbol, f"depth_{percent}pct", ts,
                   tick(sum(p * q for p, q in near), sum(q for _, q in near), name))


READERS = {
    "dbn": dbn,
    "freqtrade": freqtrade,
    "hyperliquid": hyperliquid,
    "hyperliquid-csv": hyperliquid_csv,
    "lean": lean,
    "lobster": lobster,
    "websocket": websocket,
}
