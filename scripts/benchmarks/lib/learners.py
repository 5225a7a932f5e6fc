"""How a task's Python program fits and predicts: rows by arithmetic, the same as in learners.lua; parts timed, scores told.

Each row is of one of 30 classes, a tenth of them of one at random; six features lean to the class more or less, one of
them a number of 2,000 levels. Four fifths train, the rest is predicted.
"""
import os
import sys
import time

THREADS = int(os.environ.get("BENCH_THREADS", "1"))
os.environ["OMP_NUM_THREADS"] = str(THREADS)  # before NumPy comes

import numpy  # noqa: E402
from sklearn.metrics import f1_score, log_loss  # noqa: E402

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))


def rows(n):
    """Features and classes of n rows."""
    i = numpy.arange(n, dtype=numpy.int64)

    def hashed(k):
        return ((i + k * 7919) * 1103515245 + 12345) % 2147483648 * 69069 % 2147483648 // 256

    c = numpy.floor(numpy.sqrt(hashed(1) % 900)).astype(numpy.int64)
    x = [(c * 61 + hashed(2) % 80) % 2000, (c * 5 + hashed(3) % 40) % 120, c * 37 % 11 * 100 + hashed(4) % 300,
         c * 3 - 60 + hashed(5) % 4000 / 100, c % 7 * 20 + hashed(6) % 80, hashed(7) % 1000]
    return numpy.column_stack(x).astype(numpy.float32), numpy.where(hashed(8) % 10 == 0, hashed(9) % 30, c)


def timed(name, function):
    start, cpu = time.perf_counter(), time.process_time()
    result = function()
    print(f"time {name} {(time.perf_counter() - start) * 1000:.2f}", file=sys.stderr)
    print(f"cpu {name} {(time.process_time() - cpu) * 1000:.2f}", file=sys.stderr)
    return result


def measure_rows(model, x, y, k):
    """Fits to the first k rows and predicts the others; tells macro-F1 and log loss on those."""
    timed("fit", lambda: model.fit(x[:k], y[:k]))
    predicted = timed("predict", lambda: model.predict(x[k:]))
    print(f"score macro-F1 {f1_score(y[k:], predicted, average='macro'):.4f}", file=sys.stderr)
    known = numpy.isin(y[k:], model.classes_)  # a class that training didn't have has no probability
    print(f"score log-loss {log_loss(y[k:][known], model.predict_proba(x[k:][known]), labels=model.classes_):.4f}",
          file=sys.stderr)
    print("predicted", len(x) - k, sep="\t")


def measure(model):
    """The same of rows by arithmetic, of which four fifths train."""
    measure_rows(model, *rows(ROWS), ROWS * 4 // 5)
