-- ThreatFox exports that the specs make: banner, header, records, footer.
local exports = {}

local head = [[
################################################################
# ThreatFox IOCs: full export - CSV format                     #
# Last updated: %s UTC                        #
################################################################
#
# %s
]]

local names = '"first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias",' ..
  '"malware_printable","last_seen_utc","confidence_level","reference","tags","anonymous","reporter"'
local record = '"2026-01-01 00:00:00", "%d", "%s", "ip:port", "botnet_cc", "win.x", "None", "%s", "", "%d", "None", "%s", "0", ' ..
  '"me"\n'

--- An export made at `time` of records { id, ioc, family?, confidence?, tags? }.
---@param time string
---@param records table[]
---@return string
function exports.csv(time, records)
  local lines = { head:format(time, names) }
  for _, r in ipairs(records) do
    lines[#lines + 1] = record:format(r[1], r[2], r[3] or "QakBot", r[4] or 75, r[5] or "None")
  end
  lines[#lines + 1] = ("# Number of entries: %d\n"):format(#records)
  return table.concat(lines)
end

--- `n` records from id `first` on.
---@param first integer
---@param n integer
---@param more? table what the records have from the third value on
---@return table[]
function exports.records(first, n, more)
  local out = {}
  for i = first, first + n - 1 do
    out[#out + 1] = { i, ("198.18.%d.%d:443"):format(i // 200, i % 200 + 1), table.unpack(more or {}) }
  end
  return out
end

return exports
