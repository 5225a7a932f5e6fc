-- Which groups share hosts more than chance would have it: a permutation test on links between hosts and groups.
--
-- A link says that a host carries something of a group, however often. Chance is what remains when the groups are dealt
-- out anew over all links, so that every host keeps its number of groups and every group its number of hosts.
--
-- Chance alone is a weak opponent: groups that like the same cheap hosting meet there without having to do with each
-- other. `hosting` is how often two groups would meet on shared hosts if they were there independently of each other;
-- hosts that only these two have don't count for it, so that true kin isn't explained away by itself.

local lunette = require "lunette"

local cohosting = {}

---@class lunette.cohosting.pair
---@field a integer
---@field b integer a < b
---@field hosts integer how many hosts carry both
---@field only integer how many of them carry nothing else
---@field expected number the mean over the shuffles
---@field p_value number how often chance gives at least as many, with the data itself counted as one shuffle
---@field hosting number how many hosts their liking for shared hosts explains
---@field hosting_p_value number how likely as many are if that is the mean (of a Poisson distribution)

---@class lunette.cohosting.tally
---@field pairs lunette.cohosting.pair[]
---@field met_by table<integer, table<integer, integer>> group → other group → position of the two in `pairs`
---@field on_shared table<integer, integer> group → how many of the hosts are the group's

-- The pair of two groups, made when it is first asked for.
local function pair_of(tally, a, b)
  tally.met_by[a] = tally.met_by[a] or {}
  tally.met_by[b] = tally.met_by[b] or {}
  local at = tally.met_by[a][b]
  if not at then
    at = #tally.pairs + 1
    tally.pairs[at] = { a = math.min(a, b), b = math.max(a, b), hosts = 0, only = 0 }
    tally.met_by[a][b], tally.met_by[b][a] = at, at
  end
  return tally.pairs[at]
end

---Counts the pairs on hosts; `hosts` are lists of groups, each with at least two.
---@param hosts integer[][]
---@return lunette.cohosting.tally
local function tally_of(hosts)
  local tally = { pairs = {}, met_by = {}, on_shared = {} }
  for _, groups in ipairs(hosts) do
    for i, group in ipairs(groups) do
      tally.on_shared[group] = (tally.on_shared[group] or 0) + 1
      for j = i + 1, #groups do
        local pair = pair_of(tally, group, groups[j])
        pair.hosts = pair.hosts + 1
        if #groups == 2 then pair.only = pair.only + 1 end
      end
    end
  end
  return tally
end

---Deals `shuffles` times and notes for each pair the mean and how often it was met at least as often as in the data.
---The dealing itself is the engine's (lunette.cohosting). Hosts with two groups, which most are, are dealt to first.
local function permute(tally, hosts, links_of, shuffles, seed)
  local data = { links_of = links_of, sizes = {}, a = {}, b = {}, hosts = {} }
  local larger = {}
  for _, groups in ipairs(hosts) do
    local list = #groups == 2 and data.sizes or larger
    list[#list + 1] = #groups
  end
  table.move(larger, 1, #larger, #data.sizes + 1, data.sizes)
  for i, pair in ipairs(tally.pairs) do data.a[i], data.b[i], data.hosts[i] = pair.a, pair.b, pair.hosts end
  local means, reached = lunette.cohosting(data, shuffles, seed)
  for i, pair in ipairs(tally.pairs) do
    pair.expected = means[i]
    pair.p_value = (reached[i] + 1) / (shuffles + 1)
  end
end

-- The probability of at least `n` events where `mean` are expected (Poisson).
local function tail(n, mean)
  local term, below = math.exp(-mean), 0.0
  for k = 0, n - 1 do
    below = below + term
    term = term * mean / (k + 1)
  end
  return math.max(0.0, 1 - below)
end

---Tests every pair of groups that shares a host.
---@param hosts integer[][] the groups of each host that carries at least two, as numbers from 1
---@param links_of integer[] how many hosts each group has, those with one group included
---@param options {shuffles: integer, seed: integer}
---@return lunette.cohosting.pair[]
function cohosting.test(hosts, links_of, options)
  local tally = tally_of(hosts)
  permute(tally, hosts, links_of, options.shuffles, options.seed)
  for _, pair in ipairs(tally.pairs) do
    local a, b = tally.on_shared[pair.a] - pair.only, tally.on_shared[pair.b] - pair.only
    local others = #hosts - pair.only
    pair.hosting = others > 0 and a * b / others or 0.0
    pair.hosting_p_value = tail(pair.hosts, pair.hosting)
  end
  return tally.pairs
end

return cohosting
