-- Lying bars in eighths of a character with their values: one to a name, or stacked of parts in colours.
local axis = require "lunette.terminal.axis"
local blocks = require "lunette.terminal.blocks"
local legend = require "lunette.terminal.legend"
local reduce = require "lunette.terminal.reduce"
local width = require "lunette.width"

local bars = {}

local MOST = 24 -- bars; the rest is summed up in a line

---@class lunette.Bar
---@field name string fit for a terminal; "" for a bar that belongs to the one before
---@field value number
---@field parts? lunette.Part[] of a stacked bar
---@field entry? lunette.LegendEntry of a bar in one colour
---@field note? string behind the value

-- The sums per x (and colour) in the order in which they first appear.
local function sums_of(item)
  local by = item.color and { "x", "color" } or { "x" }
  return reduce.columns(item, { "x", "#y", "color" }):group_by(table.unpack(by)):agg("y = sum(y)"):collect()
end

-- Rows as bars: { name, rows = { { color, y } } }.
local function grouped(rows, has_color)
  local xs, ys = rows:column("x"):values(), rows:column("y"):values()
  local names = has_color and rows:column("color"):values()
  local out, by_name = {}, {}
  for i = 1, #xs do
    local name = reduce.name(xs[i])
    local one = by_name[name]
    if not one then
      one = { name = name, sum = 0, rows = {} }
      by_name[name], out[#out + 1] = one, one
    end
    local y = reduce.number(ys[i]) or 0
    one.sum = one.sum + y
    one.rows[#one.rows + 1] = { name = names and reduce.name(names[i]), y = y }
  end
  return out
end

-- The names of the colours, the one with the largest sum first.
local function ranked(groups)
  local sums, names = {}, {}
  for _, group in ipairs(groups) do
    for _, row in ipairs(group.rows) do
      if row.name and not sums[row.name] then names[#names + 1] = row.name end
      if row.name then sums[row.name] = (sums[row.name] or 0) + row.y end
    end
  end
  table.sort(names, function(a, b)
    if sums[a] ~= sums[b] then return sums[a] > sums[b] end
    return a < b
  end)
  return names
end

-- A group's rows as the parts of one bar, in the legend's order, rows of one entry together.
local function stacked(group, key, paint)
  local sums = {}
  for _, row in ipairs(group.rows) do
    if row.y > 0 then
      local entry = key:entry(row.name, row.y)
      sums[entry] = (sums[entry] or 0) + row.y
    end
  end
  local parts = {}
  for _, entry in ipairs(key:used()) do
    if sums[entry] then parts[#parts + 1] = { entry = entry, value = sums[entry] } end
  end
  return { name = paint:cell(group.name), value = group.sum, parts = parts }
end

--- The bars of a chart, the legend of their colours, and what isn't shown.
---@param item table
---@param options lunette.DrawOptions
---@return { bars: lunette.Bar[], legend?: lunette.Legend, stacked: boolean, measure: string, left: integer, left_sum: number, of: integer }
function bars.reduce(item, options)
  local groups = grouped(sums_of(item), item.color ~= nil)
  local out = { bars = {}, left = 0, left_sum = 0, of = #groups, stacked = item.stacked and item.color ~= nil,
    measure = item.y, adds_up = reduce.types(item).y == "int" }
  out.legend = item.color and legend.of(item, options.ranking, ranked(groups), options.paint)
  for i, group in ipairs(groups) do
    if i > MOST then
      out.left, out.left_sum = out.left + 1, out.left_sum + group.sum
    elseif out.stacked then
      out.bars[i] = stacked(group, out.legend, options.paint)
    else
      for j, row in ipairs(group.rows) do
        local entry = out.legend and out.legend:entry(row.name, math.max(math.abs(row.y), 1e-300))
        out.bars[#out.bars + 1] = { name = j == 1 and options.paint:cell(group.name) or "", value = row.y, entry = entry,
          note = row.name and options.paint:cell(row.name) }
      end
    end
  end
  return out
end

local function widest(list, text_of)
  local n = 0
  for _, one in ipairs(list) do n = math.max(n, width.of(text_of(one))) end
  return n
end

-- A bar below zero lies left of where the others begin.
local function add_simple(row, bar, room, paint)
  local fg = bar.entry and bar.entry.colour or paint:colour(1)
  local n = blocks.eighths(math.abs(bar.value) / room.most, room.cells)
  if room.left > 0 then
    local cells = bar.value < 0 and (n + 7) // 8 or 0
    row:add((" "):rep(room.left - cells)):add((paint.unicode and "█" or "#"):rep(cells), fg)
  end
  row:add(bar.value >= 0 and blocks.bar(n, paint.unicode) or "", fg)
end

local function add_stack(row, bar, room, paint)
  local cells = blocks.stack(bar.parts, room.most, room.cells)
  for _, cell in ipairs(cells) do blocks.add(row, cell, blocks.LYING, paint) end
end

-- How the columns of the terminal are shared out between names, bars, values and notes.
local function room_for(data, columns)
  local room = { names = math.min(widest(data.bars, function(bar) return bar.name end), math.max(8, columns * 2 // 5)) }
  room.values = widest(data.bars, function(bar) return axis.measure(data.measure, bar.value) end)
  room.notes = data.stacked and 0 or math.min(widest(data.bars, function(bar) return bar.note or "" end), columns // 4)
  local rest = math.max(8, columns - room.names - room.values - (room.notes > 0 and room.notes + 2 or 0) - 3)
  local most, least = 0, 0
  for _, bar in ipairs(data.bars) do most, least = math.max(most, bar.value), math.max(least, -bar.value) end
  room.most = math.max(most, least)
  if room.most <= 0 or room.most ~= room.most or room.most == math.huge then room.most = 1 end
  room.left = least > 0 and math.max(1, math.floor(rest * least / (most + least))) or 0
  room.cells = math.max(4, math.min(rest - room.left, math.floor(rest * room.most / (most + least > 0 and most + least or 1))))
  return room
end

--- The lines of bars.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function bars.draw(data, options)
  local paint, lines, room = options.paint, {}, room_for(data, options.width)
  for _, bar in ipairs(data.bars) do
    local row = paint:row():add(paint:fit(bar.name, room.names) .. " ")
    local add = bar.parts and add_stack or add_simple
    add(row, bar, room, paint)
    row:add(" " .. axis.measure(data.measure, bar.value))
    if bar.note and not bar.parts then row:add("  " .. paint:cut(bar.note, math.max(room.notes, 4)), "dim") end
    lines[#lines + 1] = row:text()
  end
  if data.left > 0 then
    local together = data.adds_up and ", together " .. axis.number(data.left_sum) or ""
    lines[#lines + 1] = paint:dress("dim", ("%s %d more of %d%s"):format(paint.unicode and "…" or "...", data.left, data.of,
      together))
  end
  if data.stacked then table.move(data.legend:lines(options.width), 1, 99, #lines + 1, lines) end
  return lines
end

return bars
