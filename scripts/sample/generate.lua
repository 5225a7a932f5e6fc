-- Makes the bundled sample: `lua5.4 generate.lua DIRECTORY` writes threatfox-sample.csv (22,618 IOCs in ThreatFox's
-- layout), zeek-sample.log and zeek-sample-dns.log (a day's connections and look-ups), sample-city.mmdb and sample-asn.mmdb. The
-- same bytes every time, on every machine; all of it invented, with addresses and names that no host has. No packages beyond stock
-- Lua 5.4.

local here = arg[0]:match "^(.*)[/\\][^/\\]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local databases = require "databases"
local families = require "families"
local feed = require "feed"
local log = require "log"
local names = require "names"
local networks = require "networks"
local places = require "places"
local prng = require "prng"

local SEED = 20211206
local N_ROWS = 22618

local HEADER = [[
################################################################
# Lunette sample in ThreatFox's layout - CSV format            #
# Last updated: %s UTC                        #
#                                                              #
# Invented data. Every address is reserved (240.0.0.0/4,       #
# 198.18.0.0/15, 2001:db8::/32): no real host is meant.        #
################################################################
#
# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable",]]
  .. [["last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"]] .. "\n"

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

local directory = arg[1]
if not directory or arg[2] then
  io.stderr:write "usage: lua5.4 generate.lua DIRECTORY\n"
  os.exit(2)
end

local list, random = networks.all(), prng.new(SEED)
local lines, updated = feed.build(random, families, places.new(random:fork "places", list), N_ROWS)
write(directory .. "/threatfox-sample.csv",
  HEADER:format(updated) .. table.concat(lines, "\n") .. ("\n# Number of entries: %d\n"):format(#lines))
write(directory .. "/zeek-sample.log", log.build(random:fork "log", lines))
write(directory .. "/zeek-sample-dns.log", names.build(random:fork "names"))
write(directory .. "/sample-city.mmdb", databases.city(list))
write(directory .. "/sample-asn.mmdb", databases.asn(list))
