local lunette = require "lunette"
local feed = require "lunette.kit.feed"
local log = require "lunette.kit.log"

-- Zeek's types whose values must be what they say; everything else is text. Times are seconds since 1970 here.
local TYPES = {
  time = "float", interval = "float", double = "float", count = "int", int = "int", port = "int", addr = "ip",
}

-- Columns of JSON logs whose values must be what they say.
local JSON_TYPES = { ["id.orig_h"] = "ip", ["id.resp_h"] = "ip", ["id.orig_p"] = "int", ["id.resp_p"] = "int" }

-- Seconds since 1970, or milliseconds, as Zeek writes them where json_timestamps is TS_MILLIS: as seconds those would be
-- in the year 5000 or later.
local EPOCH = "try_time(if_else(abs(%s) < 1e11, float(%s), %s / 1000))"

-- What "\x09" stands for.
local function unescaped(text)
  return (text:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function split(text, separator)
  local parts, at = {}, 1
  while true do
    local from, to = text:find(separator, at, true)
    parts[#parts + 1] = text:sub(at, (from or 0) - 1)
    if not from then return parts end
    at = to + 1
  end
end

-- The head's `#name value` lines. `#separator` is the only one that is written with a space.
local function header_of(head)
  local header = { separator = "\t", set_separator = ",", unset = "-", empty = "(empty)" }
  for _, line in ipairs(feed.lines(head)) do
    if line:sub(1, 1) ~= "#" then break end
    local separator = line:match "^#separator (.+)"
    if separator then header.separator = unescaped(separator) end
    local words = split(line, header.separator)
    local name, value = words[1], words[2]
    if name == "#set_separator" and value then header.set_separator = unescaped(value) end
    if name == "#unset_field" then header.unset = unescaped(value) end
    if name == "#empty_field" then header.empty = unescaped(value) end
    if name == "#fields" then header.line, header.fields = line, table.move(words, 2, #words, 1, {}) end
    if name == "#types" then header.types = table.move(words, 2, #words, 1, {}) end
  end
  return header
end

local function read_tsv(path, opts, header)
  if not header.fields or not header.types or #header.fields ~= #header.types then
    error(("'%s' has no #fields and #types of the same number at its beginning; a Zeek log that lost them is read with "
      .. "lunette.csv(path, { names = { \"ts\", … } })"):format(path), 0)
  end
  local types = {}
  for i, name in ipairs(header.fields) do types[name] = TYPES[header.types[i]] end
  return lunette.csv(path, feed.options({
    delimiter = header.separator, quote = false, comment = "#", header = false, header_comment = header.line,
    names = header.fields, types = types, all_strings = true, nulls = { header.unset },
  }, opts))
end

-- The columns with Zeek's way of writing undone: T and F, seconds as times, the mark of an empty text or set, bytes as \xNN,
-- and what stands between the elements of sets and vectors, which becomes a comma as in JSON logs. A comma within an element
-- is \x2c, or it couldn't be told from those.
local function decoded(query, header)
  local items = {}
  for i, name in ipairs(header.fields) do
    local kind, column = header.types[i], "`" .. name .. "`"
    if kind == "bool" then
      items[#items + 1] = ("%s = if_else(%s == 'T', true, if_else(%s == 'F', false, null))"):format(column, column, column)
    elseif kind == "time" then
      items[#items + 1] = ("%s = try_time(%s)"):format(column, column)
    elseif TYPES[kind] or kind == "enum" then
      items[#items + 1] = column
    else
      local many, text = kind:find "^set%[" or kind:find "^vector%[", column
      if many and header.set_separator ~= "," then text = ("replace(replace(%s, ',', $comma), $between, ',')"):format(column) end
      text = ("unescape(%s%s)"):format(text, many and ", ','" or "")
      items[#items + 1] = ("%s = if_else(%s == $empty, '', %s)"):format(column, column, text)
    end
  end
  items[#items + 1] = { empty = header.empty, between = header.set_separator, comma = "\\x2c" }
  return query:select(table.unpack(items))
end

-- The different headers of a file that several logs were put into, each with the numbers of the sections that it is of: the
-- n-th `#fields` line begins section n. Empty where there is only one.
local function headers_of(lines, header)
  local sections, by_text, fields, n = {}, {}, nil, 0
  local marks = { ["#unset_field"] = header.unset, ["#empty_field"] = header.empty, ["#set_separator"] = header.set_separator }
  for row in lines:filter("line:starts_with('#fields', '#types', '#unset_field', '#empty_field', '#set_separator')"):rows() do
    local words = split(row.line, header.separator)
    if words[1] == "#fields" then
      fields, n = words, n + 1
    elseif marks[words[1]] then
      marks[words[1]] = unescaped(words[2] or "")
    elseif fields and #fields == #words then
      local unset, empty, between = marks["#unset_field"], marks["#empty_field"], marks["#set_separator"]
      local key = table.concat({ unset, empty, between, table.concat(fields, "\0"), table.concat(words, "\0") }, "\0")
      local section = by_text[key]
      if not section then
        section = { fields = table.move(fields, 2, #fields, 1, {}), types = table.move(words, 2, #words, 1, {}), numbers = {},
          unset = unset, empty = empty, set_separator = between }
        by_text[key], sections[#sections + 1] = section, section
      end
      table.insert(section.numbers, n)
    end
  end
  return #sections > 1 and sections or {}
end

-- The lines of one header's sections as its columns. A value that isn't of its type is null.
local function section_columns(lines, section, separator)
  local items = {}
  for i, name in ipairs(section.fields) do
    local value = ("split_part(line, $separator, %d)"):format(i)
    local kind = TYPES[section.types[i]]
    value = ("if_else(%s == $unset, null, %s)"):format(value, value)
    items[i] = ("`%s` = %s"):format(name, kind and ("try_%s(%s)"):format(kind, value) or value)
  end
  items[#items + 1] = { separator = separator, unset = section.unset }
  return lines:filter(("section in (%s)"):format(table.concat(section.numbers, ", "))):select(table.unpack(items))
end

-- The same queries, so that they can stand one behind the other: a column that isn't of one type in all of them becomes text.
-- int and float go together as they are.
local function lined_up(parts)
  local type_of, mixed = {}, {}
  for _, part in ipairs(parts) do
    for _, column in ipairs(part:schema()) do
      local kind = column.type == "int" and "float" or column.type
      if (type_of[column.name] or kind) ~= kind then mixed[column.name] = true end
      type_of[column.name] = kind
    end
  end
  for i, part in ipairs(parts) do
    for name in pairs(mixed) do
      if part:has(name) then parts[i] = parts[i]:derive(("`%s` = string(`%s`)"):format(name, name)) end
    end
  end
  return parts
end

-- A file that holds logs with different fields: each header's rows, one header after the other; nil for any other file.
local function read_sections(path, opts, header)
  local lines = lunette.csv(path, { delimiter = "\1", quote = false, comment = false, header = false, names = { "line" },
    all_strings = true, member = opts and opts.member })
  local sections = headers_of(lines, header)
  if #sections == 0 then return nil end
  lines = lines:window { "section = cumsum(if_else(line:starts_with('#fields'), 1, 0))" }:filter "not line:starts_with('#')"
  local parts = {}
  for i, section in ipairs(sections) do
    parts[i] = decoded(section_columns(lines, section, header.separator), section)
  end
  return lunette.concat(lined_up(parts))
end

local function read_json(path, opts)
  local query = lunette.json(path, feed.options({ types = JSON_TYPES }, opts))
  if query:has("ts", "string") then -- both forms in one file
    query = query:derive("ts = coalesce(try_time(ts), " .. EPOCH:format("try_float(ts)", "try_float(ts)", "try_float(ts)") .. ")")
  elseif query:has "ts" and not query:has("ts", "time") then
    query = query:derive("ts = " .. EPOCH:format("ts", "ts", "ts"))
  end
  return query
end

local function mapped(query)
  return log.map(query, "zeek", {
    time = log.time(query, "ts"),
    src_ip = log.column(query, "id.orig_h", "src"), src_port = log.column(query, "id.orig_p"),
    dst_ip = log.column(query, "id.resp_h", "dst"), dst_port = log.column(query, "id.resp_p"),
    proto = log.column(query, "proto"), host = log.column(query, "host", "server_name", "query"),
    url = log.url(log.column(query, "host"), log.column(query, "id.resp_p"), log.column(query, "uri")),
    user_agent = log.column(query, "user_agent"),
    bytes_out = log.column(query, "orig_bytes", "request_body_len"),
    bytes_in = log.column(query, "resp_bytes", "response_body_len"),
  })
end

return {
  api = 1,
  kind = "source",
  name = "zeek",
  version = "1.0.0",
  summary = "Zeek logs: tab-separated, and JSON lines",
  description = [[
Reads any of Zeek's logs, as it writes them: tab-separated with `#fields` and `#types`, or as JSON lines with times in
seconds, milliseconds or ISO 8601.

The log's fields keep their names and types (`` `id.orig_h` ``, `duration`); sets and vectors are one text with commas. Bytes
that Zeek wrote as `\xNN` are characters again, but for those that are no UTF-8 and for a comma within an element of a set
(`\x2c`). In front of them stand `time src_ip src_port dst_ip dst_port proto host url user_agent bytes_out bytes_in` where the log has
them: `host` is the HTTP host, TLS server name or DNS query. An unset field is null, an empty one an empty text. Logs that
were put one behind the other in a file are read as one; where their fields differ, rows come header by header, with null
in the columns that a header doesn't have and in place of values that aren't of their type; a column that two headers give
different types is text.]],
  categories = { "log", "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://docs.zeek.org/en/master/log-formats.html" },
  permissions = {},

  detect = function(head)
    if feed.is_json(head) then
      local first = head:match "^[^\r\n]*"
      local has_ts = first:find '"ts"%s*:' ~= nil
      if has_ts and first:find('"id.orig_h"', 1, true) then return 0.95 end
      return has_ts and (first:find '"uid"%s*:' or first:find '"_path"%s*:') and 0.8 or nil
    end
    return (head:find "^#separator " or head:find "^#fields\t") and head:find "\n?#fields" and 0.95 or nil
  end,

  read = function(path, opts)
    local head = lunette.peek(path, opts and opts.member)
    if feed.is_json(head) then return mapped(read_json(path, opts)) end
    local header = header_of(head)
    local sections = header.fields and read_sections(path, opts, header)
    if sections then return mapped(sections) end
    return mapped(decoded(read_tsv(path, opts, header), header))
  end,
}
