-- Which groups share hosts more than chance would have it: a permutation test on links between hosts and groups.
--
-- A link says that a host carries something of a group, however often. Chance is what remains when the groups are dealt
-- out anew over all links, so that every host keeps its number of groups and every group its number of hosts. Hosts
-- with one group can't hold a pair and needn't be dealt to: of a shuffled deck only the cards for hosts with several
-- groups are drawn. Meant for some ten thousand links, of which some thousand lie on hosts with several groups.
--
-- Chance alone is a weak opponent: groups that like the same cheap hosting meet there without having to do with each
-- other. `hosting` is how often two groups would meet on shared hosts if they were there independently of each other;
-- hosts that only these two have don't count for it, so that true kin isn't explained away by itself.

local cohosting = {}

local REDRAWS = 8 -- a host can't carry a group twice: how often a second card of the same group is drawn again

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

---One card per link: the group's number as often as the group has hosts.
---@param links_of integer[]
local function deck_of(links_of)
  local deck, n = {}, 0
  for group = 1, #links_of do
    for _ = 1, links_of[group] do
      n = n + 1
      deck[n] = group
    end
  end
  return deck
end

---Deals two different cards to each of `n_hosts` hosts, adding to `met` the pairs in `met_by`. Returns the generator's
---new state. Most hosts are of this kind and this is where the time goes, hence a loop of its own.
local function deal_twos(deck, n_hosts, met_by, met, state)
  local n_cards = #deck
  for at = 1, 2 * n_hosts, 2 do
    state = state * 6364136223846793005 + 1442695040888963407
    local place = at + (((state >> 33) * (n_cards - at + 1)) >> 31)
    local a, b = deck[place], nil
    deck[place], deck[at] = deck[at], a
    for _ = 0, REDRAWS do
      state = state * 6364136223846793005 + 1442695040888963407
      place = at + 1 + (((state >> 33) * (n_cards - at)) >> 31)
      b = deck[place]
      if b ~= a then break end
    end
    deck[place], deck[at + 1] = deck[at + 1], b
    local row = met_by[a]
    local pair = row and row[b]
    if pair then met[pair] = met[pair] + 1 end
  end
  return state
end

---The same for hosts with `sizes[i]` cards, of which deck[1 … at] are dealt already.
local function deal(deck, at, sizes, met_by, met, state)
  local n_cards = #deck
  for host = 1, #sizes do
    local first = at + 1
    for _ = 1, sizes[host] do
      local redraws = 0
      ::draw::
      state = state * 6364136223846793005 + 1442695040888963407
      local place = at + 1 + (((state >> 33) * (n_cards - at)) >> 31)
      local group = deck[place]
      for i = first, at do
        if deck[i] == group and redraws < REDRAWS then
          redraws = redraws + 1
          goto draw
        end
      end
      local row = met_by[group]
      for i = first, row and at or 0 do
        local pair = row[deck[i]]
        if pair then met[pair] = met[pair] + 1 end
      end
      at = at + 1
      deck[place], deck[at] = deck[at], group
    end
  end
  return state
end

---Deals `shuffles` times and notes for each pair the mean and how often it was met at least as often as in the data.
local function permute(tally, hosts, links_of, shuffles, seed)
  local deck, n_twos, sizes = deck_of(links_of), 0, {}
  local met, sums, reached, real = {}, {}, {}, {}
  for _, groups in ipairs(hosts) do
    if #groups == 2 then n_twos = n_twos + 1 else sizes[#sizes + 1] = #groups end
  end
  for i, pair in ipairs(tally.pairs) do met[i], sums[i], reached[i], real[i] = 0, 0, 0, pair.hosts end
  local state = seed
  for _ = 1, shuffles do
    state = deal_twos(deck, n_twos, tally.met_by, met, state)
    state = deal(deck, 2 * n_twos, sizes, tally.met_by, met, state)
    for i = 1, #real do
      local n = met[i]
      if n >= real[i] then reached[i] = reached[i] + 1 end
      sums[i], met[i] = sums[i] + n, 0
    end
  end
  for i, pair in ipairs(tally.pairs) do
    pair.expected = sums[i] / shuffles
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
