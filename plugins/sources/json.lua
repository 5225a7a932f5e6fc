local lunette = require "lunette"
local feed = require "lunette.kit.feed"

return {
  api = 1,
  kind = "source",
  name = "json",
  version = "1.0.0",
  summary = "Any JSON document or JSON lines",
  description = [[
Reads any JSON as a table: an array of objects, an object that holds one, or one object per line.

Nested objects become columns with dots in their names (`alert.signature`), arrays of plain values one text. Options
are those of `lunette.json`; `records` says where the records are, if that can't be seen.]],
  categories = { "table" },
  author = "The Lunette authors",
  license = "MIT",
  permissions = {},

  detect = function(head, path)
    if not feed.is_json(head) then return nil end
    return path:lower():find "%.n?d?jsonl?%f[%.\0]" and 0.4 or 0.3
  end,

  read = function(path, opts)
    return lunette.json(path, opts)
  end,
}
