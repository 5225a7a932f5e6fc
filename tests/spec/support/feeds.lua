-- What the specs of sources and analyses count with: files read by plain Lua, line by line, with nothing of Lunette's.

local feeds = {}

---The path of a file of the shared reference data, or nil when it isn't there.
---@param name string
---@return string?
function feeds.data(name)
  local path = (os.getenv "LUNETTE_DATA" or "../shared/data") .. "/" .. name
  local file = io.open(path, "rb")
  if not file then return nil end
  file:close()
  return path
end

---The fields of one line.
---@param line string
---@return string[]
function feeds.fields(line)
  local fields, at = {}, 1
  while at do
    local _, to, text = line:find('^ *"([^"]*)"', at)
    while to and line:sub(to + 1, to + 1) == '"' do -- a doubled quote: the field goes on
      local more
      _, to, more = line:find('^"([^"]*)"', to + 1)
      text = text .. '"' .. more
    end
    if not to then _, to, text = line:find("^ *([^,]*)", at) end
    fields[#fields + 1] = text
    at = line:sub(to + 1, to + 1) == "," and to + 2 or nil
  end
  return fields
end

local function lines_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text:gmatch "[^\r\n]+"
end

---The rows of a CSV file as { column = text }, "" and "None" left out; and the number that its footer gives.
---@param path string
---@param marker string a column that only the header names
---@return table<string, string>[] rows, integer? promised
function feeds.read(path, marker)
  local names, rows, promised = nil, {}, nil
  for line in lines_of(path) do
    local said = line:match "^# Number of entries: (%d+)" or line:match "^# END (%d+) entries"
    promised = said and math.tointeger(said) or promised
    if not names and line:find(marker, 1, true) then
      names = feeds.fields((line:gsub("^#%s*", "")))
    elseif line:sub(1, 1) ~= "#" then
      local row, fields = {}, feeds.fields(line)
      for i, name in ipairs(names) do
        if fields[i] ~= "" and fields[i] ~= "None" then row[name] = fields[i] end
      end
      rows[#rows + 1] = row
    end
  end
  return rows, promised
end

---@param path string
function feeds.threatfox(path) return feeds.read(path, "ioc_value") end

---The address and port of a ThreatFox row of type ip:port.
---@param row table<string, string>
---@return string ip, integer port
function feeds.host_and_port(row)
  local host, port = row.ioc_value:match "^(.*):(%d+)$"
  return host:match "^%[(.*)%]$" or host, math.tointeger(port)
end

---How many rows there are of each key; a key of nil isn't counted.
---@param rows any[]
---@param key fun(row: any): any
---@return table<any, integer> counts, integer total
function feeds.count(rows, key)
  local counts, total = {}, 0
  for _, row in ipairs(rows) do
    local k = key(row)
    if k ~= nil then
      counts[k], total = (counts[k] or 0) + 1, total + 1
    end
  end
  return counts, total
end

---The rows for which `keep` is true.
function feeds.filter(rows, keep)
  local out = {}
  for _, row in ipairs(rows) do
    if keep(row) then out[#out + 1] = row end
  end
  return out
end

---A file of its own with this content; gone when the returned function is called.
---@param content string
---@param ending string such as ".csv"
---@return string path, function remove
function feeds.temporary(content, ending)
  local name = os.tmpname()
  local path = name .. ending
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  return path, function()
    os.remove(path)
    os.remove(name)
  end
end

---Calls `check` with the path of a file of this content; the file is gone afterwards, whatever happened.
---@param content string
---@param ending string
---@param check fun(path: string)
function feeds.with_file(content, ending, check)
  local path, remove = feeds.temporary(content, ending)
  local ok, message = pcall(check, path)
  remove()
  if not ok then error(message, 0) end
end

return feeds
