"""A decision tree."""
import sys

sys.path.insert(0, sys.argv[-1])
import learners  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402

learners.measure(DecisionTreeClassifier(min_samples_leaf=5, random_state=0))
