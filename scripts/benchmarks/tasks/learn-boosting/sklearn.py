"""A hundred rounds of boosting, of a tree for each class."""
import sys

sys.path.insert(0, sys.argv[-1])
import learners  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402

learners.measure(HistGradientBoostingClassifier(max_iter=100, early_stopping=False))
