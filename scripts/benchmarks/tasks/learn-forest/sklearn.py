"""A forest of a hundred trees."""
import sys

sys.path.insert(0, sys.argv[-1])
import learners  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

learners.measure(RandomForestClassifier(100, min_samples_leaf=5, n_jobs=learners.THREADS, random_state=0))
