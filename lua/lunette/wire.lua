-- Values as bytes, for messages between Lunette and a confined worker. Whoever reads may be reading what a hostile
-- process wrote: what comes out is plain data, however wrong the bytes are, and a message can't blow up: its depth and
-- its number of values are bounded.
local core = require "lunette.core"

local wire = {}

local max_depth, max_values = 24, 200000

-- How each kind of value is written: a tag, and what follows it.
local function put_table(out, value, descriptors, depth)
  if depth > max_depth then error("tables nested too deeply, or within themselves", 0) end
  out[#out + 1] = "{"
  for key, item in next, value do
    wire.put(out, key, descriptors, depth + 1)
    wire.put(out, item, descriptors, depth + 1)
  end
  out[#out + 1] = "}"
end

local function put_userdata(out, value, descriptors)
  if getmetatable(value) == "lunette.descriptor" then
    descriptors[#descriptors + 1] = value
    out[#out + 1] = "D" .. ("<I1"):pack(#descriptors)
    return
  end
  local kind = core.type(value)
  if kind == "time" then
    out[#out + 1] = "T" .. ("<j"):pack(value.us)
  elseif kind == "ip" then
    out[#out + 1] = "I" .. ("<s1"):pack(tostring(value))
  elseif kind == "null" then
    out[#out + 1] = "N"
  else
    error("a value of the kind " .. tostring(getmetatable(value)), 0)
  end
end

function wire.put(out, value, descriptors, depth)
  local kind = math.type(value) or type(value)
  if kind == "nil" then
    out[#out + 1] = "0"
  elseif kind == "boolean" then
    out[#out + 1] = value and "t" or "f"
  elseif kind == "integer" then
    out[#out + 1] = "i" .. ("<j"):pack(value)
  elseif kind == "float" then
    out[#out + 1] = "d" .. ("<n"):pack(value)
  elseif kind == "string" then
    out[#out + 1] = "s" .. ("<s4"):pack(value)
  elseif kind == "table" then
    put_table(out, value, descriptors, depth)
  elseif kind == "userdata" then
    put_userdata(out, value, descriptors)
  elseif kind == "function" then
    out[#out + 1] = "F"
  else
    error("a " .. kind, 0)
  end
end

--- A value as bytes, and the descriptors in it. A function goes as a mark that there is one.
---@param value any
---@return string bytes, lunette.Descriptor[] descriptors
function wire.pack(value)
  local out, descriptors = {}, {}
  wire.put(out, value, descriptors, 1)
  return table.concat(out), descriptors
end

--- What a function that was sent comes out as.
function wire.far() error("this function is in another process", 2) end

local get

local function get_table(state, depth)
  if depth > max_depth then error("a message nested too deeply", 0) end
  local out = {}
  while state.bytes:byte(state.at) ~= 125 do -- }
    local key = get(state, depth + 1)
    if key == nil or key ~= key then error("a message with a key that is none", 0) end
    out[key] = get(state, depth + 1)
  end
  state.at = state.at + 1
  return out
end

local function take(state, format)
  local value, at = string.unpack(format, state.bytes, state.at)
  state.at = at
  return value
end

local readers = {
  ["0"] = function() return nil end,
  t = function() return true end,
  f = function() return false end,
  i = function(state) return take(state, "<j") end,
  d = function(state) return take(state, "<n") end,
  s = function(state) return take(state, "<s4") end,
  ["{"] = get_table,
  T = function(state) return core.time(take(state, "<j")) end,
  I = function(state) return core.ip(take(state, "<s1")) end,
  N = function() return core.null end,
  F = function() return wire.far end,
  D = function(state)
    return state.descriptors[take(state, "<I1")] or error("a message without its descriptor", 0)
  end,
}

function get(state, depth)
  state.left = state.left - 1
  if state.left < 0 then error("a message of too many values", 0) end
  local reader = readers[state.bytes:sub(state.at, state.at)]
  if not reader then error("a message that can't be read", 0) end
  state.at = state.at + 1
  return reader(state, depth)
end

--- The value that bytes stand for. Raises for bytes that stand for none.
---@param bytes string
---@param descriptors lunette.Descriptor[]
---@return any
function wire.unpack(bytes, descriptors)
  local state = { bytes = bytes, at = 1, left = max_values, descriptors = descriptors }
  local value = get(state, 1)
  if state.at ~= #bytes + 1 then error("a message with more behind its end", 0) end
  return value
end

return wire
