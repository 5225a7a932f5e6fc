-- my_hunt: which families listen on ports that hardly anybody else uses.
--
--   lunette run my_hunt.lua sample      runs it on the bundled feed (or on files of your own)
--   lunette check my_hunt.lua           says what is wrong, and where
--   lunette test my_hunt.lua            runs its example and tests
--
-- When it is good, put it at ~/.config/lunette/plugins/analyses/my_hunt.lua: then `lunette run my_hunt` finds it.

return {
  api = 1,                -- the version of what the fields of this table mean
  kind = "analysis",      -- an analysis takes a query and gives a report
  name = "my_hunt",       -- the file's name without .lua
  version = "0.1.0",
  summary = "Which families listen on ports that hardly anybody else uses",
  description = [[
The first paragraph of the description stands alone in lists.

Say here what the hunt finds, what it can miss, and how to read its result.]],
  categories = { "ioc" },
  author = "you",
  license = "MIT",

  -- The columns it needs, with their types (bool, int, float, string, time, ip, or any). An input that lacks one is refused
  -- before anything runs. `.schema` at the prompt shows what an input has.
  input = { family = "string", port = "int" },

  -- What users can set: lunette run my_hunt.lua sample max_families=1. Values are checked; ctx.params has them.
  params = {
    max_families = { type = "int", default = 2, min = 1, doc = "A port is rare if at most so many families use it." },
    top = { type = "int", default = 10, min = 1, doc = "How many ports to show." },
  },

  -- What it may touch besides its input: nothing. Hosts (net), files (read, write) and secrets would be named here.
  permissions = {},

  -- Run by `lunette check` and `lunette test`. The input is a file beside this one, sample or sample-log, or text that stands
  -- here. `expect` says what has to come out: rows of tables (a number, or true for some), texts of findings, metrics.
  example = {
    input = "sample",
    params = { top = 5 },
    expect = { tables = { rare_ports = 5 }, charts = { rare_ports = true }, findings = { "of one family only" } },
  },
  tests = {
    {
      name = "a port that one family uses is rare, one that all use isn't",
      text = "family,port\nA,1\nA,1\nA,2\nB,2\nC,2\n",
      params = { max_families = 1 },
      expect = { tables = { rare_ports = { rows = 1, first = { port = 1, family = "A", count = 2 } } }, metrics = { ports = 2 } },
    },
  },

  run = function(ctx)
    -- Verbs describe a query; nothing runs until something looks at its rows. Values go in by $name, never as text.
    local ports = ctx.input
      :filter "port > 0"
      :group_by("port")
      :agg("families = count_distinct(family)", "count = count()", "family = first(family)")
    local rare = ports
      :filter("families <= $most", { most = ctx.params.max_families })
      :top(ctx.params.top, "-count", "port")
      :select("port", "family", "families", "count")
      :collect() -- several things below look at it: run it once

    ctx:metric { name = "ports", value = #ports, title = "Ports seen" }
    ctx:table(rare, { name = "rare_ports", title = "Ports that hardly anybody else uses" })
    ctx:chart { name = "rare_ports", kind = "bar", title = "Indicators on rare ports", data = rare, x = "port", y = "count",
                color = "family" }

    -- A finding is what a person should look at, with the rows that show it.
    for row in rare:rows() do
      if row.families == 1 then
        ctx:finding {
          severity = "low",
          title = ("Port %d is of one family only: %s (%d)"):format(row.port, row.family, row.count),
          evidence = rare:filter("port == $port", { port = row.port }),
        }
      end
    end
  end,
}
