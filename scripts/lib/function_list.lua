-- Prints the expression language's functions as Markdown, a table per category: what stands in docs/language.md.
local lunette = require "lunette"

local order = { "text", "number", "time", "ip", "ioc", "null", "cast", "aggregate" }
local titles = {
  text = "Text", number = "Numbers", time = "Times", ip = "Addresses", ioc = "Indicators", null = "Nulls and choices",
  cast = "Conversions", aggregate = "Aggregates",
}

local groups, known = {}, {}
for _, name in ipairs(order) do known[name] = true end
for _, f in ipairs(lunette.functions()) do
  if not known[f.category] then
    order[#order + 1], known[f.category] = f.category, true
  end
  groups[f.category] = groups[f.category] or {}
  table.insert(groups[f.category], f)
end

for _, name in ipairs(order) do
  if groups[name] then
    print(("### %s\n\n| function | what it gives |\n|---|---|"):format(titles[name] or name))
    for _, f in ipairs(groups[name]) do
      print(("| `%s` | %s |"):format((f.signature:gsub("|", "\\|")), (f.summary:gsub("|", "\\|"))))
    end
    print ""
  end
end
