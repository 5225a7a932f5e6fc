-- Functions of indicators again: texts are put together from parts, so what must come out is known from the parts.
local suffixes = { "com", "de", "co.uk", "com.au", "info" }
local labels = { "evil", "cdn7", "a-b", "mail", "x" }
local schemes = { { "http", 80 }, { "https", 443 }, { "ftp", 21 } }
local paths = { "", "/", "/a.php", "/x/y.z/" }
local tails = { "", "?q=1.2", "#top" }

-- What each text was made of; a column's texts are keys.
local made = {}

local function pick(random, list) return list[random(#list)] end

local function indicator(random)
  local it = {}
  local kind = random(6)
  if kind <= 4 then
    it.domain = pick(random, labels) .. "." .. pick(random, suffixes)
    it.host = (random(2) == 1 and pick(random, labels) .. "." or "") .. it.domain
  else
    it.host = ("%d.%d.%d.%d"):format(random(1, 223), random(0, 255), random(0, 255), random(1, 254))
  end
  it.bare = random(3)
  it.port = random(2) == 1 and random(1, 65535) or nil
  local text = it.host .. (it.port and ":" .. it.port or "")
  if it.bare == 1 then
    local scheme = pick(random, schemes)
    it.path = pick(random, paths)
    it.url, it.scheme = true, scheme[1]
    it.tail = pick(random, tails)
    text = scheme[1] .. "://" .. text .. it.path .. it.tail
    it.port = it.port or scheme[2]
  elseif it.bare == 2 and not it.port then
    it.plain = true
  end
  it.text = text
  made[text] = it
  return text
end

local function entropy(s)
  local counts, sum = {}, 0.0
  for i = 1, #s do counts[s:byte(i)] = (counts[s:byte(i)] or 0) + 1 end
  for _, n in pairs(counts) do sum = sum - n / #s * math.log(n / #s, 2) end
  return sum
end

local function field(name)
  return function(row) return made[row.x] and made[row.x][name] end
end

local function defanged(row)
  local it = made[row.x]
  local host = it.host:gsub("%.", "[.]")
  if not it.url then return host .. it.text:sub(#it.host + 1) end
  local behind = it.text:sub(#it.scheme + #"://" + #it.host + 1)
  return it.scheme:gsub("^http", "hxxp"):gsub("^ftp", "fxp") .. "://" .. host .. behind
end

local sizes = { [32] = "md5", [40] = "sha1", [56] = "sha224", [64] = "sha256", [96] = "sha384", [128] = "sha512" }

local one = { "x" }
return {
  cases = {
    { "host_of(x)", one, field "host" },
    { "port_of(x)", one, field "port" },
    { "url_host(x)", one, function(row) return made[row.x].url and made[row.x].host end },
    { "url_path(x)", one, function(row)
      local it = made[row.x]
      return it.url and (it.path == "" and "/" or it.path) or nil
    end },
    { "registered_domain(x)", one, field "domain" },
    { "defang(x)", one, defanged },
    { "refang(defang(x))", one, field "text" },
    { "entropy(x)", one, { function(row) return entropy(row.x) end, near = true } },
    { "is_url(x)", one, function(row) return made[row.x].url == true end },
    { "is_domain(x)", one, function(row)
      local it = made[row.x]
      return it.domain ~= nil and it.text == it.host
    end },
    { "hash_kind(h)", { "h" }, function(row) return row.h:find "^%x+$" and sizes[#row.h] or nil end },
  },
  columns = {
    x = indicator,
    h = function(random)
      local lengths = { 0, 31, 32, 40, 56, 64, 96, 128, 129 }
      local text = ("09afAF1"):rep(20):sub(1, lengths[random(#lengths)])
      return random(5) == 1 and text:gsub("9", "g") or text
    end,
  },
}
