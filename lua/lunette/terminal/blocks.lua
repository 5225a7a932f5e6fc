-- Lengths in eighths of a character: single bars, and stacks of parts in which every border has its place, drawn as one
-- part before the other's background.
local blocks = {}

local LYING = { "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" }
local STANDING = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
blocks.LYING, blocks.STANDING = LYING, STANDING

local ASCII_LEVELS = ".:-=+*#@"

--- A share as so many eighths of `cells` characters; what isn't nothing has at least one.
---@param share number
---@param cells integer
---@return integer
function blocks.eighths(share, cells)
  if share <= 0 or share ~= share then return 0 end
  return math.max(1, math.floor(math.min(share, 1) * cells * 8 + 0.5))
end

--- A lying bar of so many eighths.
---@param eighths integer
---@param unicode boolean
---@return string
function blocks.bar(eighths, unicode)
  if not unicode then return ("#"):rep(eighths > 0 and math.max(1, (eighths + 4) // 8) or 0) end
  return ("█"):rep(eighths // 8) .. (LYING[eighths % 8] or "")
end

--- A line of values from nothing to the largest, a character each.
---@param values number[]
---@param unicode boolean
---@return string
function blocks.spark(values, unicode)
  local most = 0
  for _, value in ipairs(values) do most = math.max(most, value) end
  local out = {}
  for i, value in ipairs(values) do
    local level = value > 0 and math.max(1, math.floor(value / most * 8 + 0.5)) or 0
    out[i] = level == 0 and " " or unicode and STANDING[level] or ASCII_LEVELS:sub(level, level)
  end
  return table.concat(out)
end

---@class lunette.Part
---@field entry lunette.LegendEntry
---@field value number not negative

--- A stack cut into characters, the first part's end first. Each cell has the two parts that take the most of it, in
--- their order (`under`, `over`; one may be nil), how many eighths the first takes, and which part has most of it (nil
--- where it is more than half empty).
---@param parts lunette.Part[]
---@param most number the value that `cells` characters stand for
---@param cells integer
---@return { under: any, over: any, split: integer, main: any }[]
function blocks.stack(parts, most, cells)
  local out, sum, at = {}, 0, 0
  for _, part in ipairs(parts) do
    sum = sum + part.value
    local stop = blocks.eighths(sum / most, cells)
    while at < stop do
      local cell = at // 8 + 1
      local n = math.min(stop, cell * 8) - at
      out[cell] = out[cell] or {}
      table.insert(out[cell], { entry = part.entry, n = n })
      at = at + n
    end
  end
  for i, pieces in ipairs(out) do
    local filled, largest, second = 0, nil, nil
    for _, piece in ipairs(pieces) do
      filled = filled + piece.n
      if not largest or piece.n > largest.n then largest, second = piece, largest
      elseif not second or piece.n > second.n then second = piece end
    end
    local cell = { main = filled >= 4 and largest.entry or nil, split = filled }
    if filled < 8 or not second then
      cell.under = largest.entry
    else
      local first = pieces[1]
      for _, piece in ipairs(pieces) do
        if piece == largest or piece == second then first = piece break end
      end
      local other = first == largest and second or largest
      cell.under, cell.over = first.entry, other.entry
      cell.split = math.max(1, math.min(7, math.floor(first.n * 8 / (first.n + other.n) + 0.5)))
    end
    out[i] = cell
  end
  return out
end

--- Adds one character of a stack to a row. Entries with letters are told apart by them where there are no colours.
---@param row lunette.PaintRow
---@param cell table? of `stack`
---@param glyphs string[] LYING or STANDING
---@param paint lunette.Paint
function blocks.add(row, cell, glyphs, paint)
  if not cell then return row:add " " end
  if not paint.unicode or paint.depth == 0 and cell.under.letter then
    local main = cell.main
    if not main then return row:add " " end
    return row:add(main.letter or "#", main.colour)
  end
  return row:add(glyphs[cell.split], cell.under.colour, cell.over and cell.over.colour)
end

return blocks
