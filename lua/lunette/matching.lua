-- Joins whose rows match by order instead of by equality: the nearest in time, the range or the network that a value is
-- in. Adds its methods to the query class.
local errors = require "lunette.errors"
local arguments = require "lunette.arguments"

local kinds = { inner = true, left = true, semi = true, anti = true }
local directions = { backward = true, forward = true, nearest = true }
local asof_options = {
  by = "any", kind = "string", direction = "string", tolerance = "any", strict = "boolean", suffix = "string",
}
local range_options = { kind = "string", match = "string", closed = "string", suffix = "string" }
local cidr_options = { kind = "string", match = "string", suffix = "string" }
local units = { us = 1e-6, ms = 1e-3, s = 1, m = 60, min = 60, h = 3600, d = 86400, w = 7 * 86400 }

-- A tolerance as a number: as it is, or of a text such as "15m" in seconds, which says something to times only. `kind` is
-- the type of the column, where it is known.
local function tolerance_of(value, column, kind)
  if value == nil or type(value) == "number" then return value end
  local number, unit = tostring(value):match "^%s*([%d.]+)%s*(%a+)%s*$"
  if type(value) ~= "string" or not tonumber(number) or not units[unit] then
    errors.raise("argument", "asof_join: 'tolerance' is a number (seconds for times) or a text such as '30s', '15m', '2h', '7d', not %s",
      type(value) == "string" and "'" .. value .. "'" or "a " .. type(value))
  end
  if kind == "int" or kind == "float" then
    errors.raise("argument", "asof_join: the tolerance '%s' is a length of time, but '%s' is %s: write a number in the column's "
      .. "own unit, or make it a time first (derive \"%s = time(%s)\" reads seconds since 1970)", value, column, kind, column, column)
  end
  return tonumber(number) * units[unit]
end

local function pair_of(verb, text)
  if type(text) ~= "string" then
    errors.raise("argument", "%s takes its columns as a text, \"column\" or \"left = right\", not as a %s", verb, type(text))
  end
  local left, right = arguments.join_keys(verb, text)
  return left[1], right[1]
end

-- "ip between first and last": the three names.
local function between_of(text)
  local value, first, last
  if type(text) == "string" then
    value, first, last = text:match "^%s*(.-)%s+between%s+(.-)%s+and%s+(.-)%s*$"
  end
  if not value then
    errors.raise("argument", "range_join takes its columns as \"value between first and last\", not %s",
      type(text) == "string" and "'" .. text .. "'" or "a " .. type(text))
  end
  local function plain(name) return name:match "^`(.*)`$" or name end
  return plain(value), plain(first), plain(last)
end

return function(query)
  local Query, after, check_query = query.Query, query.after, query.check

  --- Joins each row with the one row of `other` that is nearest by an ordered column ("time", or "left = right"): with
  --- direction "backward" (default) the last one not after it, "forward" the first not before it, or "nearest". Options:
  --- by = keys that must be equal; tolerance = how far at most (seconds for times, or "15m"); strict = equal ones don't
  --- count; kind = "left" (default: rows without a match stay), "inner", "semi", "anti"; suffix.
  ---@param other lunette.Query
  ---@param on string
  ---@param options? { by?: string|string[], kind?: string, direction?: string, tolerance?: number|string, strict?: boolean,
  ---   suffix?: string }
  ---@return lunette.Query
  function Query:asof_join(other, on, options)
    check_query("asof_join", other)
    options = arguments.options("asof_join", options, asof_options)
    arguments.word("asof_join", "kind", options.kind, kinds)
    arguments.word("asof_join", "direction", options.direction, directions)
    local left, right = pair_of("asof_join", on)
    local left_by, right_by = {}, {}
    if options.by ~= nil then left_by, right_by = arguments.join_keys("asof_join", options.by) end
    local how = { direction = options.direction, strict = options.strict,
      tolerance = tolerance_of(options.tolerance, left, (self._plan:find(left))) }
    local kind = options.kind or "left"
    return after(self, self._plan:asof_join(other._plan, kind, left, right, left_by, right_by, how, options.suffix), true)
  end

  --- Joins each row with the rows of `other` whose range holds a value: "port between low and high"; int, float, time or
  --- ip. Options: match = "all" (default) or "narrowest" (one row: the narrowest range, of equal ones the first); closed =
  --- "both" (default) or "left" (the upper end is outside); kind = "inner" (default), "left", "semi", "anti"; suffix.
  ---@param other lunette.Query
  ---@param columns string "value between first and last"
  ---@param options? { kind?: string, match?: string, closed?: string, suffix?: string }
  ---@return lunette.Query
  function Query:range_join(other, columns, options)
    check_query("range_join", other)
    options = arguments.options("range_join", options, range_options)
    arguments.word("range_join", "kind", options.kind, kinds)
    arguments.word("range_join", "match", options.match, { all = true, narrowest = true })
    arguments.word("range_join", "closed", options.closed, { both = true, left = true })
    local value, first, last = between_of(columns)
    local how = { narrowest = options.match == "narrowest", half_open = options.closed == "left" }
    local plan = self._plan:range_join(other._plan, options.kind or "inner", value, first, last, how, options.suffix)
    return after(self, plan, true)
  end

  --- Joins each row's address with the network of `other` that holds it: "ip = network", networks as text ("10.0.0.0/8",
  --- "2001:db8::/32", a bare address). Options: match = "longest" (default: the longest prefix, of equal ones the first
  --- row) or "all"; kind = "inner" (default), "left", "semi", "anti"; suffix.
  ---@param other lunette.Query
  ---@param columns string "ip = network"
  ---@param options? { kind?: string, match?: string, suffix?: string }
  ---@return lunette.Query
  function Query:cidr_join(other, columns, options)
    check_query("cidr_join", other)
    options = arguments.options("cidr_join", options, cidr_options)
    arguments.word("cidr_join", "kind", options.kind, kinds)
    arguments.word("cidr_join", "match", options.match, { longest = true, all = true })
    local ip, network = pair_of("cidr_join", columns)
    local how = { narrowest = options.match ~= "all" }
    return after(self, self._plan:cidr_join(other._plan, options.kind or "inner", ip, network, how, options.suffix), true)
  end
end
