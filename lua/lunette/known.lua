-- What the user said yes to, in ~/.config/lunette/known: a line per answer, which starts with a SHA-256: that of a content
-- ("plugin", "script"), or of the path of a file that Lunette wrote for the user to change ("own").
local core = require "lunette.core"
local folders = require "lunette.folders"

local known = {}

local function path() return folders.config() .. "/known" end

local function content()
  local file = io.open(path(), "rb")
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text
end

--- The SHA-256 of a text, in hex.
---@param text string
---@return string
function known.hash(text) return require("lunette.sha256").hex(text) end

--- Whether there was a yes for the text of that hash.
---@param what "plugin"|"script"|"own"
---@param hash string
---@return boolean
function known.has(what, hash)
  return ("\n" .. content()):find("\n" .. hash .. " " .. what .. " ", 1, true) ~= nil
end

--- Keeps a yes. Gives nil and why where it can't.
---@param what "plugin"|"script"|"own"
---@param hash string
---@param about string the file that it was for
---@return boolean?, string?
function known.add(what, hash, about)
  folders.make(folders.config())
  local before = content()
  local gap = before ~= "" and before:sub(-1) ~= "\n" and "\n" or ""
  return core.append_private(path(), gap .. hash .. " " .. what .. " " .. about:gsub("%c", "?") .. "\n")
end

--- Whether the file is one that Lunette wrote for the user, who then changes it.
---@param file string
---@return boolean
function known.is_own(file)
  local real = core.real_path(file)
  return real ~= nil and known.has("own", known.hash(real))
end

--- Notes that Lunette wrote the file for the user. Where that can't be noted, the user is asked as about any other.
---@param file string
function known.add_own(file)
  local real = core.real_path(file)
  if real and not known.is_own(file) then known.add("own", known.hash(real), real) end
end

return known
