-- Asking a service on behalf of a plugin that declares how (its field `http`): what would be sent, whether it may be, at
-- what pace, and noted in the ledger. What is made of the answers is the business of http_enrich and http_records.
local core = require "lunette.core"
local access = require "lunette.access"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local cache = require "lunette.http_cache"
local query = require "lunette.query"

local http_service = {}

local longest_wait = 120 -- seconds that a service may ask to wait between requests

local function quoted(name) return "`" .. name .. "`" end

--- Where the service is: the manifest's URL, or another one that the user's variable gives.
---@param plugin lunette.Plugin
---@return string
function http_service.url(plugin)
  local variable = os.getenv("LUNETTE_URL_" .. plugin.name:upper())
  return variable and variable ~= "" and variable or plugin.http.url
end

--- The different values to look up, sorted, as one column named like the key. Addresses that aren't public are none.
---@param input lunette.Query
---@param key string
---@param key_type string
---@return lunette.Query
function http_service.wanted(input, key, key_type)
  local condition = ("not_null(%s)"):format(quoted(key))
  if key_type == "ip" then condition = condition .. (" and is_global(%s)"):format(quoted(key)) end
  if key_type == "string" then condition = condition .. (" and coalesce(is_global(try_ip(%s)), true)"):format(quoted(key)) end
  return input:select(quoted(key)):filter(condition):distinct():sort(quoted(key)):collect()
end

-- ---- consent ----

local function duration(seconds)
  if seconds < 90 then return ("%d s"):format(math.ceil(seconds)) end
  return ("%d minutes"):format(math.ceil(seconds / 60))
end

-- "1,234 values in 13 requests to ip-api.com (about 52 s)"
local function plan_text(spec, n, host)
  local requests = math.ceil(n / (spec.batch or 1))
  local rate = spec.rate
  local seconds = rate and (requests - 1) // rate.requests * rate.seconds or 0
  return ("%d different value%s of %s in %d request%s to %s%s"):format(n, n == 1 and "" or "s", spec.key, requests,
    requests == 1 and "" or "s", host, seconds > 0 and (" (at least %s)"):format(duration(seconds)) or "")
end

