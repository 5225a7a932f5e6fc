-- Where the sample's IOCs lie: gives out addresses of the invented networks, and keeps the places that families share
-- (cheap hosting, a tunnel provider's exits, the one exit of a private network, another family's hosts).

local networks = require "networks"
local prng = require "prng"

local places = {}
places.__index = places

local CHEAP_HOSTS = 600      -- rented by anyone: two families on one of them mean nothing
local TUNNEL_EXITS = 14      -- of the tunnel provider, all busy
local RECENT_HOSTS = 24      -- of these a family takes one again for another IOC
local TUNNEL_BASE = (198 << 24) + (18 << 16) + (40 << 8)
local EXIT_ADDRESS = "198.19.64.32"
local V6_PREFIXES = { "2001:db8:1000:", "2001:db8:2000:", "2001:db8:3000:" }

---Networks by "kind:COUNTRY".
local function by_kind(list)
  local index = {}
  for _, network in ipairs(list) do
    if network.kind then
      local key = network.kind .. ":" .. network.country
      index[key] = index[key] or {}
      table.insert(index[key], network)
    end
  end
  return index
end

---@param random sample.prng
---@param list sample.network[]
function places.new(random, list)
  local self = setmetatable({ index = by_kind(list), used = {}, hosts = {}, cheap = {}, tunnels = {} }, places)
  local kinds = prng.weighted(
    { "host:NL", "host:RU", "host:US", "host:MD", "host:BG", "host:LV", "host:DE", "host:RO" },
    { 24, 22, 13, 10, 9, 7, 8, 7 })
  for i = 1, CHEAP_HOSTS do self.cheap[i] = self:fresh(random, random:choose(kinds)) end
  for i = 1, TUNNEL_EXITS do self.tunnels[i] = networks.address(TUNNEL_BASE + i * 37) end
  return self
end

---An address that nobody has yet, in one of the networks of a kind and country.
---@param random sample.prng
---@param key string "kind:COUNTRY"
---@return string
function places:fresh(random, key)
  local list = assert(self.index[key], "no operator of " .. key)
  while true do
    local network = random:pick(list)
    local number = network.base + random:between(1, network.size - 2)
    if not self.used[number] then
      self.used[number] = true
      return networks.address(number)
    end
  end
end

---A host of the family's own: one of its recent ones, or a new one in one of its networks.
function places:own(random, family)
  local hosts = self.hosts[family.key]
  if not hosts then
    hosts = {}
    self.hosts[family.key] = hosts
  end
  if #hosts > 0 and random:below(family.hosts) >= 10 then
    return hosts[#hosts - random:below(math.min(#hosts, RECENT_HOSTS))]
  end
  hosts[#hosts + 1] = self:fresh(random, random:choose(family.net_choice))
  return hosts[#hosts]
end

function places:cheap_host(random)
  return random:pick(self.cheap)
end

function places:tunnel(random)
  return random:pick(self.tunnels)
end

function places.exit()
  return EXIT_ADDRESS
end

---A host that another family has.
function places:of_family(random, key)
  return random:pick(self.hosts[key])
end

---The one address of a family that nearly drowns the rest.
function places:flood(random, family)
  family.flood_host = family.flood_host or self:fresh(random, "cloud:US")
  return family.flood_host
end

---An IPv6 address, in the brackets that a port needs.
function places.v6(random)
  return ("[%s:%x::%x]"):format(random:pick(V6_PREFIXES):sub(1, -2), random:between(1, 4095), random:between(1, 65535))
end

return places
