-- Parts of the classification of IOCs: which columns may be features, what the past says of a row, which settings are
-- tried, how a threshold for abstaining is chosen.
local lunette = require "lunette"
local leaks = require "lunette.kit.classify_leaks"
local learn = lunette.learn

local classify = {}

-- What is known of an IOC when it is listed. Numbers of ASes and ports are names, not quantities.
classify.BASE = { "lat", "lon", "asn", "as_name", "country", "port", "http" }
classify.CATEGORIES = { "asn", "port" }

-- From the coarsest to the finest.
classify.KEYS = {
  { name = "past_port", columns = { "port" } },
  { name = "past_country_port", columns = { "country", "port" } },
  { name = "past_as", columns = { "asn" } },
  { name = "past_net16", columns = { "ip/16" } },
  { name = "past_as_port", columns = { "asn", "port" } },
  { name = "past_net24", columns = { "ip/24" } },
  { name = "past_address", columns = { "ip" } },
}

-- What evidence of the past is looked up by.
classify.EVIDENCE = {
  { name = "http_country", columns = { "http", "country" } }, { name = "country", columns = { "country" } },
  { name = "port", columns = { "port" } }, { name = "country_port", columns = { "country", "port" } },
  { name = "cell", columns = { "cell" } }, { name = "net8", columns = { "ip/8" } }, { name = "as", columns = { "asn" } },
  { name = "net16", columns = { "ip/16" } }, { name = "net16_port", columns = { "ip/16", "port" } },
  { name = "as_port", columns = { "asn", "port" } }, { name = "net20", columns = { "ip/20" } },
  { name = "net24", columns = { "ip/24" } }, { name = "net24_port", columns = { "ip/24", "port" } },
  { name = "address", columns = { "ip" } },
}

-- The settings that are tried on the last part of the training time: forests, evidence (the number is how much it
-- weighs in the mix with forests), or both.
local PLAIN, HISTORY, EVEN = {}, { history = true }, { history = true, recency = 180, balanced = true }
classify.CANDIDATES = {
  { name = "as in the article", forests = { PLAIN } },
  { name = "history", forests = { HISTORY } },
  { name = "history, recent rows weigh more, families the same", forests = { EVEN } },
  { name = "evidence", forests = {}, evidence = 1 },
  { name = "evidence and history", forests = { HISTORY }, evidence = 0.5 },
}

-- The name under which evidence has the families that are too small to be told from each other.
classify.OTHER = "(other)"

--- The features that the parameter names (commas between them), or the usual ones. Raises for what can't be known
--- when an IOC is listed.
---@param text string
---@param data lunette.Query
---@return string[]
function classify.features(text, data)
  local list = {}
  for name in text:gmatch "[^,%s]+" do
    leaks.refuse(name, data)
    list[#list + 1] = name
  end
  if #list > 0 then return list end
  return table.move(classify.BASE, 1, #classify.BASE, 1, {})
end

--- The rows with what was known before them. From `cut` on nothing more is learned; with `step` a row knows what was
--- known before its day.
---@param data lunette.Query
---@param options { cut?: lunette.Time, step?: number, half_life: number }
---@return lunette.Query
function classify.with_history(data, options)
  return learn.history(data, {
    target = "family", time = "first_seen", keys = classify.KEYS, half_life = options.half_life, cut = options.cut,
    step = options.step, blend = false,
  })
end

--- The starts of the windows from `from` to `to`: the first begins there, the others with a month.
---@param from lunette.Time
---@param to lunette.Time
---@return lunette.Time[]
function classify.months(from, to)
  local starts, year, month = { from }, from.year, from.month
  while true do
    year, month = month == 12 and year + 1 or year, month % 12 + 1
    local start = lunette.time(("%04d-%02d-01"):format(year, month))
    if start > to then return starts end
    starts[#starts + 1] = start
  end
end

return classify
