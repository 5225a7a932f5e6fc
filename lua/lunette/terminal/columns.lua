-- Standing columns in eighths of a character: what timelines and histograms are made of.
local axis = require "lunette.terminal.axis"
local blocks = require "lunette.terminal.blocks"

local columns = {}

-- The labels of the value axis by line from the top: the most, the middle, nothing.
local function scale_labels(most, height)
  return { [1] = axis.short(most), [height // 2 + 1] = axis.short(most * (1 - (height // 2) / height)) }
end

---@class lunette.Columns
---@field stacks lunette.Part[][] a stack for each column
---@field repeats integer how many characters wide a column is
---@field labels { [1]: integer, [2]: string }[] below the columns; the place counts characters

--- The lines: the value axis to the left, the columns, a line of labels.
---@param data lunette.Columns
---@param height integer lines of columns
---@param paint lunette.Paint
---@return string[]
function columns.draw(data, height, paint)
  local most = 0
  for _, stack in ipairs(data.stacks) do
    local sum = 0
    for _, part in ipairs(stack) do sum = sum + part.value end
    most = math.max(most, sum)
  end
  most = axis.round_up(most)
  local cells, labels, margin = {}, scale_labels(most, height), 0
  for i, stack in ipairs(data.stacks) do cells[i] = blocks.stack(stack, most, height) end
  for _, label in pairs(labels) do margin = math.max(margin, #label) end
  local lines = {}
  for line = 1, height do
    local row = paint:row():add(("%" .. margin .. "s "):format(labels[line] or ""), "dim")
    row:add(labels[line] and (paint.unicode and "┤" or "+") or (paint.unicode and "│" or "|"), "dim")
    for i = 1, #cells do
      for _ = 1, data.repeats do blocks.add(row, cells[i][height - line + 1], blocks.STANDING, paint) end
    end
    lines[line] = row:text()
  end
  local wide = #data.stacks * data.repeats
  local base = (" "):rep(margin - 1) .. "0 " .. (paint.unicode and "└" .. ("─"):rep(wide) or "+" .. ("-"):rep(wide))
  lines[height + 1] = paint:dress("dim", base)
  lines[height + 2] = paint:dress("dim", (" "):rep(margin + 2) .. axis.line(data.labels, wide))
  return lines
end

--- How wide the value axis of `draw` is for values up to `most`.
---@param most number
---@param height integer
---@return integer
function columns.margin(most, height)
  local margin = 0
  for _, label in pairs(scale_labels(axis.round_up(most), height)) do margin = math.max(margin, #label) end
  return margin + 2
end

return columns
