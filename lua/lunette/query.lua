-- Queries: lazy, immutable, cheap. Each verb checks its arguments and gives a new query; running is in the second half.
-- A query that was collected holds its table and has all the verbs still.
local core = require "lunette.core"
local errors = require "lunette.errors"
local arguments = require "lunette.arguments"

---@class lunette.Query
---@field private _plan lunette.Plan
---@field private _table? lunette.Table
---@field private _whole? boolean its first row needs all of its input (it groups, sorts, joins, …)
local Query = {}
setmetatable(Query, {
  __index = errors.no_field("a query", Query, "; a column's values are q:column \"name\", its rows q:rows()"),
})
-- What makes a table a query: out of reach for plugins, and one per Lua state, however often this file is loaded.
local registry = debug.getregistry()
local meta = registry["lunette.query"] or { __name = "lunette.query", __metatable = "lunette.query" }
meta.__index, registry["lunette.query"] = Query, meta

local query = {}

--- A query of a plan. `result` is the plan's table where it is at hand.
---@param plan lunette.Plan
---@param result? lunette.Table
---@return lunette.Query
function query.of(plan, result)
  return setmetatable({ _plan = plan, _table = result }, meta)
end

--- A query over a table of the engine's.
---@param result lunette.Table
---@return lunette.Query
function query.of_table(result) return query.of(result:plan(), result) end

-- The query that a verb makes of `self`. `whole`: the verb must see its whole input before it gives a row.
local function after(self, plan, whole)
  local out = query.of(plan)
  out._whole = self._whole or whole
  return out
end

--- Whether `x` is a query (or a collected table) that this file made: what only looks like one doesn't count, nor does
--- one whose plan or table somebody replaced.
---@param x any
---@return boolean
function query.is_query(x)
  if type(x) ~= "table" or debug.getmetatable(x) ~= meta then return false end
  local plan, result = rawget(x, "_plan"), rawget(x, "_table")
  return type(plan) == "userdata" and getmetatable(plan) == "lunette.plan"
    and (result == nil or type(result) == "userdata" and getmetatable(result) == "lunette.table")
end

--- A query of one's own with the plan and table of `x`. What passes between a plugin and its host passes as such a copy:
--- a method that one side put into its own object is never called by the other.
---@param x lunette.Query
---@return lunette.Query
function query.copy(x)
  local out = query.of(rawget(x, "_plan"), rawget(x, "_table"))
  out._whole = rawget(x, "_whole") and true or nil
  return out
end

local function check_query(verb, x)
  if not query.is_query(x) then errors.raise("argument", "%s needs a query, not a %s", verb, type(x)) end
  return x
end

-- ---- verbs ----

--- Keeps the rows for which the expression is true.
---@param expression string
---@param params? table<string, any> values for `$name`
---@return lunette.Query
function Query:filter(expression, params)
  if type(expression) ~= "string" then
    errors.raise("argument", "filter takes an expression as a string, not a %s", type(expression))
  end
  return after(self, self._plan:filter(expression, arguments.params("filter", params)))
end

--- Adds columns: "name = expression", in order; later ones see earlier ones. An existing name is replaced in place.
---@param ... string|table definitions, then parameters
---@return lunette.Query
function Query:derive(...)
  local items, params = arguments.items("derive", "definition", ...)
  return after(self, self._plan:derive(items, params))
end

--- Only these columns, in this order: names, or "name = expression".
---@param ... string|table
---@return lunette.Query
function Query:select(...)
  local items, params = arguments.items("select", "column", ...)
  return after(self, self._plan:select(items, params))
end

--- All columns but these.
---@param ... string
---@return lunette.Query
function Query:drop(...) return after(self, self._plan:drop(arguments.names("drop", ...))) end

--- New names: "new = old", … or { old = "new" }.
---@param ... string|table<string, string>
---@return lunette.Query
function Query:rename(...) return after(self, self._plan:rename(arguments.renames(...))) end

--- The first row of each combination of the columns (none: of all columns).
---@param ... string
---@return lunette.Query
function Query:distinct(...)
  local names = select("#", ...) > 0 and arguments.names("distinct", ...) or {}
  return after(self, self._plan:distinct(names), true)
end

--- One row with one column `count`.
---@return lunette.Query
function Query:count() return after(self, self._plan:count(), true) end

--- Stable sort by keys: "name" upwards, "-name" downwards, or expressions; nulls last.
---@param ... string|table
---@return lunette.Query
function Query:sort(...)
  local items, params = arguments.items("sort", "key", ...)
  return after(self, self._plan:sort(items, params), true)
end

--- The first `n` rows (10).
---@param n? integer
---@return lunette.Query
function Query:head(n) return after(self, self._plan:slice(0, arguments.count("head", n, 10))) end

--- The last `n` rows (10).
---@param n? integer
---@return lunette.Query
function Query:tail(n)
  n = arguments.count("tail", n, 10)
  if n == 0 then return self:head(0) end
  return after(self, self._plan:slice(-n, n))
