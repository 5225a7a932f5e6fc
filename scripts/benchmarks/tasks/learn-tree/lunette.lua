-- A decision tree.
local lunette = require "lunette"
require "learners".measure(lunette.learn.tree { min_leaf = 5, smoothing = 1 })
