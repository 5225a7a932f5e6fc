-- Matching a log against feeds: which rows of a log touch which indicators, and how. All lazy; the feeds are the small
-- side of every join.
--
-- Kinds of a match, from the strictest: `ip:port`, `url`, `md5`/`sha1`/`sha256`, `ip`, `domain`, `parent domain` (the
-- log's name lies below a listed one), `address` (the address of a listed ip:port, on another port).

local lunette = require "lunette"
local addresses = require "lunette.kit.addresses"

local matching = {}

local MAX_LEVELS = 8 -- how many labels a name may have above a listed domain

local HASHES = { "md5", "sha1", "sha256" }

-- Addresses that mean nothing outside of one's own network, or anywhere: a feed that lists one is mistaken.
local LOCAL = addresses.is_inside "ip"

-- What an indicator is where the feed doesn't say.
local GUESSED_TYPE = "if_else(is_url(ioc), 'url', coalesce(hash_kind(ioc), if_else(not_null(ip) and not_null(port), "
  .. "'ip:port', if_else(not_null(ip), 'ip', if_else(is_domain(ioc), 'domain', null)))))"

-- Columns of the IOC schema that a feed may lack, as nulls of their type.
local DEFAULTS = {
  { "ioc", "string(null)" }, { "host", "host_of(ioc)" }, { "ip", "try_ip(host)" }, { "port", "port_of(ioc)" },
  { "ioc_type", GUESSED_TYPE }, { "family", "string(null)" }, { "first_seen", "time(null)" },
  { "last_seen", "time(null)" }, { "confidence", "int(null)" }, { "reference", "string(null)" },
}

-- One feed with all columns that matching looks at.
local function completed(feed)
  if not feed:has "ioc" and not feed:has("ip", "ip") and not feed:has("host", "string") then
    error("the feed has none of the columns ioc, ip and host; read it with a source that gives them", 0)
  end
  if not feed:has "ioc" then
    local has_port = feed:has("ip", "ip") and feed:has("port", "int")
    feed = feed:derive(feed:has("ip", "ip") and (has_port and "ioc = string(ip) .. ':' .. port" or "ioc = string(ip)")
      or "ioc = host")
  end
  local names = {}
  for i, column in ipairs(DEFAULTS) do
    names[i] = column[1]
    if not feed:has(column[1]) then feed = feed:derive(column[1] .. " = " .. column[2]) end
  end
  return feed:select(table.unpack(names))
end

---The indicators of feeds, in one query.
---@param feeds table[]
---@return table
function matching.indicators(feeds)
  local all = {}
  for i, feed in ipairs(feeds) do all[i] = completed(feed) end
  return lunette.concat(all):filter("not coalesce(" .. LOCAL .. ", false)")
end

-- One row per key, with what the feeds say of it; `kind` is that of its matches.
local function listed(indicators, condition, kind, keys)
  return indicators:filter(condition):group_by(table.unpack(keys)):agg("ioc = first(ioc)", "family = first(family)",
    "families = count_distinct(family)", "listed_first = min(first_seen)",
    "listed_last = max(coalesce(last_seen, first_seen))", "confidence = max(confidence)", "reference = first(reference)")
    :derive("kind = $kind", { kind = kind })
end

-- URLs as they are compared: without their fragment and a port that goes without saying, with a path.
local function comparable_url(column)
  local bare = ("split_part(%s, '#', 1)"):format(column)
  local url = ("replace(replace(%s, ':80/', '/'), ':443/', '/')"):format(bare)
  return ("if_else(%s:matches '^[a-zA-Z]+://[^/]*$', %s .. '/', %s)"):format(bare, bare, url)
end

local COLUMNS = { "ioc", "kind", "family", "families", "listed_first", "listed_last", "confidence", "reference", "ip",
  "affected", "time", "connection" }

local function finished(matches)
  if not matches:has "ip" then matches = matches:derive "ip = ip(null)" end
  return matches:select(table.unpack(COLUMNS))
end

-- The log's rows seen from one side: `affected` is the host that met `ip`:`port` there.
local function side(log, ip, port, affected)
  if not log:has(ip, "ip") then return nil end
  return log:select("time", "connection", "affected = " .. (log:has(affected, "ip") and affected or "ip(null)"),
    "ip = " .. ip, "port = " .. (log:has(port, "int") and port or "int(null)"))
end

local function add_addresses(out, log, indicators, with_other_ports)
  local pairs_listed = listed(indicators, "ioc_type == 'ip:port' and not_null(port)", "ip:port", { "ip", "port" })
  local alone = listed(indicators, "ioc_type == 'ip' and not_null(ip)", "ip", { "ip" })
  local any_port = with_other_ports and listed(indicators, "ioc_type == 'ip:port' and not_null(ip)", "address", { "ip" })
  local sides = { side(log, "dst_ip", "dst_port", "src_ip") }
  sides[#sides + 1] = side(log, "src_ip", "src_port", "dst_ip")
  for _, rows in ipairs(sides) do
    out[#out + 1] = finished(rows:join(pairs_listed, { "ip", "port" }))
    out[#out + 1] = finished(rows:join(alone, "ip"))
    if any_port then
      out[#out + 1] = finished(rows:anti_join(pairs_listed, { "ip", "port" }):anti_join(alone, "ip"):join(any_port, "ip"))
    end
  end
end

-- The log's distinct names, each with the most specific listed domain that it is or lies below.
local function named(log, domains)
  local level = log:filter("not_null(host)"):select("host"):distinct("host")
    :derive("name = lower(trim(host, '.'))", "above = 0")
  local levels = { level }
  for i = 1, MAX_LEVELS do
    level = level:derive("name = extract(name, '^[^.]+[.](.+[.].+)$')", ("above = %d"):format(i))
      :filter "not_null(name)"
    levels[i + 1] = level
  end
  return lunette.concat(levels):join(domains, "name"):distinct("host")
    :derive "kind = if_else(above == 0, 'domain', 'parent domain')"
end

local function add_names(out, log, indicators, affected)
  if not log:has("host", "string") then return end
  -- A public suffix is nobody's domain: everything below it would match.
  local domains = listed(indicators:filter "not_null(registered_domain(host))", "ioc_type == 'domain'", "domain",
    { "name = lower(trim(host, '.'))" })
  out[#out + 1] = finished(log:select("time", "connection", affected, "host"):join(named(log, domains), "host"))
end

local function add_urls(out, log, indicators, affected)
  if not log:has("url", "string") then return end
  local urls = listed(indicators, "ioc_type == 'url'", "url", { "key = " .. comparable_url "ioc" })
  out[#out + 1] = finished(log:filter("not_null(url)")
    :select("time", "connection", affected, "key = " .. comparable_url "url"):join(urls, "key"))
end

local function add_hashes(out, log, indicators, affected)
  for _, kind in ipairs(HASHES) do
    if log:has(kind, "string") then
      local hashes = listed(indicators, ("ioc_type == '%s'"):format(kind), kind, { "key = lower(ioc)" })
      out[#out + 1] = finished(log:filter(("not_null(%s)"):format(kind))
        :select("time", "connection", affected, ("key = lower(%s)"):format(kind)):join(hashes, "key"))
    end
  end
end

---The matches of a log with indicators (of matching.indicators): a row for each row of the log and indicator that it
---touches. With `window` only those at most so many days before or after the time in which feeds saw the indicator.
---@param log table
---@param indicators table
---@param options { addresses: boolean, window: integer? }
---@return table
function matching.matches(log, indicators, options)
  local names = { uid = "string", flow_id = "int" }
  local connection = "string(null)"
  for name in pairs(names) do
    if log:has(name) then connection = ("string(%s)"):format(name) end
  end
  if not log:has("time", "time") then log = log:derive "time = time(null)" end
  log = log:derive("connection = " .. connection)
  local affected = "affected = " .. (log:has("src_ip", "ip") and "src_ip" or "ip(null)")
  local out = {}
  add_addresses(out, log, indicators, options.addresses)
  add_names(out, log, indicators, affected)
  add_urls(out, log, indicators, affected)
  add_hashes(out, log, indicators, affected)
  if #out == 0 then
    error("the log has none of the columns dst_ip, src_ip, host, url, md5, sha1 and sha256, which hits looks at", 0)
  end
  local all = lunette.concat(out)
  if not options.window then return all end
  return all:filter("time - listed_first >= -$s and time - listed_last <= $s", { s = options.window * 86400.0 })
end

return matching
