---@meta
-- Queries for the language server: verbs and results of all files in one class. Made by scripts/reference. Never run.

---@class lunette.Query
---@operator len: integer
local Query = {}

---@class lunette.Grouping
local Grouping = {}

--- One row per group: the keys, then "name = aggregate", in order of first appearance.
---@param ... string|table
---@return lunette.Query
function Query:agg(...) end

--- The rows that have no match in `other`.
---@param other lunette.Query
---@param keys string|string[]
---@return lunette.Query
function Query:anti_join(other, keys) end

--- Joins each row with the one row of `other` that is nearest by an ordered column ("time", or "left = right"): with
--- direction "backward" (default) the last one not after it, "forward" the first not before it, or "nearest". Options:
--- by = keys that must be equal; tolerance = how far at most (seconds for times, or "15m"); strict = equal ones don't
--- count; kind = "left" (default: rows without a match stay), "inner", "semi", "anti"; suffix.
---@param other lunette.Query
---@param on string
---@param options? { by?: string|string[], kind?: string, direction?: string, tolerance?: number|string, strict?: boolean,
---   suffix?: string }
---@return lunette.Query
function Query:asof_join(other, on, options) end

--- Joins each row's address with the network of `other` that holds it: "ip = network", networks as text ("10.0.0.0/8",
--- "2001:db8::/32", a bare address). Options: match = "longest" (default: the longest prefix, of equal ones the first
--- row) or "all"; kind = "inner" (default), "left", "semi", "anti"; suffix.
---@param other lunette.Query
---@param columns string "ip = network"
---@param options? { kind?: string, match?: string, suffix?: string }
---@return lunette.Query
function Query:cidr_join(other, columns, options) end

--- Runs the query. The result is a query over a table in memory: it has all the verbs.
---@return lunette.Query
function Query:collect() end

--- A column: `c[i]` from 1 (null as `lunette.null`), `#c`, ipairs, `c:values(first, n)`, `c.type`.
---@param name string
---@return lunette.Column
function Query:column(name) end

--- The rows of all, one query after the other; columns by name, a missing one is null.
---@param ... lunette.Query
---@return lunette.Query
function Query:concat(...) end

--- One row with one column `count`.
---@return lunette.Query
function Query:count() end

--- How many rows the query's inputs gave and could not read in the last pass that finished; nil before one has.
---@return integer? rows, integer? rejected
function Query:counts() end

--- Adds columns: "name = expression", in order; later ones see earlier ones. An existing name is replaced in place.
---@param ... string|table definitions, then parameters
---@return lunette.Query
function Query:derive(...) end

--- The first row of each combination of the columns (none: of all columns).
---@param ... string
---@return lunette.Query
function Query:distinct(...) end

--- All columns but these.
---@param ... string
---@return lunette.Query
function Query:drop(...) end

--- Adds columns by an enrichment plugin: enrich("geoip"), enrich("asn", { database = "GeoLite2-ASN.mmdb" }).
---@param name string
---@param options? table<string, any> the plugin's parameters
---@return lunette.Query
function Query:enrich(name, options) end

--- How the query will be run, an operator a line.
---@return string
function Query:explain() end

--- A row for every piece of a string column between separators (","), the other columns repeated.
---@param column string
---@param separator? string
---@return lunette.Query
function Query:explode(column, separator) end

--- Other values in the place of nulls: "column = expression" over the input's columns.
---@param ... string|table definitions, then parameters
---@return lunette.Query
function Query:fill_null(...) end

--- Keeps the rows for which the expression is true.
---@param expression string
---@param params? table<string, any> values for `$name`
---@return lunette.Query
function Query:filter(expression, params) end

--- The first row as a table, or nil when there is none.
---@return table?
function Query:first() end

--- Groups rows for agg: column names, or "name = expression". Without keys: one group of everything.
---@param ... string|table
---@return lunette.Grouping
function Query:group_by(...) end

--- The engine's table behind the query; runs it unless it is there.
---@return lunette.Table
function Query:handle() end

--- Whether there is a column of that name (and type).
---@param name string
---@param type_name? string
---@return boolean
function Query:has(name, type_name) end

--- The first `n` rows (10).
---@param n? integer
---@return lunette.Query
function Query:head(n) end

--- Joins on equal keys: "key", { "a", "b" }, or { "left = right" }. Options: kind = "inner" (default), "left",
--- "outer"; suffix = what a name on both sides gets on the right.
---@param other lunette.Query
---@param keys string|string[]
---@param options? { kind?: string, suffix?: string }
---@return lunette.Query
function Query:join(other, keys, options) end

--- How many rows the query gives (also `#q`).
---@return integer
function Query:length() end

