-- Values in ranges; the other programs of this folder make the same ones.
local lunette = require "lunette"

local N_VALUES, N_RANGES, STEP, WIDTH = 10000000, 412000, 10424, 9000

local values, first, last, asn = {}, {}, {}, {}
for i = 1, N_VALUES do values[i] = i * 2654435761 & 0xffffffff end
for k = 1, N_RANGES do
  first[k] = (k - 1) * STEP + k * 7919 % 512
  last[k], asn[k] = first[k] + WIDTH, k
end
local queries = lunette.table { { name = "v", values = values } }
local ranges = lunette.table {
  { name = "first", values = first }, { name = "last", values = last }, { name = "asn", values = asn },
}
values, first, last, asn = nil, nil, nil, nil -- luacheck: ignore 311
collectgarbage()

local seconds = require("lunette.core").seconds
for round = 1, 3 do
  local started = seconds()
  local row = queries:range_join(ranges, "v between first and last"):agg("n = count()", "total = sum(asn)"):first()
  local elapsed = (seconds() - started) * 1000
  if round == 3 then
    io.stderr:write(("time join %.1f\n"):format(elapsed))
    print(row.n, row.total)
  end
end
