-- What was known before, and rows dealt out at random.
local core = require "lunette.core"
local errors = require "lunette.errors"
local shared = require "lunette.learn.options"

local learn = {}

---@class lunette.HistoryOptions
---@field target string whose classes are known of earlier rows
---@field time string when a row became known
---@field keys { name: string, columns: string[] }[] from the coarsest to the finest; "ip/24" is a network
---@field half_life? number days after which a row counts half; 0: never
---@field strength? number how many rows outweigh what coarser keys say (1)
---@field step? number days
---@field cut? lunette.Time
---@field blend? boolean whether there are "blend CLASS" columns (true)

local history_options = {
  target = "string", time = "string", keys = "table", half_life = "number", strength = "number", step = "number",
  cut = "userdata", blend = "boolean",
}

--- Adds what was known before each row: for every key the columns NAME_top (the class that earlier rows of the same
--- key had most), NAME_share, NAME_weight, NAME_age (days since the last), and for every class "blend CLASS", its
--- probability by all keys together. A row sees strictly earlier rows; with `step` (days) only those from before its
--- step began; from `cut` on, only those from before the cut.
---@param data lunette.Query
---@param options lunette.HistoryOptions
---@return lunette.Query
function learn.history(data, options)
  options = shared.check("history", options, history_options)
  for _, name in ipairs { "target", "time", "keys" } do
    if not options[name] then errors.raise("argument", "history needs %s", name) end
  end
  if options.cut and core.type(options.cut) ~= "time" then errors.raise("argument", "history: cut must be a time") end
  local input, added = shared.table_of("history", data), {}
  local told = core.learn_history(input, {
    target = options.target, time = options.time, keys = options.keys, half_life = options.half_life,
    strength = options.strength, step = options.step and math.floor(options.step * 86400000000 + 0.5),
    cut = options.cut and options.cut.us, no_blend = options.blend == false,
  })
  for i, field in ipairs(told:schema()) do added[i] = { field.name, told:column(i) } end
  return shared.with_columns(input, added)
end

--- Deals the rows out at random: about `share` of them into the first query, the others into the second, both in order.
---@param data lunette.Query
---@param share number
---@param seed? integer
---@return lunette.Query, lunette.Query
function learn.random_split(data, share, seed)
  local input = shared.table_of("random_split", data)
  local sides, state = {}, (seed or 0) * 2 + 1
  for i = 1, #input do
    state = state * 6364136223846793005 + 1442695040888963407
    sides[i] = (state >> 11) / (1 << 53) < share
  end
  local marked = shared.with_columns(input, { { "(side)", core.column("bool", sides, #input, "(side)") } })
  return marked:filter("`(side)`"):drop("(side)"), marked:filter("not `(side)`"):drop("(side)")
end

return learn
