-- A hundred rounds of boosting, of a tree for each class.
local lunette = require "lunette"
require "learners".measure(lunette.learn.boosting { n_trees = 100 })
