"""The five questions about joins; the texts are categories."""
import sys

sys.path.insert(0, sys.argv[2])
from bench import ask, load  # noqa: E402

x, small, medium, big = (load(f"{sys.argv[1]}/{name}.csv", categories=["id4", "id5", "id6"])
                         for name in ("x", "small", "medium", "big"))
ask("j1", ["v1", "v2"], lambda: x.merge(small, on="id1"))
ask("j2", ["v1", "v2"], lambda: x.merge(medium, on="id2"))
ask("j3", ["v1", "v2"], lambda: x.merge(medium, on="id2", how="left"))
ask("j4", ["v1", "v2"], lambda: x.merge(medium, on="id5"))
ask("j5", ["v1", "v2"], lambda: x.merge(big, on="id3"))
