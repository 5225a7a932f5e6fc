-- AS ranges in CSV files, for where there is no .mmdb: "first, last, AS number, name" (ip-location-db, iptoasn.com) or
-- "network, AS number, name" (GeoLite2's blocks), with or without a line of names. Columns are told by their types.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local ranges = {}

--- Whether a path names range files rather than a database.
---@param path string
---@return boolean
function ranges.is_path(path) return path:lower():find "%.[ct]sv%f[.,\0]" ~= nil end

-- The files of a path: itself, or those between its commas.
local function files_of(path)
  if core.stat(path) == "file" then return { path } end
  local files = {}
  for file in path:gmatch "[^,]+" do files[#files + 1] = file end
  return files
end

-- The name of the first column of that type from column `from` on; with `last` of the last one.
local function column_of(schema, wanted, from, last)
  local found
  for i = from, #schema do
    if schema[i].type == wanted and (last or not found) then found = schema[i].name end
  end
  return found
end

local function refuse(path, schema)
  local columns = {}
  for i, column in ipairs(schema) do columns[i] = ("%s (%s)"):format(column.name, column.type) end
  errors.raise_at(path, "format", "these are no AS ranges: they begin with two addresses, or a network such as 1.0.0.0/24, "
    .. "and have an AS number; the columns are %s", table.concat(columns, ", "))
end

-- One file as first, last (or network), asn, as_name.
local function open_file(path)
  local rows = query.of(core.csv(path, {}))
  local schema = rows:schema()
  local pair = #schema >= 3 and schema[1].type == "ip" and schema[2].type == "ip"
  local network = #schema >= 2 and schema[1].type == "string" and not pair
  local from = pair and 3 or 2
  local number, text = column_of(schema, "int", from), column_of(schema, "string", from, true)
  if not number and text and #schema > from then number, text = schema[from].name, schema[#schema].name end
  if not number or not (pair or network) then refuse(path, schema) end
  local asn = rows:has(number, "int") and ("null_if(`%s`, 0)"):format(number)
    or ("null_if(try_int(extract(`%s`, '^(?i:AS)?([0-9]+)$')), 0)"):format(number)
  local name = text and text ~= number and ("`%s`"):format(text) or "string(null)"
  return rows:select(pair and ("first = `%s`"):format(schema[1].name) or ("network = `%s`"):format(schema[1].name),
    pair and ("last = `%s`"):format(schema[2].name) or "last = ip(null)", "asn = " .. asn, "as_name = " .. name), network
end

--- What a path names: the ranges of all its files.
---@param path string
---@return { ranges: lunette.Query?, networks: lunette.Query? }
function ranges.open(path)
  local by_kind = {}
  for _, file in ipairs(files_of(path)) do
    local rows, network = open_file(file)
    local kind = network and "networks" or "ranges"
    by_kind[kind] = by_kind[kind] and by_kind[kind]:concat(rows) or rows
  end
  if by_kind.ranges and by_kind.networks then
    errors.raise_at(path, "argument", "ranges and networks don't mix: give files of one form")
  end
  return by_kind
end

--- Adds asn and as_name to a query by its ip column: of the narrowest range, or the longest prefix.
---@param opened table what ranges.open gave
---@param input lunette.Query
---@param column string
---@return lunette.Query
function ranges.add(opened, input, column)
  local found
  if opened.ranges then
    found = input:range_join(opened.ranges:select("range_first = first", "range_last = last", "asn", "as_name"),
      ("`%s` between range_first and range_last"):format(column), { match = "narrowest", kind = "left" })
  else
    found = input:cidr_join(opened.networks:select("range_first = network", "range_last = network", "asn", "as_name"),
      ("`%s` = range_first"):format(column), { kind = "left" })
  end
  return found:derive "as_name = if_else(is_null(asn), null, as_name)":drop("range_first", "range_last")
end

return ranges
