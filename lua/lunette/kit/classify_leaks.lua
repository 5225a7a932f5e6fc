-- Columns that tell the family because somebody who knew it filled them in: nobody has them when an IOC is new. They are
-- known by their names, by those that feeds give them, and by what is in them where they have another name.
local leaks = {}

-- Why a column can't be a feature, by the common name.
local WHY = {
  reporter = "who reports it tells the family", tags = "tags are given with the family",
  reference = "it is filled in with the family", confidence = "it is set with the family",
  last_seen = "it is filled in later", first_seen = "it tells when the IOC was listed, which is its reporter's habit",
  id = "it tells when and in which batch the IOC was listed",
  malware = "it names the family", family = "it is what is to be predicted", aliases = "they name the family",
  is_compromised = "it is filled in with the family", anonymous = "it tells who reports",
}

-- What feeds call them, without case, `_` and what stands behind as in `last_seen_utc`.
local OTHER_NAMES = {
  reportedby = "reporter", submitter = "reporter", submittedby = "reporter", tag = "tags", labels = "tags", label = "family",
  references = "reference", referenceurl = "reference", confidencelevel = "confidence", lastonline = "last_seen",
  lastseen = "last_seen", lastupdate = "last_seen", firstseen = "first_seen", dateadded = "first_seen", iocid = "id",
  fkmalware = "malware", malwareprintable = "family", malwarefamily = "family", malwarename = "family", malwarealias = "aliases",
  alias = "aliases", iscompromised = "is_compromised",
}

local FEW, SHORT = 20, 4 -- rows below which texts prove nothing; a family's name that is in other words by chance

-- The common name of the column that `name` says it is, or nil.
local function by_name(name)
  local plain = name:lower():gsub("[_%-. ]", "")
  for _ = 1, 2 do
    local known = OTHER_NAMES[plain] or WHY[plain] and plain
    if known then return known end
    plain = plain:gsub("utc$", ""):gsub("name$", "")
  end
end

-- The column of the data, filled in with the family, that `name` has the values of.
local function copied(name, data)
  local definitions, others = { "rows = count()", ("kinds = count_distinct(`%s`)"):format(name) }, {}
  for _, column in ipairs(data:schema()) do
    local other = column.name ~= name and by_name(column.name)
    if other then
      others[#others + 1] = { name = column.name, is = other }
      local both = ("lower(trim(string(`%s`))) == lower(trim(string(`%s`)))"):format(name, column.name)
      definitions[#definitions + 1] = ("same_%d = count() where %s or is_null(`%s`) and is_null(`%s`)")
        :format(#others, both, name, column.name)
    end
  end
  local found = data:agg(table.unpack(definitions)):first()
  for i, other in ipairs(others) do
    if found.kinds > 1 and found["same_" .. i] == found.rows then return other end
  end
end

-- Whether most texts of the column have the name of their row's family in them.
local function names_family(name, data)
  local plain = "replace(replace(lower(%s), ' ', ''), '_', '')"
  local found = data:filter(("not is_null(`%s`) and len(family) >= %d"):format(name, SHORT)):agg("rows = count()",
    ("named = count() where contains(%s, %s)"):format(plain:format("`" .. name .. "`"), plain:format "family")):first()
  return found.rows >= FEW and found.named * 2 > found.rows
end

-- Whether the column is another spelling of the family: each of its values is one family's, and each family has one value,
-- as codes of families do. What is known of a server before isn't that neat.
local function stands_for_family(name, data)
  local pairs_of = data:filter(("not is_null(`%s`)"):format(name)):select("family", ("value = `%s`"):format(name))
    :group_by("family", "value"):agg "n = count()":collect()
  local found = pairs_of:agg("rows = sum(n)", "families = count_distinct(family)", "kinds = count_distinct(value)"):first()
  return #pairs_of >= 2 and found.rows >= FEW and found.families == #pairs_of and found.kinds == #pairs_of
end

-- What an address database or the port gives.
local HARMLESS = { lat = true, lon = true, asn = true, as_name = true, country = true, country_name = true, city = true,
  port = true, http = true }

local function fail(text, ...) error(text:format(...), 0) end

--- Raises if the column can't be a feature, because it isn't there or because it is filled in by or after listing.
---@param name string
---@param data lunette.Query with the column `family`
function leaks.refuse(name, data)
  local known = by_name(name)
  if known then
    fail("the column '%s' can't be a feature: %s, so nobody has it when an IOC is new", name, WHY[known])
  end
  if not data:has(name) then
    local _, e = pcall(data.distinct, data, name) -- it knows the nearest name
    local near = tostring(e):match "%(did you mean.*"
    fail("there is no column '%s' to be a feature%s", name, near and " " .. near or "")
  end
  local copy = copied(name, data)
  if copy then
    fail("the column '%s' can't be a feature: it is '%s' under another name, and %s, so nobody has it when an "
      .. "IOC is new", name, copy.name, WHY[copy.is])
  end
  if data:has(name, "string") and names_family(name, data) then
    fail("the column '%s' can't be a feature: it has the family's name in it in most rows, so nobody has it when "
      .. "an IOC is new", name)
  end
  if not HARMLESS[name] and stands_for_family(name, data) then
    fail("the column '%s' can't be a feature: each of its values is one family's and each family has one value, so it "
      .. "was filled in with the family, and nobody has it when an IOC is new", name)
  end
end

return leaks
