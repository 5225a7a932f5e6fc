-- my_hunt: adds to each address which of our own networks it is in.
--
--   lunette check my_hunt.lua           says what is wrong, and where
--   lunette test my_hunt.lua            runs its example
--   lunette run topn sample by=zone --enrich ./my_hunt.lua
--
-- When it is good, put it at ~/.config/lunette/plugins/enrich/my_hunt.lua: then --enrich my_hunt finds it.

return {
  api = 1,                -- the version of what the fields of this table mean
  kind = "enrich",        -- an enrichment adds columns to any query that has the columns it needs
  name = "my_hunt",       -- the file's name without .lua
  version = "0.1.0",
  summary = "Which of our networks an address is in",
  categories = { "ioc", "network" },
  author = "you",
  license = "MIT",
  input = { ip = "ip" },              -- what the query must have
  columns = { zone = "string" },      -- what it has afterwards
  params = {
    lab = { type = "string", default = "198.18.0.0/15", doc = "The network of the lab." },
  },
  permissions = {},

  apply = function(query, opts)
    return query:derive(("zone = if_else(ip:within('%s'), 'lab', if_else(is_private(ip), 'inside', 'outside'))")
      :format(opts.lab))
  end,

  -- Run by `lunette check` and `lunette test`.
  example = {
    text = "ip\n198.18.0.1\n10.1.2.3\n240.0.0.1\n",
    expect = { rows = 3, columns = { ip = "ip", zone = "string" }, first = { zone = "lab" } },
  },
}
