-- The sample's geo and AS databases, from the same networks that its addresses come from: a city database in the
-- nested schema (country, city, location) and an AS database in the flat one.

local mmdb = require "mmdb"
local networks = require "networks"

local databases = {}

local BUILD_EPOCH = 1638835200 -- 2021-12-07

---The bytes of the city database.
---@param list sample.network[]
---@return string
function databases.city(list)
  local out = mmdb.new {
    database_type = "Lunette-Sample-City", build_epoch = BUILD_EPOCH,
    description = "Lunette sample: cities of reserved addresses, invented",
  }
  for _, network in ipairs(list) do
    out:insert(network.cidr, {
      city = { names = { en = network.city_name } },
      country = { iso_code = network.country, names = { en = networks.country_name(network.country) } },
      location = {
        latitude = mmdb.number("double", network.latitude),
        longitude = mmdb.number("double", network.longitude),
      },
    })
  end
  return out:bytes()
end

---The bytes of the AS database.
---@param list sample.network[]
---@return string
function databases.asn(list)
  local out = mmdb.new {
    database_type = "Lunette-Sample-ASN", build_epoch = BUILD_EPOCH,
    description = "Lunette sample: operators of reserved addresses, invented",
  }
  for _, network in ipairs(list) do
    out:insert(network.cidr, {
      autonomous_system_number = mmdb.number("uint32", network.asn),
      autonomous_system_organization = network.operator,
    })
  end
  return out:bytes()
end

return databases
