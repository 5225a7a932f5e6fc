-- Tables as people read them: fitted to the terminal, a row of types under the header, numbers to the right.
local core = require "lunette.core"
local errors = require "lunette.errors"
local paint = require "lunette.terminal.paint"
local width = require "lunette.width"

local terminal = {}

local default_columns, gap, narrowest = 120, 2, 12
local narrowest_first = 22 -- the first column names the row: an IPv4 address with its port stays whole

--- What may be drawn on a file descriptor (1: output, 2: messages): colours on a terminal only.
---@param fd integer
---@return lunette.Paint
function terminal.paint(fd) return paint.detect(os.getenv, core.is_terminal(fd)) end

--- A paint for files: no colour, all characters.
---@return lunette.Paint
function terminal.file_paint() return paint.new { depth = 0, unicode = true } end

--- How many columns there are to write in.
---@return integer
function terminal.columns()
  if core.is_terminal(1) then
    local columns = core.terminal_width(1)
    if columns then return columns end
  end
  return math.max(tonumber(os.getenv "COLUMNS" or "") or default_columns, 20)
end

--- Writes text to the standard output; to a terminal with its control bytes shown as escapes.
---@param text string
function terminal.put(text)
  if core.is_terminal(1) then text = width.safe(text) end
  if not io.stdout:write(text) then errors.raise("io", "can't write to the standard output") end
end

--- Writes a plan's rows to the standard output in one of the writers' formats; for a terminal as `put` does.
---@param plan lunette.Plan
---@param format string
---@param raw? boolean
---@return integer rows
function terminal.write(plan, format, raw)
  if not core.is_terminal(1) then return core.write_stdout(plan, format, raw) end
  if format == "arrow" then errors.raise("usage", "an Arrow file is no text: write it into a file or a pipe") end
  terminal.put(core.render(plan, format, raw))
  return plan:count():run():column(1)[1]
end

