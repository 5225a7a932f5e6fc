-- HTTP for Lua code of the host: requests with places for secrets, and what to say when an answer isn't the one that was
-- hoped for. Plugins never get here: they declare what is to be asked, and never see a secret.
local core = require "lunette.core"
local access = require "lunette.access"
local errors = require "lunette.errors"
local arguments = require "lunette.arguments"
local secrets = require "lunette.secrets"

local http = {}
http.http = http -- as `lunette.http`

---@class lunette.HttpRequest
---@field url string
---@field method? string GET, or POST with a body
---@field headers? table<string, string>
---@field secret_headers? table<string, string> not sent on to another host, nor over plain http
---@field body? string
---@field to? string a file that gets the body, under its name only when it is whole
---@field hosts? string[] the only hosts that may be asked, redirects included
---@field timeout_ms? integer for all of it (10 minutes)
---@field connect_timeout_ms? integer 15 s
---@field stall_timeout_ms? integer given up when next to nothing came for so long (30 s)
---@field max_bytes? integer of the body, unpacked (512 MiB)
---@field max_wait_ms? integer the longest pause that a server may ask for (2 minutes)
---@field backoff_ms? integer the first pause between attempts (500)
---@field wait_header? string a header of the answer with the seconds to wait, for where it has no Retry-After
---@field retries? integer 4; 0 or less: none
---@field redirects? integer 5; 0 or less: none
---@field repeatable? boolean a POST that only asks: repeated like a GET

---@class lunette.HttpResponse
---@field status integer
---@field headers table<string, string> names in lower case
---@field body? string nil when it went to a file
---@field size integer bytes of the body
---@field url string where it came from in the end
---@field requests integer how many it took

local options = { url = "string", method = "string", headers = "table", secret_headers = "table", body = "string",
  to = "string", hosts = "table", timeout_ms = "number", connect_timeout_ms = "number", stall_timeout_ms = "number",
  max_bytes = "number", max_wait_ms = "number", backoff_ms = "number", retries = "number", redirects = "number",
  wait_header = "string", repeatable = "boolean" }

-- What the environment sets for all requests, in the names of the options: for slow lines, and for tests.
local from_environment = { timeout_ms = "LUNETTE_HTTP_TIMEOUT_MS", connect_timeout_ms = "LUNETTE_HTTP_CONNECT_MS",
  stall_timeout_ms = "LUNETTE_HTTP_STALL_MS", backoff_ms = "LUNETTE_HTTP_BACKOFF_MS", retries = "LUNETTE_HTTP_RETRIES",
  max_wait_ms = "LUNETTE_HTTP_MAX_WAIT_MS", max_bytes = "LUNETTE_HTTP_MAX_BYTES" }

local function with_environment(request)
  local out = {}
  for key, value in pairs(request) do out[key] = value end
  for key, variable in pairs(from_environment) do
    local text = os.getenv(variable)
    if text and text ~= "" then
      local value = math.tointeger(tonumber(text))
      if not value or value < 1 and key ~= "retries" then
        errors.raise("argument", "%s=%s: that is no whole number%s", variable, text, key == "retries" and "" or " above 0")
      end
      out[key] = value
    end
  end
  for _, key in ipairs { "retries", "redirects" } do
    if out[key] == 0 then out[key] = -1 end -- the engine's 0 is its default
  end
  return out
end

--- The host of a URL, as it is asked: without a user before it and a port behind it; nil where it has none.
---@param url string
---@return string?
function http.host(url)
  local authority = url:match "^[Hh][Tt][Tt][Pp][Ss]?://([^/?#\\]+)"
  local host = authority and authority:gsub("^.*@", ""):gsub(":%d*$", "")
  return host ~= "" and host or nil
end

