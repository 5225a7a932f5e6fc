"""A forest of a hundred trees for each class."""
import sys

sys.path.insert(0, sys.argv[-1])
import learners  # noqa: E402
from xgboost import XGBRFClassifier  # noqa: E402

learners.measure(XGBRFClassifier(n_estimators=100, max_depth=8, tree_method="hist", n_jobs=learners.THREADS))
