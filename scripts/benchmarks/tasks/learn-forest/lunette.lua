-- A forest of a hundred trees.
local lunette = require "lunette"
require "learners".measure(lunette.learn.forest { n_trees = 100, min_leaf = 5 })
