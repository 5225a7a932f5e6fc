-- What analyses of indicators have in common: which threat type they look at, and what they call an unnamed family.
--
-- An analysis groups its input once, over the whole file, with the threat type's choice as one more key; everything
-- else it asks of that small table. So what was left out is counted without reading the input twice.

local words = require "lunette.kit.words"

local ioc = {}

---What stands where a feed names no family.
ioc.UNNAMED = "(none)"

---The family as a grouping key: never null.
ioc.FAMILY = "family = coalesce(family, '(none)')"

---The parameter that every such analysis takes.
ioc.threat_type = {
  type = "string",
  default = "botnet_cc",
  doc = "Count only IOCs of this threat type, where the input has the column; 'all' counts everything.",
}

---Whether the analysis looks at one threat type only.
local function chosen_type(ctx)
  local wanted = ctx.params.threat_type
  if wanted == "" or wanted == "all" or not ctx.input:has "threat_type" then return nil end
  return wanted
end

local types_named = 8

---The input's threat types, the most frequent first: "`botnet_cc` (22,530), `payload_delivery` (88)". They are the
---feed's text and go into Markdown, so what could be markup is left out of them.
local function types_of(input)
  local out = {}
  for row in input:group_by("threat_type"):agg("n = count()"):top(types_named, "-n", "threat_type"):rows() do
    local name = (row.threat_type or "none"):gsub("[^%w_. -]", "?")
    out[#out + 1] = ("`%s` (%s)"):format(name, words.number(row.n))
  end
  return table.concat(out, ", ")
end

---Says in the report what was counted and what wasn't.
local function tell(ctx, wanted, n, n_left_out)
  ctx:metric { name = "iocs", value = n, title = "IOCs" }
  if not wanted then return end
  ctx:metric {
    name = "left_out", value = n_left_out, title = "Left out",
    note = ("other threat types than %s"):format(wanted),
  }
  if n_left_out > 0 then
    ctx:text(("Only IOCs of threat type `%s` are counted: %s of %s. Use `threat_type=all` for all of them.")
      :format(wanted, words.number(n), words.number(n + n_left_out)))
  end
  if n == 0 and n_left_out > 0 then ctx:text("The input's threat types are " .. types_of(ctx.input) .. ".") end
end

---Groups the input's IOCs of the wanted threat type by `keys`; each group gets a `count` besides `aggregates`.
---Adds the metrics `iocs` and, where a threat type was chosen, `left_out` to the report.
---@param ctx table the analysis' context, with the parameter `threat_type`
---@param keys string[] columns or definitions
---@param aggregates? string[]
---@return table groups a collected table, in order of first appearance
---@return integer n how many IOCs it counts
---@return { counted: integer, of: integer, wanted: string? } scope what ioc.note takes
function ioc.grouped(ctx, keys, aggregates)
  local wanted = chosen_type(ctx)
  local all_keys = { "is_wanted", table.unpack(keys) }
  local choice = wanted and "is_wanted = coalesce(threat_type == $wanted, false)" or "is_wanted = true"
  local groups = ctx.input
    :derive(choice, { wanted = wanted or "" })
    :group_by(table.unpack(all_keys))
    :agg("count = count()", table.unpack(aggregates or {}))
    :collect()
  local n, of = ioc.sum(groups:filter "is_wanted", "count"), ioc.sum(groups, "count")
  tell(ctx, wanted, n, of - n)
  return groups:filter("is_wanted"):drop("is_wanted"):collect(), n, { counted = n, of = of, wanted = wanted }
end

---What a figure says about itself: how many IOCs it counts, of how many, and why not the others. Each of `left_out` is a
---number of IOCs and a reason, on top of the threat types that aren't wanted.
---@param scope { counted: integer, of: integer, wanted: string? }
---@param left_out? { [1]: integer, [2]: string }[]
---@return string
function ioc.note(scope, left_out)
  local counted, reasons = scope.counted, { { scope.of - scope.counted, ("of other threat types than %s"):format(scope.wanted) } }
  for _, one in ipairs(left_out or {}) do
    counted = counted - one[1]
    reasons[#reasons + 1] = one
  end
  return "counts " .. words.part(counted, scope.of, "IOC", reasons)
end

---The sum of an integer column; 0 for no rows.
---@param query table
---@param column string
---@return integer
function ioc.sum(query, column)
  return query:group_by():agg(("total = sum(`%s`)"):format(column)):first().total or 0
end

---Where a table holds families beyond a cut, they are one line of this name.
---@param n integer how many families
---@return string
function ioc.other(n)
  return ("other (%s)"):format(words.count(n, "family", "families"))
end

return ioc
