local lunette = require "lunette"

-- A stream's first message: a mark, the length of its metadata, which is a few KiB, and in it the offset of a table.
local function is_stream(head)
  if head:sub(1, 4) ~= "\255\255\255\255" or #head < 12 then return false end
  local length, offset = string.unpack("<i4I4", head, 5)
  return length > 0 and length % 8 == 0 and offset >= 4 and offset < length
end

return {
  api = 1,
  kind = "source",
  name = "arrow",
  version = "1.0.0",
  summary = "Any Arrow IPC file or stream (Feather)",
  description = [[
Reads what was stored as Arrow: by `query:write "x.arrow"`, or by pandas, Polars, DuckDB, R and others.

Columns keep their names and types; the fields of structs become columns with dots in their names, lists one text.
Files that Lunette wrote come back as they were, addresses included. Options are those of `lunette.arrow`.]],
  categories = { "table" },
  author = "The Lunette authors",
  license = "MIT",
  permissions = {},

  detect = function(head)
    if head:sub(1, 6) == "ARROW1" then return 1.0 end
    return is_stream(head) and 0.9 or nil
  end,

  read = function(path, opts)
    return lunette.arrow(path, opts)
  end,
}
