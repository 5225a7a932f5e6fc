"""Runs benchmark tasks: every peer of a task in turn, several rounds, one table per task.

A task is a folder of tasks/ with a task.json and a program per peer:

    {"title": "...", "data": "threatfox" | "threatfox-ndjson" | "groupby" | "join" | "sample" |
     "families" | null, "runs": 5, "note": "...",
     "commands": {"peer": ["program", "argument"]}, "variants": {"peer": ["form", "form"]}, "geometric_mean": "q"}

lunette.lua runs under build/lunette, *.mjs under node, *.py under Debian's Python; `commands` gives peers that are a
command line instead of a file ({lunette}, {data}, {task} and {threads} are filled in). A program gets the data's path
as its argument, and as second one the form of `variants` that it shall take. It prints its
answer, a line per row, fields between tabs; all peers must give the same lines in any order, floats to one in a million.
Lines `time NAME MILLISECONDS` and `peak NAME KIB` on stderr add rows of their own to the table, for tasks that time
parts of themselves, once or several times (BENCH_ROUNDS, which --rounds sets); `cpu NAME MILLISECONDS` their processor
time on all threads, which a busy machine blurs less; `score NAME NUMBER` how good the answer is; `late NAME MILLISECONDS`
what counts by its worst. Of the parts whose names start with the
text of `geometric_mean` the ratios to the best peer are summed up in one figure.
With "warm" false there is no run before the measured ones. With "limit" a peer's run (not ours) is given up after so many
seconds, and its times are shown as more than that. Python programs get the folder lib/ as their last argument.
The number of threads stands in BENCH_THREADS, LUNETTE_THREADS and POLARS_MAX_THREADS, that of rows in BENCH_ROWS.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LUNETTE = ROOT / "build" / "lunette"
OURS = "lunette"


def data_file(kind, options):
    """The path of a task's input, made once and kept."""
    if kind is None:
        return None
    folder = options.cache / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "threatfox":
        generator = options.cache / "bin" / "generate_threatfox"
        version = hashlib.sha256((HERE / "generate_threatfox.c").read_bytes()).hexdigest()[:8]
        path = folder / f"threatfox-{options.rows}-{version}.csv"
        command = [str(generator), str(options.rows)]
    elif kind == "threatfox-ndjson":
        source = data_file("threatfox", options)
        path = source.with_suffix(".ndjson")
        part = source.with_suffix(".part.ndjson")
        if not path.exists():
            print(f"== writing {path}", flush=True)
            subprocess.run([str(LUNETTE), "convert", str(source), str(part)], stdin=subprocess.DEVNULL, check=True)
            part.rename(path)
        return path
    elif kind in ("groupby", "join"):
        generator = options.cache / "bin" / "generate_tables"
        version = hashlib.sha256((HERE / "generate_tables.c").read_bytes()).hexdigest()[:8]
        path = folder / f"{kind}-{options.rows}-{version}{'.csv' if kind == 'groupby' else ''}"
        part = folder / f"{path.name}.part"
        if not path.exists():
            print(f"== writing {path}", flush=True)
            if kind == "join":
                part.mkdir(exist_ok=True)
            subprocess.run([str(generator), kind, str(options.rows), str(part)], stdin=subprocess.DEVNULL, check=True)
            part.rename(path)
        return path
    elif kind == "families":
        named = [os.environ.get(f"LUNETTE_{name}") for name in ("FEED", "GEO_DB", "ASN_DB")]
        print(f"== families of {named[0] if all(named) else 'the sample (LUNETTE_FEED, LUNETTE_GEO_DB and LUNETTE_ASN_DB name real ones)'}")
        path = folder / "families.csv"
        subprocess.run([str(LUNETTE), "--trust", str(HERE / "lib" / "families.lua"), str(path)],
                       stdin=subprocess.DEVNULL, check=True)
        return path
    elif kind == "sample":
        return ROOT / "build" / "scripts" / "sample" / "threatfox-sample.csv"
    else:
        sys.exit(f"bench: unknown kind of data '{kind}'")
    if not path.exists():
        print(f"== writing {path}", flush=True)
        part = path.with_suffix(".part")
        with part.open("wb") as out:
            subprocess.run(command, stdout=out, stdin=subprocess.DEVNULL, check=True)
        part.rename(path)
    return path


