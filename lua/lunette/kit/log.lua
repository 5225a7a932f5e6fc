-- What log sources have in common: the log's own columns stay as they are, and in front of them stand the canonical
-- ones, under which hunts find them.

local log = {}

---The canonical columns of a log, in their order: where a source has them, they are called so.
log.SCHEMA = {
  "time", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "host", "url", "user_agent", "bytes_out", "bytes_in",
}

local function quoted(name)
  return "`" .. name .. "`"
end

---The expression for a column that the log may have: its name in backticks, or nil.
---@param query table
---@param ... string names, the first that is there counts
---@return string?
function log.column(query, ...)
  for i = 1, select("#", ...) do
    local name = select(i, ...)
    if query:has(name) then return quoted(name) end
  end
  return nil
end

---The time in a column that may be seconds since 1970 or text.
---@param query table
---@param name string
---@return string?
function log.time(query, name)
  if not query:has(name) then return nil end
  return query:has(name, "time") and quoted(name) or ("try_time(%s)"):format(quoted(name))
end

---The URL of an unencrypted HTTP request: `host`, `port` and `path` are expressions; nil where one of them is. A path
---that is a whole URL, as proxies see it, stays as it is.
---@param host string?
---@param port string?
---@param path string?
---@return string?
function log.url(host, port, path)
  if not host or not port or not path then return nil end
  return ("if_else(%s:contains '://', %s, 'http://' .. %s .. if_else(%s == 80, '', ':' .. %s) .. %s)")
    :format(path, path, host, port, port, path)
end

---Puts the canonical columns that `mapping` gives expressions for in front of the log's own. A column of the log's that
---has a canonical name and isn't the same gets the source's name in front: `zeek_time`.
---@param query table
---@param source string
---@param mapping table<string, string>
---@return table query
function log.map(query, source, mapping)
  local items = {}
  for _, column in ipairs(log.SCHEMA) do
    if mapping[column] then items[#items + 1] = column .. " = " .. mapping[column] end
  end
  for _, field in ipairs(query:schema()) do
    local name = field.name
    if not mapping[name] then
      items[#items + 1] = quoted(name)
    elseif mapping[name] ~= quoted(name) then
      items[#items + 1] = quoted(source .. "_" .. name) .. " = " .. quoted(name)
    end
  end
  return query:select(table.unpack(items))
end

return log