end

--- `n` rows from row `first` (counted from 1) on; without `n` all that follow.
---@param first integer
---@param n? integer
---@return lunette.Query
function Query:slice(first, n)
  local from = math.type(first) and math.tointeger(first)
  if not from or from < 1 then
    errors.raise("argument", "slice counts rows from 1: its first row can't be %s", tostring(first))
  end
  return after(self, self._plan:slice(from - 1, n and arguments.count("slice", n) or -1))
end

--- The first `n` rows in the order of the keys.
---@param n integer
---@param ... string|table
---@return lunette.Query
function Query:top(n, ...)
  n = arguments.count("top", n)
  return self:sort(...):head(n)
end

local join_options = { kind = "string", suffix = "string" }
local join_kinds = { inner = "inner", left = "left", outer = "outer", semi = "semi", anti = "anti" }

--- Joins on equal keys: "key", { "a", "b" }, or { "left = right" }. Options: kind = "inner" (default), "left",
--- "outer"; suffix = what a name on both sides gets on the right.
---@param other lunette.Query
---@param keys string|string[]
---@param options? { kind?: string, suffix?: string }
---@return lunette.Query
function Query:join(other, keys, options)
  check_query("join", other)
  options = arguments.options("join", options, join_options)
  local kind = options.kind or "inner"
  if kind == "right" then
    errors.raise("argument", "there is no join of kind 'right': exchange the sides, other:join(query, keys, { kind = \"left\" })")
  elseif not join_kinds[kind] then
    errors.raise("argument", "there is no join of kind '%s'%s: it is 'inner', 'left', 'outer', 'semi' or 'anti'", kind,
      errors.meant(kind, errors.keys(join_kinds)))
  end
  local left, right = arguments.join_keys("join", keys)
  return after(self, self._plan:join(other._plan, kind, left, right, options.suffix), true)
end

--- The rows that have a match in `other`, once each.
---@param other lunette.Query
---@param keys string|string[]
---@return lunette.Query
function Query:semi_join(other, keys)
  local left, right = arguments.join_keys("semi_join", keys)
  return after(self, self._plan:join(check_query("semi_join", other)._plan, "semi", left, right), true)
end

--- The rows that have no match in `other`.
---@param other lunette.Query
---@param keys string|string[]
---@return lunette.Query
function Query:anti_join(other, keys)
  local left, right = arguments.join_keys("anti_join", keys)
  return after(self, self._plan:join(check_query("anti_join", other)._plan, "anti", left, right), true)
end

--- The rows of all, one query after the other; columns by name, a missing one is null.
---@param ... lunette.Query
---@return lunette.Query
function Query:concat(...)
  local plans = { self._plan }
  for _, other in ipairs { ... } do plans[#plans + 1] = check_query("concat", other)._plan end
  return after(self, core.concat(plans))
end

--- Adds columns by an enrichment plugin: enrich("geoip"), enrich("asn", { database = "GeoLite2-ASN.mmdb" }).
---@param name string
---@param options? table<string, any> the plugin's parameters
---@return lunette.Query
function Query:enrich(name, options) return require("lunette.enrich").apply(self, name, options) end

---@class lunette.Grouping
local Grouping = setmetatable({}, {
  __index = function(_, name)
    if rawget(Query, name) then errors.raise("argument", "group_by needs its agg(…) before %s", name) end
  end,
})
local grouping_meta = { __index = Grouping, __name = "lunette.grouping", __metatable = "lunette.grouping" }

--- Groups rows for agg: column names, or "name = expression". Without keys: one group of everything.
---@param ... string|table
---@return lunette.Grouping
function Query:group_by(...)
  local keys, params = {}, nil
  if select("#", ...) > 0 then keys, params = arguments.items("group_by", "key", ...) end
  return setmetatable({ query = self, keys = keys, params = params }, grouping_meta)
end

--- One row per group: the keys, then "name = aggregate", in order of first appearance.
---@param ... string|table
---@return lunette.Query
function Grouping:agg(...)
  local items, params = arguments.items("agg", "definition", ...)
  local plan = self.query._plan:aggregate(self.keys, items, arguments.merge_params(self.params, params))
  return after(self.query, plan, true)
end

--- One row over everything: "name = aggregate", ….
---@param ... string|table
---@return lunette.Query
function Query:agg(...) return self:group_by():agg(...) end

query.Query, query.meta, query.after, query.check = Query, meta, after, check_query

--- The rows of all queries, one after the other.
---@param queries lunette.Query[]
---@return lunette.Query
function query.concat(queries)
  if type(queries) ~= "table" or #queries == 0 then
    errors.raise("argument", "concat takes a list of at least one query")
  end
  return #queries == 1 and check_query("concat", queries[1]) or queries[1]:concat(table.unpack(queries, 2))
end

require "lunette.matching"(query)
require "lunette.reshape"(query)
require "lunette.results"(query)

return query
