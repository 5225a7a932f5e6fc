-- What moved between training and test, and how families that aren't known show.
local lunette = require "lunette"

local drift = {}

local SOURCES = { "port", "asn", "country", "http" }

-- Counts of a column's values: name -> count, with the names in order, so that sums over them are the same each time;
-- and how many rows.
local function counts_of(data, name)
  local counts, names, total = {}, {}, 0
  for row in data:select("value = `" .. name .. "`"):group_by("value"):agg("n = count()"):rows() do
    local value = row.value == nil and "(null)" or tostring(row.value)
    names[#names + 1], counts[value] = value, row.n
    total = total + row.n
  end
  return { counts = counts, names = names }, total
end

-- The Jensen-Shannon divergence of two counts in bits (0: the same, 1: nothing in common), and the share of the second
-- whose value the first doesn't have.
local function divergence(a, n_a, b, n_b)
  local sum, new = 0, 0
  local function add(p, q)
    local middle = (p + q) / 2
    if p > 0 then sum = sum + p / 2 * math.log(p / middle, 2) end
    if q > 0 then sum = sum + q / 2 * math.log(q / middle, 2) end
  end
  for _, value in ipairs(a.names) do add(a.counts[value] / n_a, (b.counts[value] or 0) / n_b) end
  for _, value in ipairs(b.names) do
    if not a.counts[value] then
      local n = b.counts[value]
      add(0, n / n_b)
      new = new + n
    end
  end
  return math.max(0, sum), new / n_b
end

--- How far features and families moved from the rows of training to those of the test, the farthest first: feature,
--- divergence (Jensen-Shannon, in bits), new_share (of test rows with a value that training doesn't have).
---@param train lunette.Query
---@param test lunette.Query
---@return lunette.Query
function drift.features(train, test)
  local names, far, new = {}, {}, {}
  for _, name in ipairs { "family", "ip/16", "ip/24", table.unpack(SOURCES) } do
    local bits, a, b, column = name:match "^ip/(%d+)$", train, test, name
    if bits then
      local text = ("net = prefix(ip, %s)"):format(bits)
      a, b, column = train:derive(text), test:derive(text), "net"
    end
    local x, n_x = counts_of(a, column)
    local y, n_y = counts_of(b, column)
    if n_x > 0 and n_y > 0 then
      names[#names + 1] = name
      far[#names], new[#names] = divergence(x, n_x, y, n_y)
    end
  end
  return lunette.table {
    { name = "feature", type = "string", values = names }, { name = "divergence", type = "float", values = far },
    { name = "new_share", type = "float", values = new },
  }:sort("-divergence", "feature")
end

--- How the families' shares moved, those that moved most first.
---@param train lunette.Query
---@param test lunette.Query
---@return lunette.Query
function drift.families(train, test)
  local both = lunette.concat { train:select("family", "side = 0"), test:select("family", "side = 1") }
  return both:group_by("family"):agg("in_train = count() where side == 0", "in_test = count() where side == 1")
    :derive("train_share = in_train / $a", "test_share = in_test / $b", { a = math.max(1, #train), b = math.max(1, #test) })
    :derive "change = test_share - train_share":derive "size = abs(change)":sort("-size", "family"):drop "size"
end

-- How strange rows are: the share of small families in what evidence says of them, or how improbable the best family is.
local function strangeness(asked)
  return { by_evidence = asked.other and asked.other:column "other":values(),
    by_probability = asked.predicted:select("strange = 1 - probability"):column "strange":values() }
end

-- The value that so many of the others lie above.
local function bound_of(values, share)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  return sorted[math.max(1, math.ceil((1 - share) * #sorted))] or math.huge
end

-- The share of the values that lie above a bound, of those that are `meant`.
local function share_above(values, bound, meant)
  local n, above = 0, 0
  for i, value in ipairs(values) do
    if not meant or meant[i] then n, above = n + 1, above + (value > bound and 1 or 0) end
  end
  return n > 0 and above / n or 0.0
end

--- How well rows of unknown families are told from known ones, and how many known ones are taken for unknown: from a
--- bound on that `alarms` of the slice's rows lie above. By what evidence knows of small families, if there is that, with
--- lines beside it of what the probability alone gives.
---@param slice { predicted: lunette.Query, other?: lunette.Query } what the bound is chosen on
---@param known { predicted: lunette.Query, other?: lunette.Query, families: lunette.Query } predictions of the test
---@param strange? { predicted: lunette.Query, other?: lunette.Query } rows of unknown families
---@param alarms number
---@return { [1]: string, [2]: number }[]
function drift.unknown(slice, known, strange, alarms)
  local names, meant, lines = {}, {}, {}
  for row in known.families:rows() do names[row.family] = true end
  for i, family in ipairs(known.predicted:column "family":values()) do meant[i] = names[family] or false end
  local chosen, of_known, of_strange = strangeness(slice), strangeness(known), strange and strangeness(strange) or {}
  local evident = chosen.by_evidence and of_known.by_evidence and (not strange or of_strange.by_evidence)
  local function add(way, after)
    local bound = bound_of(chosen[way], alarms)
    lines[#lines + 1] = { "unknown_false_alarms" .. after, share_above(of_known[way], bound, meant) }
    if strange then lines[#lines + 1] = { "unknown_recall" .. after, share_above(of_strange[way], bound) } end
  end
  if evident then add("by_evidence", "") end
  add("by_probability", evident and "_by_probability" or "")
  return lines
end

return drift
