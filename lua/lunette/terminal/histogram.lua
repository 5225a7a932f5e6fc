-- How often values fall into ranges of equal width, as standing columns.
local axis = require "lunette.terminal.axis"
local columns = require "lunette.terminal.columns"
local reduce = require "lunette.terminal.reduce"

local histogram = {}

local BINS, HEIGHT = 40, 8

--- Counts in bins; `y`, where the chart names it, weighs the rows.
---@param item table
---@param options lunette.DrawOptions
---@return { low?: number, high?: number, counts: number[], x_type: string, left: integer }
function histogram.reduce(item, options)
  local types = reduce.types(item)
  local all = reduce.columns(item, { "#x", "#y" })
  local low, high = reduce.range(all, "x")
  local out = { low = low, high = high, counts = {}, x_type = types.x }
  if not low then return out end
  local bins = high > low and math.min(BINS, math.max(8, (options.width - 12) // 2)) or 1
  if types.x == "int" and high - low < bins then bins = math.tointeger(high - low) + 1 end
  out.high = types.x == "int" and bins == high - low + 1 and high + 1 or high
  for i = 1, bins do out.counts[i] = 0 end
  local rows = all:filter "x > -1e300 and x < 1e300"
    :group_by("bin = int(least(floor((x - $low) / $step), $last))", { low = low, step = math.max((out.high - low) / bins, 1e-300),
      last = bins - 1.0 })
    :agg(item.y and "n = sum(y)" or "n = count()"):collect()
  for row in rows:rows() do out.counts[row.bin + 1] = row.n or 0 end
  out.left = all:length() - all:filter("x > -1e300 and x < 1e300"):length()
  return out
end

--- The lines of a histogram.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function histogram.draw(data, options)
  local paint, stacks, n = options.paint, {}, #data.counts
  if n == 0 then return {} end
  local entry = { colour = paint:colour(1) }
  for i, count in ipairs(data.counts) do stacks[i] = count > 0 and { { entry = entry, value = count } } or {} end
  local repeats = math.max(1, math.min(6, (options.width - 12) // n))
  local labels, step = {}, math.max(1, math.ceil(14 / repeats))
  local span = data.high - data.low
  for i = 1, n, step do
    local at = data.low + span * (i - 1) / n
    labels[#labels + 1] = { (i - 1) * repeats, data.x_type == "time" and axis.time(at, span) or axis.short(at) }
  end
  local lines = columns.draw({ stacks = stacks, repeats = repeats, labels = labels }, HEIGHT, paint)
  local function text(value) return data.x_type == "time" and axis.full_time(value) or axis.number(value) end
  local width_text = data.x_type == "time" and axis.duration(span / n) or axis.number(span / n)
  local note = ("%s to %s; a column is %s"):format(text(data.low), text(data.high), width_text)
  if data.left and data.left > 0 then note = note .. ("; %d without a value"):format(data.left) end
  lines[#lines + 1] = paint:dress("dim", paint:cut(note, options.width))
  return lines
end

return histogram
