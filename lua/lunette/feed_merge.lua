-- What merging an export into a feed's archive means. The archive is a set of versions: every different record that some
-- export listed, with the first and the last time that one did. Merging adds an export's records to the set and widens
-- those times; an export's time is its own, not that of its fetching. So the order in which exports are merged doesn't
-- matter, merging one twice changes nothing, and what an export no longer lists stays.
--
-- Invariants: columns stand in one order (the common schema's, then the feed's own by name), rows are sorted by all of
-- them; a column without a value in an export is as good as absent; one whose types differ between exports is text.
local query = require "lunette.query"

local merge = {}

local schema = { "id", "first_seen", "last_seen", "ioc", "ioc_type", "ip", "port", "host", "threat_type", "malware",
  "family", "aliases", "confidence", "reference", "tags", "reporter", "source" }
local place = {}
for i, name in ipairs(schema) do place[name] = i end

local usual_key = { "id", "ioc" }
local times = { first_listed = true, last_listed = true }

local function quoted(name) return "`" .. name .. "`" end

local function before(a, b)
  local x, y = place[a] or math.huge, place[b] or math.huge
  if x ~= y then return x < y end
  return a < b
end

-- The names of the columns that say what is known of an indicator, in their order.
local function content_of(q)
  local names = {}
  for _, column in ipairs(q:schema()) do
    if not times[column.name] and column.name:sub(1, 1) ~= "(" then names[#names + 1] = column.name end
  end
  table.sort(names, before)
  return names
end

local function all_quoted(names)
  local out = {}
  for i, name in ipairs(names) do out[i] = quoted(name) end
  return out
end

--- The columns that tell one indicator from another: those of `wanted` (the plugin's `fetch.key`, else id and ioc) that
--- there are.
---@param q lunette.Query
---@param wanted? string[]
---@return string[]
function merge.key(q, wanted)
  local out = {}
  for _, name in ipairs(wanted or usual_key) do
    if q:has(name) then out[#out + 1] = name end
  end
  return out
end

--- An export's records as versions that were listed at `listed`. Columns that the archive itself makes are dropped.
---@param export lunette.Query
---@param listed lunette.Time
---@return lunette.Query
function merge.versions(export, listed)
  local given, counts, select = export:collect(), {}, {}
  for i, column in ipairs(given:schema()) do counts[i] = ("c%d = count(%s)"):format(i, quoted(column.name)) end
  local found = given:group_by():agg(table.unpack(counts)):first() or {}
  local names = {}
  for i, column in ipairs(given:schema()) do
    if (found["c" .. i] or 0) > 0 and not times[column.name] then names[#names + 1] = column.name end
  end
  table.sort(names, before)
  for i, name in ipairs(names) do select[i] = quoted(name) end
  select[#select + 1], select[#select + 2] = "first_listed = $listed", "last_listed = $listed"
  select[#select + 1] = { listed = listed }
  return given:select(table.unpack(select))
end

-- Both with columns of the same types: where they differ, text.
local function aligned(a, b)
  local types, casts = {}, {}
  for _, column in ipairs(a:schema()) do types[column.name] = column.type end
  for _, column in ipairs(b:schema()) do
    local other = types[column.name]
    if other and other ~= column.type then
      casts[#casts + 1] = ("%s = string(%s)"):format(quoted(column.name), quoted(column.name))
    end
  end
  if #casts == 0 then return a, b end
  return a:derive(table.unpack(casts)), b:derive(table.unpack(casts))
end

-- The rows in the one order that doesn't depend on how they came together; by content last.
local function in_order(q, key, ...)
  local names, taken = {}, {}
  for _, list in ipairs { key, { ... }, content_of(q) } do
    for _, name in ipairs(list) do
      if not taken[name] then names[#names + 1], taken[name] = quoted(name), true end
    end
  end
  return q:sort(table.unpack(names))
end

-- Old and new versions as one set; (old) and (new) say on which side each was.
local function united(old, new)
  local a, b = aligned(old, new)
  local both = query.concat { a:derive "`(old)` = true", b:derive "`(old)` = false" }
  return both:group_by(table.unpack(all_quoted(content_of(both))))
    :agg("first_listed = min(first_listed)", "last_listed = max(last_listed)", "`(new)` = (count() where not `(old)`) > 0",
      "`(was)` = (count() where `(old)`) > 0"):collect()
end

--- One row for each indicator: of every column the newest value that isn't null, when the feed first and last listed it,
--- and in how many versions.
---@param versions lunette.Query
---@param wanted_key? string[]
---@return lunette.Query
function merge.current(versions, wanted_key)
  local key, aggregates, is_key, select = merge.key(versions, wanted_key), {}, {}, {}
  for _, name in ipairs(key) do is_key[name] = true end
  for _, name in ipairs(content_of(versions)) do
    if not is_key[name] then aggregates[#aggregates + 1] = ("%s = last(%s)"):format(quoted(name), quoted(name)) end
    select[#select + 1] = quoted(name)
  end
  table.move({ "first_listed = min(first_listed)", "last_listed = max(last_listed)", "versions = count()" }, 1, 3,
    #aggregates + 1, aggregates)
  table.move({ "first_listed", "last_listed", "versions" }, 1, 3, #select + 1, select)
  return in_order(versions, key, "last_listed", "first_listed"):group_by(table.unpack(all_quoted(key)))
    :agg(table.unpack(aggregates)):select(table.unpack(select)):collect()
end

-- The changes of one column: rows whose version before them had another value. A column of the feed's own may be missing
-- in some of its formats, so there only another value is a change.
local function changes_of(later, key, name, previous)
  local condition = place[name] and "coalesce(string(%s), '') ~= coalesce(string(%s), '')" or "string(%s) ~= string(%s)"
  local select = all_quoted(key)
  table.move({ "time = first_listed", "column = $name", ("before = string(%s)"):format(previous),
    ("after = string(%s)"):format(quoted(name)), { name = name } }, 1, 5, #select + 1, select)
  return later:filter(condition:format(quoted(name), previous)):select(table.unpack(select))
end

--- What changed when: a row for every value that another one replaced: the key, time, column, before, after.
---@param versions lunette.Query
---@param wanted_key? string[]
---@return lunette.Query
function merge.changes(versions, wanted_key)
  local key = merge.key(versions, wanted_key)
  local is_key, names, windows, parts = {}, {}, { by = key, "`(nth)` = row_number()" }, {}
  for _, name in ipairs(key) do is_key[name] = true end
  for _, name in ipairs(content_of(versions)) do
    if not is_key[name] then
      names[#names + 1] = name
      windows[#windows + 1] = ("`(before %d)` = lag(%s)"):format(#names, quoted(name))
    end
  end
  local later = in_order(versions, key, "first_listed", "last_listed"):window(windows):filter "`(nth)` > 1":collect()
  for i, name in ipairs(names) do parts[i] = changes_of(later, key, name, ("`(before %d)`"):format(i)) end
  local order = { "time" }
  table.move(all_quoted(key), 1, #key, 2, order)
  order[#order + 1] = "column"
  return query.concat(parts):sort(table.unpack(order))
end

-- How many indicators have a change now that they didn't have before. Another version alone is none: the same record in
-- another format of the feed has columns more or less.
local function count_changed(both, by_key, key, wanted_key)
  local touched = by_key:filter "old > 0 and fresh > 0":select(table.unpack(all_quoted(key))):collect()
  if #touched == 0 then return 0 end
  local versions = both:semi_join(touched, key):collect()
  local now, earlier = merge.changes(versions, wanted_key), merge.changes(versions:filter "`(was)`", wanted_key)
  local what = table.move({ "time", "column", "before", "after" }, 1, 4, #key + 1, table.move(key, 1, #key, 1, {}))
  local function told(changes) -- null joins nothing
    return changes:derive("before = coalesce(before, '')", "after = coalesce(after, '')")
  end
  return #told(now):anti_join(told(earlier), what):distinct(table.unpack(key))
end

-- What the merge did to the indicators. `since`: the time of the export of the same kind before this one, if this one is
-- the newest.
local function account(both, key, since, wanted_key)
  local by_key = both:group_by(table.unpack(all_quoted(key))):agg("old = count() where `(was)`",
    "listed = count() where `(new)`", "fresh = count() where not `(was)`", "last = max(last_listed)"):collect()
  local row = by_key:group_by():agg("indicators = count()", "added = count() where old == 0",
    "known = count() where old > 0 and listed > 0"):first()
  row.changed = count_changed(both, by_key, key, wanted_key)
  row.unchanged, row.known = row.known - row.changed, nil
  if since then
    row.unlisted = #by_key:filter("listed == 0 and last >= $since", { since = since })
  end
  return row
end

--- Merges versions into those of the archive (nil: there is none yet): the new archive's versions, and what that did:
--- { indicators, added, changed, unchanged, unlisted }, in indicators.
---@param old? lunette.Query
---@param new lunette.Query
---@param wanted_key? string[]
---@param since? lunette.Time
---@return lunette.Query, table<string, integer>
function merge.merged(old, new, wanted_key, since)
  local both = united(old or new:head(0), new)
  local key = merge.key(both, wanted_key)
  local done = account(both, key, since, wanted_key)
  -- Grouping once more numbers the texts in the order of the rows, so that not even the file's bytes show another order.
  local out = in_order(both, key, "first_listed", "last_listed"):group_by(table.unpack(all_quoted(content_of(both))))
    :agg("first_listed = min(first_listed)", "last_listed = max(last_listed)"):collect()
  done.versions = #out
  return out, done
end

return merge
