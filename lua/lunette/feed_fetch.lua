-- Fetching a feed: what a source plugin declares in `fetch` is asked for, looked at, and merged into the feed's archive. An
-- export that isn't one, or that isn't whole, changes nothing.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local archive = require "lunette.feed_archive"
local feed_export = require "lunette.feed_export"
local merge = require "lunette.feed_merge"
local lunette = require "lunette"

local fetch = {}

---@class lunette.Fetched
---@field feed string
---@field part string
---@field from string where it came from, for people
---@field is_new boolean false: nothing was merged, for the reason in `why`
---@field why? string
---@field state lunette.FeedState
---@field rejected integer

--- The source plugins that can be fetched, by name.
---@return table<string, lunette.Plugin>
function fetch.plugins()
  local out = {}
  for _, plugin in ipairs(require("lunette.plugin").all "source") do
    if plugin.fetch then out[plugin.name] = plugin end
  end
  return out
end

--- The file in which users change URLs: lines `threatfox.full = https://…`.
---@return string
function fetch.config_path() return require("lunette.folders").config() .. "/feeds" end

local function configured(name)
  local path = fetch.config_path()
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  local number, found = 0, nil
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local key, value = line:match "^%s*([%w_]+%.[%w_]+)%s*=%s*(%S.-)%s*$"
    if key == name then found = value end
    if not key and line:match "%S" and not line:match "^%s*#" then
      errors.raise_at(("%s:%d"):format(path, number), "format", "a feed's URL is written: threatfox.full = https://…")
    end
  end
  return found
end

--- Where a part is to be had: as the command line says, else LUNETTE_URL_FEED_PART, else the user's file, else the
--- plugin's manifest.
---@param plugin lunette.Plugin
---@param part string
---@param given? string
---@return string
function fetch.url(plugin, part, given)
  if given then return given end
  local variable = os.getenv(("LUNETTE_URL_%s_%s"):format(plugin.name:upper(), part:upper()))
  if variable and variable ~= "" then return variable end
  return configured(plugin.name .. "." .. part) or plugin.fetch.parts[part].url
end

--- A part by its name; raises where there is none.
---@param plugin lunette.Plugin
---@param name? string
---@return lunette.FetchPart, string
function fetch.part(plugin, name)
  name = name or plugin.fetch.default
  local part = plugin.fetch.parts[name]
  if part then return part, name end
  local names = errors.keys(plugin.fetch.parts)
  errors.raise("argument", "%s has no part '%s'%s; there are %s", plugin.name, name, errors.meant(name, names),
    table.concat(names, ", "))
end

-- ---- merging ----

local function exports_row(listed, part, rows, rejected, path)
  local bytes, sha256 = core.digest(path)
  return lunette.table {
    { name = "time", type = "time", values = { listed } }, { name = "part", type = "string", values = { part } },
    { name = "records", type = "int", values = { rows } }, { name = "rejected", type = "int", values = { rejected } },
    { name = "bytes", type = "int", values = { bytes } }, { name = "sha256", type = "string", values = { sha256 } },
  }
end

local function tables_after(plugin, open, new, row, listed, part)
  local exports = open "exports"
  local newest = exports and exports:group_by():agg("time = max(time)"):first().time
  local since
  if exports and newest <= listed then
    since = exports:filter("part == $part and time < $listed", { part = part, listed = listed }):group_by()
      :agg("time = max(time)"):first()
    since = since and since.time
  end
  local versions, done = merge.merged(open "versions", new, plugin.fetch.key, since)
  local all = exports and exports:concat(row) or row
  return { versions = versions, current = merge.current(versions, plugin.fetch.key),
    exports = all:distinct():sort("time", "part", "sha256"):collect() }, done
end

local function is_known(open, row)
  local exports, one = open "exports", row:first()
  return exports ~= nil and exports:filter("time == $time and part == $part and sha256 == $sha256", one):first() ~= nil
end

