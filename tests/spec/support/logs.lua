-- What the specs of logs count with: log files read by plain Lua, line by line, with nothing of Lunette's.

local logs = {}

local function lines_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text:gmatch "[^\r\n]+"
end

local function split(line)
  local parts = {}
  for part in (line .. "\t"):gmatch "([^\t]*)\t" do parts[#parts + 1] = part end
  return parts
end

---The rows of a Zeek log as { field = text }, unset ones left out, and its fields; lines with too few fields are none.
---@param path string
---@return table<string, string>[] rows, {name: string, type: string}[] fields
function logs.zeek(path)
  local names, types, rows = nil, nil, {}
  for line in lines_of(path) do
    local parts = split(line)
    if parts[1] == "#fields" then names = table.move(parts, 2, #parts, 1, {}) end
    if parts[1] == "#types" then types = table.move(parts, 2, #parts, 1, {}) end
    if line:sub(1, 1) ~= "#" and #parts == #names then
      local row = {}
      for i, name in ipairs(names) do
        if parts[i] ~= "-" then row[name] = parts[i] end
      end
      rows[#rows + 1] = row
    end
  end
  local fields = {}
  for i, name in ipairs(names) do fields[i] = { name = name, type = types[i] } end
  return rows, fields
end

local function trimmed(fraction)
  return (fraction:gsub("0+$", ""):gsub("^%.$", ""))
end

---"1541117137.618695" as "2018-11-02T00:05:37.618695Z".
---@param seconds string
---@return string
function logs.time(seconds)
  local whole, fraction = seconds:match "^(%d+)(%.%d+)$"
  return os.date("!%Y-%m-%dT%H:%M:%S", math.tointeger(tonumber(whole))) .. trimmed(fraction) .. "Z"
end

-- "2022-02-23T19:22:24.405644+0100" as "2022-02-23T18:22:24.405644Z": whole hours' offset, as the files have it.
local function utc(text)
  local y, mo, d, h, mi, s, fraction, offset = text:match "^(%d+)%-(%d+)%-(%d+)T(%d+):(%d+):(%d+)(%.%d+)([+-]%d%d)00$"
  local at = os.time { year = y, month = mo, day = d, hour = 12, min = mi, sec = s, isdst = false }
  at = at + (tonumber(h) - 12 - tonumber(offset)) * 3600
  return os.date("%Y-%m-%dT%H:%M:%S", at) .. trimmed(fraction) .. "Z"
end

---The events of an EVE log: what stands before each record's nested fields.
---@param path string
---@return table[]
function logs.eve(path)
  local events = {}
  for line in lines_of(path) do
    local head = line:match "^{[^{]*"
    local function text(name) return head:match('"' .. name .. '":"([^"]*)"') end
    local function number(name) return math.tointeger(tonumber(head:match('"' .. name .. '":(%d+)'))) end
    events[#events + 1] = {
      time = utc(text "timestamp"), event_type = text "event_type", src_ip = text "src_ip", dst_ip = text "dest_ip",
      flow_id = number "flow_id", src_port = number "src_port", dst_port = number "dest_port",
    }
  end
  return events
end

return logs
