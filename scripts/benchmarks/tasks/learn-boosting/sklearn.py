"""A hundred rounds of boosting; the rows come from the same arithmetic as in lunette.lua."""
import os
import sys
import time

THREADS = os.environ.get("BENCH_THREADS", "1")
os.environ["OMP_NUM_THREADS"] = THREADS

import numpy  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402
from sklearn.metrics import f1_score, log_loss  # noqa: E402


def rows(n):
    i = numpy.arange(n, dtype=numpy.int64)

    def hashed(k):
        return ((i + k * 7919) * 1103515245 + 12345) % 2147483648 * 69069 % 2147483648 // 256

    c = numpy.floor(numpy.sqrt(hashed(1) % 900)).astype(numpy.int64)
    x = [(c * 61 + hashed(2) % 80) % 2000, (c * 5 + hashed(3) % 40) % 120, c * 37 % 11 * 100 + hashed(4) % 300,
         c * 3 - 60 + hashed(5) % 4000 / 100, c % 7 * 20 + hashed(6) % 80, hashed(7) % 1000]
    return numpy.column_stack(x).astype(numpy.float32), numpy.where(hashed(8) % 10 == 0, hashed(9) % 30, c)


def timed(name, fn):
    start = time.perf_counter()
    result = fn()
    print(f"time {name} {(time.perf_counter() - start) * 1000:.2f}", file=sys.stderr)
    return result


model = HistGradientBoostingClassifier(max_iter=100, early_stopping=False)
n = int(os.environ.get("LEARN_ROWS", "100000"))
x, y = rows(n)
k = n * 4 // 5
timed("fit", lambda: model.fit(x[:k], y[:k]))
predicted = timed("predict", lambda: model.predict(x[k:]))
f1 = f1_score(y[k:], predicted, average="macro")
loss = log_loss(y[k:], model.predict_proba(x[k:]), labels=model.classes_)
print(f"macro-F1 {f1:.4f}, log loss {loss:.4f}", file=sys.stderr)
print("boosting", n - k, "good" if f1 >= 0.85 and loss <= 0.62 else "bad", sep="\t")
