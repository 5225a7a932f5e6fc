"""How a task's pandas program loads its tables and asks its questions."""
import gc
import os
import sys
import time

import pandas

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
loading = []  # seconds of each table, until they are reported


def load(path, categories):
    """Reads a CSV; the columns `categories` that it has are categories."""
    start = time.perf_counter()
    names = pandas.read_csv(path, nrows=0).columns
    table = pandas.read_csv(path, dtype={name: "category" for name in categories if name in names})
    loading.append(time.perf_counter() - start)
    return table


def peak_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def ask(name, sums, question, places=()):
    """Asks a question several times; prints its rows, the sums of the columns `sums`, and what the columns `places`
    hold in the first, the middle and the last row."""
    if loading:
        print(f"time load {sum(loading) * 1000:.3f}", file=sys.stderr)
        loading.clear()
    answer = None
    for _ in range(ROUNDS):
        answer = None
        gc.collect()
        with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
            peak.write("5")
        start = time.perf_counter()
        answer = question()
        print(f"time {name} {(time.perf_counter() - start) * 1000:.3f}", file=sys.stderr)
        print(f"peak {name} {peak_kib()}", file=sys.stderr)
    rows = (0, len(answer) // 2, len(answer) - 1) if places else ()
    found = [float(answer[column].iloc[row]) for row in rows for column in places]
    print(name, len(answer), *(float(answer[column].sum()) for column in sums), *found, sep="\t")
