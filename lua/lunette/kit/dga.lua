-- Names that look as if a program had made them (domain generation algorithms). A forest of the learner tells them from
-- names that people gave, by what they are made of: how usual their pairs of letters are, vowels, digits, runs of
-- consonants. It is fitted when it is first needed, in a moment, to the names of kit/site_names.lua and as many from generators in
-- the manner of known families; the same every time.
--
-- Generators that string words together make names as people do: those aren't recognised.

local lunette = require "lunette"
local site_names = require "lunette.kit.site_names"

local dga = {}

local SHORTEST = 7 -- shorter names say too little
dga.SHORTEST = SHORTEST

local FEATURES = { "length", "digits", "vowels", "run", "usual", "odd", "distinct", "switches", "hex" }
local EDGE = 94 -- the byte that stands before the first and behind the last one

---Random numbers, the same for the same seed everywhere.
---@param seed integer
---@return fun(n: integer): integer from 1 to n
function dga.random(seed)
  local state = seed * 2 + 1
  return function(n)
    state = state * 6364136223846793005 + 1442695040888963407
    return (state >> 33) % n + 1
  end
end

local function from_alphabet(alphabet)
  return function(random, length)
    local out = {}
    for i = 1, length do
      local at = random(#alphabet)
      out[i] = alphabet:sub(at, at)
    end
    return table.concat(out)
  end
end

-- Consonants and vowels in turn, as names that can be said, with a slip now and then.
local function syllables(random, length)
  local out, is_vowel = {}, random(2) == 1
  for i = 1, length do
    local from = is_vowel and "aeiouy" or "bcdfghjklmnpqrstvwxz"
    local at = random(#from)
    out[i] = from:sub(at, at)
    if random(5) > 1 then is_vowel = not is_vowel end
  end
  return table.concat(out)
end

---How families make names: { name, make(random, length), shortest, longest }.
dga.GENERATORS = {
  { "letters", from_alphabet "abcdefghijklmnopqrstuvwxyz", 7, 26 },        -- Conficker, CryptoLocker, Locky
  { "letters and digits", from_alphabet "abcdefghijklmnopqrstuvwxyz0123456789", 10, 30 }, -- Gameover, newGOZ
  { "hexadecimal", from_alphabet "0123456789abcdef", 10, 32 },             -- Bamital, Dyre
  { "syllables", syllables, 9, 20 },                                       -- Pykspa, Symmi
}

---@param count integer
---@param seed integer
---@param generators? table[] default: all
---@return string[]
function dga.generate(count, seed, generators)
  local random, out = dga.random(seed), {}
  generators = generators or dga.GENERATORS
  for i = 1, count do
    local one = generators[(i - 1) % #generators + 1]
    out[i] = one[2](random, one[3] + random(one[4] - one[3] + 1) - 1)
  end
  return out
end

-- How often each pair of neighbouring bytes occurs in the names (under first * 256 + second), and each first of a pair.
local function count_pairs(names)
  local counts = { pairs = {}, firsts = {}, logs = {} }
  for _, name in ipairs(names) do
    local before = EDGE
    for i = 1, #name + 1 do
      local byte = name:byte(i) or EDGE
      local pair = before * 256 + byte
      counts.pairs[pair], counts.firsts[before] = (counts.pairs[pair] or 0) + 1, (counts.firsts[before] or 0) + 1
      before = byte
    end
  end
  return counts
end

-- The logarithm of a pair's probability after its first byte, smoothed. `own`: how often the name itself is among those that
-- were counted.
local function log_of(counts, pair, own)
  local n, of = counts.pairs[pair] or 0, counts.firsts[pair // 256] or 0
  return math.log((math.max(n - own, 0) + 0.3) / (math.max(of - own, 0) + 12))
end

-- How usual a name's pairs are: the mean, and the mean of the three least usual.
local function usualness(name, counts, own)
  local logs, sum, before = counts.logs, 0.0, EDGE
  local first, second, third = math.huge, math.huge, math.huge
  for i = 1, #name + 1 do
    local byte = name:byte(i) or EDGE
    local pair = before * 256 + byte
    local value = own == 0 and logs[pair]
    if not value then
      value = log_of(counts, pair, own)
      if own == 0 then logs[pair] = value end
    end
    sum, before = sum + value, byte
    if value < first then first, second, third = value, first, second
    elseif value < second then second, third = value, second
    elseif value < third then third = value end
  end
  return sum / (#name + 1), (first + second + third) / 3
end

local DIGIT, VOWEL, CONSONANT, DASH = 1, 2, 3, 4
local kind_of = setmetatable({ [45] = DASH }, { __index = function() return CONSONANT end })
for byte in ("0123456789"):gmatch "." do kind_of[byte:byte()] = DIGIT end
for byte in ("aeiouy"):gmatch "." do kind_of[byte:byte()] = VOWEL end

local function features_of(name, counts, own)
  local n, run, longest, switches, distinct, seen = { 0, 0, 0, 0 }, 0, 0, 0, 0, {}
  local before
  for i = 1, #name do
    local byte = name:byte(i)
    local kind = kind_of[byte]
    n[kind] = n[kind] + 1
    run = kind == CONSONANT and run + 1 or 0
    if run > longest then longest = run end
    if before and (kind == DIGIT) ~= (before == DIGIT) then switches = switches + 1 end
    if not seen[byte] then seen[byte], distinct = true, distinct + 1 end
    before = kind
  end
  local usual, odd = usualness(name, counts, own)
  return { #name + 0.0, n[DIGIT] / #name, n[VOWEL] / #name, longest + 0.0, usual, odd, distinct / #name, switches / #name,
    name:find "^%x+$" and 1.0 or 0.0 }
end

-- Names as a table of features, in their order.
local function table_of(names, counts, own)
  local columns = {}
  for k = 1, #FEATURES do columns[k] = {} end
  for i, name in ipairs(names) do
    local features = features_of(name, counts, own)
    for k = 1, #FEATURES do columns[k][i] = features[k] end
  end
  local out = {}
  for k, feature in ipairs(FEATURES) do out[k] = { name = feature, type = "float", values = columns[k] } end
  return lunette.table(out)
end

---The names that people gave, those that are long enough to be told apart.
---@return string[]
function dga.given_names()
  local out = {}
  for name in site_names:gmatch "%S+" do
    if #name >= SHORTEST then out[#out + 1] = name end
  end
  return out
end

local fitted

-- The model and the counts that its features need.
local function model()
  if fitted then return fitted end
  local given = dga.given_names()
  local counts = count_pairs(given)
  local made = dga.generate(#given, 1)
  local data = lunette.concat { table_of(given, counts, 1):derive "made = false", table_of(made, counts, 0):derive "made = true" }
  local forest = lunette.learn.forest { n_trees = 60, min_leaf = 3, seed = 1 }
  fitted = { counts = counts, forest = forest:fit(data:collect(), { target = "made", features = FEATURES }) }
  return fitted
end

---How much names look as if a program had made them: from 0 to 1 each. Shorter ones than SHORTEST are 0.
---@param names string[] the part below the public suffix, in lower case
---@return number[]
function dga.scores(names)
  local out, long, place = {}, {}, {}
  for i, name in ipairs(names) do
    out[i] = 0.0
    if #name >= SHORTEST and not name:find "^xn%-%-" then long[#long + 1], place[#place + 1] = name, i end
  end
  if #long == 0 then return out end
  local one = model()
  local probabilities = one.forest:predict_proba(table_of(long, one.counts, 0)):column("true"):values()
  for k, i in ipairs(place) do out[i] = probabilities[k] end
  return out
end

return dga