def commands_of(folder, task, data, options):
    """The command of each peer: {name: [program, argument, ...]}; ours first."""
    runners = {".lua": [str(LUNETTE), "--trust", "--threads", str(options.threads)], ".mjs": ["node"], ".py": ["/usr/bin/python3", "-I"]}
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in runners:
            continue
        program = path
        if path.suffix == ".mjs":  # node looks for packages beside the file
            program = options.cache / "peers" / f"{folder.name}-{path.name}"
            program.write_bytes(path.read_bytes())
        command = runners[path.suffix] + [str(program)] + ([str(data)] if data else [])
        library = [str(HERE / "lib")] if path.suffix == ".py" else []
        for form in task.get("variants", {}).get(path.stem, [None]):
            found[f"{path.stem} {form}" if form else path.stem] = command + ([form] if form else []) + library
    fill = {"lunette": LUNETTE, "data": data, "task": folder, "threads": options.threads}
    for name, command in task.get("commands", {}).items():
        found[name] = [part.format(**fill) for part in command]
    wanted = {name: command for name, command in found.items()
              if name == OURS or not options.peers or name.split()[0] in options.peers}
    return dict(sorted(wanted.items(), key=lambda item: (item[0] != OURS, item[0])))


def run_once(command, options, limit=None):
    """One run: wall and peak of the whole process, what it printed, and the parts that it timed; None past the limit."""
    result = options.cache / "measured"
    environment = dict(os.environ, BENCH_THREADS=str(options.threads), LUNETTE_THREADS=str(options.threads),
                       POLARS_MAX_THREADS=str(options.threads), BENCH_ROUNDS=str(options.rounds),
                       BENCH_ROWS=str(options.rows), NO_COLOR="1",
                       LUA_PATH=f"{HERE}/lib/?.lua;;")
    done = subprocess.Popen([str(options.cache / "bin" / "measure"), str(result)] + command, env=environment, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            start_new_session=True)
    try:
        printed, told = done.communicate(timeout=limit)
    except BaseException as failure:  # Ctrl-C doesn't reach the session that it began: itself and what it runs
        os.killpg(done.pid, signal.SIGKILL)
        done.communicate()
        if isinstance(failure, subprocess.TimeoutExpired):
            return None
        raise
    wall, user, system, peak, status = result.read_text().split() if done.returncode == 0 else ("0", "0", "0", "0", "2")
    if status != "0":
        sys.exit(f"bench: status {status} from: {' '.join(command)}\n{told}")
    return {"wall": float(wall), "cpu": float(user) + float(system), "peak": int(peak) * 1024,
            "answer": sorted(line for line in printed.splitlines() if line.strip()),
            "parts": figures(told, "time", 1), "part_peaks": figures(told, "peak", 1024),
            "part_cpus": figures(told, "cpu", 1), "scores": figures(told, "score", 1),
            "lates": figures(told, "late", 1)}


def figures(text, word, unit):
    """The lines `word NAME NUMBER` of a program: {name: [number * unit, ...]}."""
    found = {}
    for line in text.splitlines():
        if line.startswith(word + " "):
            _, name, number = line.split()
            found.setdefault(name, []).append(float(number) * unit)
    return found


def same_field(one, other):
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-6)
    except ValueError:
        return False


def same_line(one, other):
    ones, others = one.split("\t"), other.split("\t")
    return len(ones) == len(others) and all(map(same_field, ones, others))


def check_answers(task, answers):
    """All peers must have given the same rows; says where two differ, else returns how many rows there are."""
    first_name, first = next(iter(answers.items()))
    for name, answer in answers.items():
        if answer != first and not (len(answer) == len(first) and all(map(same_line, answer, first))):
            only = sorted(set(first) ^ set(answer))[:6]
            sys.exit(f"bench: {task}: {first_name} and {name} disagree, for example on: {only}")
    return len(first)


def print_row(name, times, peak, best, leanest):
    ratio = f"{statistics.median(times) / best:8.2f}" if best else " " * 8
    memory = f"{peak / 1e6:9.1f} {peak / leanest:6.2f}" if peak else ""
    print(f"{name:<28}{statistics.median(times):10.2f}{min(times):10.2f} {ratio} {memory}")


def report(task, rounds):
    """The table of one task: ours against the best of the others."""
    peers = [name for name in rounds if name != OURS]
    best = min((statistics.median(r["wall"] for r in rounds[name]) for name in peers), default=None)
    leanest = min((max(r["peak"] for r in rounds[name]) for name in peers), default=1)
    print(f"{'whole process':<28}{'median ms':>10}{'least ms':>10} {'to best':>8} {'peak MB':>9} {'ratio':>6}")
    for name, runs in rounds.items():
        print_row(name, [r["wall"] for r in runs], max(r["peak"] for r in runs), best, leanest)
    report_parts(rounds)
    report_lates(rounds)


def part_figures(rounds, kind, part):
    """{peer: all figures of a part}, of the peers that have it."""
    have = {name: [x for run in runs for x in run[kind].get(part, [])] for name, runs in rounds.items()}
    return {name: numbers for name, numbers in have.items() if numbers}


