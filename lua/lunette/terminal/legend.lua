-- Which name has which colour and letter in a figure, and the lines that say so. Names keep theirs through a report,
-- because they are given by the report's ranking (html/colours.lua); what has none is folded together.
local colours = require "lunette.html.colours"
local width = require "lunette.width"

local legend = {}

---@class lunette.LegendEntry
---@field name string fit for a terminal
---@field colour lunette.Colour
---@field letter string
---@field weight number what it adds up to in the figure
---@field is_rest boolean

---@class lunette.Legend
local Legend = {}
local meta = { __index = Legend }

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
local REST = "+"

-- A letter of the name that is still free, its initials first, else any.
local function free_letter(name, taken)
  local upper = name:upper()
  local wishes = upper:gsub("(%w)%w*%W*", "%1") .. upper .. ALPHABET
  for letter in wishes:gmatch "[A-Z0-9]" do
    if not taken[letter] then return letter end
  end
  return REST
end

--- A legend for the names of a column, the most important first.
---@param names string[]
---@param paint lunette.Paint
---@return lunette.Legend
function legend.new(names, paint)
  local self = setmetatable({ paint = paint, entries = {}, by_name = {}, folded = {}, n_folded = 0 }, meta)
  local taken = {}
  for i = 1, math.min(#names, colours.PALETTE) do
    local letter = free_letter(names[i], taken)
    taken[letter] = true
    local entry = { name = paint:cell(names[i]), colour = paint:colour(i), letter = letter, weight = 0, is_rest = false }
    self.entries[i], self.by_name[names[i]] = entry, entry
  end
  self.rest = { name = "other", colour = paint:rest(), letter = REST, weight = 0, is_rest = true }
  return self
end

--- The legend of a chart: by the report's ranking where it has its column, else by the names' own order.
---@param item table a report's chart
---@param ranking table<string, string[]>
---@param names string[] the figure's names, the most important first
---@param paint lunette.Paint
---@return lunette.Legend
function legend.of(item, ranking, names, paint)
  local column = colours.column(item)
  return legend.new(column and ranking[column] or names, paint)
end

--- The entry of a name, with `weight` added to it.
---@param name string
---@param weight? number
---@return lunette.LegendEntry
function Legend:entry(name, weight)
  local entry = self.by_name[name]
  if not entry then
    entry = self.rest
    if not self.folded[name] and not colours.is_rest(name) then
      self.folded[name], self.n_folded = true, self.n_folded + 1
    end
    if colours.is_rest(name) or self.n_folded == 1 then entry.name = self.paint:cell(name)
    else entry.name = ("other (%d)"):format(self.n_folded) end
  end
  entry.weight = entry.weight + (weight or 0)
  return entry
end

--- The entries that were asked for, in their order, the rest last.
---@return lunette.LegendEntry[]
function Legend:used()
  local out = {}
  for _, entry in ipairs(self.entries) do
    if entry.weight ~= 0 then out[#out + 1] = entry end
  end
  if self.rest.weight ~= 0 then out[#out + 1] = self.rest end
  return out
end

--- The mark of an entry: a square in its colour, or its letter.
---@param row lunette.PaintRow
---@param entry lunette.LegendEntry
function Legend:mark(row, entry)
  if self.paint.depth == 0 then return row:add(entry.letter) end
  return row:add(self.paint.unicode and "■" or entry.letter, entry.colour)
end

--- Lines of marks and names that fit into `columns`.
---@param columns integer
---@param text_of? fun(entry: lunette.LegendEntry): string
---@return string[]
function Legend:lines(columns, text_of)
  local lines, row, used = {}, self.paint:row(), 0
  for _, entry in ipairs(self:used()) do
    local text = self.paint:cut(text_of and text_of(entry) or entry.name, math.max(8, columns - 4))
    local needed = width.of(text) + 4
    if used > 0 and used + needed - 2 > columns then
      lines[#lines + 1], row, used = row:text(), self.paint:row(), 0
    end
    self:mark(row, entry):add(" " .. text .. "  ")
    used = used + needed
  end
  if used > 0 then lines[#lines + 1] = row:text() end
  return lines
end

return legend
