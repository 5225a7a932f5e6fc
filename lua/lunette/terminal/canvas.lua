-- A field of dots, two by four to a character (braille). A character has one colour: that of the entry that weighs most in
-- it. Without colours an entry's letter stands for its dots; without Unicode every character is a letter or a mark.
local canvas = {}

local BITS = { [0] = { [0] = 0x01, 0x02, 0x04, 0x40 }, { [0] = 0x08, 0x10, 0x20, 0x80 } }
-- In which order the dots of a character are lit to show more weight than there are places.
local FILL = { 0x02, 0x10, 0x04, 0x20, 0x01, 0x08, 0x40, 0x80 }

---@class lunette.Canvas
---@field columns integer characters
---@field lines integer
local Canvas = {}
local meta = { __index = Canvas }

---@param columns integer characters wide
---@param lines integer characters high
---@return lunette.Canvas
function canvas.new(columns, lines)
  return setmetatable({ columns = columns, lines = lines, wide = columns * 2, high = lines * 4, ground = {}, bits = {},
    weights = {}, best = {}, totals = {} }, meta)
end

local function cell_of(self, x, y) return (y // 4) * self.columns + x // 2 end

--- Lights a dot of the ground, which is drawn quietly where nothing else is. Places start at 0, from the top left.
---@param x integer
---@param y integer
function Canvas:mark(x, y)
  local cell = cell_of(self, x, y)
  self.ground[cell] = (self.ground[cell] or 0) | BITS[x % 2][y % 4]
end

--- Lights a dot for an entry of a legend.
---@param x integer
---@param y integer
---@param entry lunette.LegendEntry
---@param weight? number
function Canvas:dot(x, y, entry, weight)
  if x < 0 or y < 0 or x >= self.wide or y >= self.high then return end
  local cell = cell_of(self, x, y)
  self.bits[cell] = (self.bits[cell] or 0) | BITS[x % 2][y % 4]
  local weights = self.weights[cell]
  if not weights then
    weights = {}
    self.weights[cell] = weights
  end
  weights[entry] = (weights[entry] or 0) + (weight or 1)
  self.totals[cell] = (self.totals[cell] or 0) + (weight or 1)
  local best = self.best[cell]
  if not best or weights[entry] > weights[best] then self.best[cell] = entry end
end

--- Lights the dots of a straight line.
function Canvas:line(x0, y0, x1, y1, entry)
  local steps = math.max(math.abs(x1 - x0), math.abs(y1 - y0), 1)
  for i = 0, steps do
    self:dot(math.floor(x0 + (x1 - x0) * i / steps + 0.5), math.floor(y0 + (y1 - y0) * i / steps + 0.5), entry)
  end
end

--- Lights more dots in characters that weigh more, up to all eight in the heaviest.
function Canvas:swell()
  local most = 1
  for _, total in pairs(self.totals) do most = math.max(most, total) end
  for cell, total in pairs(self.totals) do
    local wanted, n = 1 + math.floor(7 * math.log(math.max(total, 1)) / math.max(math.log(most), 1e-9) + 0.5), 0
    local bits = self.bits[cell]
    for bit = 0, 7 do n = n + (bits >> bit & 1) end
    for _, bit in ipairs(FILL) do
      if n >= wanted then break end
      if bits & bit == 0 then bits, n = bits | bit, n + 1 end
    end
    self.bits[cell] = bits
  end
end

local function braille(bits) return utf8.char(0x2800 + bits) end

--- Adds one character to a row. `letters`: without colours, entries are told apart by theirs.
local function add_cell(self, row, cell, paint, letters)
  local entry = self.best[cell]
  if entry then
    local text = letters and entry.letter or paint.unicode and braille(self.bits[cell]) or "*"
    return row:add(text, entry.colour)
  end
  local ground = self.ground[cell]
  if not ground then return row:add " " end
  row:add(paint.unicode and braille(ground) or ".", paint:quiet())
end

--- The lines. `letters` shows the entries' letters where the paint has no colour or no braille.
---@param paint lunette.Paint
---@param letters boolean whether there are entries to tell apart
---@param before? fun(row: lunette.PaintRow, line: integer) adds what stands before a line
---@return string[]
function Canvas:draw(paint, letters, before)
  local out = {}
  letters = letters and (paint.depth == 0 or not paint.unicode)
  for line = 1, self.lines do
    local row = paint:row()
    if before then before(row, line) end
    for column = 0, self.columns - 1 do add_cell(self, row, (line - 1) * self.columns + column, paint, letters) end
    out[line] = row:text()
  end
  return out
end

return canvas
