-- Which addresses are nobody's on the Internet.
local addresses = {}

--- A condition that is true for addresses that mean nothing outside of one's own network, or anywhere: private, loopback,
--- link-local, multicast, broadcast, unspecified.
---@param column string an expression of type ip
---@return string
function addresses.is_inside(column)
  return ("(is_private(%s) or within(%s, '127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32', "
    .. "'::/127', 'fe80::/10', 'ff00::/8'))"):format(column, column)
end

return addresses
