"""The ten questions about groups; the texts are categories."""
import sys

sys.path.insert(0, sys.argv[2])
from bench import ask, load  # noqa: E402

x = load(sys.argv[1], categories=["id1", "id2", "id3"])


def groups(*by):
    return x.groupby(list(by), as_index=False, sort=False, observed=True, dropna=False)


def r2():
    d = x[["id2", "id4"]].assign(v1=x.v1, v2=x.v2, xy=x.v1 * x.v2, xx=x.v1 * x.v1, yy=x.v2 * x.v2)
    s = d.groupby(["id2", "id4"], as_index=False, sort=False, observed=True).mean()
    s["r2"] = (s.xy - s.v1 * s.v2) ** 2 / ((s.xx - s.v1 ** 2) * (s.yy - s.v2 ** 2))
    return s


ask("q1", ["v1"], lambda: groups("id1").agg({"v1": "sum"}))
ask("q2", ["v1"], lambda: groups("id1", "id2").agg({"v1": "sum"}))
ask("q3", ["v1", "v3"], lambda: groups("id3").agg({"v1": "sum", "v3": "mean"}))
ask("q4", ["v1", "v2", "v3"], lambda: groups("id4").agg({"v1": "mean", "v2": "mean", "v3": "mean"}))
ask("q5", ["v1", "v2", "v3"], lambda: groups("id6").agg({"v1": "sum", "v2": "sum", "v3": "sum"}))
ask("q6", ["m", "s"], lambda: groups("id4", "id5").agg(m=("v3", "median"), s=("v3", "std")))
ask("q7", ["r"], lambda: groups("id3").agg(a=("v1", "max"), b=("v2", "min")).assign(r=lambda d: d.a - d.b))
ask("q8", ["v3"], lambda: x[["id6", "v3"]].sort_values("v3", ascending=False).groupby("id6", sort=False).head(2))
ask("q9", ["r2"], r2)
ask("q10", ["v3", "n"], lambda: groups("id1", "id2", "id3", "id4", "id5", "id6").agg(v3=("v3", "sum"), n=("v1", "size")))