def report_parts(rounds):
    """A line per peer for each part that ours has."""
    for part in rounds[OURS][0]["parts"]:
        have = part_figures(rounds, "parts", part)
        peaks = {name: max(numbers) for name, numbers in part_figures(rounds, "part_peaks", part).items()}
        best = min((statistics.median(times) for name, times in have.items() if name != OURS), default=None)
        leanest = min((peak for name, peak in peaks.items() if name != OURS), default=None)
        for name, times in have.items():
            print_row(f"  {part}: {name}", times, peaks.get(name) if leanest else None, best, leanest)
        cpus = part_figures(rounds, "part_cpus", part)
        best = min((statistics.median(times) for name, times in cpus.items() if name != OURS), default=None)
        for name, times in cpus.items():
            print_row(f"  {part}, cpu: {name}", times, None, best, None)
    for score in rounds[OURS][0]["scores"]:
        for name, numbers in part_figures(rounds, "scores", score).items():
            print(f"{f'  {score}: {name}':<28}{statistics.median(numbers):10.4f}")


def report_lates(rounds):
    """A line for each part that counts by its worst."""
    if rounds[OURS][0]["lates"]:
        print(f"{'':<28}{'median ms':>10}{'worst ms':>10}{'cpu median':>12}{'cpu worst':>11}")
    for part in rounds[OURS][0]["lates"]:
        times, cpus = part_figures(rounds, "lates", part)[OURS], part_figures(rounds, "part_cpus", part)[OURS]
        print(f"  {part:<26}{statistics.median(times):10.1f}{max(times):10.1f}{statistics.median(cpus):12.1f}{max(cpus):11.1f}")


def report_mean(rounds, prefix):
    """The geometric mean of ours to the best peer over the parts whose names start with `prefix`."""
    ratios = {}
    for part in rounds[OURS][0]["parts"]:
        have = {name: statistics.median(times) for name, times in part_figures(rounds, "parts", part).items()}
        others = [time for name, time in have.items() if name != OURS]
        if part.startswith(prefix) and others:
            ratios[part] = have[OURS] / min(others)
    if ratios:
        worst = max(ratios, key=ratios.get)
        print(f"geometric mean of {len(ratios)} parts to the best peer of each: "
              f"{statistics.geometric_mean(ratios.values()):.2f}, the worst {worst}: {ratios[worst]:.2f}")


def run_task(folder, options):
    """Runs a task's peers in turn: once to warm the caches, then the measured rounds. All must give the same answer."""
    task = json.loads((folder / "task.json").read_text())
    data = data_file(task.get("data"), options)
    commands = commands_of(folder, task, data, options)
    title = task["title"].format(rows=f"{options.rows:,}")
    print(f"\n## {folder.name}: {title}\n", flush=True)
    rounds = {name: [] for name in commands}
    given_up = []
    for turn in range(0 if task.get("warm", True) else 1, (options.runs or task.get("runs", 5)) + 1):
        for name, command in commands.items():
            if name in given_up:
                continue
            run = run_once(command, options, None if name == OURS else task.get("limit"))
            if run is None:
                given_up.append(name)
                del rounds[name]
            else:
                rounds[name].append(run)
        rows = check_answers(folder.name, {name: runs[-1]["answer"] for name, runs in rounds.items()})
        if turn == 0:
            rounds = {name: [] for name in rounds}
    report(task, rounds)
    for name in given_up:
        print(f"{name:<28} more than {task['limit'] * 1000:,} ms: given up")
    if "geometric_mean" in task:
        report_mean(rounds, task["geometric_mean"])
    print(f"\nAll answers agree ({rows} rows), {len(rounds[OURS])} runs each. {task.get('note', '')}", flush=True)


def version_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "?"


def describe(options):
    """What ran on what, so that a pasted result explains itself."""
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    pandas = version_of(["/usr/bin/python3", "-c", "import pandas; print(pandas.__version__)"])
    print(f"{version_of(['date', '-u', '+%Y-%m-%d %H:%M UTC'])}, {cpu}, {options.threads} threads, {memory:.0f} GB")
    print(f"{version_of([str(LUNETTE), '--version'])}, DuckDB {lock['node_modules/@duckdb/node-api']['version']}, "
          f"Polars (nodejs-polars) {lock['node_modules/nodejs-polars']['version']}, pandas {pandas}, "
          f"node {version_of(['node', '--version'])}", flush=True)


def main():
    tasks = sorted(path.parent.name for path in (HERE / "tasks").glob("*/task.json"))
    parser = argparse.ArgumentParser(prog="scripts/bench", description=f"Tasks: {', '.join(tasks)}.")
    parser.add_argument("--cache", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of generated data (default 1000000)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each part is run in one process (default 3)")
    parser.add_argument("--peers", type=lambda text: text.split(","), help="only these, as in duckdb,polars")
    parser.add_argument("--runs", type=int, help="measured rounds (default: the task's own)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    options = parser.parse_args()
    if options.runs == 0:
        parser.error("--runs is 1 or more")
    for name in options.tasks:
        if name not in tasks:
            parser.error(f"no task '{name}' (there are: {', '.join(tasks)})")
    describe(options)
    for name in options.tasks or tasks:
        run_task(HERE / "tasks" / name, options)


if __name__ == "__main__":
    main()