-- The secrets that would be sent: those that the declaration has places for, unless they may be missing, and are.
local function secrets_of(spec)
  local out, texts = {}, { spec.url or "", spec.body or "" }
  for _, text in pairs(spec.headers or {}) do texts[#texts + 1] = text end
  for _, text in ipairs(texts) do
    for name, optional in text:gmatch "{%l+:([%w_]+)(%??)}" do
      if optional == "" or require("lunette.secrets").find(name) then out[#out + 1] = name end
    end
  end
  return out
end

local function check_consent(plugin, host, text)
  local allows = require("lunette.consent").allows
  if not allows(plugin, "net", host) then
    errors.raise("argument", "%s would send %s; nothing was sent: --allow net=%s (or LUNETTE_ALLOW=net=%s) allows it", plugin.name,
      text, host, host)
  end
  for _, name in ipairs(secrets_of(plugin.http)) do
    if not allows(plugin, "secrets", name) then
      errors.raise("argument", "%s would send the secret '%s' to %s; nothing was sent: " ..
        "--allow secrets=%s (or LUNETTE_ALLOW=net=%s,secrets=%s) allows it",
        plugin.name, name, host, name, host, name)
    end
  end
  access.check("net", host) -- where a plugin from outside has the service asked, that one needs the permission, too
end

-- ---- the service's pace ----

-- When the requests were sent that count against the rate still: also those of another run, as an interrupted one that goes
-- on must not ask sooner than the same one would have.
local function sent_before(rate, host)
  local out, now = {}, core.seconds()
  for i, age in ipairs(rate and cache.ages(host, rate.seconds) or {}) do out[i] = now - age end
  return out
end

-- Waits until another request is within the declared rate.
local function keep_pace(rate, sent)
  if not rate then return end
  local earlier = sent[#sent + 1 - rate.requests]
  while earlier and core.seconds() - earlier < rate.seconds do core.sleep(0.05) end
end

-- Waits where the answer says that no more requests are left for now.
local function obey(rate, answer)
  local left = rate and rate.left and tonumber(answer.headers[rate.left:lower()] or "")
  local reset = rate and rate.reset and tonumber(answer.headers[rate.reset:lower()] or "")
  if not left or left > 0 or not reset then return end
  if reset > longest_wait then
    errors.raise("io", "the service asks to wait %d s: try again later; what it answered so far is kept", reset)
  end
  local until_then = core.seconds() + reset
  while core.seconds() < until_then do core.sleep(0.05) end
end

-- ---- asking ----

local function percent(text)
  return (text:gsub("[^%w%-._~:]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function request_for(plugin, url, values)
  local http, spec = require "lunette.http", plugin.http
  local list = {}
  for i, value in ipairs(values) do list[i] = core.json_value(value) end
  local in_json = list[1]:gsub('^"', ""):gsub('"$', "")
  local filled = { value = percent(values[1]) }
  local plain, secret = http.fill_headers(spec.headers or {}, {})
  if spec.body and not plain["Content-Type"] then plain["Content-Type"] = "application/json" end
  return { url = http.fill(url, filled), method = spec.method, headers = plain, secret_headers = secret,
    body = spec.body and http.fill(spec.body, { values = "[" .. table.concat(list, ",") .. "]", value = in_json }),
    repeatable = true, max_bytes = 64 << 20, wait_header = spec.rate and spec.rate.reset and spec.rate.reset:lower() }
end

-- Whether a value stands in the URL: then "not found" is said of the value.
local function asks_for_one(spec) return spec.into ~= nil or spec.url:find("{value}", 1, true) ~= nil end

-- One request and its answer, which `take(path, values, answer)` gets in a file; nil for one that says that nothing is known.
local function ask_batch(plugin, url, host, values, take)
  local http = require "lunette.http"
  local request = request_for(plugin, url, values)
  local downloaded <close> = require("lunette.temporary").file()
  request.to, request.hosts = downloaded.path, { host }
  cache.note(plugin, host, values)
  local answer, message, code = http.request(request)
  if not answer then errors.raise(code or "io", "%s", message) end
  local is_unknown = answer.status == 404 and asks_for_one(plugin.http)
  if answer.status // 100 ~= 2 and not is_unknown then http.refuse(answer) end
  take(not is_unknown and request.to or nil, values, answer)
  return answer
end

-- Says what an error leaves, unless it leaves nothing.
local function say_kept(plugin, n, n_all)
  if n == 0 or cli.session.quiet then return end
  require("lunette.progress").clear()
  cli.say("%s: the answers for %d of %d values are kept; running it again goes on from there", plugin.name, n, n_all)
end

local function ask_all(plugin, url, host, texts, take)
  local spec, sent = plugin.http, sent_before(plugin.http.rate, host)
  local batch = spec.batch or 1
  for first = 1, #texts, batch do
    keep_pace(spec.rate, sent)
    sent[#sent + 1] = core.seconds()
    local values = table.move(texts, first, math.min(first + batch - 1, #texts), 1, {})
    local ok, answer = pcall(ask_batch, plugin, url, host, values, take)
    if not ok then
      say_kept(plugin, first - 1, #texts)
      error(answer, 0)
    end
    if not cli.session.quiet and core.is_terminal(2) then
      require("lunette.progress").show(plugin.name, math.min(first + batch - 1, #texts), #texts)
    end
    if first + batch <= #texts then obey(spec.rate, answer) end
  end
  require("lunette.progress").clear()
end

--- The records of an answer in a file, and how many of them can't be read. An answer that gives none because of that is an
--- error: it was cut off, or isn't JSON.
---@param path string
---@param options table<string, any> of lunette.json
---@param from string where it came from
---@return lunette.Query
---@return integer
function http_service.records(path, options, from)
  local ok, rows = pcall(core.json, path, options)
  local why = not ok and errors.text(rows):gsub("^.-:%d+: ", ""):gsub(path, "it", 1)
  if ok then
    rows = query.of(rows)
    local rejects = rows:rejects()
    local found = rows:collect()
    if #found > 0 or #rejects == 0 then return found, #rejects end
    why = rejects:first().reason
  end
  errors.raise("format", "%s: the answer is no JSON that can be read: %s", from, why)
end

--- Asks for all values of `open` (one column, named like the key), if the user allows it; says before what is sent. Raises
--- where it isn't allowed or the service fails; `take(path or nil, values, answer)` has had what was answered until then.
---@param plugin lunette.Plugin
---@param url string
---@param open lunette.Query
---@param n_known integer how many are known from before
---@param take fun(path: string?, values: string[], answer: lunette.HttpResponse)
function http_service.ask(plugin, url, open, n_known, take)
  if #open == 0 then return end
  local host = require("lunette.http").host(url)
  if not host then errors.raise("argument", "'%s' is no URL of a service", url) end
  local text = plan_text(plugin.http, #open, host)
  check_consent(plugin, host, text)
  if not cli.session.quiet then cli.say("%s sends %s; %d known from before", plugin.name, text, n_known) end
  local texts = {}
  for i, value in ipairs(open:column(plugin.http.key):values(1, #open)) do texts[i] = tostring(value) end
  ask_all(plugin, url, host, texts, take)
end

return http_service
