-- The text functions again, slowly: on lists of code points, in Lua.
local pieces = { "a", "B", "z", "0", "9", ".", "-", "_", "%", "\\", " ", "\t", "ä", "Ö", "ß", "Ж", "ж", "Ω", "ω", "中", "🙂", "ab", "aB." }
local escapes = { "\\xc3", "\\xA9", "\\xc3\\xa4", "\\x2c", "\\x2C", "\\x00", "\\x5c", "\\xff", "\\xf0", "\\x9f", "\\x99", "\\x82",
  "\\xe4\\xb8\\xad", "\\xed\\xa0\\x80", "\\xf4\\x90", "\\x80", "\\x4", "\\xg1", "\\", "x41", "\\X41", "ä", ",", "a" }
local cases = { a = "A", b = "B", z = "Z", ["ä"] = "Ä", ["ö"] = "Ö", ["ж"] = "Ж", ["ω"] = "Ω" }
local uncases = {}
for low, high in pairs(cases) do uncases[high] = low end
cases.x, cases.d, cases.e, cases.f, cases.n, cases.l = "X", "D", "E", "F", "N", "L"
for low, high in pairs(cases) do uncases[high] = low end

local function characters(s)
  local list = {}
  for _, c in utf8.codes(s) do list[#list + 1] = utf8.char(c) end
  return list
end

local function mapped(map)
  return function(row)
    local list = characters(row.s)
    for i, c in ipairs(list) do list[i] = map[c] or c end
    return table.concat(list)
  end
end

local function trimmed(chars)
  local drop = {}
  for _, c in ipairs(characters(chars)) do drop[c] = true end
  return function(row)
    local list, first = characters(row.s), 1
    while list[first] and drop[list[first]] do first = first + 1 end
    local last = #list
    while last >= first and drop[list[last]] do last = last - 1 end
    return table.concat(list, "", first, last)
  end
end

-- As string.sub does it, but with characters.
local function part(i, j)
  return function(row)
    local list, from, to = characters(row.s), i, j or -1
    if from < 0 then from = math.max(#list + from + 1, 1) elseif from == 0 then from = 1 end
    if to < 0 then to = #list + to + 1 elseif to > #list then to = #list end
    return from > to and "" or table.concat(list, "", from, to)
  end
end

local function split(s, separator)
  local list, from = {}, 1
  while true do
    local at, last = s:find(separator, from, true)
    list[#list + 1] = s:sub(from, (at or 0) - 1)
    if not at then return list end
    from = last + 1
  end
end

local function piece(separator, n)
  return function(row)
    local list = split(row.s, separator)
    return list[n > 0 and n or #list + n + 1]
  end
end

-- SQL's LIKE by trying every way.
local function like(text, pattern, i, k)
  local c = pattern[k]
  if not c then return i > #text end
  if c == "%" then
    for from = i, #text + 1 do
      if like(text, pattern, from, k + 1) then return true end
    end
    return false
  end
  if i > #text then return false end
  if c == "\\" and pattern[k + 1] then return text[i] == pattern[k + 1] and like(text, pattern, i + 1, k + 2) end
  return (c == "_" or c == text[i]) and like(text, pattern, i + 1, k + 1)
end

local function likes(...)
  local patterns = { ... }
  return function(row)
    for _, pattern in ipairs(patterns) do
      if like(characters(row.s), characters(pattern), 1, 1) then return true end
    end
    return false
  end
end

-- \xNN as characters: Lua's own patterns find the bytes, its own utf8 library says whether they are some.
local function unescaped(keep)
  return function(row)
    local out, at = {}, 1
    while at <= #row.s do
      local length, bytes = 0, ""
      for n = 1, 4 do
        local hex = row.s:match("^\\x(%x%x)", at + 4 * (n - 1))
        if not hex then break end
        bytes = bytes .. string.char(tonumber(hex, 16))
        if utf8.len(bytes) == 1 and bytes ~= "\0" and not keep:find(bytes, 1, true) and utf8.codepoint(bytes) <= 0x10ffff then
          length = 4 * n
          break
        end
      end
      out[#out + 1] = length > 0 and bytes or row.s:sub(at, at)
      at = at + math.max(length, 1)
    end
    return table.concat(out)
  end
end

local function quoted(s) return "'" .. s:gsub("[\\']", "\\%0") .. "'" end

local one = { "s" }
local cases_of = {
  { "lower(s)", one, mapped(uncases) },
  { "upper(s)", one, mapped(cases) },
  { "trim(s)", one, trimmed " \t\n\v\f\r" },
  { "trim(s, 'aäЖ.')", one, trimmed "aäЖ." },
  { "unescape(e)", { "e" }, function(row) return unescaped ""  { s = row.e } end },
  { "unescape(e, ',ä')", { "e" }, function(row) return unescaped ",ä" { s = row.e } end },
  { "len(s)", one, function(row) return #characters(row.s) end },
  { "replace(s, 'a', '<ö>')", one, function(row) return (row.s:gsub("a", "<ö>")) end },
  { "replace(s, 'aB', '')", one, function(row) return (row.s:gsub("aB", "")) end },
  { "contains(s, 'ä')", one, function(row) return row.s:find("ä", 1, true) ~= nil end },
  { "contains(s, u)", { "s", "u" }, function(row) return row.s:find(row.u, 1, true) ~= nil end },
  { "contains(s, 'ab', '中', '9.')", one, function(row)
    return (row.s:find("ab", 1, true) or row.s:find("中", 1, true) or row.s:find("9.", 1, true)) ~= nil
  end },
  { "starts_with(s, u)", { "s", "u" }, function(row) return row.s:sub(1, #row.u) == row.u end },
  { "starts_with(s, 'a', 'Ω')", one, function(row) return row.s:sub(1, 1) == "a" or row.s:sub(1, 2) == "Ω" end },
  { "ends_with(s, u)", { "s", "u" }, function(row) return row.u == "" or row.s:sub(-#row.u) == row.u end },
  { "ends_with(s, 'z', '🙂')", one, function(row) return row.s:sub(-1) == "z" or row.s:sub(-4) == "🙂" end },
  { "find(s, u)", { "s", "u" }, function(row)
    local at = row.s:find(row.u, 1, true)
    return at and utf8.len(row.s, 1, at - 1) + 1
  end },
  { "find(s, '.')", one, function(row)
    local at = row.s:find(".", 1, true)
    return at and utf8.len(row.s, 1, at - 1) + 1
  end },
  { "matches(s, '^[a-z]+[0-9]')", one, function(row) return row.s:find "^[a-z]+[0-9]" ~= nil end },
  { "matches(s, '[.]')", one, function(row) return row.s:find("[.]") ~= nil end },
  { "extract(s, '[0-9]+')", one, function(row) return row.s:match "[0-9]+" end },
  { "extract(s, '([a-z])([0-9])', 2)", one, function(row) return (select(2, row.s:match "([a-z])([0-9])")) end },
  { "extract(s, '-(.)')", one, function(row)
    for i, c in ipairs(characters(row.s)) do
      local behind = characters(row.s)[i + 1]
      if c == "-" and behind then return behind end
    end
  end },
}
for _, range in ipairs { { 1, 1 }, { 2 }, { -2 }, { 0, 3 }, { -3, -2 }, { 3, 1 }, { 2, 100 }, { -100, 2 } } do
  cases_of[#cases_of + 1] = { ("sub(s, %s)"):format(table.concat(range, ", ")), one, part(range[1], range[2]) }
end
for _, at in ipairs { { ".", 1 }, { ".", 2 }, { "a", -1 }, { "ab", 2 }, { "ä", -2 } } do
  cases_of[#cases_of + 1] = { ("split_part(s, '%s', %d)"):format(at[1], at[2]), one, piece(at[1], at[2]) }
end
for _, pattern in ipairs { "%", "", "a%", "%a", "_", "%ä_%", "%.%", "__%z", "%\\%%", "%\\\\%" } do
  cases_of[#cases_of + 1] = { ("like(s, %s)"):format(quoted(pattern)), one, likes(pattern) }
end
cases_of[#cases_of + 1] = { "like(s, 'a%', '_', '%z')", one, likes("a%", "_", "%z") }

return {
  cases = cases_of,
  columns = {
    s = function(random)
      local list = {}
      for i = 1, random(0, random(0, 9)) do list[i] = pieces[random(#pieces)] end
      return table.concat(list)
    end,
    u = function(random) return random(3) == 1 and "" or pieces[random(#pieces)] end,
    e = function(random)
      local list = {}
      for i = 1, random(0, 9) do list[i] = escapes[random(#escapes)] end
      return table.concat(list)
    end,
  },
}
