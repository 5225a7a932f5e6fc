-- What source plugins have in common: reading a feed's head, and mapping its columns to the IOC schema.

local feed = {}

---The IOC schema's columns, in their order; `source` follows them, then the feed's own columns.
feed.SCHEMA = {
  "id", "first_seen", "last_seen", "ioc", "ioc_type", "ip", "port", "host", "threat_type", "malware", "family",
  "aliases", "confidence", "reference", "tags", "reporter",
}

---What feeds write for "nothing".
feed.NULLS = { "", "None" }

-- The quoted field that starts at `at`, and where the line goes on after it.
local function quoted_field(line, at)
  local parts, from = {}, at + 1
  while true do
    local close = line:find('"', from, true)
    if not close then return line:sub(at + 1), #line + 1 end
    parts[#parts + 1] = line:sub(from, close - 1)
    if line:sub(close + 1, close + 1) ~= '"' then return table.concat(parts, '"'), close + 1 end
    from = close + 2
  end
end

---Splits one line of comma-separated fields; quotes may be doubled inside quotes, and a space may follow a comma.
---@param line string
---@return string[]
function feed.split(line)
  local fields, at = {}, 1
  repeat
    at = line:match("^ *()", at)
    local field
    if line:sub(at, at) == '"' then
      field, at = quoted_field(line, at)
    else
      field, at = line:match("^([^,]*)()", at)
    end
    fields[#fields + 1] = field
    at = line:match("^[^,]*,()", at)
  until not at
  return fields
end

local FULL_HEAD = 4096 -- bytes; a shorter head is the whole file

---The first lines of a file's head; the last one is left out where it may be cut.
---@param head string
---@return string[]
function feed.lines(head)
  local lines = {}
  local text = head:gsub("^\xef\xbb\xbf", "")
  if #head < FULL_HEAD and not text:find "\n$" then text = text .. "\n" end
  for line in text:gmatch "([^\r\n]*)\r?\n" do lines[#lines + 1] = line end
  return lines
end

---Whether a name is among `names`, in whatever case.
---@param names string[]
---@param name string
---@return boolean
function feed.has(names, name)
  for _, each in ipairs(names) do
    if each:lower() == name:lower() then return true end
  end
  return false
end

---The names in the first line that has a column called `name`, commented out or not, and that line's number.
---@param lines string[]
---@param name string
---@return string[]? names, integer? line
function feed.header(lines, name)
  for i, line in ipairs(lines) do
    local names = feed.split((line:gsub("^#%s*", "")))
    if feed.has(names, name) then return names, i end
  end
  return nil
end

---Whether the head looks like JSON.
---@param head string
---@return boolean
function feed.is_json(head)
  return head:find "^\xef?\xbb?\xbf?%s*[%[{]" ~= nil
end

---The entries of `all` whose keys are among `names`.
---@generic T
---@param all table<string, T>
---@param names string[]
---@return table<string, T>
function feed.only(all, names)
  local out = {}
  for _, name in ipairs(names) do out[name] = all[name] end
  return out
end

---The options a reader gets: the source's own, overridden by those of the user.
---@param own table
---@param users table?
---@return table
function feed.options(own, users)
  local out = {}
  for key, value in pairs(own) do out[key] = value end
  for key, value in pairs(users or {}) do out[key] = value end
  return out
end

local function quoted(name)
  return "`" .. name .. "`"
end

-- Whether the expression reads the column.
local function mentions(expression, name)
  return (" " .. expression .. " "):find("[^%w_]" .. name .. "[^%w_]") ~= nil
end

---Maps a feed's columns to the IOC schema: `mapping` gives an expression per schema column, or the feed's name for it.
---Schema columns that the feed hasn't got are left out; the feed's own columns follow, under their names (with the
---source's name in front where the schema has that name for something else).
---@param query table
---@param source string
---@param mapping table<string, string>
---@return table query
function feed.map(query, source, mapping)
  local items, taken = {}, {}
  for _, column in ipairs(feed.SCHEMA) do
    local from = mapping[column]
    if from then
      local is_name = query:has(from)
      items[#items + 1] = column .. " = " .. (is_name and quoted(from) or from)
      taken[is_name and from or column] = is_name or mentions(from, column)
    end
  end
  items[#items + 1] = "source = $source"
  for _, field in ipairs(query:schema()) do
    local name = field.name
    if not taken[name] then
      local clashes = mapping[name] or name == "source"
      items[#items + 1] = clashes and quoted(source .. "_" .. name) .. " = " .. quoted(name) or quoted(name)
    end
  end
  items[#items + 1] = { source = source }
  return query:select(table.unpack(items))
end

return feed
