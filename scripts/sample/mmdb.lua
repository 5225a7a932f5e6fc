-- Writes databases in the MaxMind DB file format, version 2.0: a binary search tree over address bits, a data section,
-- and metadata. Meant for some thousand networks that are known beforehand; everything is held in memory.
--
-- The tree is always an IPv6 one: IPv4 networks live under ::/96, and ::ffff:0:0/96 leads to the same place, so that
-- an IPv4 address and its mapped form find the same record. Equal records are stored once.

local mmdb = {}

local MAX_TREE_BITS = 128
local TYPE = { utf8 = 2, double = 3, uint16 = 5, uint32 = 6, map = 7, uint64 = 9, array = 11 }

---A number with its type in the file; plain Lua strings are utf8, floats doubles, integers uint32, tables maps.
---@param kind "uint16"|"uint32"|"uint64"|"double"
---@param number number
function mmdb.number(kind, number)
  return setmetatable({ kind = kind, number = number }, mmdb)
end

---A list of values, which is an array in the file.
---@param items any[]
function mmdb.array(items)
  return setmetatable({ kind = "array", items = items }, mmdb)
end

---The control byte(s): type and size. Types above 7 take a second byte; sizes from 29 on take more.
local function control(kind, size)
  local number = TYPE[kind]
  local first, extended = number << 5, ""
  if number > 7 then first, extended = 0, string.char(number - 7) end
  if size < 29 then return string.char(first | size) .. extended end
  if size < 285 then return string.char(first | 29) .. extended .. string.char(size - 29) end
  if size < 65821 then return string.char(first | 30) .. extended .. string.pack(">I2", size - 285) end
  assert(size < 16843037, "a value of more than 16 MiB doesn't fit the format")
  return string.char(first | 31) .. extended .. string.pack(">I3", size - 65821)
end

