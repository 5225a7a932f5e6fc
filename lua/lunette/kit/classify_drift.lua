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

--- The probability below which so many of the predictions of known families fall.
---@param predicted lunette.Query
---@param alarms number
---@return number
function drift.alarm_below(predicted, alarms)
  local row = predicted:agg("p = quantile(probability, $q)", { q = alarms }):first()
  return row and row.p or 0.0
end

--- The share of predictions below a probability, and how many predictions there are.
---@param predicted lunette.Query
---@param bound number
---@return number?, integer
function drift.share_below(predicted, bound)
  local row = predicted:agg("n = count()", "low = count() where probability < $p", { p = bound }):first()
  return row.n > 0 and row.low / row.n or nil, row.n
end

return drift
