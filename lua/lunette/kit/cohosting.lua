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
---@field index table<integer, integer> key of the two groups → position in `pairs`
---@field on_shared table<integer, integer> group → how many of the hosts are the group's

-- Two groups as one key; there are fewer than 2^20 groups.
local function key_of(a, b)
  if a < b then return a << 20 | b end
  return b << 20 | a
end

---Counts the pairs on hosts; `hosts` are lists of groups, each with at least two.
---@param hosts integer[][]
---@return lunette.cohosting.tally
local function tally_of(hosts)
  local tally = { pairs = {}, index = {}, on_shared = {} }
  for _, groups in ipairs(hosts) do
    for i = 1, #groups do
      tally.on_shared[groups[i]] = (tally.on_shared[groups[i]] or 0) + 1
      for j = i + 1, #groups do
        local key = key_of(groups[i], groups[j])
        local at = tally.index[key]
        if not at then
          at = #tally.pairs + 1
          tally.index[key] = at
          tally.pairs[at] = { a = key >> 20, b = key & 0xfffff, hosts = 0, only = 0 }
        end
        local pair = tally.pairs[at]
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

---Deals one hand of cards to each host: `sizes[i]` different groups to host i, adding to `met` the pairs in `index`.
---The cards dealt so far are deck[1 … at]. Returns the generator's new state.
local function deal(deck, sizes, index, met, state)
  local at, n_cards = 0, #deck
  for host = 1, #sizes do
    local first = at + 1
    for _ = 1, sizes[host] do
      at = at + 1
      local redraws = 0
      ::draw::
      state = state * 6364136223846793005 + 1442695040888963407
      local place = at + (((state >> 33) * (n_cards - at + 1)) >> 31)
      local group = deck[place]
      for i = first, at - 1 do
        if deck[i] == group and redraws < REDRAWS then
          redraws = redraws + 1
          goto draw
        end
      end
      deck[place], deck[at] = deck[at], group
      for i = first, at - 1 do
        local other = deck[i]
        local pair = index[other < group and (other << 20 | group) or (group << 20 | other)]
        if pair then met[pair] = met[pair] + 1 end
      end
    end
  end
  return state
end

---Deals `shuffles` times and notes for each pair the mean and how often it was met at least as often as in the data.
local function permute(tally, hosts, links_of, shuffles, seed)
  local deck, sizes, met = deck_of(links_of), {}, {}
  local sums, reached = {}, {}
  for i, groups in ipairs(hosts) do sizes[i] = #groups end
  for i = 1, #tally.pairs do sums[i], reached[i] = 0, 0 end
  local state = seed
  for _ = 1, shuffles do
    for i = 1, #tally.pairs do met[i] = 0 end
    state = deal(deck, sizes, tally.index, met, state)
    for i, pair in ipairs(tally.pairs) do
      sums[i] = sums[i] + met[i]
      if met[i] >= pair.hosts then reached[i] = reached[i] + 1 end
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
  assert(#links_of < 1 << 20, "more than a million groups")
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
