-- Kept feeds as inputs: where a file is expected, the name of a feed stands for its archive. `threatfox` is a row for each
-- indicator, `threatfox:versions` a row for each different record that was ever listed, `threatfox:changes` what changed
-- when, `threatfox:exports` what was merged. A file of that name comes first.
local core = require "lunette.core"
local errors = require "lunette.errors"

local feed_input = {}

local tables = { current = "current", versions = "versions", changes = "versions", exports = "exports" }

-- The feed's name and the table's in a word that may name one; nil for any other.
local function split(word)
  local name, what = word:match "^(%l[%l%d_]*):?(%l*)$"
  if not name or (what == "" and word:sub(-1) == ":") or core.stat(word) then return nil end
  return name, what == "" and "current" or what
end

--- The file behind a word that names a kept feed; nil for any other word.
---@param word string
---@return string?
function feed_input.file(word)
  local name, what = split(word)
  if not name or not tables[what] then return nil end
  return require("lunette.feed_archive").file(name, tables[what])
end

local function is_fetchable(name)
  local ok, plugin = pcall(require("lunette.plugin").find, "source", name)
  return ok and plugin.fetch ~= nil
end

local function missing(word, name, what)
  if not tables[what] and (require("lunette.feed_archive").state(name) or is_fetchable(name)) then
    errors.raise("argument", "a kept feed has no table '%s'%s; there are %s", what, errors.meant(what, errors.keys(tables)),
      table.concat(errors.keys(tables), ", "))
  end
  if is_fetchable(name) then errors.raise("io", "%s isn't kept yet; get it with: lunette fetch %s", name, name) end
  local known = require("lunette.feed_archive").names()
  for _, other in ipairs(errors.keys(require("lunette.feed_fetch").plugins())) do known[#known + 1] = other end
  known[#known + 1], known[#known + 2] = "sample", "sample-log"
  local meant = errors.meant(name, known)
  if meant ~= "" then errors.raise("io", "there is no file and no feed '%s'%s", word, meant) end
end

--- The query of a word that names a kept feed, and the plugin that the feed is from; nil for a word that is something
--- else. Raises for a feed that could be kept but isn't, and for what is nearly a feed's name.
---@param word string
---@return lunette.Query?, lunette.Plugin?
function feed_input.open(word)
  local name, what = split(word)
  if not name then return nil end
  local archive, plugins = require "lunette.feed_archive", require "lunette.plugin"
  local table_name = tables[what]
  local result = table_name and archive.open(name, table_name)
  if not result then return missing(word, name, what) end
  local found, plugin = pcall(plugins.find, "source", name)
  if what == "changes" then
    result = require("lunette.feed_merge").changes(result, found and plugin.fetch and plugin.fetch.key or nil)
  end
  return result, found and plugin or plugins.find("source", "arrow")
end

--- Whether a word names a kept feed, or one that could be.
---@param word string
---@return boolean
function feed_input.is_name(word)
  local name = split(word)
  return name ~= nil and (require("lunette.feed_archive").state(name) ~= nil or is_fetchable(name))
end

return feed_input
