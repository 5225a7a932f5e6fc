-- Networks and flows as a list that can be read: what each name is linked to, the strongest first.
local axis = require "lunette.terminal.axis"
local blocks = require "lunette.terminal.blocks"
local reduce = require "lunette.terminal.reduce"
local width = require "lunette.width"

local links = {}

local MOST_SOURCES, MOST_TARGETS = 12, 5

--- The sources by what they add up to, each with its strongest targets.
---@param item table
---@param options lunette.DrawOptions
---@return { sources: table[], most: number, of: integer }
function links.reduce(item, options)
  local rows = reduce.columns(item, { "source", "target", "#size" }):group_by("source", "target")
    :agg(item.size and "n = sum(size)" or "n = count()"):sort("-n"):collect()
  local sources, by_name, most = {}, {}, 0
  for row in rows:rows() do
    local name, n = reduce.name(row.source), row.n or 0
    local one = by_name[name]
    if not one then
      one = { name = options.paint:cell(name), sum = 0, targets = {}, left = 0 }
      by_name[name], sources[#sources + 1] = one, one
    end
    one.sum, most = one.sum + n, math.max(most, n)
    if #one.targets < MOST_TARGETS then
      one.targets[#one.targets + 1] = { name = options.paint:cell(reduce.name(row.target)), n = n }
    else
      one.left = one.left + 1
    end
  end
  table.sort(sources, function(a, b)
    if a.sum ~= b.sum then return a.sum > b.sum end
    return a.name < b.name
  end)
  return { sources = table.move(sources, 1, math.min(#sources, MOST_SOURCES), 1, {}), most = most, of = #sources }
end

--- The lines of the list.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function links.draw(data, options)
  local paint, lines, names = options.paint, {}, 0
  for _, one in ipairs(data.sources) do
    for _, target in ipairs(one.targets) do names = math.max(names, width.of(target.name)) end
  end
  names = math.min(names, options.width // 2)
  local cells = math.max(4, math.min(30, options.width - names - 18))
  for _, one in ipairs(data.sources) do
    lines[#lines + 1] = paint:row():add(paint:cut(one.name, options.width - 16), "bold")
      :add("  " .. axis.number(one.sum), "dim"):text()
    for i, target in ipairs(one.targets) do
      local last = i == #one.targets and one.left == 0
      local branch = paint.unicode and (last and "└─ " or "├─ ") or (last and "`- " or "|- ")
      local row = paint:row():add(branch, "dim"):add(paint:fit(target.name, names) .. " ")
      row:add(blocks.bar(blocks.eighths(data.most > 0 and target.n / data.most or 0, cells), paint.unicode), paint:colour(1))
      lines[#lines + 1] = row:add(" " .. axis.number(target.n)):text()
    end
    if one.left > 0 then
      lines[#lines + 1] = paint:dress("dim", (paint.unicode and "└─ … " or "`- ... ") .. one.left .. " more")
    end
  end
  if data.of > #data.sources then
    lines[#lines + 1] = paint:dress("dim", ("%s %d of %d"):format(paint.unicode and "…" or "...", #data.sources, data.of))
  end
  return lines
end

return links
