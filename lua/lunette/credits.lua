-- What the makers of free address databases want to be said wherever their data is shown.
local credits = {}

-- A word of the file's name, type or description, and the text.
local known = {
  { "dbip", "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0" },
  { "db-ip", "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0" },
  { "geolite2", "includes GeoLite2 data created by MaxMind (https://www.maxmind.com)" },
}

--- A database's description (its type, where it has none) with the credit that is due: it stands wherever a report names its
--- databases.
---@param info { path: string, type: string, description: string }
---@return string
function credits.description(info)
  local text = info.description ~= "" and info.description or info.type
  local all = (info.path:match "[^/]*$" .. " " .. info.type .. " " .. info.description):lower()
  for _, credit in ipairs(known) do
    if all:find(credit[1], 1, true) and not text:find(credit[2], 1, true) then return text .. "; " .. credit[2] end
  end
  return text
end

return credits
