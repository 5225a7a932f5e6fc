-- The half of a query that runs it: tables, rows, columns, text, files. Adds its methods to the query class.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"

local rows_per_batch = 1024

local write_formats = {
  csv = "csv", tsv = "tsv", json = "json", ndjson = "ndjson", jsonl = "ndjson", md = "md", markdown = "md",
  arrow = "arrow", feather = "arrow",
}

--- The format that a file's ending stands for, or nil.
---@param path string
---@return string?
local function format_of(path)
  local ending = path:match "%.([%w]+)$"
  return ending and write_formats[ending:lower()]
end

return function(query)
  local Query, meta = query.Query, query.meta

  --- Runs the query. The result is a query over a table in memory: it has all the verbs.
  ---@return lunette.Query
  function Query:collect()
    if self._table then return self end
    local result = self._plan:run()
    return query.of(result:plan(), result)
  end

  --- The engine's table behind the query; runs it unless it is there.
  ---@return lunette.Table
  function Query:handle() return self._table or self._plan:run() end

  local function result_of(self) return self._table or self._plan:run() end

  --- Iterates over the rows: `for row in q:rows() do print(row.family) end`. Null is nil.
  ---@return fun(): table?
  function Query:rows()
    local result = result_of(self)
    local n, next_row, batch, at = #result, 1, nil, 0
    return function()
      if not batch or at >= #batch then
        if next_row > n then return nil end
        batch, at = result:rows(next_row, rows_per_batch), 0
        next_row = next_row + #batch
      end
      at = at + 1
      return batch[at]
    end
  end

  --- A column: `c[i]` from 1 (null as `lunette.null`), `#c`, ipairs, `c:values(first, n)`, `c.type`.
  ---@param name string
  ---@return lunette.Column
  function Query:column(name)
    if type(name) ~= "string" then errors.raise("argument", "column takes a name, not a %s", type(name)) end
    if self._table then return self._table:column(name) end
    local found, nearest = self._plan:find(name)
    if not found then
      errors.raise("name", "no column '%s'%s", name, nearest and (" (did you mean '%s'?)"):format(nearest) or "")
    end
    return self._plan:select({ "`" .. name .. "`" }):run():column(1)
  end

  --- The first row as a table, or nil when there is none.
  ---@return table?
  function Query:first()
    local result = self._table or self._plan:slice(0, 1):run()
    return result:rows(1, 1)[1]
  end

  --- How many rows the query gives (also `#q`).
  ---@return integer
  function Query:length()
    if self._table then return #self._table end
    return self._plan:count():run():column(1)[1]
  end

  --- The columns: an array of { name =, type = }.
  ---@return { name: string, type: string }[]
  function Query:schema() return self._plan:schema() end

  --- Whether there is a column of that name (and type).
  ---@param name string
  ---@param type_name? string
  ---@return boolean
  function Query:has(name, type_name)
    local found = self._plan:find(name)
    return found ~= nil and (type_name == nil or found == type_name)
  end

  --- How the query will be run, an operator a line.
  ---@return string
  function Query:explain() return self._plan:explain() end

  --- The rows that the query's inputs could not read: source, line, column, reason, text.
  ---@return lunette.Query
  function Query:rejects() return query.of_table(self._plan:rejects()) end

  --- How many rows the query's inputs gave and could not read in the last pass that finished; nil before one has.
  ---@return integer? rows, integer? rejected
  function Query:counts() return self._plan:counts() end

  --- The query's first rows as text that fits the terminal, and how many rows there are.
  ---@param n? integer|{ rows?: integer, width?: integer, paint?: lunette.Paint } rows at most (20)
  ---@return string text, integer rows
  function Query:text(n)
    local layout = type(n) == "table" and n or { rows = n }
    local rows = layout.rows or 20
    local is_all = self._table or self._whole
    local result = is_all and result_of(self) or self._plan:slice(0, rows + 1):run()
    local total = #result
    if not is_all and total > rows then total = self:length() end
    local text = require("lunette.terminal").table(result,
      { rows = rows, total = total, width = layout.width, paint = layout.paint })
    return text, total
  end

  --- Prints the first rows to the standard output.
  ---@param n? integer rows at most (20)
  function Query:print(n) io.stdout:write((self:text(n))) end

  --- Writes the rows into a file ("-": the standard output); its ending says the format unless `options.format` does:
  --- csv, tsv, json, ndjson, md, arrow. Gives the number of rows. `raw`: don't neutralise what a spreadsheet would run as a formula.
  ---@param path string
  ---@param options? { format?: string, raw?: boolean }
  ---@return integer
  function Query:write(path, options)
    if type(path) ~= "string" then errors.raise("argument", "write takes a path, not a %s", type(path)) end
    options = require("lunette.arguments").options("write", options, { format = "string", raw = "boolean" })
    local format = options.format and write_formats[options.format] or not options.format and format_of(path)
    if not format then
      local wanted = options.format or path
      errors.raise("argument", "can't tell the format of '%s'%s: there are csv, tsv, json, ndjson, md, arrow", wanted,
        options.format and errors.meant(options.format, errors.keys(write_formats)) or "")
    end
    access.check("write", path)
    if path == "-" then return require("lunette.terminal").write(self._plan, format, options.raw) end
    return core.write_file(self._plan, format, options.raw, path)
  end

  meta.__len = Query.length
  meta.__tostring = function(self) return (self:text():gsub("\n$", "")) end

  query.format_of = format_of
end
