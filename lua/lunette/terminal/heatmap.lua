-- A table of amounts as colours: small ones with the numbers in their cells, larger ones with two rows to a line (half
-- blocks), without enough colours as shades.
local axis = require "lunette.terminal.axis"
local reduce = require "lunette.terminal.reduce"
local width = require "lunette.width"

local heatmap = {}

local MOST_ROWS, MOST_COLUMNS = 60, 60
local KEYS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
local SHADES, ASCII_SHADES = { " ", "░", "▒", "▓", "█" }, { " ", ".", "+", "*", "#" }

-- The distinct names of an axis: measures in their order, names as they come, up to a limit.
local function names_of(rows, key, type_name, most, paint)
  local list = rows:select(key):distinct()
  if reduce.is_measure(type_name) then list = list:sort(key) end
  local values, names, at_of = list:column(key):values(), {}, {}
  for i = 1, #values do
    local name = reduce.name(values[i])
    if i <= most then names[i], at_of[name] = paint:cell(name), i end
  end
  return names, at_of, #values
end

--- Rows and columns with the sums of their cells: rows, columns (names), cells[row][column], most, of_rows, of_columns.
---@param item table
---@param options lunette.DrawOptions
---@return table
function heatmap.reduce(item, options)
  local types, amount = reduce.types(item), item.size and "size" or item.color and "color"
  local all = reduce.columns(item, amount and { "x", "y", "#" .. amount } or { "x", "y" })
  local rows = all:group_by("x", "y"):agg(amount and ("n = sum(%s)"):format(amount) or "n = count()"):collect()
  local room = math.max(4, options.width - 24)
  local out = { cells = {}, most = 0, is_scale = reduce.is_measure(types.x) }
  local row_of, column_of
  out.rows, row_of, out.of_rows = names_of(rows, "y", types.y, MOST_ROWS, options.paint)
  out.columns, column_of, out.of_columns = names_of(rows, "x", types.x, math.min(MOST_COLUMNS, room), options.paint)
  for row in rows:rows() do
    local y, x, n = row_of[reduce.name(row.y)], column_of[reduce.name(row.x)], reduce.number(row.n)
    if y and x and n then
      out.cells[y] = out.cells[y] or {}
      out.cells[y][x] = n
      out.most = math.max(out.most, n)
    end
  end
  return out
end

local function share_of(data, y, x)
  local n = data.cells[y] and data.cells[y][x] or 0
  return data.most > 0 and n / data.most or 0
end

-- Small amounts stay visible beside large ones.
local function tone(share) return share > 0 and 0.12 + 0.88 * share ^ 0.6 or 0 end

-- Black or white, whichever can be read on a colour.
local function ink(paint, c)
  if paint.depth == 0 then return nil end
  local bright = c.r * 0.3 + c.g * 0.59 + c.b * 0.11 > 130
  return bright and { r = 10, g = 15, b = 20, ansi = 30 } or { r = 240, g = 244, b = 248, ansi = 97 }
end