--- Merges an export's file into the archive of its feed.
---@param plugin lunette.Plugin
---@param part string
---@param path string
---@param about { from: string, made?: lunette.Time, partial?: boolean, fields?: table<string, any>, member?: string }
---@param say? fun(text: string)
---@return lunette.Fetched
function fetch.merge_file(plugin, part, path, about, say)
  local head = feed_export.head(plugin, path, about.from, about.member)
  local export, rejects = feed_export.read(plugin, path, about.from, about.member)
  if not about.partial then feed_export.check_whole(plugin, path, head, about.from, rejects) end
  local rejected = #rejects
  if #export == 0 then errors.raise("format", "%s: the export holds no record that can be read", about.from) end
  local listed = feed_export.made_at(plugin, head, about.made, export)
  local row, new = exports_row(listed, part, #export, rejected, path), merge.versions(export, listed)
  local out = { feed = plugin.name, part = part, from = about.from, rejected = rejected, is_new = true }
  out.state = archive.update(plugin.name, function(_, open)
    local fields = { checked_at = tostring(feed_export.now()) }
    for key, value in pairs(about.fields or {}) do fields[key] = value end
    if is_known(open, row) then
      out.is_new, out.why = false, "this export is in the archive already"
      return nil, fields
    end
    local tables, done = tables_after(plugin, open, new, row, listed, part)
    for _, key in ipairs { "indicators", "versions", "added", "changed", "unchanged", "unlisted" } do
      fields[key] = done[key] or lunette.null
    end
    fields.exports, fields.rejected, fields.part = #tables.exports, rejected, part
    fields.newest = tostring(tables.exports:group_by():agg("time = max(time)"):first().time)
    fields.merged_at, fields.merged_from = fields.checked_at, about.from
    return tables, fields
  end, say)
  return out
end

-- ---- asking ----

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- "Sun, 06 Nov 1994 08:49:37 GMT" as a time; nil for anything else.
local function from_http_date(text)
  local day, month, year, clock = text:match "^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d) GMT$"
  if not months[month or ""] then return nil end
  return feed_export.time(("%s-%02d-%s %s"):format(year, months[month], day, clock))
end

--- A URL for people: without what may be a key, which its query or its user may hold.
---@param url string
---@return string
function fetch.shown(url) return (url:gsub("?.*", ""):gsub("^(%a+://)[^/]*@", "%1")) end

-- A URL as the archive remembers it: another one is told from it, but no key stands in it.
local function remembered(url)
  local shown = fetch.shown(url)
  return shown == url and url or ("%s (%s)"):format(shown, require("lunette.sha256").hex(url):sub(1, 16))
end

-- What makes the request conditional: what the last answer from this URL said of itself.
local function conditions(state, part, url)
  local headers = {}
  if state and state[part .. ".url"] == remembered(url) and state.generation > 0 then
    headers["If-None-Match"] = state[part .. ".etag"]
    headers["If-Modified-Since"] = state[part .. ".last_modified"]
  end
  return headers
end

local function is_conditional(request)
  return request.headers["If-None-Match"] ~= nil or request.headers["If-Modified-Since"] ~= nil
end

-- Says which secrets may go to a URL: those of the host that the manifest names, to it (or this machine); to another host
-- with the user's permission only. One that the user asked goes without what it can do without. What a plugin from outside
-- may use was granted before.
local function guard(plugin, part, url)
  local host_of = require("lunette.http").host
  local host = host_of(url)
  return function(name, is_optional)
    local is_at_home = host == host_of(part.url) or host == "127.0.0.1" or host == "localhost"
    if is_at_home or require("lunette.consent").allows(plugin, "secrets", name) then return true end
    if is_optional then return false end
    errors.raise("argument", "the secret '%s' isn't sent to %s: LUNETTE_ALLOW=secrets=%s allows it", name, tostring(host), name)
  end
end

local function request_for(plugin, name, part, values, given_url, state)
  local http = require "lunette.http"
  local template = fetch.url(plugin, name, given_url)
  local may = guard(plugin, part, template)
  local url = http.fill(template, values, may)
  local plain, secret = http.fill_headers(part.headers or {}, values, may)
  local headers = part.method ~= "POST" and conditions(state, name, template) or {}
  if part.body then headers["Content-Type"] = part.body:find "^%s*[{[]" and "application/json" or nil end
  for key, value in pairs(plain) do headers[key] = value end
  return { url = url, method = part.method, headers = headers, secret_headers = secret,
    body = part.body and http.fill(part.body, values, may), repeatable = true }, template
end

local function fields_of(answer, part, template)
  return { [part .. ".url"] = remembered(template), [part .. ".etag"] = answer.headers.etag or "",
    [part .. ".last_modified"] = answer.headers["last-modified"] or "",
    [part .. ".checked_at"] = tostring(feed_export.now()) }
end

-- What calls a function with the rights that the plugin's request has: a plugin from outside gets the hosts and secrets
-- that the user granted, and the user's own URL whatever its host is.
local function asker(plugin, is_users_url)
  if not plugin.outside then return function(fn, ...) return fn(...) end end
  local grant = plugin.outside.grant()
  return function(fn, ...)
    if is_users_url and fn ~= request_for then return fn(...) end
    return access.with(grant, fn, ...)
  end
end

--- Fetches a part of a feed and merges it into the archive.
---@param plugin lunette.Plugin
---@param options? { part?: string, params?: table<string, any>, url?: string, say?: fun(text: string) }
---@return lunette.Fetched
function fetch.run(plugin, options)
  options = options or {}
  local part, name = fetch.part(plugin, options.part)
  local what = ("the part '%s' of %s"):format(name, plugin.name)
  local values = require("lunette.params").parse(what, part.params or {}, options.params or {})
  local ask = asker(plugin, fetch.url(plugin, name, options.url) ~= part.url)
  local request, template = ask(request_for, plugin, name, part, values, options.url,
    archive.state(plugin.name))
  local downloaded <close> = require("lunette.temporary").file()
  request.to = downloaded.path
  local answer = ask(require("lunette.http").demand, request)
  local from = answer.url
  if answer.status == 304 and not is_conditional(request) or answer.status == 206 then
    errors.raise("io", "%s answered %d, which wasn't asked for", from, answer.status)
  end
  if answer.status == 304 then
    local state = archive.update(plugin.name, function() return nil, fields_of(answer, name, template) end, options.say)
    return { feed = plugin.name, part = name, from = from, is_new = false, state = state, rejected = 0,
      why = "it hasn't changed since the last time" }
  end
  local modified = answer.headers["last-modified"]
  return fetch.merge_file(plugin, name, request.to, { from = from, made = modified and from_http_date(modified) or feed_export.now(),
    fields = fields_of(answer, name, template) }, options.say)
end

return fetch
