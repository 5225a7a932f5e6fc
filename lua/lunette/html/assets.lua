-- The parts that a page is put together from: our own style and script (assets/report), and the libraries that
-- scripts/assets fetched. The latter may be missing.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lunette = require "lunette"
local sha256 = require "lunette.sha256"

local assets = {}

-- The script is one closure; a file may use what stands in any other, but runs code of its own only in the last.
local script_files = { "text", "indicators", "theme", "patterns", "dom", "markdown", "select", "table", "options", "periods",
  "legend", "marks", "explore", "bars", "lines", "grids", "relations", "map", "plain", "save", "figure", "findings", "provenance",
  "sections", "page" }
local style_files = { "page", "parts", "print" }

local function content(path)
  local file, message = io.open(path, "rb")
  if not file then errors.raise("io", "the page's parts are missing: %s", message) end
  local text = file:read "a"
  file:close()
  return text
end

local function joined(names, ending)
  local out = {}
  for i, name in ipairs(names) do
    out[i] = content(("%sassets/page/report/%s.%s"):format(lunette.home, name, ending))
  end
  return table.concat(out, "\n")
end

-- A text and what a content security policy calls it.
local function hashed(text) return { text = text, hash = "sha256-" .. sha256.base64(text) } end

--- The page's own script.
---@return { text: string, hash: string }
function assets.script() return hashed("(() => {\n\"use strict\";\n" .. joined(script_files, "js") .. "})();\n") end

--- The page's own style.
---@return { text: string, hash: string }
function assets.style() return hashed(joined(style_files, "css")) end

--- The libraries that are there, by name: version, hash (of the unpacked text), packed (gzip as base64).
---@return table<string, { version: string, hash: string, packed: string }>
function assets.libraries()
  local folder, out = lunette.home .. "assets/vendor/", {}
  if core.stat(folder .. "list") ~= "file" then return out end
  for name, version, digest in content(folder .. "list"):gmatch "(%S+) (%S+) (%S+)\n" do
    out[name] = { version = version, hash = "sha256-" .. digest, packed = content(folder .. name .. ".gz.b64") }
  end
  return out
end

return assets
