-- Boxes on one scale: from the smallest to the largest value, the middle half thick, the median marked.
local axis = require "lunette.terminal.axis"
local reduce = require "lunette.terminal.reduce"
local width = require "lunette.width"

local box = {}

local MOST = 24

local UNICODE = { low = "├", high = "┤", line = "─", box = "█", median = "┃" }
local ASCII = { low = "|", high = "|", line = "-", box = "=", median = "#" }

--- Five figures for each name.
---@param item table
---@param options lunette.DrawOptions
---@return { boxes: table[], of: integer }
function box.reduce(item, options)
  local rows = reduce.columns(item, { "x", "#y" }):filter "not_null(y) and not is_nan(y) and y > -1e300 and y < 1e300"
  rows = (item.x and rows:group_by "x" or rows:group_by()):agg("low = min(y)", "q1 = quantile(y, 0.25)",
    "median = median(y)", "q3 = quantile(y, 0.75)", "high = max(y)", "n = count()"):filter "n > 0":collect()
  local boxes = {}
  for row in rows:head(MOST):rows() do
    row.name = options.paint:cell(item.x and reduce.name(row.x) or item.y)
    boxes[#boxes + 1] = row
  end
  return { boxes = boxes, of = #rows }
end

local function add_box(row, one, place, glyphs, paint)
  local fg = paint:colour(1)
  local low, q1, median, q3, high = place(one.low), place(one.q1), place(one.median), place(one.q3), place(one.high)
  row:add((" "):rep(low))
  for at = low, high do
    if at == median then row:add(glyphs.median, "bold")
    elseif at >= q1 and at <= q3 then row:add(glyphs.box, fg)
    elseif at == low then row:add(glyphs.low)
    elseif at == high then row:add(glyphs.high)
    else row:add(glyphs.line) end
  end
  return high + 1
end

--- The lines of boxes with their medians.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function box.draw(data, options)
  local paint, lines = options.paint, {}
  if #data.boxes == 0 then return lines end
  local glyphs, names, values = paint.unicode and UNICODE or ASCII, 0, #"median"
  local low, high = math.huge, -math.huge
  for _, one in ipairs(data.boxes) do
    names, values = math.max(names, width.of(one.name)), math.max(values, #axis.number(one.median))
    low, high = math.min(low, one.low), math.max(high, one.high)
  end
  names = math.min(names, options.width // 3)
  local cells = math.max(10, options.width - names - values - 3)
  local function place(value) return high > low and math.floor((value - low) / (high - low) * (cells - 1) + 0.5) or 0 end
  for _, one in ipairs(data.boxes) do
    local row = paint:row():add(paint:fit(one.name, names) .. " ")
    local used = add_box(row, one, place, glyphs, paint)
    lines[#lines + 1] = row:add((" "):rep(cells - used + 1) .. axis.number(one.median)):text()
  end
  local right = axis.number(high)
  lines[#lines + 1] = paint:dress("dim", (" "):rep(names + 1) .. axis.line({ { 0, axis.number(low) },
    { cells - #right, right } }, cells) .. " median")
  if data.of > #data.boxes then
    lines[#lines + 1] = paint:dress("dim", ("%s %d of %d"):format(paint.unicode and "…" or "...", #data.boxes, data.of))
  end
  return lines
end

return box
