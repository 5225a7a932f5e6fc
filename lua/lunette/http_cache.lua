-- What services answered, on disk, and the ledger of what was sent to them. Both are lines of JSON that are only appended, a
-- write per request: who is interrupted loses nothing that was answered, and a line that was cut is passed over.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local folders = require "lunette.folders"
local query = require "lunette.query"
local lunette = require "lunette"

local http_cache = {}

--- An expression that gives text as a value of a type; null where it isn't one.
---@param type_name string
---@param expression string
---@return string
function http_cache.cast(type_name, expression)
  return type_name == "string" and expression or ("try_%s(%s)"):format(type_name, expression)
end

--- The file with a plugin's answers. Another version of the plugin may ask for other things, so it starts anew.
---@param plugin lunette.Plugin
---@param service? string where the plugin can ask several
---@return string
function http_cache.path(plugin, service)
  return ("%s/answers/%s-%s%s.ndjson"):format(folders.cache(), plugin.name, plugin.version,
    service and "-" .. service or "")
end

--- The file that says what was sent to whom.
---@return string
function http_cache.ledger_path() return folders.data() .. "/sent.ndjson" end

-- Whether a file ends within a line: its last write was interrupted.
local function ends_within_line(path)
  local file <close> = io.open(path, "rb")
  return file ~= nil and (file:seek("end") or 0) > 0 and file:seek("end", -1) ~= nil and file:read(1) ~= "\n"
end

local function append_text(path, text)
  require("lunette.feed_archive").make_folders(path:match "^(.*)/")
  if ends_within_line(path) then text = "\n" .. text end
  local file, message = io.open(path, "ab")
  if not file then errors.raise("io", "can't write %s", message) end
  file:setvbuf "full"
  local ok
  ok, message = file:write(text)
  ok = ok and file:close()
  if not ok then errors.raise("io", "can't write %s: %s", path, tostring(message)) end
end

--- Notes a request before it is sent.
---@param plugin lunette.Plugin
---@param host string
---@param values string[]
function http_cache.note(plugin, host, values)
  local list = {}
  for i, value in ipairs(values) do list[i] = core.json_value(value) end
  append_text(http_cache.ledger_path(), ('{"time":%s,"plugin":%s,"host":%s,"count":%d,"values":[%s]}\n'):format(
    core.json_value(lunette.now()), core.json_value(plugin.name), core.json_value(host), #values, table.concat(list, ",")))
end

local most_tail = 1 << 20 -- bytes of the ledger that are looked at

--- How many seconds ago the ledger's last requests to a host were sent, the oldest first; only those younger than `seconds`.
---@param host string
---@param seconds number
---@return number[]
function http_cache.ages(host, seconds)
  local file <close> = io.open(http_cache.ledger_path(), "rb") -- luacheck: ignore 211
  if not file then return {} end
  file:seek("set", math.max(0, file:seek "end" - most_tail))
  local now, out, pattern = lunette.now(), {}, '^{"time":"([^"]+)","plugin":"[^"]*","host":' .. "([^,]+),"
  for line in file:read "a":gmatch "[^\n]+" do
    local time, whose = line:match(pattern)
    local ok, at = pcall(lunette.time, time or "")
    local age = ok and whose == core.json_value(host) and now - at
    if age and age >= 0 and age < seconds then out[#out + 1] = age end
  end
  return out
end

--- Keeps answers: rows of `key`, `asked_at` and the plugin's columns.
---@param plugin lunette.Plugin
---@param answers lunette.Query
function http_cache.add(plugin, answers) http_cache.append(http_cache.path(plugin), answers) end

--- Appends rows to a file of answers.
---@param path string
---@param rows lunette.Query
function http_cache.append(path, rows) append_text(path, core.render(rows:handle():plan(), "ndjson", false)) end

--- A file of answers; nil where there is none. One that can't be read is put aside, for what is in it can be asked again.
---@param path string
---@param types table<string, string>
---@param needed string[] columns that the file must have
---@return lunette.Query?
function http_cache.read(path, types, needed)
  local kind, size = core.stat(path)
  if kind ~= "file" or size == 0 then return nil end
  local ok, rows = pcall(function() return query.of(core.json(path, { types = types })):collect() end)
  for _, name in ipairs(needed) do ok = ok and rows:has(name) end
  if ok then return rows end
  cli.say("the answers in %s can't be read: they are put aside as %s.damaged", path, path)
  os.rename(path, path .. ".damaged")
end

-- What of a key's column is written: `key` is text in the file.
local function typed(rows, plugin, key, key_type)
  local select = { ("`%s` = %s"):format(key, http_cache.cast(key_type, "key")) }
  for _, name in ipairs(errors.keys(plugin.columns)) do
    select[#select + 1] = rows:has(name) and ("`%s`"):format(name)
      or ("`%s` = %s"):format(name, http_cache.cast(plugin.columns[name], "if_else(false, '', null)"))
  end
  return rows:select(table.unpack(select))
end

--- The answers that are younger than `days`, the last one for each value: a row of the key and the plugin's columns. nil
--- where there is none.
---@param plugin lunette.Plugin
---@param key string the key's column
---@param key_type string
---@param days number
---@return lunette.Query?
function http_cache.load(plugin, key, key_type, days)
  local types = { key = "string", asked_at = "time" }
  for name, type_name in pairs(plugin.columns) do types[name] = type_name end
  local rows = http_cache.read(http_cache.path(plugin), types, { "key", "asked_at" })
  if not rows then return nil end
  local since = lunette.time(lunette.now().us - math.floor(days * 86400 * 1000000))
  rows = rows:filter("asked_at >= $since and not is_null(key)", { since = since }):sort "-asked_at":distinct "key"
  return typed(rows, plugin, key, key_type):collect()
end

return http_cache
