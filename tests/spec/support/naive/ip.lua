-- Functions of addresses again, on addresses as lists of 128 bits.
local lunette = require "lunette"

-- Eight groups of an address's text.
local function groups(text)
  local four = { text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  if #four == 4 then return { 0, 0, 0, 0, 0, 0xffff, four[1] * 256 + four[2], four[3] * 256 + four[4] } end
  local left, right = text:match "^(.-)::(.*)$"
  local out, behind = {}, {}
  for hex in (left or text):gmatch "[^:]+" do out[#out + 1] = tonumber(hex, 16) end
  for hex in (right or ""):gmatch "[^:]+" do behind[#behind + 1] = tonumber(hex, 16) end
  while #out + #behind < 8 do out[#out + 1] = 0 end
  for _, group in ipairs(behind) do out[#out + 1] = group end
  return out
end

local function bits(text)
  local out = {}
  for _, group in ipairs(groups(text)) do
    for k = 15, 0, -1 do out[#out + 1] = math.tointeger(group) >> k & 1 end
  end
  return out
end

local function is_four(text) return not text:find(":", 1, true) end

local function within(text, network)
  local first, size = network:match "^(.*)/(%d+)$"
  if is_four(first) ~= is_four(text) then return false end
  local a, b = bits(text), bits(first)
  for k = 1, size + (is_four(first) and 96 or 0) do
    if a[k] ~= b[k] then return false end
  end
  return true
end

local function among(networks)
  return function(row)
    for _, network in ipairs(networks) do
      if within(tostring(row.p), network) then return true end
    end
    return false
  end
end

local private = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7" }
local special = among {
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
  "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/8",
  "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
  "ff00::/8",
}

-- The address of the first `n` bits, the others 0.
local function masked(text, n)
  local b, out = bits(text), {}
  local kept = is_four(text) and 96 + math.min(n, 32) or n
  for k = 1, 128 do
    local g = (k - 1) // 16 + 1
    out[g] = (out[g] or 0) << 1 | (k <= kept and b[k] or 0)
  end
  if is_four(text) then return ("%d.%d.%d.%d"):format(out[7] >> 8, out[7] & 255, out[8] >> 8, out[8] & 255) end
  for g = 1, 8 do out[g] = ("%x"):format(out[g]) end
  return table.concat(out, ":")
end

local one, cases = { "p" }, {}
for _, network in ipairs { "10.0.0.0/8", "172.16.0.0/12", "203.0.113.7/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "fe80::/10" } do
  cases[#cases + 1] = { ("within(p, '%s')"):format(network), one, among { network } }
end
cases[#cases + 1] = { "within(p, '10.0.0.0/9', '192.168.0.0/16', 'ff00::/8')", one, among { "10.0.0.0/9", "192.168.0.0/16", "ff00::/8" } }
cases[#cases + 1] = { "is_private(p)", one, among(private) }
cases[#cases + 1] = { "is_global(p)", one, function(row) return not special(row) end }
cases[#cases + 1] = { "version(p)", one, function(row) return is_four(tostring(row.p)) and 4 or 6 end }
for _, n in ipairs { 0, 1, 8, 15, 24, 31, 32, 33, 64, 127, 128 } do
  cases[#cases + 1] = { ("prefix(p, %d)"):format(n), one, function(row) return lunette.ip(masked(tostring(row.p), n)) end }
end
cases[#cases + 1] = { "ip(string(p))", one, function(row) return row.p end }
cases[#cases + 1] = { "try_ip(a)", { "a" }, function(row)
  local four = { row.a:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
  for _, part in ipairs(four) do
    if tonumber(part) > 255 or #part > 1 and part:sub(1, 1) == "0" then return nil end
  end
  return (#four == 4 or row.a == "::1") and lunette.ip(row.a) or nil
end }

local beginnings = { "10.", "172.16.", "172.31.", "172.32.", "192.168.", "127.0.", "100.64.", "198.18.",
  "203.0.", "224.1.", "8.8.", "0.1." }
local sixes = { "2001:db8:", "fe80:", "fc00:", "fd12:", "ff02:", "2002:", "2600:1:", "3fff:", "5f00:", "64:ff9b:1:", "100:" }
return {
  cases = cases,
  columns = {
    p = function(random)
      if random(3) == 1 then return lunette.ip(sixes[random(#sixes)] .. ":" .. ("%x"):format(random(0, 65535))) end
      local text = beginnings[random(#beginnings)] .. random(0, 255)
      for _ = select(2, text:gsub("%.", "")), 2 do text = text .. "." .. random(0, 255) end
      return lunette.ip(text)
    end,
    a = function(random)
      local forms = { "1.2.3.4", "256.1.1.1", "1.2.3", "::1", "", "1.2.3.04", "1.2.3.4.5", "host", "255.255.255.255" }
      return forms[random(#forms)]
    end,
  },
}
