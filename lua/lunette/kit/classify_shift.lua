-- Correcting probabilities in the walk-forward by what came of them: a family that was listed more often lately than its
-- probabilities added up to gets greater ones, and the other way round. A day is corrected by days before it.
local lunette = require "lunette"

local shift = {}

local DAY = 86400000000

-- So many rows are added to what was seen and to what was expected of each family, so that a few say little.
local STRENGTH = 1

local Shift = {}
Shift.__index = Shift

--- Nothing is known yet. What is seen counts half after `half_life` days; a day's n rows weigh n ^ bulk together.
---@param half_life number above 0
---@param bulk number
---@return table
function shift.new(half_life, bulk)
  return setmetatable({ half_life = half_life, bulk = bulk, seen = {}, expected = {}, day = nil }, Shift)
end

-- Lets what is known fade until a day begins.
function Shift:fade(day)
  local factor = self.day and 2.0 ^ ((self.day - day) / self.half_life) or 1.0
  self.day = day
  for name, value in pairs(self.seen) do self.seen[name] = value * factor end
  for name, value in pairs(self.expected) do self.expected[name] = value * factor end
end

-- Corrects rows first … last, which are of one day, and takes in what came of them.
function Shift:take_day(columns, families, first, last)
  local weight = (last - first + 1) ^ (self.bulk - 1)
  for name, values in pairs(columns) do
    local seen, expected, sum = self.seen[name] or 0.0, self.expected[name] or 0.0, 0.0
    local factor = (seen + STRENGTH) / (expected + STRENGTH)
    for i = first, last do
      sum = sum + values[i]
      values[i] = values[i] * factor
    end
    self.seen[name], self.expected[name] = seen, expected + weight * sum
  end
  for i = first, last do
    local name = families[i]
    if self.seen[name] then self.seen[name] = self.seen[name] + weight end
  end
end

--- The probabilities corrected, not yet scaled to sum to 1. Rows come in the order of time, all days once.
---@param rows lunette.Query with first_seen, family
---@param proba lunette.Query the families' probabilities of these rows
---@return lunette.Query
function Shift:correct(rows, proba)
  local times, families, columns, names = rows:column "first_seen":values(), rows:column "family":values(), {}, {}
  for i, field in ipairs(proba:schema()) do
    names[i], columns[field.name] = field.name, proba:column(field.name):values()
  end
  local first, n = 1, #families
  for i = 1, n do
    local day = times[i].us // DAY
    if i == n or times[i + 1].us // DAY ~= day then
      self:fade(day)
      self:take_day(columns, families, first, i)
      first = i + 1
    end
  end
  local list = {}
  for i, name in ipairs(names) do list[i] = { name = name, type = "float", values = columns[name] } end
  return lunette.table(list)
end

return shift
