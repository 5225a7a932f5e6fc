-- Secrets: keys that services ask for. They come from the environment (LUNETTE_SECRET_NAME) or from the file
-- ~/.config/lunette/secrets, which must be the user's alone; never from a command line, where every user of the machine
-- could read them. Whatever was handed out here is kept out of messages, answers and reports by `redact`.
local core = require "lunette.core"
local errors = require "lunette.errors"

local secrets = {}

local revealed, list = {}, {} -- texts that may not be shown: as a set, and the longest first
local file_values -- what the file holds, by name; read once

--- The secrets' file.
---@return string
function secrets.path() return require("lunette.folders").config() .. "/secrets" end

--- The variable that gives a secret.
---@param name string
---@return string
function secrets.variable(name) return "LUNETTE_SECRET_" .. name:upper() end

local function hide(text)
  if #text < 4 or revealed[text] then return end
  revealed[text], list[#list + 1] = true, text
  table.sort(list, function(a, b) return #a > #b end)
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- Percent-encodes what isn't in the set; with digits as `%02X` or `%02x`.
local function encoded(text, kept, format)
  return (text:gsub("[^%w" .. kept .. "]", function(c) return (format):format(c:byte()) end))
end

-- Remembers a secret in every form that it may be echoed in: as it is, in a URL (as a whole or within a path), in JSON, on a
-- page.
local function remember(value)
  hide(value)
  for _, format in ipairs { "%%%02X", "%%%02x" } do
    hide(encoded(value, "%-._~", format))
    hide(encoded(value, "%-._~/:@!$&'()*+,;=?", format))
  end
  hide((value:gsub('[\\"/]', "\\%0")))
  hide((value:gsub('[\\"]', "\\%0")))
  hide((value:gsub("[&<>\"']", entities)))
  return value
end

-- Lines `name = value`; # starts a comment line.
local function parse(text, path)
  local values, number = {}, 0
  for line in (text:gsub("^\xef\xbb\xbf", "") .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local name, value = line:match "^%s*([%w_]+)%s*=%s*(.-)%s*$"
    if name and value ~= "" then
      values[name] = value
    elseif not line:match "^%s*#" and line:match "%S" then
      errors.raise_at(("%s:%d"):format(path, number), "format", "a secret is written: name = value")
    end
  end
  return values
end

local function from_file()
  if file_values then return file_values end
  local path = secrets.path()
  if not core.stat(path) then return {} end
  local text, message = core.read_private(path)
  if not text then errors.raise("io", "%s", message) end
  file_values = parse(text, path)
  return file_values
end

--- The names of the secrets in the file.
---@return string[]
function secrets.names() return errors.keys(from_file()) end

--- A secret by its name, and where it is from; nil when there is none.
---@param name string
---@return string?, string?
function secrets.find(name)
  local from_variable = os.getenv(secrets.variable(name))
  if from_variable and from_variable ~= "" then return remember(from_variable), secrets.variable(name) end
  local value = from_file()[name]
  if value then return remember(value), secrets.path() end
end

--- The same; raises an error that says how to give it.
---@param name string
---@param purpose? string what it is for
---@return string
function secrets.get(name, purpose)
  local value = secrets.find(name)
  if value then return value end
  errors.raise("io", "the secret '%s' is missing%s: put the line '%s = …' into %s (chmod 600), or set %s", name,
    purpose and (" (%s)"):format(purpose) or "", name, secrets.path(), secrets.variable(name))
end

--- A text that was made of a secret, such as its Base64: it is hidden, too.
---@param text string
---@return string
function secrets.derive(text) return remember(text) end

--- Every text that no message and no answer may show.
---@return string[]
function secrets.hidden() return table.move(list, 1, #list, 1, {}) end

--- The text with asterisks in the place of secrets.
---@param text string
---@return string
function secrets.redact(text)
  for _, value in ipairs(list) do
    local at, stop = text:find(value, 1, true)
    while at do
      text = text:sub(1, at - 1) .. ("*"):rep(#value) .. text:sub(stop + 1)
      at, stop = text:find(value, stop + 1, true)
    end
  end
  return text
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64, as the header Authorization wants it.
---@param text string
---@return string
function secrets.base64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for shift = 18, 0, -6 do
      local index = bits >> shift & 63
      local is_padding = shift == 6 and not b or shift == 0 and not c
      out[#out + 1] = is_padding and "=" or alphabet:sub(index + 1, index + 1)
    end
  end
  return table.concat(out)
end

return secrets
