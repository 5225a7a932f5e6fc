local lunette = require "lunette"
local feed = require "lunette.kit.feed"

-- Printable text, tabs and line ends.
local function is_text(head)
  return not head:find "[\0-\8\14-\31]"
end

-- Whether the first lines have the same number of commas, semicolons, tabs or bars.
local function has_columns(head)
  local lines = feed.lines(head)
  for _, delimiter in ipairs { ",", "\t", ";", "|" } do
    local _, wanted = (lines[1] or ""):gsub(delimiter, "")
    local _, next_one = (lines[2] or ""):gsub(delimiter, "")
    if wanted > 0 and wanted == next_one then return true end
  end
  return false
end

return {
  api = 1,
  kind = "source",
  name = "csv",
  version = "1.0.0",
  summary = "Any delimited file: CSV, TSV, and the like",
  description = [[
Reads any file of delimited values, as it is: delimiter, quotes, comments, header and types are found by looking at
it.

Columns that have the IOC schema's names (`family`, `ip`, `port`, `first_seen`, …) are what analyses look for; a
file that names them otherwise needs `rename`, or a source plugin of a few lines. Options are those of
`lunette.csv`.]],
  categories = { "table" },
  author = "The Lunette authors",
  license = "MIT",
  permissions = {},

  detect = function(head, path)
    if feed.is_json(head) then return nil end
    local name = path:lower():gsub("%.gz$", ""):gsub("%.zst$", ""):gsub("%.xz$", ""):gsub("%.zip$", "")
    if name:find "%.[ct]sv$" then return 0.4 end
    return is_text(head) and has_columns(head) and 0.2 or nil
  end,

  read = function(path, opts)
    return lunette.csv(path, opts)
  end,
}
