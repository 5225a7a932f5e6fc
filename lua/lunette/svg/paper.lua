-- An SVG picture in the making: shapes and texts. It has no script, no style sheet and no reference to anything outside, so
-- it opens everywhere; text of data is only ever text.
local paper = {}

---@class lunette.Paper
---@field width number
---@field height number
local Paper = {}
local meta = { __index = Paper }

paper.INK, paper.QUIET, paper.LINE, paper.LAND = "#1c2530", "#5a6675", "#d5dbe3", "#e6eaee"

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text as it may stand in XML.
---@param text string
---@return string
function paper.escape(text) return (text:gsub("[&<>\"']", entities):gsub("[%z\1-\8\11\12\14-\31]", "")) end

---@param width number
---@return lunette.Paper
function paper.new(width) return setmetatable({ width = width, height = 0, parts = {} }, meta) end

local function number(value) return (("%.1f"):format(value):gsub("%.0$", "")) end

--- A colour as SVG writes it.
---@param colour lunette.Colour
---@return string
function paper.hex(colour) return ("#%02x%02x%02x"):format(colour.r, colour.g, colour.b) end

local function put(self, format, ...) self.parts[#self.parts + 1] = format:format(...) end

---@param title? string a text that shows when the pointer rests on the shape
local function inner(title) return title and "><title>" .. paper.escape(title) .. "</title></" or "></" end

--- A rectangle.
function Paper:rect(x, y, width, height, fill, title)
  put(self, '<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%srect>', number(x), number(y), number(math.max(width, 0)),
    number(math.max(height, 0)), fill, inner(title))
end

--- A circle, a little transparent.
function Paper:circle(x, y, radius, fill, title)
  put(self, '<circle cx="%s" cy="%s" r="%s" fill="%s" fill-opacity="0.75"%scircle>', number(x), number(y), number(radius), fill,
    inner(title))
end

--- A straight line.
function Paper:line(x1, y1, x2, y2, stroke, width)
  put(self, '<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="%s"/>', number(x1), number(y1), number(x2), number(y2),
    stroke, number(width or 1))
end

--- A line through points: { x, y, x, y, … }.
function Paper:polyline(points, stroke)
  local out = {}
  for i = 1, #points, 2 do out[#out + 1] = number(points[i]) .. "," .. number(points[i + 1]) end
  put(self, '<polyline points="%s" fill="none" stroke="%s" stroke-width="1.6" stroke-linejoin="round"/>', table.concat(out, " "),
    stroke)
end

--- A filled path in SVG's own words.
function Paper:path(words, fill) put(self, '<path d="%s" fill="%s"/>', words, fill) end

--- Text; `anchor` is start, middle or end.
function Paper:text(x, y, text, anchor, fill, size)
  put(self, '<text x="%s" y="%s" text-anchor="%s" fill="%s"%s>%s</text>', number(x), number(y), anchor or "start",
    fill or paper.INK, size and (' font-size="%d"'):format(size) or "", paper.escape(text))
end

--- Text that rises from a place.
function Paper:slanted(x, y, text)
  put(self, '<text transform="translate(%s %s) rotate(-45)" fill="%s" font-size="11">%s</text>', number(x), number(y), paper.QUIET,
    paper.escape(text))
end

--- The whole picture.
---@param title string what it shows, for those who can't see it
---@return string
function Paper:source(title)
  return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" font-size="12"'
    .. ' font-family="system-ui, sans-serif"><title>%s</title>\n<rect width="100%%" height="100%%" fill="#ffffff"/>\n%s\n</svg>\n')
    :format(number(self.width), number(self.height), number(self.width), number(self.height), paper.escape(title),
      table.concat(self.parts, "\n"))
end

return paper