--- A column that a Lua function makes of each row: map("score", "float", function(row) return row.hits * 2 end). nil is
--- null. The slow path, a hundred times slower than an expression; `explain` names it. The function runs whenever the
--- query does, once for each row, in order.
---@param name string
---@param type_name "bool"|"int"|"float"|"string"|"time"|"ip"
---@param fn fun(row: table<string, any>): any
---@return lunette.Query
function Query:map(name, type_name, fn) end

--- Rows to columns: a row per combination of `keys`, and a column for each value of the column `columns`, with what the
--- aggregate `value` gives over its rows. Which columns there are is found by running the query now. A value whose
--- column would have a name that is taken gets `_2` behind it; the empty text is `(empty)`.
---@param options { keys: string|string[], columns: string, value: string, limit?: integer }
---@param params? table<string, any>
---@return lunette.Query
function Query:pivot(options, params) end

--- Prints the first rows to the standard output.
---@param n? integer rows at most (20)
function Query:print(n) end

--- Joins each row with the rows of `other` whose range holds a value: "port between low and high"; int, float, time or
--- ip. Options: match = "all" (default) or "narrowest" (one row: the narrowest range, of equal ones the first); closed =
--- "both" (default) or "left" (the upper end is outside); kind = "inner" (default), "left", "semi", "anti"; suffix.
---@param other lunette.Query
---@param columns string "value between first and last"
---@param options? { kind?: string, match?: string, closed?: string, suffix?: string }
---@return lunette.Query
function Query:range_join(other, columns, options) end

--- The rows that the query's inputs could not read: source, line, column, reason, text.
---@return lunette.Query
function Query:rejects() end

--- New names: "new = old", … or { old = "new" }.
---@param ... string|table<string, string>
---@return lunette.Query
function Query:rename(...) end

--- Iterates over the rows: `for row in q:rows() do print(row.family) end`. Null is nil.
---@return fun(): table?
function Query:rows() end

--- `n` rows in their order, chosen by their numbers and the seed (0): the same ones every time.
---@param n integer
---@param seed? integer
---@return lunette.Query
function Query:sample(n, seed) end

--- The columns: an array of { name =, type = }.
---@return { name: string, type: string }[]
function Query:schema() end

--- Only these columns, in this order: names, or "name = expression".
---@param ... string|table
---@return lunette.Query
function Query:select(...) end

--- The rows that have a match in `other`, once each.
---@param other lunette.Query
---@param keys string|string[]
---@return lunette.Query
function Query:semi_join(other, keys) end

--- `n` rows from row `first` (counted from 1) on; without `n` all that follow.
---@param first integer
---@param n? integer
---@return lunette.Query
function Query:slice(first, n) end

--- Stable sort by keys: "name" upwards, "-name" downwards, or expressions; nulls last.
---@param ... string|table
---@return lunette.Query
function Query:sort(...) end

--- The last `n` rows (10).
---@param n? integer
---@return lunette.Query
function Query:tail(n) end

--- The query's first rows as text that fits the terminal, and how many rows there are.
---@param n? integer|{ rows?: integer, width?: integer, paint?: lunette.Paint } rows at most (20)
---@return string text, integer rows
function Query:text(n) end

--- The first `n` rows in the order of the keys.
---@param n integer
---@param ... string|table
---@return lunette.Query
function Query:top(n, ...) end

--- Columns to rows: for each of `columns` in turn all rows, with its name in the column `name` and its value in the
--- column `value`. The columns must be of one type (int and float become float).
---@param options { columns: string|string[], name?: string, value?: string }
---@return lunette.Query
function Query:unpivot(options) end

--- New columns that see the rows around: window { by = "ip", order = "time", "gap = time - lag(time)" }. The functions
--- are row_number rank dense_rank lag lead cumsum cumcount rolling_mean rolling_sum rolling_min rolling_max first last
--- fill_forward fill_backward;
--- they see the rows with the same values of `by` (none: all), ordered by the sort keys `order` (none: as they stand).
--- Rows stay where they are.
---@param options { by?: string|string[], order?: string|string[], [integer]: string }
---@param params? table<string, any>
---@return lunette.Query
function Query:window(options, params) end

--- Writes the rows into a file ("-": the standard output); its ending says the format unless `options.format` does:
--- csv, tsv, json, ndjson, md, arrow. Gives the number of rows. `raw`: don't neutralise what a spreadsheet would run as a formula.
---@param path string
---@param options? { format?: string, raw?: boolean }
---@return integer
function Query:write(path, options) end

--- One row per group: the keys, then "name = aggregate", in order of first appearance.
---@param ... string|table
---@return lunette.Query
function Grouping:agg(...) end
