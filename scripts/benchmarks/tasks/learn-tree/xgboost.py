"""A round of boosting that learns all at once: a tree for each class."""
import sys

sys.path.insert(0, sys.argv[-1])
import learners  # noqa: E402
from xgboost import XGBClassifier  # noqa: E402

learners.measure(XGBClassifier(n_estimators=1, max_depth=8, learning_rate=1, tree_method="hist", n_jobs=learners.THREADS))
