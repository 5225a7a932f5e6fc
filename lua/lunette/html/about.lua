-- What a page says about its own making: when, by which command, from which data.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"

local about = {}

--- The time of the run, to the second; SOURCE_DATE_EPOCH instead where it is set, so that the same input gives the same
--- bytes.
---@return lunette.Time
function about.time()
  local given = os.getenv "SOURCE_DATE_EPOCH"
  if not given or given == "" then return core.time(os.time() * 1000000) end
  local seconds = given:match "^%d+$" and math.tointeger(tonumber(given))
  if not seconds or seconds > 253402300799 then
    errors.raise("argument", "SOURCE_DATE_EPOCH is '%s', not a number of seconds since 1970", given)
  end
  return core.time(seconds * 1000000)
end

local function quoted(word)
  if word:match "^[%w%._/=:,@%%+-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The command line as it could be typed again; nil when there was none.
---@return string?
function about.command()
  local words = cli.session.words
  if not words then return nil end
  local out = { "lunette" }
  for i, word in ipairs(words) do out[i + 1] = quoted(word) end
  return table.concat(out, " ")
end

--- The first and the last time of the data, by the column that says when something was seen.
---@param input lunette.Query
---@return { column: string, first: lunette.Time, last: lunette.Time }?
function about.span(input)
  for _, column in ipairs { "first_seen", "time" } do
    if input:has(column, "time") then
      local row = input:group_by():agg(("first = min(`%s`)"):format(column), ("last = max(`%s`)"):format(column)):first()
      if row and row.first then return { column = column, first = row.first, last = row.last } end
    end
  end
end

--- The facts about a page of one report.
---@param report lunette.Report
---@return lunette.PageAbout
function about.of_run(report)
  return { time = about.time(), command = about.command(), input = report.input, databases = report.databases }
end

return about