local function key_of(x) return KEYS:sub((x - 1) % #KEYS + 1, (x - 1) % #KEYS + 1) end

-- Rows that are columns too have the column's letter before their name.
local function with_keys(data, layout, options)
  local at_of, names, is_shared = {}, {}, false
  for x, name in ipairs(data.columns) do at_of[name] = x end
  for y, name in ipairs(data.rows) do
    is_shared = is_shared or at_of[name] ~= nil
    names[y] = (at_of[name] and key_of(at_of[name]) or " ") .. " " .. name
  end
  if is_shared then
    layout.row_names, layout.names = names, math.min(layout.names + 2, math.max(6, options.width // 4))
  end
  return layout
end

-- How wide the cells are: for the names or the numbers in them, else a character.
local function layout_of(data, options)
  local names, numbers, heads = 0, 0, 0
  for _, name in ipairs(data.rows) do names = math.max(names, width.of(name)) end
  for _, name in ipairs(data.columns) do heads = math.max(heads, width.of(name)) end
  for _, cells in pairs(data.cells) do
    for _, n in pairs(cells) do numbers = math.max(numbers, #axis.number(n)) end
  end
  local out = { names = math.min(names, math.max(6, options.width // 4)) }
  local room = options.width - out.names - 4
  local for_numbers, for_heads = math.max(numbers, 2) + 1, math.min(heads, 12) + 1
  out.has_numbers = #data.columns * for_numbers <= room
  out.cell = out.has_numbers and for_numbers or math.max(1, math.min(2, room // #data.columns))
  if #data.columns * math.max(for_heads, out.cell) <= room and out.has_numbers then out.cell = math.max(for_heads, out.cell) end
  out.on_scale = heads >= out.cell and data.is_scale
  out.by_key = heads >= out.cell and not data.is_scale
  out.row_names = data.rows
  return out.by_key and with_keys(data, out, options) or out
end

-- The line above the cells: the columns' names, or the letters that stand for them.
local function head_line(data, layout, margin)
  local parts = {}
  if layout.on_scale then
    for x, name in ipairs(data.columns) do parts[x] = { (x - 1) * layout.cell, name } end
    return (" "):rep(margin) .. axis.line(parts, #data.columns * layout.cell)
  end
  for x, name in ipairs(data.columns) do
    local text = layout.by_key and key_of(x) or name
    parts[x] = width.pad(text, layout.cell, layout.has_numbers)
  end
  return (" "):rep(margin) .. (table.concat(parts):gsub(" +$", ""))
end

-- What the letters stand for.
local function key_lines(data, columns, paint)
  local lines, line = {}, ""
  for x, name in ipairs(data.columns) do
    local text = key_of(x) .. " " .. paint:cut(name, 24)
    if line ~= "" and width.of(line) + width.of(text) + 2 > columns then
      lines[#lines + 1], line = line, ""
    end
    line = (line == "" and "" or line .. "  ") .. text
  end
  lines[#lines + 1] = line
  return lines
end

local function numbered_lines(data, layout, paint)
  local lines = {}
  for y, name in ipairs(layout.row_names) do
    local row = paint:row():add(paint:fit(name, layout.names) .. " ")
    for x = 1, #data.columns do
      local n = data.cells[y] and data.cells[y][x]
      local text = width.pad(n and n ~= 0 and axis.number(n) or n and "0" or (paint.unicode and "·" or "."), layout.cell, true)
      if paint.depth > 0 and n and n ~= 0 then
        local bg = paint:ramp(tone(share_of(data, y, x)))
        row:add(text, ink(paint, bg), bg)
      else
        row:add(text, "dim")
      end
    end
    lines[y] = row:text()
  end
  return lines
end

local function shaded_lines(data, layout, paint)
  local lines, shades = {}, paint.unicode and SHADES or ASCII_SHADES
  for y, name in ipairs(layout.row_names) do
    local row = paint:row():add(paint:fit(name, layout.names) .. " ")
    for x = 1, #data.columns do
      row:add(shades[math.floor(tone(share_of(data, y, x)) * 4 + 0.5) + 1]:rep(layout.cell), paint:colour(1))
    end
    lines[y] = row:text()
  end
  return lines
end

-- Two rows to a line: the upper one named before it, the lower one behind it.
local function half_lines(data, layout, paint)
  local lines = {}
  for y = 1, #data.rows, 2 do
    local row = paint:row():add(paint:fit(layout.row_names[y], layout.names) .. " ")
    for x = 1, #data.columns do
      local lower = data.rows[y + 1] and paint:ramp(tone(share_of(data, y + 1, x))) or nil
      row:add(("▀"):rep(layout.cell), paint:ramp(tone(share_of(data, y, x))), lower)
    end
    lines[#lines + 1] = row:add(" " .. (layout.row_names[y + 1] and paint:cut(layout.row_names[y + 1], layout.names) or "")):text()
  end
  return lines
end

--- The lines of a heatmap.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function heatmap.draw(data, options)
  local paint = options.paint
  if #data.rows == 0 then return {} end
  local layout = layout_of(data, options)
  local body
  if layout.has_numbers then body = numbered_lines(data, layout, paint)
  elseif paint.depth >= 24 or paint.depth == 256 then
    if options.width - #data.columns * layout.cell - 2 < layout.names * 2 then layout.cell = 1 end
    local room = (options.width - #data.columns * layout.cell - 2) // 2
    layout.names = math.max(6, math.min(layout.names, room))
    body = paint.unicode and half_lines(data, layout, paint) or shaded_lines(data, layout, paint)
  else body = shaded_lines(data, layout, paint) end
  local lines = { paint:dress("dim", head_line(data, layout, layout.names + 1)) }
  table.move(body, 1, #body, 2, lines)
  if layout.by_key then
    for _, line in ipairs(key_lines(data, options.width, paint)) do lines[#lines + 1] = paint:dress("dim", line) end
  end
  if data.of_rows > #data.rows or data.of_columns > #data.columns then
    lines[#lines + 1] = paint:dress("dim", ("%d of %d rows, %d of %d columns"):format(#data.rows, data.of_rows, #data.columns,
      data.of_columns))
  end
  return lines
end

return heatmap
