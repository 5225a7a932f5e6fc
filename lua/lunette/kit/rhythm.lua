-- How regular a series of events is: the interval between beats, how steady it is, and how even their sizes are.
-- Robust: medians throughout, missed beats are folded, so gaps and outliers count for what they are.

local rhythm = {}

local TOLERANCE = 0.2   -- of the interval: what still is on the beat
local MAX_MISSED = 10   -- beats that may be missing between two
local BY_CHANCE = 0.28  -- the part of intervals of random (Poisson) events that is on the beat all the same

local function median(sorted)
  local n = #sorted
  if n == 0 then return nil end
  local middle = (n + 1) // 2
  return n % 2 == 1 and sorted[middle] or (sorted[middle] + sorted[middle + 1]) / 2
end

local function sorted_copy(values)
  local out = table.move(values, 1, #values, 1, {})
  table.sort(out)
  return out
end

-- The median of the distances from `center`.
local function spread(values, center)
  local out = {}
  for i = 1, #values do out[i] = math.abs(values[i] - center) end
  table.sort(out)
  return median(out)
end

-- The times between beats: events within `burst` seconds of a beat's first one belong to it.
local function intervals_of(times, burst)
  local out, last = {}, times[1]
  for i = 2, #times do
    local apart = times[i] - last
    if apart > burst then
      out[#out + 1] = apart
      last = times[i]
    end
  end
  return out
end

-- The part of the intervals that is on the beat, and the median deviation from it.
local function steadiness(intervals, beat)
  local n_steady, deviations = 0, {}
  for i, interval in ipairs(intervals) do
    local n_beats = math.min(math.max(1, math.floor(interval / beat + 0.5)), MAX_MISSED)
    local deviation = math.abs(interval - n_beats * beat) / beat
    deviations[i] = deviation
    if deviation <= TOLERANCE then n_steady = n_steady + 1 end
  end
  table.sort(deviations)
  return n_steady / #intervals, median(deviations)
end

-- 1 where all sizes are the same, 0 where they differ by as much as they are; nil without sizes.
local function size_score(sizes)
  if #sizes == 0 then return nil, nil end
  local typical = median(sorted_copy(sizes))
  if typical == 0 then return spread(sizes, 0) == 0 and 1.0 or 0.0, typical end
  return 1 - math.min(1.0, spread(sizes, typical) / typical), typical
end

---Measures a series. nil: fewer than two intervals.
---@param times number[] in seconds, ascending
---@param sizes number[] of those events that have one
---@param burst number seconds within which events are one beat
---@return table? figures beats, interval, jitter, steady, interval_score, size_score, bytes (the median size), score
function rhythm.measure(times, sizes, burst)
  local intervals = intervals_of(times, burst)
  if #intervals < 2 then return nil end
  local beat = median(sorted_copy(intervals))
  local steady, jitter = steadiness(intervals, beat)
  local regular = math.max(0.0, (steady - BY_CHANCE) / (1 - BY_CHANCE)) * (1 - math.min(1.0, 2 * jitter))
  local even, typical = size_score(sizes)
  return {
    beats = #intervals + 1, interval = beat, jitter = jitter, steady = steady, interval_score = regular,
    size_score = even, bytes = typical and typical + 0.0, score = even and 0.8 * regular + 0.2 * even or regular,
  }
end

return rhythm
