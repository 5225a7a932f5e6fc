-- The module `lunette`. Only what a one-liner needs is loaded at once; the rest comes when it is first used.
local core = require "lunette.core"

require "lunette.errors" -- marks the library's files, so that errors name the caller's line

local home = debug.getinfo(1, "S").source:match "^@(.*)lua/lunette/init%.lua$"

---@class lunette
---@field version string
---@field chart fun(given: lunette.ChartFields): lunette.Chart a chart of a query, to draw and to save
---@field null lunette.Null stands for null where nil can't: in columns and parameters
local lunette = { version = core.version, null = core.null }

-- Where each function lives. `home` is the folder that holds lua/, plugins/ and the sample.
local lives_in = {
  read = "read", csv = "read", json = "read", arrow = "read", peek = "read",
  table = "table", is_query = "query", concat = "query",
  chart = "chart", plugins = "plugin", run = "analysis", ip_database = "ipdb", learn = "learn",
  http = "http", repl = "repl", from_arrow = "arrow_memory", to_arrow = "arrow_memory",
}

--- A time, from text ("2021-11-15", "2021-11-15 12:30:00", ISO 8601) or microseconds since 1970 in UTC.
--- Fields us, year, month, day, hour, minute, second, weekday; `t:format "%d.%m.%Y"`; `<`, `==`, `a - b` in seconds.
---@param value string|integer
---@return lunette.Time
function lunette.time(value) return core.time(value) end

--- The time it is now.
---@return lunette.Time
function lunette.now() return core.now() end

--- An IPv4 or IPv6 address. `address:within "10.0.0.0/8"`, `address.version`, `<`, `==`.
---@param text string
---@return lunette.Ip
function lunette.ip(text) return core.ip(text) end

--- The functions of the expression language: { name, signature, summary, category }.
---@return table[]
function lunette.functions() return core.functions() end

--- Which groups share hosts more often than chance: deals all links anew `shuffles` times, by `seed`, so that every host
--- keeps its number of groups and every group its number of hosts. `data` holds arrays: links_of (hosts per group),
--- sizes (groups per host that has at least two), a, b (the pairs to watch, groups from 1), hosts (that have both).
---@param data { links_of: integer[], sizes: integer[], a: integer[], b: integer[], hosts: integer[] }
---@param shuffles integer
---@param seed integer
---@return number[] means how many hosts a pair shared on average
---@return integer[] reached in how many shuffles it shared at least as many as in the data
function lunette.cohosting(data, shuffles, seed) return core.cohosting(data, shuffles, seed) end

--- What runs queries: { threads, memory_used, memory_peak, memory_limit, spilled_files, spilled_bytes }, the last two since
--- the start: temporary files written because a query reached the memory limit.
---@return table
function lunette.engine() return core.engine() end

-- Everything the module has, for completion.
local function names()
  local list = require("lunette.errors").keys(lives_in)
  for _, name in ipairs(require("lunette.errors").keys(lunette)) do list[#list + 1] = name end
  return list
end

return setmetatable(lunette, {
  __names = names,
  __index = function(self, name)
    if name == "home" then return home end
    local module = lives_in[name]
    if not module then return require("lunette.errors").no_field("lunette", lives_in)(self, name) end
    local value = require("lunette." .. module)[name]
    rawset(self, name, value)
    return value
  end,
})