-- Floats with the same number of decimals, at most four; very small and very large ones in their own form.
local function format_floats(texts)
  local decimals = 0
  for _, text in ipairs(texts) do
    local fraction = text and text:match "^%-?%d+%.(%d+)$"
    if fraction and fraction ~= "0" then decimals = math.max(decimals, #fraction) end
  end
  local format = ("%%.%df"):format(math.min(decimals, 4))
  for i, text in ipairs(texts) do
    local value = text and tonumber(text)
    if value and text:find "[.e]" then
      local is_odd = value ~= 0 and (math.abs(value) < 0.0001 or math.abs(value) >= 1e15)
      texts[i] = (is_odd and "%.3g" or format):format(value)
    end
  end
end

-- Times without what says nothing: the Z always, midnight where all are at midnight.
local function format_times(texts)
  local all_midnight = true
  for _, text in ipairs(texts) do
    if text and not text:match "T00:00:00Z$" then all_midnight = false end
  end
  for i, text in ipairs(texts) do
    if text then texts[i] = all_midnight and text:sub(1, -11) or text:gsub("T", " "):gsub("Z$", "") end
  end
end

-- A column as it will be shown: header, type, cells (false: null), natural width.
local function make_column(field, texts, cell, unit)
  if field.type == "float" then format_floats(texts) end
  if field.type == "time" then format_times(texts) end
  local type_name = unit and ("%s (%s)"):format(field.type, cell(unit)) or field.type
  local column = { name = cell(field.name), type = type_name, cells = texts,
    right = field.type == "int" or field.type == "float", can_shrink = field.type == "string", is_time = field.type == "time" }
  local widest = math.max(width.of(column.name), width.of(type_name))
  for i, text in ipairs(texts) do
    texts[i] = text and cell(text)
    widest = math.max(widest, text and width.of(texts[i]) or 4)
  end
  column.natural = widest
  return column
end

-- The widest column of strings that can still be narrowed, and the width of the next one.
local function widest_string(columns)
  local widest, second = nil, narrowest
  for i, column in ipairs(columns) do
    local least = i == 1 and narrowest_first or narrowest
    if column.can_shrink and column.width > least then
      if not widest or column.width > widest.width then
        second, widest = math.max(widest and widest.width or second, least), column
      else
        second = math.max(second, column.width)
      end
    end
  end
  return widest, second
end

-- Starts at the natural widths and takes from the widest strings until all fits or every string is at its narrowest.
-- Returns the width of all columns together.
local function shrink(columns, room)
  local total = -gap
  for _, column in ipairs(columns) do
    column.width = column.natural
    total = total + column.width + gap
  end
  while total > room do
    local widest, second = widest_string(columns)
    if not widest then return total end
    local step = math.max(math.min(total - room, widest.width - second), 1)
    widest.width, total = widest.width - step, total - step
  end
  return total
end

-- Where not all columns fit as they are, times go without fractions of a second before texts are cut.
local function shorten_times(columns, room)
  local total = -gap
  for _, column in ipairs(columns) do total = total + column.natural + gap end
  if total <= room then return end
  for _, column in ipairs(columns) do
    if column.is_time then
      column.natural = math.max(width.of(column.name), width.of(column.type))
      for i, text in ipairs(column.cells) do
        column.cells[i] = text and text:gsub("%.%d+$", "")
        column.natural = math.max(column.natural, text and #column.cells[i] or 4)
      end
    end
  end
end

-- Fits the columns into `room`; what doesn't fit even then is left out from the right and named.
local function fit(columns, room)
  local left_out = {}
  shorten_times(columns, room)
  while #columns > 1 and shrink(columns, room) > room do
    table.insert(left_out, 1, table.remove(columns).name)
  end
  if #columns == 1 then columns[1].width = math.min(columns[1].natural, room) end
  return left_out
end

local function line_of(columns, mark, text_of)
  local parts = {}
  for i, column in ipairs(columns) do
    local text, style = text_of(column)
    text = width.cut(text, column.width, mark)
    local last = i == #columns and not column.right
    text = last and text or width.pad(text, column.width, column.right)
    parts[i] = style and style(text) or text
  end
  return table.concat(parts, (" "):rep(gap))
end

local function footer(shown, total, left_out, mark)
  local notes = {}
  if total > shown then notes[1] = ("%d of %d rows"):format(shown, total) end
  if #left_out > 0 then
    notes[#notes + 1] = ("%d more column%s: %s"):format(#left_out, #left_out == 1 and "" or "s",
      table.concat(left_out, ", "))
  end
  if total == 0 then notes[#notes + 1] = "no rows" end
  return #notes > 0 and mark .. " " .. table.concat(notes, "; ")
end

-- A cell in what the locale's encoding can show.
local function ascii_cell(text) return width.ascii(width.cell(text)) end

--- A table as text, its first `options.rows` rows.
---@param result lunette.Table
---@param options { rows: integer, total?: integer, width?: integer, paint?: lunette.Paint, units?: table<string, string> }
---@return string
function terminal.table(result, options)
  local dress, schema, shown = options.paint or terminal.paint(1), result:schema(), math.min(options.rows, #result)
  local mark = dress.unicode and "…" or "..."
  local texts, columns, units = result:texts(1, shown), {}, options.units or {}
  for i, field in ipairs(schema) do
    columns[i] = make_column(field, texts[i], dress.unicode and width.cell or ascii_cell, units[field.name])
  end
  if #columns == 0 then return ("(%d row%s without columns)\n"):format(#result, #result == 1 and "" or "s") end
  local room = options.width or terminal.columns()
  local left_out = fit(columns, room)
  local function dim(text) return dress:dress("dim", text) end
  local lines = {
    line_of(columns, mark, function(column) return column.name, function(text) return dress:dress("bold", text) end end),
    line_of(columns, mark, function(column) return column.type, dim end),
  }
  for row = 1, shown do
    lines[#lines + 1] = line_of(columns, mark, function(column)
      local text = column.cells[row]
      if text then return text end
      return "null", dim
    end)
  end
  local note = footer(shown, options.total or #result, left_out, mark)
  if note then lines[#lines + 1] = dim((width.cut(note, math.max(room, 20), mark))) end
  return table.concat(lines, "\n") .. "\n"
end

return terminal
