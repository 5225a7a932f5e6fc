-- Enrichments on the command line: --enrich A,B, and words of the form enrichment.name=value for their parameters.
local args = require "lunette.args"
local errors = require "lunette.errors"

local words = {}

---@class lunette.Asked what the command line asks for
---@field list { name: string, given: table<string, string> }[] in the order in which they are applied
---@field by_name table<string, table<string, string>>

--- What --enrich names; a path goes by its file's name.
---@param options table<string, any>
---@return lunette.Asked
function words.asked(options)
  local asked = { list = {}, by_name = {} }
  for name in (options.enrich or ""):gmatch "[^,%s]+" do
    local given = {}
    asked.list[#asked.list + 1] = { name = name, given = given }
    asked.by_name[name:match "([%w_]+)%.lua$" or name] = given
  end
  return asked
end

--- Takes a word that is a parameter of an enrichment, such as warninglist.lists=dns.json; false for any other.
---@param asked lunette.Asked
---@param word string
---@return boolean
function words.take(asked, word)
  local owner, name, value = word:match "^([%a_][%w_]*)%.([%a_][%w_]*)=(.*)$"
  if not owner then return false end
  local given = asked.by_name[owner]
  if not given then
    local names = errors.keys(asked.by_name)
    args.usage("'%s' is a parameter of the enrichment '%s', which isn't applied%s", word, owner,
      #names > 0 and errors.meant(owner, names) or (": add --enrich %s"):format(owner))
  end
  if given[name] then args.usage("the parameter %s.%s is given twice", owner, name) end
  given[name] = value
  return true
end

--- Raises for mistyped enrichments and parameters, before anything is read.
---@param asked lunette.Asked
function words.check(asked)
  for _, each in ipairs(asked.list) do
    local plugin = require("lunette.plugin").find("enrich", each.name)
    require("lunette.params").parse(("enrichment '%s'"):format(plugin.name), plugin.params, each.given)
  end
end

--- Takes the databases that were given, and applies what was asked for.
---@param asked lunette.Asked
---@param input lunette.Query
---@param options table<string, any>
---@return lunette.Query
---@return string[] names of what was applied
function words.apply(asked, input, options)
  require("lunette.inputs").choose_databases(options)
  local names = {}
  for i, each in ipairs(asked.list) do input, names[i] = input:enrich(each.name, each.given), each.name end
  return input, names
end

return words
