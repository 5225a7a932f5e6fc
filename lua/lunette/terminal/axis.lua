-- Numbers and times on axes and beside bars: as short as they stay true.
local lunette = require "lunette"
local words = require "lunette.kit.words"

local axis = {}

--- A number as people read it: whole ones in groups of three, others with three digits that count.
---@param value number
---@return string
function axis.number(value)
  if value ~= value then return "nan" end
  if value == math.huge or value == -math.huge then return value > 0 and "inf" or "-inf" end
  if math.abs(value) >= 1e15 then return ("%.3g"):format(value) end
  if value == math.floor(value) then return words.number(math.tointeger(value)) end
  local size = math.abs(value)
  if size >= 1000 then return words.number(math.floor(value + 0.5)) end
  if size < 0.001 then return ("%.2g"):format(value) end
  return (("%.3f"):format(value):sub(1, size >= 100 and 5 or size >= 10 and 6 or 7):gsub("0+$", ""):gsub("%.$", ""))
end

-- Columns of these names hold parts of a whole (assets/report/text.js knows the same).
local shares = { share = true, accuracy = true, coverage = true, precision = true, recall = true }

--- The value of a column as people read it: "96.4 %" for a share, else as a number.
---@param name string the column's name
---@param value number
---@return string
function axis.measure(name, value)
  if math.abs(value) <= 1 then
    for word in name:gmatch "[^_]+" do
      if shares[word] then return words.percent(value) end
    end
  end
  return axis.number(value)
end

local LARGE = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" } }

--- A number in at most nine characters, for the side of an axis: millions and more with a letter.
---@param value number
---@return string
function axis.short(value)
  local size = math.abs(value)
  if size >= 1e15 or size > 0 and size < 1e-4 then return ("%.2g"):format(value) end
  for _, unit in ipairs(LARGE) do
    if size >= unit[1] then return ("%.4g%s"):format(value / unit[1], unit[2]) end
  end
  return axis.number(value)
end

--- The least round number that isn't below `value`: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten.
---@param value number
---@return number
function axis.round_up(value)
  if value <= 0 or value ~= value or value == math.huge then return 1 end
  local unit = 10 ^ math.floor(math.log(value, 10))
  for _, factor in ipairs { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 } do
    if factor * unit >= value * (1 - 1e-12) then return factor * unit end
  end
  return 10 * unit
end

--- Round numbers from `low` to `high`, at most about `n`.
---@param low number
---@param high number
---@param n integer
---@return number[]
function axis.ticks(low, high, n)
  local step, out = axis.round_up((high - low) / math.max(1, n)), {}
  for i = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do out[#out + 1] = i * step + 0.0 end
  return out
end

--- Powers of ten, with their doubles and fivefolds where there is room, on a logarithmic axis whose ends are exponents.
---@param low number
---@param high number
---@param n integer at most about so many
---@return number[] exponents
function axis.log_ticks(low, high, n)
  local factors = (high - low) * 3 <= n and { 1, 2, 5 } or { 1 }
  local step, out = math.max(1, math.ceil((high - low) / math.max(1, n))), {}
  for power = math.floor(low), math.ceil(high), step do
    for _, factor in ipairs(factors) do
      local at = power + math.log(factor, 10)
      if at >= low - 1e-9 and at <= high + 1e-9 then out[#out + 1] = at end
    end
  end
  return #out > 1 and out or axis.ticks(low, high, n)
end

local DAY = 86400

-- The form of times over a span of so many seconds.
local function time_format(span)
  if span > 5 * 366 * DAY then return "%Y" end
  if span > 120 * DAY then return "%Y-%m" end
  if span > 2 * DAY then return "%m-%d" end
  return span > 180 and "%H:%M" or "%H:%M:%S"
end

--- A time (seconds since 1970) as the label of an axis that spans so many seconds.
---@param seconds number
---@param span number
---@return string
function axis.time(seconds, span)
  return lunette.time(math.floor(seconds * 1000000)):format(time_format(span))
end

--- A time in full, without a time of day that is midnight.
---@param seconds number
---@return string
function axis.full_time(seconds)
  return (lunette.time(math.floor(seconds * 1000000)):format "%Y-%m-%d %H:%M:%S":gsub(" 00:00:00$", ""))
end

local units = { { DAY * 7, "week" }, { DAY, "day" }, { 3600, "hour" }, { 60, "minute" } }

--- A length of time: whole weeks, else in the largest unit of which it is at least two, with one decimal.
---@param seconds number
---@return string
function axis.duration(seconds)
  for i, unit in ipairs(units) do
    local n = seconds / unit[1]
    if n >= 1 and n == math.floor(n) then return words.count(math.tointeger(n), unit[2]) end
    if n >= 2 and i > 1 then return ("%.1f %ss"):format(n, unit[2]) end
  end
  return axis.number(tonumber(("%.3g"):format(seconds))) .. " s"
end

--- A line of labels: each as near its column as the ones before leave room. `labels` has { column (from 0), text }.
---@param labels { [1]: integer, [2]: string }[]
---@param columns integer
---@return string
function axis.line(labels, columns)
  local out, at = {}, 0
  for _, label in ipairs(labels) do
    local start = math.max(0, math.min(label[1], columns - #label[2]))
    if start >= at + (at > 0 and 1 or 0) then
      out[#out + 1] = (" "):rep(start - at) .. label[2]
      at = start + #label[2]
    end
  end
  return table.concat(out)
end

return axis
