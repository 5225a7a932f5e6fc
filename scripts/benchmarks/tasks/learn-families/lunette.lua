-- A hundred rounds of boosting on a feed's families.
local lunette = require "lunette"
local data = lunette.read(arg[1]):collect()
require "learners".measure_rows(lunette.learn.boosting { n_trees = 100 }, data, #data * 85 // 100, {
  target = "family", features = { "lat", "lon", "asn", "as_name", "country", "port", "http" },
  categories = { "asn", "port" } })
