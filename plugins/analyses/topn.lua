local words = require "lunette.kit.words"

-- "dst_ip, dst_port" as { "dst_ip", "dst_port" }, each a column of the input.
local function columns_of(ctx)
  local out = {}
  for name in ctx.params.by:gmatch "[^,]+" do
    name = name:match "^%s*(.-)%s*$"
    if not ctx.input:has(name) then
      local names = {}
      for i, column in ipairs(ctx.input:schema()) do names[i] = column.name end
      local _, why = pcall(ctx.input.select, ctx.input, "`" .. name .. "`")
      local hint = tostring(why):match " %(did you mean[^)]*%)" or ""
      error(("by: the input has no column '%s'%s; its columns are %s"):format(name, hint, words.list(names, 12)), 0)
    end
    out[#out + 1] = name
  end
  if #out == 0 then error("by: name at least one column", 0) end
  return out
end

local function quoted(names)
  local out = {}
  for i, name in ipairs(names) do out[i] = "`" .. name .. "`" end
  return out
end

-- What the combinations are ranked by: rows, or the sum of a column.
local function amount_of(ctx)
  local column = ctx.params.sum
  if not column then return "amount = count()" end
  if not ctx.input:has(column, "int") and not ctx.input:has(column, "float") then
    error(("sum: the input has no column '%s' of numbers"):format(column), 0)
  end
  return ("amount = sum(`%s`)"):format(column)
end

-- The combinations with their amounts, from the largest; their order in the input breaks ties.
local function ranked(ctx, names)
  local aggregates = { amount_of(ctx), "rows = count()" }
  if ctx.input:has("time", "time") then
    aggregates[3], aggregates[4] = "first_seen = min(time)", "last_seen = max(time)"
  end
  return ctx.input:group_by(table.unpack(quoted(names))):agg(table.unpack(aggregates)):collect()
end

local function totals_of(groups)
  return groups:group_by():agg("n = count()", "amount = sum(amount)", "rows = sum(rows)"):first()
end

local function shown(ctx, groups, names, total)
  local top = groups:top(ctx.params.n, "-amount")
    :derive("share = if_else($total == 0, null, amount / $total)", { total = total.amount or 0 })
  local columns = quoted(names)
  local amount = ctx.params.sum and ("`sum_%s` = amount"):format(ctx.params.sum) or "count = amount"
  for _, each in ipairs { amount, "share" } do columns[#columns + 1] = each end
  if ctx.params.sum then columns[#columns + 1] = "count = rows" end
  if groups:has "first_seen" then
    columns[#columns + 1], columns[#columns + 2] = "first_seen", "last_seen"
  end
  return top:select(table.unpack(columns)):collect()
end

-- What the chart counts, and what it doesn't.
local function note_of(ctx, top, total)
  local function part(n, of)
    return words.part(n, of, "value", { { of - n, ctx.params.sum and "with smaller sums" or "that are rarer" } })
  end
  if ctx.params.sum then
    return ("sums %s over %s; draws %s"):format(ctx.params.sum, words.count(total.rows or 0, "row"), part(#top, total.n))
  end
  local rows = top:agg("n = sum(count)"):first().n or 0
  return ("counts %s, of %s"):format(words.part(rows, total.rows or 0, "row"), part(#top, total.n))
end

return {
  api = 1,
  kind = "analysis",
  name = "topn",
  version = "1.0.0",
  title = "Top values",
  summary = "The most frequent values of any columns, or those with the largest sums",
  description = [[
Ranks the values of a column, or the combinations of several, by how often they occur or by the sum of another column.

`by=dst_ip,dst_port` names the columns; `sum=bytes_out` ranks by a sum instead of by the number of rows. `share` is a line's part of
the whole, of which the lines that aren't shown are a part too. Works on any input.]],
  categories = { "log", "table" },
  author = "The Lunette authors",
  license = "MIT",
  params = {
    by = { type = "string", required = true, doc = "The columns whose values are ranked, with commas between them." },
    n = { type = "int", default = 10, min = 1, doc = "How many lines to show." },
    sum = { type = "string", doc = "Rank by the sum of this column; without it, by the number of rows." },
  },
  permissions = {},
  example = { input = "sample", params = { by = "port" }, expect = { tables = { topn = 10 }, findings = {} } },

  run = function(ctx)
    local names = columns_of(ctx)
    local groups = ranked(ctx, names)
    local total = totals_of(groups)
    local top = shown(ctx, groups, names, total)
    ctx:metric { name = "values", value = total.n, title = "Different values" }
    ctx:metric { name = "rows", value = total.rows or 0, title = "Rows" }
    ctx:table(top, { name = "topn", title = ("The first %d of %s by %s"):format(#top, words.number(total.n),
      ctx.params.sum and "sum of " .. ctx.params.sum or "count") })
    if #names == 1 then
      ctx:chart { name = "topn", kind = "bar", title = "The largest", data = top, x = names[1],
        y = ctx.params.sum and "sum_" .. ctx.params.sum or "count", note = note_of(ctx, top, total) }
    end
  end,
}
