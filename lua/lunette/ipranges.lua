-- AS ranges in CSV files, for where there is no .mmdb: "first, last, AS number, name" (ip-location-db, iptoasn.com) or
-- "network, AS number, name" (GeoLite2's blocks), with or without a line of names. Columns are told by what most of the
-- first rows hold; a row that is odd is left out and counted.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"
local lunette = require "lunette"

local ranges = {}

--- Whether a path names range files rather than a database.
---@param path string
---@return boolean
function ranges.is_path(path) return path:lower():find "%.[ct]sv%f[.,\0]" ~= nil end

--- The files of a path: itself, or those between its commas.
---@param path string
---@return string[]
function ranges.files(path)
  if core.stat(path) == "file" then return { path } end
  local files = {}
  for file in path:gmatch "[^,]+" do files[#files + 1] = file end
  return files
end

local function refuse(path, schema)
  local columns = {}
  for i, column in ipairs(schema) do columns[i] = ("%s (%s)"):format(column.name, column.type) end
  errors.raise_at(path, "format", "these are no AS ranges: they begin with two addresses, or a network such as 1.0.0.0/24, "
    .. "and have an AS number; the columns are %s", table.concat(columns, ", "))
end

local no_ranges = {
  { name = "first", type = "ip", values = {} }, { name = "last", type = "ip", values = {} },
  { name = "network", type = "string", values = {} }, { name = "asn", type = "int", values = {} },
  { name = "as_name", type = "string", values = {} },
}

local sample_rows = 200 -- that say what the columns are

-- Whether a condition holds for at least half of the rows: single ones may be odd.
local function mostly(rows, condition, of)
  local n = rows:group_by():agg("good = count() where " .. condition, "n = count() where " .. (of or "true")):first()
  return n ~= nil and n.n > 0 and n.good * 2 >= n.n
end

local function text_of(column) return ("trim(string(`%s`))"):format(column.name) end

local function address_of(column)
  return column.type == "ip" and ("`%s`"):format(column.name) or ("try_ip(%s)"):format(text_of(column))
end

-- The condition that a text is a network, or an address, which is one of itself.
local function is_network(text)
  local bits = ("try_int(split_part(%s, '/', 2))"):format(text)
  return ("coalesce(not_null(try_ip(split_part(%s, '/', 1))) and (not %s:contains '/' or %s >= 0 and "
    .. "%s <= if_else(%s:contains ':', 128, 32)), false)"):format(text, text, bits, bits, text)
end

-- "first, last, …" or "network, …": the expressions for first, last and network, the condition that a row has them, and
-- the number of the next column; nil for neither.
local function form_of(rows, schema)
  if #schema >= 3 then
    local first, last = address_of(schema[1]), address_of(schema[2])
    local condition = ("coalesce(version(%s) == version(%s) and %s <= %s, false)"):format(first, last, first, last)
    local are_addresses = ("not_null(%s) and not_null(%s)"):format(first, last)
    if mostly(rows, are_addresses) then return { first = first, last = last, condition = condition, next = 3 } end
  end
  local network = text_of(schema[1])
  if #schema >= 2 and mostly(rows, is_network(network)) then
    return { network = network, condition = is_network(network), next = 2 }
  end
end

-- The AS number (the first column of "64500" or "AS64500") and name (the last other one of texts) as expressions; nil
-- where no column has such numbers.
local function owner_of(rows, schema, from)
  local number, name
  for i = from, #schema do
    local digits = ("try_int(extract(%s, '^(?i:AS)?([0-9]+)$'))"):format(text_of(schema[i]))
    local filled = ("coalesce(%s, '') ~= ''"):format(text_of(schema[i]))
    if not number and mostly(rows, ("not_null(%s)"):format(digits), filled) then
      number = schema[i].type == "int" and ("`%s`"):format(schema[i].name) or digits
    elseif schema[i].type == "string" then
      name = ("`%s`"):format(schema[i].name)
    end
  end
  return number and ("null_if(%s, 0)"):format(number), name or "string(null)"
end

-- One file as first, last (or network), asn, as_name; how many of its rows are none.
local function open_file(path)
  local rows = query.of(core.csv(path, {}))
  local schema, n_rejected = rows:schema(), #rows:rejects()
  local sample = rows:head(sample_rows):collect()
  if #sample == 0 and n_rejected == 0 and #schema >= 2 then
    return { ranges = lunette.table(no_ranges), left_out = 0 }
  end
  local form = form_of(sample, schema)
  local number, name = owner_of(sample, schema, form and form.next or #schema + 1)
  if not number then refuse(path, schema) end
  local all = rows:select("good = " .. form.condition, "first = " .. (form.first or "ip(null)"),
    "last = " .. (form.last or "ip(null)"),
    "network = " .. (form.network or "string(null)"), "asn = " .. number, "as_name = " .. name):collect()
  local good = all:filter "good":drop "good":collect()
  return { [form.network and "networks" or "ranges"] = good, left_out = n_rejected + #all - #good }
end

--- What a path names: the ranges of all its files, and how many rows aren't ranges.
---@param path string
---@return { ranges: lunette.Query?, networks: lunette.Query?, left_out: integer }
function ranges.open(path)
  local out = { left_out = 0 }
  for _, file in ipairs(ranges.files(path)) do
    local one = open_file(file)
    for _, kind in ipairs { "ranges", "networks" } do
      if one[kind] then out[kind] = out[kind] and out[kind]:concat(one[kind]) or one[kind] end
    end
    out.left_out = out.left_out + one.left_out
  end
  if out.ranges and out.networks then
    errors.raise_at(path, "argument", "ranges and networks don't mix: give files of one form")
  end
  return out
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
