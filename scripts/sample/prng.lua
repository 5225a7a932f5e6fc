-- A pseudo-random number generator on integers only (SplitMix64), so that a seed gives the same sample on every
-- machine. Lua's integers wrap at 64 bits and `>>` shifts zeros in: just what the algorithm needs.

local prng = {}
prng.__index = prng

---@class sample.prng
---@field state integer

---@param seed integer
---@return sample.prng
function prng.new(seed)
  return setmetatable({ state = seed }, prng)
end

---A generator of its own for a part of the work, so that changing one part leaves the others as they were.
---@param name string
---@return sample.prng
function prng:fork(name)
  local seed = self.state
  for i = 1, #name do
    seed = (seed ~ name:byte(i)) * 0x100000001b3
  end
  return prng.new(seed)
end

---An integer from 0 to n - 1; 0 < n < 2^31.
---@param n integer
---@return integer
function prng:below(n)
  local state = self.state + 0x9e3779b97f4a7c15
  self.state = state
  local z = (state ~ (state >> 30)) * 0xbf58476d1ce4e5b9
  z = (z ~ (z >> 27)) * 0x94d049bb133111eb
  z = z ~ (z >> 31)
  return ((z >> 33) * n) >> 31
end

---An integer from `low` to `high`, both included.
---@param low integer
---@param high integer
---@return integer
function prng:between(low, high)
  return low + self:below(high - low + 1)
end

---True in `percent` of a hundred cases.
---@param percent integer
---@return boolean
function prng:chance(percent)
  return self:below(100) < percent
end

---One of a list's items, all equally likely.
---@generic T
---@param list T[]
---@return T
function prng:pick(list)
  return list[1 + self:below(#list)]
end

---One of the items of a weighted choice (see `prng.weighted`).
---@param choice {items: any[], ends: integer[], total: integer}
function prng:choose(choice)
  local at, ends = self:below(choice.total), choice.ends
  local low, high = 1, #ends
  while low < high do
    local middle = (low + high) // 2
    if at < ends[middle] then high = middle else low = middle + 1 end
  end
  return choice.items[low]
end

---A choice among `items` with integer `weights`.
---@param items any[]
---@param weights integer[]
---@return {items: any[], ends: integer[], total: integer}
function prng.weighted(items, weights)
  local ends, total = {}, 0
  for i = 1, #items do
    total = total + weights[i]
    ends[i] = total
  end
  return { items = items, ends = ends, total = total }
end

return prng
