-- What a terminal can show, by what it says of itself, and text dressed in colours as far as it can. Everything that
-- draws takes a paint and gives lines; a paint without colour and without Unicode gives plain ASCII.
local width = require "lunette.width"

local paint = {}

---@class lunette.Colour
---@field r integer
---@field g integer
---@field b integer
---@field ansi integer the code of the nearest of the sixteen colours

---@class lunette.Paint
---@field depth 0|16|256|24 no colour, sixteen, 256, or 24 bits of them
---@field unicode boolean whether the locale's encoding is UTF-8
---@field dark boolean whether the background is dark
local Paint = {}
local meta = { __index = Paint }

-- Terminals that know all colours, by TERM, also where COLORTERM got lost on the way (ssh).
local knows_all = { "direct", "kitty", "alacritty", "wezterm", "ghostty", "^foot", "^iterm" }
local knows_none = { dumb = true, vt52 = true, vt100 = true, vt102 = true, vt220 = true, ["xterm-mono"] = true, [""] = true }

local function depth_of(getenv)
  local term, colorterm = (getenv "TERM" or ""):lower(), (getenv "COLORTERM" or ""):lower()
  if (getenv "NO_COLOR" or "") ~= "" or knows_none[term] then return 0 end
  if colorterm == "truecolor" or colorterm == "24bit" then return 24 end
  for _, pattern in ipairs(knows_all) do
    if term:find(pattern) then return 24 end
  end
  return term:find("256color", 1, true) and 256 or 16
end

--- Whether the locale's encoding is UTF-8, by the variables that say so.
---@param getenv fun(name: string): string?
---@return boolean
function paint.is_unicode(getenv)
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = getenv(name) or ""
    if value ~= "" then return value:lower():find "utf%-?8" ~= nil end
  end
  return false
end

--- The paint for a descriptor of which is known whether it is a terminal.
---@param getenv fun(name: string): string?
---@param is_terminal boolean
---@return lunette.Paint
function paint.detect(getenv, is_terminal)
  local background = (getenv "COLORFGBG" or ""):match ";(%d+)$"
  return paint.new {
    depth = is_terminal and depth_of(getenv) or 0, unicode = paint.is_unicode(getenv),
    dark = background ~= "7" and background ~= "15",
  }
end

---@param given { depth: integer, unicode: boolean, dark?: boolean }
---@return lunette.Paint
function paint.new(given)
  return setmetatable({ depth = given.depth, unicode = given.unicode, dark = given.dark ~= false, codes = {} }, meta)
end

local function colour(hex, ansi)
  local r, g, b = hex:match "^#(%x%x)(%x%x)(%x%x)$"
  return { r = tonumber(r, 16), g = tonumber(g, 16), b = tonumber(b, 16), ansi = ansi }
end

-- The page's colours (assets/report/theme.js), each with its like among the sixteen.
local palettes = {
  [true] = { colour("#4f8fcb", 94), colour("#f7c342", 93), colour("#38c499", 92), colour("#e37125", 91), colour("#d991bb", 95),
    colour("#9adffe", 96), colour("#bfa3f3", 35), colour("#b6a468", 33), colour("#cfe191", 32), colour("#b45363", 31),
    colour("#4266df", 34) },
  [false] = { colour("#1466a6", 34), colour("#e7ac30", 33), colour("#289f77", 32), colour("#df742f", 31), colour("#b56991", 35),
    colour("#56b3ee", 36), colour("#9272d2", 95), colour("#5a2f00", 93), colour("#716b04", 92), colour("#872257", 91),
    colour("#3c2998", 94) },
}
local rests = { [true] = colour("#8a95a3", 37), [false] = colour("#7d8894", 90) }
local quiets = { [true] = colour("#5b6775", 90), [false] = colour("#b4bdc8", 37) }
local ramps = {
  [true] = { colour("#1d2731", 90), colour("#2c6ca3", 34), colour("#7cc0f5", 96), colour("#f5f1d8", 97) },
  [false] = { colour("#eef3f8", 97), colour("#9cc9ea", 96), colour("#2f7db8", 34), colour("#08365e", 30) },
}

--- The n-th colour of names.
---@param n integer
---@return lunette.Colour
function Paint:colour(n) return palettes[self.dark][n] or rests[self.dark] end

--- The colour of what is folded together.
function Paint:rest() return rests[self.dark] end

