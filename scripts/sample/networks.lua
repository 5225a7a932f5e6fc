-- The sample's invented internet: who runs which reserved addresses, and where they are.
--
-- Countries and cities are real, so that a map looks like one. Operators are invented, AS numbers are from the
-- ranges for documentation (64496–64511, 65536–65551) and private use, and every address is from 240.0.0.0/4,
-- 198.18.0.0/15 or 2001:db8::/32, which no host on the internet has. An operator gets one /16 per country, which is
-- cut evenly among the country's cities (1, 2 or 4 of them).

local networks = {}

-- Country: name, then 1, 2 or 4 cities with latitude and longitude.
local COUNTRIES = {
  AE = { "United Arab Emirates", { "Dubai", 25.2048, 55.2708 } },
  AR = { "Argentina", { "Buenos Aires", -34.6037, -58.3816 }, { "Córdoba", -31.4201, -64.1888 } },
  AU = { "Australia", { "Sydney", -33.8688, 151.2093 }, { "Melbourne", -37.8136, 144.9631 } },
  BG = { "Bulgaria", { "Sofia", 42.6977, 23.3219 } },
  BO = { "Bolivia", { "La Paz", -16.4897, -68.1193 } },
  BR = { "Brazil", { "São Paulo", -23.5505, -46.6333 }, { "Rio de Janeiro", -22.9068, -43.1729 },
    { "Fortaleza", -3.7319, -38.5267 }, { "Porto Alegre", -30.0346, -51.2177 } },
  CA = { "Canada", { "Toronto", 43.6532, -79.3832 }, { "Montreal", 45.5019, -73.5674 } },
  CH = { "Switzerland", { "Zurich", 47.3769, 8.5417 } },
  CN = { "China", { "Beijing", 39.9042, 116.4074 }, { "Shanghai", 31.2304, 121.4737 },
    { "Shenzhen", 22.5431, 114.0579 }, { "Hangzhou", 30.2741, 120.1551 } },
  CO = { "Colombia", { "Bogotá", 4.711, -74.0721 }, { "Medellín", 6.2442, -75.5812 } },
  CZ = { "Czechia", { "Prague", 50.0755, 14.4378 } },
  DE = { "Germany", { "Frankfurt am Main", 50.1109, 8.6821 }, { "Nuremberg", 49.4521, 11.0767 } },
  DZ = { "Algeria", { "Algiers", 36.7538, 3.0588 } },
  EC = { "Ecuador", { "Quito", -0.1807, -78.4678 }, { "Guayaquil", -2.1894, -79.8891 } },
  EG = { "Egypt", { "Cairo", 30.0444, 31.2357 } },
  ES = { "Spain", { "Madrid", 40.4168, -3.7038 } },
  FI = { "Finland", { "Helsinki", 60.1699, 24.9384 } },
  FR = { "France", { "Paris", 48.8566, 2.3522 }, { "Roubaix", 50.6927, 3.1778 } },
  GB = { "United Kingdom", { "London", 51.5074, -0.1278 }, { "Manchester", 53.4808, -2.2426 } },
  GE = { "Georgia", { "Tbilisi", 41.7151, 44.8271 } },
  HK = { "Hong Kong", { "Hong Kong", 22.3193, 114.1694 } },
  HN = { "Honduras", { "Tegucigalpa", 14.0723, -87.1921 } },
  HU = { "Hungary", { "Budapest", 47.4979, 19.0402 } },
  ID = { "Indonesia", { "Jakarta", -6.2088, 106.8456 }, { "Surabaya", -7.2575, 112.7521 },
    { "Bandung", -6.9175, 107.6191 }, { "Medan", 3.5952, 98.6722 } },
  IN = { "India", { "Mumbai", 19.076, 72.8777 }, { "Bengaluru", 12.9716, 77.5946 } },
  IT = { "Italy", { "Milan", 45.4642, 9.19 }, { "Rome", 41.9028, 12.4964 } },
  JP = { "Japan", { "Tokyo", 35.6762, 139.6503 } },
  KH = { "Cambodia", { "Phnom Penh", 11.5564, 104.9282 } },
  KR = { "South Korea", { "Seoul", 37.5665, 126.978 } },
  LT = { "Lithuania", { "Vilnius", 54.6872, 25.2797 } },
  LU = { "Luxembourg", { "Luxembourg", 49.6116, 6.1319 } },
  LV = { "Latvia", { "Riga", 56.9496, 24.1052 } },
  MA = { "Morocco", { "Casablanca", 33.5731, -7.5898 } },
  MD = { "Moldova", { "Chișinău", 47.0105, 28.8638 } },
  MX = { "Mexico", { "Mexico City", 19.4326, -99.1332 }, { "Monterrey", 25.6866, -100.3161 } },
  NG = { "Nigeria", { "Lagos", 6.5244, 3.3792 } },
  NL = { "Netherlands", { "Amsterdam", 52.3676, 4.9041 }, { "Rotterdam", 51.9244, 4.4777 } },
  PE = { "Peru", { "Lima", -12.0464, -77.0428 } },
  PH = { "Philippines", { "Manila", 14.5995, 120.9842 } },
  PL = { "Poland", { "Warsaw", 52.2297, 21.0122 } },
  PT = { "Portugal", { "Lisbon", 38.7223, -9.1393 } },
  RO = { "Romania", { "Bucharest", 44.4268, 26.1025 } },
  RU = { "Russia", { "Moscow", 55.7558, 37.6173 }, { "Saint Petersburg", 59.9311, 30.3609 } },
  SE = { "Sweden", { "Stockholm", 59.3293, 18.0686 } },
  SG = { "Singapore", { "Singapore", 1.3521, 103.8198 } },
  TH = { "Thailand", { "Bangkok", 13.7563, 100.5018 } },
  TN = { "Tunisia", { "Tunis", 36.8065, 10.1815 } },
  TR = { "Turkey", { "Istanbul", 41.0082, 28.9784 } },
  UA = { "Ukraine", { "Kyiv", 50.4501, 30.5234 }, { "Kharkiv", 49.9935, 36.2304 } },
  US = { "United States", { "Ashburn", 39.0438, -77.4874 }, { "Dallas", 32.7767, -96.797 },
    { "Los Angeles", 34.0522, -118.2437 }, { "Chicago", 41.8781, -87.6298 } },
  VE = { "Venezuela", { "Caracas", 10.4806, -66.9036 } },
  VN = { "Vietnam", { "Ho Chi Minh City", 10.8231, 106.6297 }, { "Hanoi", 21.0278, 105.8342 } },
  ZA = { "South Africa", { "Johannesburg", -26.2041, 28.0473 } },
}

