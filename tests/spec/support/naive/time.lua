-- Functions of times again, by os.date and by counting.
local lunette = require "lunette"

local second = 1000000
local sizes = { second = 1, minute = 60, hour = 3600, day = 86400, week = 604800 }

local function seconds(t) return t.us // second end
local function parts(t) return os.date("!*t", seconds(t)) end
local function at(s) return lunette.time(math.tointeger(s) * second) end

-- Days since 1970 of a date.
local function days(year, month, day)
  local y, m = year + (month - 1) // 12, (month - 1) % 12
  local count = 0
  if y >= 1970 then
    for k = 1970, y - 1 do count = count + ((k % 4 == 0 and k % 100 ~= 0 or k % 400 == 0) and 366 or 365) end
  else
    for k = y, 1969 do count = count - ((k % 4 == 0 and k % 100 ~= 0 or k % 400 == 0) and 366 or 365) end
  end
  local leap = y % 4 == 0 and y % 100 ~= 0 or y % 400 == 0
  local lengths = { 31, leap and 29 or 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
  for k = 1, m do count = count + lengths[k] end
  return count + day - 1
end

local function beginning(t, unit)
  local p, s = parts(t), seconds(t)
  if unit == "week" then return at((s // 86400 - (p.wday + 5) % 7) * 86400) end
  if sizes[unit] then return at(s // sizes[unit] * sizes[unit]) end
  local month = unit == "year" and 1 or unit == "quarter" and (p.month - 1) // 3 * 3 + 1 or p.month
  return at(days(p.year, month, 1) * 86400)
end

local function whole(a, b, unit)
  local us = a.us - b.us
  local size = sizes[unit] * second
  return us < 0 and -(-us // size) or us // size
end

local function formatted(format) return function(row) return os.date("!" .. format, seconds(row.t)) end end

local one, cases = { "t" }, {}
local function add(expression, model, columns) cases[#cases + 1] = { expression, columns or one, model } end

for name, field in pairs { year = "year", month = "month", day = "day", hour = "hour", minute = "min", second = "sec" } do
  add(name .. "(t)", function(row) return parts(row.t)[field] end)
end
add("weekday(t)", function(row) return (parts(row.t).wday + 5) % 7 + 1 end)
for _, unit in ipairs { "second", "minute", "hour", "day", "week", "month", "quarter", "year" } do
  add(("trunc(t, '%s')"):format(unit), function(row) return beginning(row.t, unit) end)
end
for unit in pairs(sizes) do
  add(("diff(t, v, '%s')"):format(unit), function(row) return whole(row.t, row.v, unit) end, { "t", "v" })
end
for _, format in ipairs { "%Y-%m-%d", "%H:%M:%S", "%j %y", "%e.%b", "%B %A %a", "%u", "%F", "%R", "%V/%G", "%%x" } do
  add(("format(t, '%s')"):format(format), formatted(format))
end
add("format(t, '%FT%T.%fZ')", function(row) return os.date("!%FT%T", seconds(row.t)) .. (".%06dZ"):format(row.t.us % second) end)
add("format(t, '%s %z')", function(row) return ("%d +0000"):format(seconds(row.t)) end)
add("parse_time(format(t, '%d/%m/%Y %H.%M.%S'), '%d/%m/%Y %H.%M.%S')", function(row) return at(seconds(row.t)) end)
add("parse(format(t, '%F'), '%F')", function(row) return beginning(row.t, "day") end)
add("try_parse_time(d, '%Y-%m-%d')", function(row)
  local y, m, d = row.d:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  if not y then return nil end
  local s = days(tonumber(y), tonumber(m), tonumber(d)) * 86400
  if os.date("!%F", s) == row.d then return at(s) end
end, { "d" })
add("time(string(t))", function(row) return row.t end)
add("time(int(t))", function(row) return at(seconds(row.t)) end)
add("try_time(d)", function(row)
  local y, m, d = row.d:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  if not y then return nil end
  local s = days(tonumber(y), tonumber(m), tonumber(d)) * 86400
  if os.date("!%F", s) == row.d then return at(s) end
end, { "d" })
add("t - v", function(row) return (row.t.us - row.v.us) / second end, { "t", "v" })
add("t + 90", function(row) return lunette.time(row.t.us + 90 * second) end)
add("least(t, v)", function(row) return row.t < row.v and row.t or row.v end, { "t", "v" })

local function moment(random)
  local us = random(-3000000000, 4000000000) * second + (random(2) == 1 and random(0, second - 1) or 0)
  return lunette.time(us)
end

return {
  cases = cases,
  columns = {
    t = moment,
    v = moment,
    d = function(random)
      local forms = { "2021-02-29", "2020-02-29", "2021-13-01", "2021-12-31", "21-1-1", "", "soon", "1969-12-31", "2000-00-10" }
      return forms[random(#forms)]
    end,
  },
}