---An unsigned integer in as few bytes as it needs; 0 needs none.
local function unsigned(kind, number)
  local bytes = string.pack(">I8", number):gsub("^\0+", "")
  return control(kind, #bytes) .. bytes
end

local encode

local function encode_map(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  local out = { control("map", #keys) }
  for _, key in ipairs(keys) do
    out[#out + 1] = encode(key)
    out[#out + 1] = encode(map[key])
  end
  return table.concat(out)
end

local function encode_array(items)
  local out = { control("array", #items) }
  for _, item in ipairs(items) do out[#out + 1] = encode(item) end
  return table.concat(out)
end

function encode(value)
  local lua_type = math.type(value) or type(value)
  if lua_type == "string" then return control("utf8", #value) .. value end
  if lua_type == "float" then return control("double", 8) .. string.pack(">d", value) end
  if lua_type == "integer" then return unsigned("uint32", value) end
  assert(lua_type == "table", "a " .. lua_type .. " has no form in the file")
  if getmetatable(value) ~= mmdb then return encode_map(value) end
  if value.kind == "array" then return encode_array(value.items) end
  if value.kind == "double" then return encode(value.number + 0.0) end
  return unsigned(value.kind, value.number)
end

---The 128 bits of an address as two integers.
---@param text string "a.b.c.d", or IPv6 with at most one "::" and no dotted part
---@return integer high, integer low, boolean v4
function mmdb.parse_address(text)
  local a, b, c, d = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  if a then
    local number = 0
    for _, byte in ipairs { a, b, c, d } do number = number << 8 | math.tointeger(byte) end
    return 0, number, true
  end
  local before, after = text:match "^(.-)::(.*)$"
  local groups = {}
  for group in (before or text):gmatch "%x+" do groups[#groups + 1] = tonumber(group, 16) end
  local tail = {}
  for group in (after or ""):gmatch "%x+" do tail[#tail + 1] = tonumber(group, 16) end
  while #groups + #tail < 8 do groups[#groups + 1] = 0 end
  table.move(tail, 1, #tail, #groups + 1, groups)
  assert(#groups == 8, "not an address: " .. text)
  local high = groups[1] << 48 | groups[2] << 32 | groups[3] << 16 | groups[4]
  return high, groups[5] << 48 | groups[6] << 32 | groups[7] << 16 | groups[8], false
end

local function bit_at(high, low, index)
  if index < 64 then return high >> (63 - index) & 1 end
  return low >> (127 - index) & 1
end

---@class sample.mmdb.writer
local writer = {}
writer.__index = writer

---@param options {database_type: string, description: string, build_epoch: integer, record_size: 24|28|32|nil}
---@return sample.mmdb.writer
function mmdb.new(options)
  return setmetatable({
    options = options,
    nodes = { {} }, -- a node is { [0] = child, [1] = child }; a child is a node or a record's { offset = n }
    data = {}, data_size = 0,
    known = {}, -- encoded record → its { offset = n }
  }, writer)
end

---Stores a record once, wherever it is used.
function writer:store(record)
  local bytes = encode(record)
  local place = self.known[bytes]
  if not place then
    place = { offset = self.data_size }
    self.known[bytes] = place
    self.data[#self.data + 1] = bytes
    self.data_size = self.data_size + #bytes
  end
  return place
end

---The node that `depth` bits of an address lead to; made where it is missing.
function writer:descend(high, low, depth)
  local node = self.nodes[1]
  for index = 0, depth - 1 do
    local bit = bit_at(high, low, index)
    local child = node[bit]
    assert(not (child and child.offset), "a network lies inside another one")
    if not child then
      child = {}
      node[bit] = child
      self.nodes[#self.nodes + 1] = child
    end
    node = child
  end
  return node
end

---Gives every address of `network` ("240.1.0.0/16", "2001:db8::/32") the record. Networks must not overlap.
---@param network string
---@param record table
function writer:insert(network, record)
  local address, length = network:match "^(.-)/(%d+)$"
  local high, low, v4 = mmdb.parse_address(address)
  local depth = math.tointeger(length) + (v4 and 96 or 0)
  assert(depth >= 1 and depth <= MAX_TREE_BITS, "not a prefix length: " .. network)
  local parent = self:descend(high, low, depth - 1)
  local bit = bit_at(high, low, depth - 1)
  assert(not parent[bit], "network " .. network .. " overlaps another one")
  parent[bit] = self:store(record)
end

---Lets ::ffff:0:0/96 lead to the IPv4 part of the tree.
local function alias_mapped(self)
  local v4 = self:descend(0, 0, 96)
  local parent = self:descend(0, 0xffff00000000, 95)
  parent[1] = v4
end

local function smallest_record_size(largest)
  if largest < 1 << 24 then return 24 end
  if largest < 1 << 28 then return 28 end
  return 32
end

---Two records of a node as bytes; in 28 bits the fourth byte holds the top four bits of both.
local function pack_node(left, right, record_size)
  if record_size == 24 then return string.pack(">I3I3", left, right) end
  if record_size == 32 then return string.pack(">I4I4", left, right) end
  local middle = (left >> 24) << 4 | right >> 24
  return string.pack(">I3I1I3", left & 0xffffff, middle, right & 0xffffff)
end

local function pack_tree(self, record_size)
  local nodes, out = self.nodes, {}
  for i, node in ipairs(nodes) do node.number = i - 1 end
  local function value_of(child)
    if not child then return #nodes end
    return child.number or #nodes + 16 + child.offset
  end
  for i, node in ipairs(nodes) do
    out[i] = pack_node(value_of(node[0]), value_of(node[1]), record_size)
  end
  return table.concat(out)
end

local function metadata(self, record_size)
  local options = self.options
  return {
    binary_format_major_version = mmdb.number("uint16", 2),
    binary_format_minor_version = mmdb.number("uint16", 0),
    build_epoch = mmdb.number("uint64", options.build_epoch),
    database_type = options.database_type,
    description = { en = options.description },
    ip_version = mmdb.number("uint16", 6),
    languages = mmdb.array { "en" },
    node_count = mmdb.number("uint32", #self.nodes),
    record_size = mmdb.number("uint16", record_size),
  }
end

---The whole database.
---@return string
function writer:bytes()
  alias_mapped(self)
  local record_size = self.options.record_size or smallest_record_size(#self.nodes + 16 + self.data_size)
  return pack_tree(self, record_size)
    .. string.rep("\0", 16)
    .. table.concat(self.data)
    .. "\xab\xcd\xefMaxMind.com"
    .. encode(metadata(self, record_size))
end

return mmdb