-- Operators: AS number, name, kind, countries. Kinds: isp (homes and offices), host (small and cheap hosting),
-- cloud (large hosting). Several operators of a kind in one country share what a family puts there.
local OPERATORS = {
  { 64496, "Prairie Lantern Broadband", "isp", "US" },
  { 64497, "Blue Ridge Fibre Cooperative", "isp", "US" },
  { 64498, "Sunbelt Copper Communications", "isp", "US" },
  { 64499, "Maple Junction Cable", "isp", "CA" },
  { 64500, "Serra Verde Telecom", "isp", "BR" },
  { 64501, "Rio Claro Provedor", "isp", "BR" },
  { 64502, "Andes Sur Internet", "isp", "AR PE BO" },
  { 64503, "Cordillera Conecta", "isp", "CO EC VE" },
  { 64504, "Volcán Redes", "isp", "EC HN" },
  { 64505, "Nusantara Pelita Net", "isp", "ID" },
  { 64506, "Garuda Desa Online", "isp", "ID" },
  { 64507, "Ganga Metro Networks", "isp", "IN" },
  { 64508, "Lotus River Telecom", "isp", "VN KH TH" },
  { 64509, "Pearl Strait Broadband", "isp", "PH" },
  { 64510, "Volga Bereg Telecom", "isp", "RU" },
  { 64511, "Dnipro Zirka", "isp", "UA" },
  { 65536, "Nimbus Harbour Cloud", "cloud", "US DE SG" },
  { 65537, "Cumulus Yard", "cloud", "US NL GB JP" },
  { 65538, "Eastgate Elastic Computing", "cloud", "CN HK" },
  { 65539, "Southern Bund Data", "cloud", "CN" },
  { 65540, "Droplet Quay", "cloud", "US NL DE IN SG" },
  { 65541, "Hexagone Serveurs", "cloud", "FR CA" },
  { 65542, "Regnitz Rechenzentrum", "cloud", "DE FI" },
  { 65543, "Canal Ring Hosting", "host", "NL" },
  { 65544, "Low Country Servers", "host", "NL LU" },
  { 65545, "Baltic Amber Hosting", "host", "LV LT" },
  { 65546, "Prut Valley Data", "host", "MD RO" },
  { 65547, "Neva Lights VPS", "host", "RU" },
  { 65548, "Taiga Compute", "host", "RU UA" },
  { 65549, "Vitosha Colocation", "host", "BG" },
  { 65550, "Copper Mesa Servers", "host", "US" },
  { 65551, "Lakeshore Dedicated", "host", "US" },
  { 64512, "Albion Wire", "isp", "GB" },
  { 64513, "Rheinbogen Kabel", "isp", "DE" },
  { 64514, "Garonne Fibre", "isp", "FR" },
  { 64515, "Arno Connessioni", "isp", "IT" },
  { 64516, "Meseta Telecomunicaciones", "isp", "ES PT" },
  { 64517, "Wisła Światłowód", "isp", "PL" },
  { 64518, "Carpathian Net", "isp", "RO HU" },
  { 64519, "Anatolia Hat", "isp", "TR" },
  { 64520, "Delta Nile Communications", "isp", "EG" },
  { 64521, "Maghreb Liaison", "isp", "MA DZ TN" },
  { 64522, "Harmattan Wireless", "isp", "NG" },
  { 64523, "Highveld Link", "isp", "ZA" },
  { 64524, "Gulf Dhow Networks", "isp", "AE" },
  { 64525, "Kantō Lines", "isp", "JP" },
  { 64526, "Hangang Broadband", "isp", "KR" },
  { 64527, "Tasman Copper", "isp", "AU" },
  { 64528, "Altiplano Móvil", "isp", "MX" },
  { 64529, "Changjiang Access", "isp", "CN" },
  { 64530, "Alpenglow Hosting", "host", "CH DE" },
  { 64531, "Thames Rack", "host", "GB" },
  { 64532, "Mälaren Servers", "host", "SE" },
  { 64533, "Vltava Hosting", "host", "CZ" },
  { 64534, "Bosporus Barındırma", "host", "TR" },
  { 64535, "Kowloon Rack", "host", "HK" },
  { 64536, "Merlion Metal", "host", "SG" },
  { 64537, "Rustaveli Data", "host", "GE" },
  { 64538, "Saigon Cloud Kho", "host", "VN" },
  { 64539, "Laurentian Dedicated", "host", "CA" },
}

