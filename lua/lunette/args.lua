-- Command-line options: declared as data, parsed, and written as help.
local errors = require "lunette.errors"
local core = require "lunette.core"

local args = {}

---@class lunette.Option
---@field name string "--format"
---@field short? string "-o"
---@field arg? string what its argument is called in the help; nil: it takes none
---@field doc string
---@field many? boolean it can be given several times: its values are a list
---@field read? fun(text: string): any, string? turns the argument into a value; nil and why when it can't

--- Raises a mistake in the command line: the process then ends with status 2.
---@param format string
function args.usage(format, ...) error(core.error("usage", format:format(...)), 0) end

-- The option that `word` names, by its long or short form.
local function find(options, word)
  for _, option in ipairs(options) do
    if option.name == word or option.short == word then return option end
  end
end

-- `options.unknown` is what to say where no name is near.
local function unknown(options, word)
  local names = {}
  for _, option in ipairs(options) do
    names[#names + 1] = option.name
  end
  local meant = errors.meant(word, names)
  args.usage("no option %s%s", word, meant == "" and options.unknown or meant)
end

local function value_of(option, text)
  if not option.read then return text end
  local value, problem = option.read(text)
  if value == nil then args.usage("%s: '%s' %s", option.name, text, problem) end
  return value
end

-- Splits "--name=value" and "-ovalue": the option, its attached value or nil.
local function split(options, word)
  local name, attached = word:match "^(%-%-[^=]+)=(.*)$"
  if not name and not word:match "^%-%-" and #word > 2 then name, attached = word:sub(1, 2), word:sub(3) end
  local option = find(options, name or word)
  if not option then unknown(options, name or word) end
  if attached and not option.arg then args.usage("%s takes no value", option.name) end
  return option, attached
end

--- Parses `words` from `first` on: values by option name (without the dashes), and the rest. "--" ends the options,
--- "-" is a word like any other. `stop` ends at the first word that is no option; its index comes back too.
---@param options lunette.Option[]
---@param words string[]
---@param first integer
---@param stop? boolean
---@return table<string, any>, string[], integer
function args.parse(options, words, first, stop)
  local values, rest, i = {}, {}, first
  while i <= #words do
    local word = words[i]
    if word == "--" then
      if stop then return values, rest, i + 1 end
      table.move(words, i + 1, #words, #rest + 1, rest)
      return values, rest, #words + 1
    elseif word == "-" or word:sub(1, 1) ~= "-" then
      if stop then return values, rest, i end
      rest[#rest + 1] = word
    else
      local option, value = split(options, word)
      if option.arg and not value then
        i = i + 1
        value = words[i]
        if not value then args.usage("%s needs a value: %s %s", word, word, option.arg) end
      end
      local read, key = option.arg and value_of(option, value) or true, option.name:sub(3)
      if option.many then
        values[key] = values[key] or {}
        table.insert(values[key], read)
      else
        values[key] = read
      end
    end
    i = i + 1
  end
  return values, rest, i
end

--- How wide help and lists may be: the terminal, but no more than reads well.
---@return integer
function args.columns() return math.max(40, math.min(core.terminal_width(1) or 100, 100)) end

-- Lines of text of at most `limit` columns, each after the first indented.
local function wrap(text, indent, limit)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if #line + #word + 1 > limit - indent and line ~= "" then
      lines[#lines + 1], line = line, ""
    end
    line = line == "" and word or line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. (" "):rep(indent))
end
args.wrap = wrap

--- Paragraphs, broken anew where the terminal is narrower than the text was written for.
---@param text string
---@return string
function args.reflow(text)
  local columns = core.terminal_width(1)
  if not columns or columns >= 120 then return text end
  local out = {}
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    out[#out + 1] = paragraph:find "\n[ \t]" and paragraph or wrap(paragraph, 0, columns)
  end
  return table.concat(out, "\n\n")
end

--- A list of names and what they are, aligned.
---@param entries { [1]: string, [2]: string }[]
---@return string
function args.describe(entries)
  local widest, out = 0, {}
  for _, entry in ipairs(entries) do widest = math.max(widest, math.min(#entry[1], 28)) end
  for i, entry in ipairs(entries) do
    local gap = #entry[1] > widest and "\n" .. (" "):rep(widest + 4) or (" "):rep(widest + 2 - #entry[1])
    out[i] = "  " .. entry[1] .. gap .. wrap(entry[2], widest + 4, args.columns()) .. "\n"
  end
  return table.concat(out)
end

--- The options as help lines.
---@param options lunette.Option[]
---@return string
function args.help(options)
  local entries = {}
  for i, option in ipairs(options) do
    local name = (option.short and option.short .. ", " or "    ") .. option.name
    entries[i] = { option.arg and name .. " " .. option.arg or name, option.doc }
  end
  return args.describe(entries)
end

--- Reads a choice.
---@param choices table<string, any>
---@return fun(text: string): any, string?
function args.choice(choices)
  return function(text)
    if choices[text] ~= nil then return text end
    return nil, ("is none of %s%s"):format(table.concat(errors.keys(choices), ", "),
      errors.meant(text, errors.keys(choices)))
  end
end

local units = { [""] = 1, k = 1 << 10, m = 1 << 20, g = 1 << 30, t = 1 << 40 }

--- Reads a size in bytes: 500M, 2G, 1.5GiB.
---@param text string
---@return integer?, string?
function args.size(text)
  local number, unit = text:match "^(%d+%.?%d*)([kKmMgGtT]?)i?[bB]?$"
  local value = tonumber(number or "")
  if not value or value <= 0 or value * units[unit:lower()] > 2 ^ 62 then
    return nil, "is no size (write it as 500M or 2G)"
  end
  return math.floor(value * units[unit:lower()])
end

--- Reads a number of seconds.
---@param text string
---@return number?, string?
function args.seconds(text)
  local n = text:match "^%d+%.?%d*$" and tonumber(text)
  if n and n > 0 and n <= 1000000 then return n end
  return nil, "is no number of seconds"
end

--- Reads a number of threads.
---@param text string
---@return integer?, string?
function args.threads(text)
  local n = text:match "^%d+$" and math.tointeger(tonumber(text))
  if n and n >= 1 and n <= 256 then return n end
  return nil, "is no number of threads (1 to 256)"
end

return args
