-- Look-ups that malware does on its way: asking what one's own public address is, and whether it is on a block list. People and
-- mail servers do so, too; a workstation that does it often is worth a look.

local lookups = {}

-- Services that tell callers their address.
local OWN_ADDRESS = {
  "api.ip.sb", "api.ipify.org", "api4.ipify.org", "api6.ipify.org", "api64.ipify.org", "bot.whatismyipaddress.com", "checkip.amazonaws.com",
  "checkip.dyndns.com", "checkip.dyndns.org", "curlmyip.com", "eth0.me", "freegeoip.app", "freegeoip.live", "geoip.com", "icanhazip.com",
  "ident.me", "ifconfig.co", "ifconfig.io", "ifconfig.me", "ip-api.com", "ip.42.pl", "ip.anysrc.net", "ip.appspot.com", "ip.tyk.nu",
  "ipapi.co", "ipecho.net", "ipinfo.io", "ipv4.icanhazip.com", "ipv6.icanhazip.com", "ipwho.is", "ipwhois.app", "l2.io",
  "myexternalip.com", "myip.dnsomatic.com", "myip.opendns.com", "myipaddress.com", "showip.net", "tnx.nl", "v4.ident.me", "v6.ident.me",
  "whatismyip.akamai.com", "whatismyipaddress.com", "wtfismyip.com", "www.ipchicken.com", "www.myexternalip.com", "www.whatismyip.com",
}

-- Where block lists of addresses are asked; the address stands in front, backwards.
local BLOCK_LISTS = {
  "abuseat.org", "backscatterer.org", "barracudacentral.org", "blocklist.de", "dnswl.org", "dronebl.org", "mailspike.net", "manitu.net",
  "njabl.org", "psbl.surriel.com", "rbl.jp", "sorbs.net", "spamcop.net", "spamhaus.org", "spamrats.com", "spfbl.net", "surbl.org",
  "uceprotect.net", "uribl.com", "wpbl.info",
}

local function listed(names)
  local out = {}
  for i, name in ipairs(names) do out[i] = "'" .. name .. "'" end
  return table.concat(out, ", ")
end

local function endings(names)
  local out = {}
  for i, name in ipairs(names) do out[i] = "'." .. name .. "'" end
  return table.concat(out, ", ")
end

---An expression: what kind of look-up the column `name` (in lower case) is; null for others.
lookups.KIND = ("if_else(name in (%s), 'own address', if_else(name:matches '^[0-9]{1,3}([.][0-9]{1,3}){3}[.]' and name:ends_with(%s), "
  .. "'block list', string(null)))"):format(listed(OWN_ADDRESS), endings(BLOCK_LISTS))

---The address that a look-up in a block list asks about: 4.3.2.1.list.example asks about 1.2.3.4.
lookups.ASKED = "if_else(kind == 'block list', split_part(name, '.', 4) .. '.' .. split_part(name, '.', 3) .. '.' .. "
  .. "split_part(name, '.', 2) .. '.' .. split_part(name, '.', 1), string(null))"

return lookups