-- Single places: one network each, in one city.
local PLACES = {
  { 64540, "Lattice Tunnels", "198.18.0.0/17", "US", 1 },
  { 64541, "Peerwell Private Access", "198.19.0.0/17", "SE", 1 },
  { 65543, "Canal Ring Hosting", "2001:db8:1000::/36", "NL", 1 },
  { 65536, "Nimbus Harbour Cloud", "2001:db8:2000::/36", "US", 1 },
  { 65542, "Regnitz Rechenzentrum", "2001:db8:3000::/36", "DE", 2 },
}

local CITY_BITS = { [1] = 0, [2] = 1, [4] = 2 }

---@class sample.network
---@field cidr string
---@field base integer|nil the first IPv4 address as a number
---@field size integer|nil how many IPv4 addresses
---@field asn integer
---@field operator string
---@field kind string|nil
---@field country string
---@field city_name string
---@field latitude number
---@field longitude number

local function network(cidr, asn, operator, country, city)
  local place = COUNTRIES[country][city + 1]
  return {
    cidr = cidr, asn = asn, operator = operator, country = country,
    city_name = place[1], latitude = place[2], longitude = place[3],
  }
end

---An IPv4 address as text.
---@param number integer
function networks.address(number)
  return ("%d.%d.%d.%d"):format(number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255)
end

---An operator's /16 in one country, as one network per city.
local function cut_block(list, first, operator, country)
  local asn, name, kind = operator[1], operator[2], operator[3]
  local n_cities = #COUNTRIES[country] - 1
  local bits = CITY_BITS[n_cities]
  local size = 65536 >> bits
  for city = 1, n_cities do
    local base = first + (city - 1) * size
    local part = network(networks.address(base) .. "/" .. 16 + bits, asn, name, country, city)
    part.base, part.size, part.kind = base, size, kind
    list[#list + 1] = part
  end
end

---All networks, in the order of their addresses within 240.0.0.0/4, then the single places.
---@return sample.network[]
function networks.all()
  local list, block = {}, 0
  for _, operator in ipairs(OPERATORS) do
    for country in operator[4]:gmatch "%u+" do
      cut_block(list, (240 << 24) + (block << 16), operator, country)
      block = block + 1
    end
  end
  for _, place in ipairs(PLACES) do
    local asn, name, cidr, country, city = table.unpack(place)
    list[#list + 1] = network(cidr, asn, name, country, city)
  end
  return list
end

---The English name of a country.
---@param code string
function networks.country_name(code)
  return COUNTRIES[code][1]
end

return networks
