-- Whether the user lets a plugin's declared requests go out: to this host, with this secret. Also a bundled plugin needs the
-- user's word for asking a service, which learns what it is asked for: by --allow, LUNETTE_ALLOW, an answer at the terminal, or
-- an earlier one.
local consent = {}

-- "net=a.example,b.example,secrets=key", or "all".
local function in_list(text, kind, name)
  local current
  for word in (text or ""):gmatch "[^,%s]+" do
    if word == "all" then return true end
    local named, value = word:match "^(%l+)=(.+)$"
    current = named or current
    if current == kind and (value or word):lower() == name:lower() then return true end
  end
  return false
end

--- Whether a plugin may ask the host `name` ("net") or use the secret of that name ("secrets").
---@param plugin lunette.Plugin
---@param kind "net"|"secrets"
---@param name string
---@return boolean
function consent.allows(plugin, kind, name)
  if in_list(os.getenv "LUNETTE_ALLOW", kind, name) then return true end
  local access, grants = require "lunette.access", require "lunette.grants"
  if not plugin.outside and grants.gives(kind, name) then return true end
  local ok, grant = pcall(function()
    if plugin.outside then return plugin.outside.grant() end
    return grants.of(plugin, require("lunette.outside").file(plugin.path))
  end)
  return ok and access.with(grant, access.may, kind, name)
end

return consent