--- The colour of outlines and grids.
function Paint:quiet() return quiets[self.dark] end

--- The colour of a share from 0 to 1, from the background's side to the far one.
---@param share number
---@return lunette.Colour
function Paint:ramp(share)
  local stops = ramps[self.dark]
  local at = math.max(0, math.min(1, share)) * (#stops - 1)
  local low = math.min(math.floor(at), #stops - 2)
  local a, b, t = stops[low + 1], stops[low + 2], at - low
  local function mix(key) return math.floor(a[key] + (b[key] - a[key]) * t + 0.5) end
  return { r = mix "r", g = mix "g", b = mix "b", ansi = (t < 0.5 and a or b).ansi }
end

-- The nearest of the 216 colours of the cube and the 24 greys.
local function nearest_256(c)
  local function level(v) return v < 48 and 0 or v < 115 and 1 or (v - 35) // 40 end
  local function value(l) return l == 0 and 0 or 55 + 40 * l end
  local function distance(r, g, b) return (c.r - r) ^ 2 + (c.g - g) ^ 2 + (c.b - b) ^ 2 end
  local r, g, b = level(c.r), level(c.g), level(c.b)
  local grey = math.max(0, math.min(23, ((c.r + c.g + c.b) // 3 - 3) // 10))
  if distance(8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey) < distance(value(r), value(g), value(b)) then return 232 + grey end
  return 16 + 36 * r + 6 * g + b
end

local function code_of(depth, c, is_background)
  if depth == 16 then return tostring(c.ansi + (is_background and 10 or 0)) end
  local kind = is_background and "48" or "38"
  if depth == 256 then return ("%s;5;%d"):format(kind, nearest_256(c)) end
  return ("%s;2;%d;%d;%d"):format(kind, c.r, c.g, c.b)
end

local plain_codes = { bold = "1", dim = "2", red = "31", yellow = "33", cyan = "36" }

--- Text of data as it may be shown: escapes for what isn't printable, or isn't in the locale's encoding.
---@param text string
---@return string
function Paint:cell(text)
  text = width.cell(text)
  return self.unicode and text or width.ascii(text)
end

--- The text cut to so many columns, with a mark where something was cut.
---@param text string what `cell` gave
---@param columns integer
---@return string
function Paint:cut(text, columns) return (width.cut(text, columns, not self.unicode and "..." or nil)) end

--- The text cut or padded to exactly so many columns.
---@param text string what `cell` gave
---@param columns integer
---@return string
function Paint:fit(text, columns) return width.pad(self:cut(text, columns), columns) end

--- The codes (between "\27[" and "m") of a style by its name, or of a colour on a background; "" for none.
---@param fg? lunette.Colour|string
---@param bg? lunette.Colour
---@return string
function Paint:code(fg, bg)
  if self.depth == 0 or not fg and not bg then return "" end
  if type(fg) == "string" then return plain_codes[fg] end
  local out = {}
  if fg then out[1] = code_of(self.depth, fg, false) end
  if bg then out[#out + 1] = code_of(self.depth, bg, true) end
  return table.concat(out, ";")
end

--- The text in a style or colour.
---@param fg? lunette.Colour|string
---@param text string
---@param bg? lunette.Colour
---@return string
function Paint:dress(fg, text, bg)
  local code = self:code(fg, bg)
  if code == "" or text == "" then return text end
  return "\27[" .. code .. "m" .. text .. "\27[0m"
end

---@class lunette.PaintRow a line in the making; neighbours of one style share their codes
local Row = {}
local row_meta = { __index = Row }

---@return lunette.PaintRow
function Paint:row() return setmetatable({ paint = self, parts = {}, codes = {} }, row_meta) end

---@param text string
---@param fg? lunette.Colour|string
---@param bg? lunette.Colour
function Row:add(text, fg, bg)
  local code, n = self.paint:code(fg, bg), #self.parts
  if n > 0 and self.codes[n] == code then
    self.parts[n] = self.parts[n] .. text
  else
    self.parts[n + 1], self.codes[n + 1] = text, code
  end
  return self
end

--- The line, without blanks at its end.
---@return string
function Row:text()
  local out = {}
  for i, text in ipairs(self.parts) do
    out[i] = self.codes[i] == "" and text or "\27[" .. self.codes[i] .. "m" .. text .. "\27[0m"
  end
  return (table.concat(out):gsub(" +$", ""))
end

return paint
