-- Text fit for a terminal: what is dangerous made visible, and how many columns text takes. Feed text never reaches a
-- terminal in any other way: control bytes, escape sequences, direction controls and invisible characters are shown as
-- escapes.
local width = {}

-- Ranges as two sorted arrays, first and last; made on first use, because plain ASCII never needs them.
local tables = {}

local function ranges(name)
  if tables[name] then return tables[name] end
  local first, last = {}, {}
  for word in require("lunette.width_table")[name]:gmatch "%S+" do
    local a, b = word:match "^(%x+)%-?(%x*)$"
    first[#first + 1] = tonumber(a, 16)
    last[#last + 1] = tonumber(b ~= "" and b or a, 16)
  end
  tables[name] = { first = first, last = last }
  return tables[name]
end

local function is_in(name, code)
  local r = ranges(name)
  local low, high = 1, #r.first
  while low <= high do
    local middle = (low + high) // 2
    if code < r.first[middle] then
      high = middle - 1
    elseif code > r.last[middle] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

local named = { [9] = "\\t", [10] = "\\n", [13] = "\\r", [27] = "\\e" }

-- One character as it may be shown.
local function shown(code, text)
  if named[code] then return named[code] end
  if code < 32 or code >= 127 and code < 160 then return ("\\x%02x"):format(code) end
  if code == 0xad or code >= 0x300 and is_in("hidden", code) then return ("\\u{%x}"):format(code) end
  return text
end

-- All characters of text that may be invalid UTF-8; a stray byte is shown as an escape.
local function escape(text)
  local out, at, size = {}, 1, #text
  while at <= size do
    local valid, bad = utf8.len(text, at)
    local stop = valid and size or bad - 1
    for _, code in utf8.codes(text:sub(at, stop)) do out[#out + 1] = shown(code, utf8.char(code)) end
    if bad and bad <= size and not valid then out[#out + 1] = ("\\x%02x"):format(text:byte(bad)) end
    at = stop + 2
    if valid then break end
  end
  return table.concat(out)
end

--- The text with everything escaped that isn't printable, line ends too: for a cell.
---@param text string
---@return string
function width.cell(text)
  if not text:find "[^\32-\126]" then return text end
  return escape(text)
end

--- The same for whole messages: line ends and tabs stay.
---@param text string
---@return string
function width.safe(text)
  if not text:find "[^\9\10\32-\126]" then return text end
  return (text:gsub("[^\n\t]+", escape))
end

local function columns_of(code)
  if code < 0x300 then return 1 end
  if is_in("zero", code) then return 0 end
  return is_in("wide", code) and 2 or 1
end

--- How many columns a terminal shows printable text in.
---@param text string what `cell` gave
---@return integer
function width.of(text)
  if not text:find "[\128-\255]" then return #text end
  local n = 0
  for _, code in utf8.codes(text) do n = n + columns_of(code) end
  return n
end

--- The text cut to at most `limit` columns, with … (or another mark) where something was cut; and its width.
---@param text string what `cell` gave
---@param limit integer at least 1
---@param mark? string
---@return string, integer
function width.cut(text, limit, mark)
  local total = width.of(text)
  if total <= limit then return text, total end
  mark = mark or "…"
  local room = limit - (utf8.len(mark) or 1)
  if room < 0 then return mark:sub(1, limit), limit end
  local n, stop = 0, 1
  for at, code in utf8.codes(text) do
    local columns = columns_of(code)
    if n + columns > room then
      stop = at
      break
    end
    n = n + columns
  end
  return text:sub(1, stop - 1) .. mark, n + limit - room
end

--- Text as lines of at most `limit` columns, broken between words; lines after the first start with `indent`. A word that
--- is longer stays whole.
---@param text string what `safe` gave
---@param limit integer
---@param indent? string
---@return string
function width.wrap(text, limit, indent)
  local out = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    if width.of((line:gsub("\t", "    "))) > limit then
      local lines, current, used = {}, nil, 0
      for word in line:gmatch "%S+" do
        local n = width.of(word)
        if current and used + 1 + n > limit then
          lines[#lines + 1], current = current, nil
        end
        local start = #lines == 0 and line:match "^%s*" or indent or ""
        if current then current, used = current .. " " .. word, used + 1 + n
        else current, used = start .. word, #start + n end
      end
      lines[#lines + 1] = current
      line = table.concat(lines, "\n")
    end
    out[#out + 1] = line
  end
  return table.concat(out, "\n")
end

--- A message as lines of at most `limit` columns. Lines that start with a space are kept as they are: the text of an
--- expression, and the carets under it.
---@param text string what `safe` gave
---@param limit? integer nil: as it is
---@return string
function width.message(text, limit)
  if not limit or #text <= limit then return text end
  return (text:gsub("[^\n]+", function(line)
    return line:match "^%s" and line or width.wrap(line, math.max(limit, 20), "  ")
  end))
end

local plain_like = { ["…"] = "...", ["–"] = "-", ["—"] = "-", ["·"] = ".", ["×"] = "x", ["→"] = "->", ["’"] = "'" }

--- The text in ASCII, for terminals of another encoding: signs of ours as their like, everything else as escapes.
---@param text string what `cell` or `safe` gave
---@return string
function width.ascii(text)
  if not text:find "[\128-\255]" then return text end
  return (text:gsub("[\194-\244][\128-\191]+", function(one)
    return plain_like[one] or one:gsub(utf8.charpattern, function(c) return ("\\u{%x}"):format(utf8.codepoint(c)) end)
  end))
end

--- The text padded with spaces to `columns`, on the right, or on the left where `right` is set.
---@param text string
---@param columns integer
---@param right? boolean
---@return string
function width.pad(text, columns, right)
  local fill = (" "):rep(columns - width.of(text))
  return right and fill .. text or text .. fill
end

return width
