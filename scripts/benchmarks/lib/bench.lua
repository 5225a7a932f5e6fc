-- How a task's Lunette program asks its questions: each several times, timed, with its peak of memory.
local lunette = require "lunette"

local bench = { rounds = tonumber(os.getenv "BENCH_ROUNDS") or 3 }

--- Runs `fn` and writes its time in milliseconds under a name.
function bench.timed(name, fn)
  local start = lunette.now()
  local result = fn()
  io.stderr:write(("time %s %.3f\n"):format(name, (lunette.now() - start) * 1000))
  return result
end

-- The kernel counts the process' peak anew from here.
local function reset_peak()
  local file = io.open("/proc/self/clear_refs", "w")
  if file then
    file:write "5"
    file:close()
  end
end

local function peak_kib()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmHWM:%s+(%d+)"
    if kib then return tonumber(kib) end
  end
end

-- The values of some columns in the first, the middle and the last row.
local function look_at_places(line, answer, columns)
  for _, row in ipairs(#answer > 0 and { 1, #answer // 2 + 1, #answer } or {}) do
    for _, column in ipairs(columns) do line[#line + 1] = ("%.17g"):format(answer:column(column)[row]) end
  end
end

--- Asks a question `rounds` times and prints its rows, the sums of the columns `sums`, and where the order counts what
--- the columns `places` hold in the first, the middle and the last row.
function bench.ask(name, sums, question, places)
  local answer
  for _ = 1, bench.rounds do
    answer = nil -- luacheck: ignore 311 (the last answer's memory is given back first)
    collectgarbage()
    collectgarbage()
    reset_peak()
    answer = bench.timed(name, function() return question():collect() end)
    io.stderr:write(("peak %s %d\n"):format(name, peak_kib()))
  end
  local line = { name, tostring(#answer) }
  for _, column in ipairs(sums) do
    line[#line + 1] = ("%.17g"):format(answer:group_by():agg("s = float(sum(" .. column .. "))"):first().s)
  end
  if places then look_at_places(line, answer, places) end
  print(table.concat(line, "\t"))
end

return bench
