-- Further kinds of charts on paper: boxes, tables of amounts, links.
local axis = require "lunette.terminal.axis"
local paper = require "lunette.svg.paper"

local grids = {}

local function short(text, most)
  local n = utf8.len(text) or #text
  if n <= most then return text end
  return text:sub(1, (utf8.offset(text, most) or most + 1) - 1) .. "…"
end

function grids.box(sheet, data, top, paint)
  local left, right, step = 190, 80, 28
  local low, high = math.huge, -math.huge
  for _, one in ipairs(data.boxes) do low, high = math.min(low, one.low), math.max(high, one.high) end
  local unit = (sheet.width - left - right) / (high > low and high - low or 1)
  local function x(value) return left + (value - low) * unit end
  for i, one in ipairs(data.boxes) do
    local y = top + (i - 1) * step
    sheet:text(left - 8, y + 17, short(one.name, 26), "end")
    sheet:line(x(one.low), y + 13, x(one.high), y + 13, paper.QUIET)
    sheet:rect(x(one.q1), y + 4, math.max(1, x(one.q3) - x(one.q1)), step - 10, paper.hex(paint:colour(1)),
      ("%s: %s, %s, %s, %s, %s"):format(one.name, axis.number(one.low), axis.number(one.q1), axis.number(one.median),
        axis.number(one.q3), axis.number(one.high)))
    sheet:line(x(one.median), y + 4, x(one.median), y + step - 6, paper.INK, 2)
    sheet:text(sheet.width - right + 8, y + 17, axis.number(one.median), "start", paper.QUIET)
  end
  local bottom = top + #data.boxes * step
  for _, at in ipairs(axis.ticks(low, high, 6)) do sheet:text(x(at), bottom + 16, axis.number(at), "middle", paper.QUIET) end
  return bottom + 26
end

function grids.heatmap(sheet, data, top, paint)
  local left = 170
  local wide = math.min(60, (sheet.width - left - 70) / #data.columns)
  local high = math.max(14, math.min(24, wide))
  local head = 80
  for y, name in ipairs(data.rows) do
    sheet:text(left - 8, top + head + (y - 0.5) * high + 4, short(name, 22), "end")
    for x, column in ipairs(data.columns) do
      local n = data.cells[y] and data.cells[y][x]
      if n and data.most > 0 then
        local share = math.max(0, n / data.most)
        local c = paint:ramp(share > 0 and 0.12 + 0.88 * share ^ 0.6 or 0)
        sheet:rect(left + (x - 1) * wide, top + head + (y - 1) * high, wide - 1, high - 1, paper.hex(c),
          ("%s, %s: %s"):format(name, column, axis.number(n)))
      end
    end
  end
  local every = math.max(1, math.ceil(14 / wide))
  for x = 1, #data.columns, every do sheet:slanted(left + (x - 0.5) * wide, top + head - 6, short(data.columns[x], 14)) end
  return top + head + #data.rows * high + 8
end

function grids.links(sheet, data, top, paint)
  local left, step, y = 200, 20, top
  local unit = (sheet.width - left - 330) / (data.most > 0 and data.most or 1)
  for i, one in ipairs(data.sources) do
    for j, target in ipairs(one.targets) do
      if j == 1 then sheet:text(left - 8, y + 14, short(one.name, 28), "end") end
      sheet:rect(left, y + 3, target.n * unit, step - 6, paper.hex(paint:colour((i - 1) % 11 + 1)))
      sheet:text(left + target.n * unit + 6, y + 14, short(target.name, 40) .. "  " .. axis.number(target.n), "start", paper.QUIET)
      y = y + step
    end
    if one.left > 0 then
      sheet:text(left, y + 14, ("… %d more"):format(one.left), "start", paper.QUIET)
      y = y + step
    end
    y = y + 4
  end
  return y + 6
end

return grids
