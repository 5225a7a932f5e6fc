"""The verbs that aren't grouping or joining; the texts are categories."""
import sys

sys.path.insert(0, sys.argv[2])
from bench import ask, load  # noqa: E402
from pandas import DataFrame  # noqa: E402

x = load(sys.argv[1], categories=["id1", "id2", "id3"])

ask("filter-count", ["n"], lambda: DataFrame({"n": [int(((x.v3 > 50) & (x.id4 <= 50) & (x.v2 != 7)).sum())]}))
ask("sort-narrow", ["v3"], lambda: x[["id4", "v3"]].sort_values(["id4", "v3"]), ["id4", "v3"])
ask("sort-wide", ["v1"], lambda: x.sort_values(["id6", "v3"], ascending=[True, False]), ["id6", "v3"])
ask("top-100", ["v3"], lambda: x.nlargest(100, "v3"), ["v3"])
ask("distinct", ["id4", "id5"], lambda: x[["id4", "id5"]].drop_duplicates())
ask("running-sum", ["s"], lambda: DataFrame({"s": x.v1.cumsum()}), ["s"])
ask("running-sum-by-group", ["s"], lambda: DataFrame({"s": x.groupby("id4", sort=False).v1.cumsum()}), ["s"])