-- What a plugin from outside asked for goes to the hosts that were granted to it, redirects included.
local function keep_to_grant(request)
  local hosts = access.names "net"
  if not hosts then return end
  access.check("net", http.host(tostring(request.url)) or "")
  for _, name in ipairs(hosts) do
    if name:find("*", 1, true) then request.redirects = -1 end
  end
  request.hosts = request.redirects ~= -1 and hosts or nil
end

--- Sends a request: the answer, whatever its status; or nil, message, code when there is none. Secrets that were used so
--- far stand neither in the answer nor in the message.
---@param request lunette.HttpRequest
---@return lunette.HttpResponse?, string?, string?
function http.request(request)
  request = with_environment(arguments.options("http.request", request, options))
  keep_to_grant(request)
  request.secrets = secrets.hidden()
  return core.http(request)
end

-- The beginning of an error page as one line, without its markup.
local function gist(body)
  local text = (body or ""):sub(1, 2000):gsub("<[^>]*>", " "):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if text == "" then return "" end
  local cut = #text > 160 and utf8.offset(text, 0, 158)
  return (": %s"):format(cut and text:sub(1, cut - 1) .. "…" or text)
end

local advice = {
  [401] = "; the key is missing or wrong", [403] = "; it wants a key, or refuses this one", [404] = "; the URL may have changed",
  [407] = "; the proxy wants a user and a password (http_proxy=http://USER:PASSWORD@HOST:PORT)",
  [429] = "; it is asked too often: try again later",
}

--- Sends a request and gives its answer, which must have a status of 2xx (or 304 where that was asked for). Raises
--- otherwise.
---@param request lunette.HttpRequest
---@return lunette.HttpResponse
function http.demand(request)
  local answer, message, code = http.request(request)
  if not answer then errors.raise(code or "io", "%s", message) end
  if answer.status // 100 == 2 or answer.status == 304 then return answer end
  http.refuse(answer)
end

--- Raises for an answer that isn't the one that was hoped for, and says what the server said.
---@param answer lunette.HttpResponse
function http.refuse(answer)
  local wait = answer.headers["retry-after"]
  errors.raise("io", "%s answered %d%s%s%s", answer.url, answer.status, advice[answer.status] or "",
    wait and (" (it asks to wait: %s)"):format(wait) or "", gist(answer.body))
end

--- Puts secrets and values into a text: {secret:name} (an error without it), {secret:name?} ("" without it), {basic:name}
--- (a secret USER:PASSWORD in Base64), {name}.
--- `check(name, optional)` says whether a secret may be used; without it any may.
---@param text string
---@param values? table<string, any>
---@param check? fun(name: string, optional: boolean): boolean
---@return string text, boolean secret whether a secret is in it
---@return boolean lacks whether one that may be missing is
function http.fill(text, values, check)
  local is_secret, lacks = false, false
  local out = text:gsub("{(%l+):([%w_]+)(%??)}", function(kind, name, optional)
    if kind ~= "secret" and kind ~= "basic" then return nil end
    access.check("secrets", name)
    if check and not check(name, optional == "?") then
      lacks = true
      return ""
    end
    local value = optional == "?" and (secrets.find(name) or "") or secrets.get(name)
    is_secret, lacks = is_secret or value ~= "", lacks or value == ""
    return kind == "basic" and secrets.derive(secrets.base64(value)) or value
  end)
  out = out:gsub("{([%w_]+)}", function(name)
    local value = values and values[name]
    return value ~= nil and tostring(value) or nil
  end)
  return out, is_secret, lacks
end

--- Headers with their places filled: those without a secret, those with one. Headers that lack a
--- secret are left out.
---@param headers table<string, string>
---@param values? table<string, any>
---@param check? fun(name: string, optional: boolean): boolean
---@return table<string, string> plain, table<string, string> secret
function http.fill_headers(headers, values, check)
  local plain, secret = {}, {}
  for name, text in pairs(headers) do
    local value, is_secret, lacks = http.fill(text, values, check)
    if not lacks then (is_secret and secret or plain)[name] = value end
  end
  return plain, secret
end

return http
