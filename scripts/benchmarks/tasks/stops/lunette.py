"""Interrupts Lunette in the midst of each operator: how long it is from Ctrl-C to the end of the process.

Each operator of lib/stops.lua runs once to its end, and then MOMENTS times until it gets a SIGINT, at moments spread over
that time. Lines `late NAME MILLISECONDS` and `cpu NAME MILLISECONDS` on stderr tell each outcome.
STOPS_ONLY names operators, as in list-by-all,sort. Those whose names end in -spilled get too little memory for their rows.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

MOMENTS = 7
INTERRUPTED = 130
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent.parent
LITTLE = ["--memory", os.environ.get("STOPS_MEMORY", "900M")]
LUNETTE = [str(ROOT / "build" / "lunette"), "--trust", "--threads", os.environ["BENCH_THREADS"]]


def spent_ms(pid):
    """The processor time that all threads of a process have had."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:  # it ended meanwhile
            pass
    return total / 1e6


def begin(command, folder):
    """Starts the operator and waits until it says that it has begun."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, TMPDIR=folder))
    if process.stdout.readline() != "go\n":
        sys.exit(f"stops: {' '.join(command)}\n{process.communicate()[1]}")
    return process


def interrupt(command, folder, after_ms):
    """Milliseconds from the signal to the end, and the processor time in them."""
    process = begin(command, folder)
    time.sleep(after_ms / 1000)
    before = spent_ms(process.pid)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(process.pid, 0)
    late = (time.monotonic() - start) * 1000
    process.returncode = os.waitstatus_to_exitcode(status)
    told = process.communicate()[1]
    if process.returncode != INTERRUPTED:
        sys.exit(f"stops: status {process.returncode} from: {' '.join(command)}\n{told}")
    return late, max(0, (usage.ru_utime + usage.ru_stime) * 1000 - before)


def main():
    data, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    arrow = data.with_suffix(".arrow")
    if not arrow.exists():
        subprocess.run(LUNETTE + ["--quiet", "convert", str(data), str(arrow)], stdin=subprocess.DEVNULL, check=True)
    program = [f"{library}/stops.lua", str(arrow)]
    names = subprocess.run(LUNETTE + program + ["list"], capture_output=True, text=True, check=True).stdout.split()
    only = os.environ.get("STOPS_ONLY")
    for name in only.split(",") if only else names:
        operator = LUNETTE + (LITTLE if name.endswith("-spilled") else []) + program
        with tempfile.TemporaryDirectory(dir=data.parent) as folder:
            once = begin(operator + ["once", name], folder)
            told, failed = once.communicate()
            if once.returncode != 0:
                sys.exit(f"stops: {name}: {failed}")
            for k in range(MOMENTS):
                late, cpu = interrupt(operator + ["forever", name], folder, float(told) * (k + 0.5) / MOMENTS)
                print(f"late {name} {late:.3f}\ncpu {name} {cpu:.3f}", file=sys.stderr, flush=True)
        print(f"{name}\tinterrupted")


main()
