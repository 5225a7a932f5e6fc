-- What came for an export: whether it is one of the plugin's, whether it is whole, and when it was made.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local lunette = require "lunette"

local feed_export = {}

--- The time it is now, to the second.
---@return lunette.Time
function feed_export.now() return lunette.time(lunette.now().us // 1000000 * 1000000) end

local function gist(head)
  local text = head:sub(1, 600):gsub("<[^>]*>", " "):gsub("[%c%s]+", " "):gsub("^ ", ""):sub(1, 120)
  return require("lunette.secrets").redact(utf8.len(text) and text or text:gsub("[\x80-\xff]", "?"))
end

-- The last bytes of a file that isn't packed; nil for one that is.
local function tail_of(path, head)
  local file <close> = assert(io.open(path, "rb"))
  if file:read(math.min(#head, 64)) ~= head:sub(1, 64) then return nil end
  local size = file:seek "end"
  file:seek("set", math.max(0, size - 4096))
  return file:read "a"
end

-- Raises what was said of a file in terms of where it came from, for nobody knows the temporary file's name.
local function unreadable(from, path, problem)
  if path == from or require("lunette.cli").interrupted(problem) then error(problem, 0) end
  local why = errors.text(problem)
  local at, stop = why:find(path, 1, true)
  if at then why = why:sub(1, at - 1) .. "it" .. why:sub(stop + 1) end
  errors.raise(core.is_error(problem) and problem.code or "format", "%s: what came can't be read: %s", from, (why:gsub("%s+$", "")))
end

--- The head of a file; raises unless the plugin knows it for one of its exports.
---@param plugin lunette.Plugin
---@param path string
---@param from string
---@param member? string
---@return string
function feed_export.head(plugin, path, from, member)
  local ok, head = pcall(core.peek, path, member)
  if not ok then unreadable(from, path, head) end
  local grant = { plugin = plugin.name, read = { [path] = true }, write = {} }
  local score = access.with(grant, plugin.detect, head, path)
  if type(score) ~= "number" then
    errors.raise("format", "%s: what came is no export of %s%s", from, plugin.name,
      head == "" and ": it is empty" or ("; it begins: %s"):format(gist(head)))
  end
  return head
end

--- All that can be read of an export, and what can't.
---@param plugin lunette.Plugin
---@param path string
---@param from string
---@param member? string
---@return lunette.Query records
---@return lunette.Query rejects
function feed_export.read(plugin, path, from, member)
  local ok, read = pcall(require("lunette.read").one, path, { source = plugin.name, member = member })
  if not ok then unreadable(from, path, read) end
  local whole, records = pcall(read.collect, read)
  if not whole then unreadable(from, path, records) end
  return records, read:rejects()
end

--- A time as exports write it; nil for another text.
---@param text string
---@return lunette.Time?
function feed_export.time(text)
  local ok, time = pcall(lunette.time, (text:gsub(" UTC$", "")))
  return ok and time or nil
end

-- A pattern of the plugin's on a text. What a stranger wrote may take for ever: it is tried in the plugin's box.
local function match(plugin, text, pattern)
  if plugin.outside then return plugin.outside.match(text, pattern) end
  return text:match(pattern)
end

--- When the export was made: as its head says, else as whoever gave it does, else when its newest record was.
---@param plugin lunette.Plugin
---@param head string
---@param otherwise? lunette.Time
---@param export lunette.Query
---@return lunette.Time
function feed_export.made_at(plugin, head, otherwise, export)
  local stamp = plugin.fetch.stamp and match(plugin, head, plugin.fetch.stamp)
  local made = stamp and feed_export.time(stamp) or otherwise
  if made or not export:has("first_seen", "time") then return made or feed_export.now() end
  return export:group_by():agg("time = max(first_seen)"):first().time or feed_export.now()
end

--- Raises where the export's footer is missing, or promises another number of records than came (which the reader tells as
--- a reject of its own).
---@param plugin lunette.Plugin
---@param path string
---@param head string
---@param from string
---@param rejects lunette.Query
function feed_export.check_whole(plugin, path, head, from, rejects)
  local announced = rejects:filter "reason:starts_with 'the file announces'":first()
  if announced then errors.raise("format", "%s: the export isn't whole: %s", from, announced.reason) end
  local pattern, stamp = plugin.fetch.footer, plugin.fetch.stamp
  if not pattern or not (stamp and match(plugin, head, stamp)) then return end
  local tail = tail_of(path, head) -- packed files carry a check of their own
  if tail and not match(plugin, tail, pattern) then
    errors.raise("format", "%s: the export isn't whole: it was cut off, for its last line is missing", from)
  end
end

return feed_export
