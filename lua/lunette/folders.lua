-- The user's folders: where configuration, data, answers and history are, as the XDG specification has it.
local core = require "lunette.core"

local folders = {}

--- The user's home: HOME, else what the system's list of users says; nil where neither does.
---@return string?
function folders.home()
  local home = os.getenv "HOME"
  if home and home ~= "" then return home end
  return core.user_home()
end

-- What a variable names (an absolute path, or it doesn't count), else a folder below the home. Without a home there is
-- nothing to be found, and nothing can be put there.
local function place(variable, below_home)
  local chosen = os.getenv(variable)
  if chosen and chosen:sub(1, 1) == "/" then return chosen end
  return (folders.home() or "/nonexistent") .. below_home
end

--- Where Lunette's configuration is: plugins, secrets, what was agreed to.
---@return string
function folders.config() return place("XDG_CONFIG_HOME", "/.config") .. "/lunette" end

--- Where kept feeds, databases and the ledger are.
---@return string
function folders.data() return place("XDG_DATA_HOME", "/.local/share") .. "/lunette" end

--- Where answers of services are kept.
---@return string
function folders.cache() return place("XDG_CACHE_HOME", "/.cache") .. "/lunette" end

--- Where the prompt's lines are kept.
---@return string
function folders.state() return place("XDG_STATE_HOME", "/.local/state") .. "/lunette" end

--- Makes a folder and those above it: true; or nil and why not.
---@param path string
---@return boolean?, string?
function folders.make(path)
  local at = path:sub(1, 1) == "/" and "" or "."
  for part in path:gmatch "[^/]+" do
    at = at .. "/" .. part
    if core.stat(at) ~= "folder" then
      local ok, message = core.make_folder(at)
      if not ok then return nil, message end
    end
  end
  return true
end

--- A path with the home folder for "~/".
---@param path string
---@return string
function folders.expand(path)
  if path:sub(1, 2) ~= "~/" then return path end
  return (folders.home() or "~") .. path:sub(2)
end

return folders
