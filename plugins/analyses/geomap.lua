local areas = require "lunette.kit.areas"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

-- One line per family, country and place; positions are rounded so that neighbours are one point.
local function places(ctx)
  local cell = ctx.params.cell
  return ioc.grouped(ctx, { ioc.FAMILY, "country",
    ("lat = round(lat / %.17g) * %.17g"):format(cell, cell), ("lon = round(lon / %.17g) * %.17g"):format(cell, cell) })
end

-- Countries (or what `column` has) per family: count, the share of the family's located IOCs, and that share against the
-- country's share of all (1: as everybody).
local function by(column, points, total)
  local pairs_of_two = points:group_by("family", column):agg "count = sum(count)"
  local per_family = points:group_by("family"):agg "family_total = sum(count)"
  local per_place = points:group_by(column):agg "place_total = sum(count)"
  return pairs_of_two:join(per_family, "family"):join(per_place, column)
    :derive("share = count / family_total", "share_of_all = place_total / $total", { total = total })
    :derive "lift = share / share_of_all"
    :sort("-family_total", "family", "-count", column)
    :select("family", column, "count", "share", "share_of_all", "lift")
end

local TELLING = 1.5 -- so many times the usual share is worth saying

-- "41 % in US (1.6 times the usual)"
local function home(row)
  local text = ("%s in %s"):format(words.percent(row.share), row.country)
  return row.lift >= TELLING and ("%s (%s the usual)"):format(text, words.times(row.lift)) or text
end

-- "QakBot: 41 % in US, 9 % in GB (2.9 times the usual)" for the largest families.
local function find_homes(ctx, countries, points)
  local largest = points:group_by("family"):agg("count = sum(count)"):sort("-count", "family"):head(ctx.params.findings)
  for family in largest:rows() do
    local rows = countries:filter("family == $family", { family = family.family }):head(4):collect()
    local parts = {}
    for row in rows:rows() do parts[#parts + 1] = home(row) end
    ctx:finding { severity = "info", chart = "geomap", evidence = rows,
      title = ("%s: %s"):format(family.family, table.concat(parts, ", ")) }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "geomap",
  version = "1.0.0",
  title = "Places",
  summary = "Where each malware family's hosts are, on the map and by country",
  description = [[
Puts IOCs on the map. The table `geomap` has a line per family and place, places being cells of `cell` degrees;
`countries` has the countries of each family with their share of its located IOCs, the country's share of all IOCs, and
the lift: how many times as much the country means to this family as to all. `areas` has the same for parts of the world (South
America, Southeast Asia; the United States east of 85° W, west of 104° W and between). IOCs without a known place are left
out and counted.

Positions are those of networks, not of people.]],
  categories = { "ioc", "geo" },
  author = "The Lunette authors",
  license = "MIT",
  references = {},
  input = { family = "string", country = "string", lat = "float", lon = "float" },
  enrich = { "geoip" },
  params = {
    cell = { type = "float", default = 0.5, min = 0.01, max = 30, doc = "Size of a place, in degrees." },
    findings = { type = "int", default = 8, min = 0, doc = "Describe this many families in words." },
    threat_type = ioc.threat_type,
  },
  example = { input = "sample", params = {}, expect = { tables = { geomap = true, countries = true, areas = true } } },

  run = function(ctx)
    local all, n, scope = places(ctx)
    local points = all:filter "not is_null(lat) and not is_null(lon) and not is_null(country)":collect()
    local located = ioc.sum(points, "count")
    ctx:metric { name = "unlocated", value = n - located, title = "Without a place",
      note = "no address, or one that the database doesn't know" }
    local shown = points:sort("-count", "family", "country", "lat", "lon"):select("family", "country", "lat", "lon", "count")
    shown = shown:collect()
    ctx:table(shown, { name = "geomap", title = "IOCs per family and place" })
    local countries = by("country", points, located):collect()
    ctx:table(countries, { name = "countries", title = "Countries of each family" })
    ctx:table(by("area", areas.add(points), located):collect(), { name = "areas", title = "Parts of the world of each family" })
    ctx:chart { name = "geomap", kind = "map", title = "Where families are hosted", data = shown, lat = "lat", lon = "lon",
      size = "count", color = "family", country = "country",
      note = ioc.note(scope, { { n - located, "without a place" } }) }
    find_homes(ctx, countries, points)
  end,
}
