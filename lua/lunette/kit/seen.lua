-- What a log's hosts have to do with: destinations, names, ports, user agents, JA3; for each value how many hosts it was seen
-- from, how often and when.

local lunette = require "lunette"
local addresses = require "lunette.kit.addresses"

local seen = {}

-- What is looked at, with the names that logs give it, the first that is there.
local KINDS = {
  { kind = "destination", columns = { "dst_ip" }, condition = "not " .. addresses.is_inside "x" },
  { kind = "name", columns = { "host" }, value = "coalesce(registered_domain(x), lower(x))" },
  { kind = "port", columns = { "dst_port" } },
  { kind = "user agent", columns = { "user_agent" } },
  { kind = "ja3", columns = { "ja3", "tls.ja3.hash" } },
}

---What a parameter `kind` may say.
seen.CHOICES = { "all", "destination", "name", "port", "user agent", "ja3" }

local function column_of(log, names)
  for _, name in ipairs(names) do
    if log:has(name) then return "`" .. name .. "`" end
  end
  return nil
end

-- The rows of one kind: src_ip, time, kind, value.
local function rows_of(log, kind)
  local column = column_of(log, kind.columns)
  if not column then return nil end
  local rows = log:select("src_ip", "time", "x = " .. column):filter("not_null(x) and not_null(src_ip)")
  if kind.condition then rows = rows:filter(kind.condition) end
  return rows:select("src_ip", "time", "value = string(" .. (kind.value or "x") .. ")")
    :derive("kind = $kind", { kind = kind.kind })
end

---The kinds that a log has, each as a query with src_ip, time, kind and value; raises when it has none.
---@param log table
---@param wanted string of CHOICES
---@param who string the analysis, for the message
---@return table[]
function seen.rows(log, wanted, who)
  if not log:has("time", "time") then log = log:derive "time = time(null)" end
  local out = {}
  for _, kind in ipairs(KINDS) do
    if wanted == "all" or wanted == kind.kind then out[#out + 1] = rows_of(log, kind) end
  end
  if #out == 0 then
    error(("the log has no column for kind=%s; %s looks at dst_ip, host, dst_port, user_agent and ja3"):format(wanted, who), 0)
  end
  return out
end

---The values of a log: kind, value, hosts, host (the first), count, first_seen, last_seen.
---@param log table
---@param wanted string of CHOICES
---@param who string
---@return table
function seen.values(log, wanted, who)
  local out = seen.rows(log, wanted, who)
  for i, rows in ipairs(out) do
    out[i] = rows:group_by("kind", "value"):agg("hosts = count_distinct(src_ip)", "host = first(src_ip)", "count = count()",
      "first_seen = min(time)", "last_seen = max(time)")
  end
  return lunette.concat(out)
end

---Per kind how many values there are, and how many of them are among `chosen`, in a column of that name.
---@param values table
---@param chosen table
---@param name string
---@return table
function seen.summary(values, chosen, name)
  local n = chosen:group_by("kind"):agg(name .. " = count()")
  return values:group_by("kind"):agg("values = count()"):join(n, "kind", { kind = "left" })
    :select("kind", "values", ("%s = coalesce(%s, 0)"):format(name, name)):collect()
end

return seen
