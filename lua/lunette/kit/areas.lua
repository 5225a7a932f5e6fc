-- Parts of the world, for tables that are to be read at a glance: countries by their ISO codes, the United States in three by
-- longitude. Coarse on purpose; close to the United Nations' regions.
local lunette = require "lunette"

local areas = {}

local COUNTRIES = {
  ["Africa"] = "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ NA NE "
    .. "NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW",
  ["Central America and Caribbean"] = "AG AI AW BB BL BQ BS BZ CR CU CW DM DO GD GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PR SV "
    .. "SX TC TT VC VG VI",
  ["Central and South Asia"] = "AF BD BT IN KG KZ LK MV NP PK TJ TM UZ",
  ["East Asia"] = "CN HK JP KP KR MN MO TW",
  ["Europe"] = "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES EU FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT "
    .. "NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
  ["Middle East"] = "AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE",
  ["Canada"] = "BM CA GL PM",
  ["Oceania"] = "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
  ["South America"] = "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
  ["Southeast Asia"] = "BN ID KH LA MM MY PH SG TH TL VN",
}

local US = "if_else(lon >= -85, 'US, east', if_else(lon <= -104, 'US, west', 'US, middle'))" -- Atlanta is east, Denver west

---The countries as a table: country, area.
---@return table
function areas.table()
  local countries, names = {}, {}
  for name, codes in pairs(COUNTRIES) do
    for code in codes:gmatch "%u%u" do countries[#countries + 1], names[#names + 1] = code, name end
  end
  return lunette.table({ { name = "country", values = countries }, { name = "area", values = names } }):sort "country"
end

---Adds `area` to a query with the columns country (ISO code) and lon: "elsewhere" for a code that is no country's.
---@param query table
---@return table
function areas.add(query)
  return query:join(areas.table(), "country", { kind = "left" })
    :derive("area = if_else(country == 'US', " .. US .. ", coalesce(area, 'elsewhere'))")
end

return areas
