-- Lines of a session as Lua: an expression first, else statements; unfinished ones; and what the prompt allows beyond a
-- file: `local` that outlives its line, and a line that starts with `:` and goes on with the result of the one before.
local compile = {}

-- A `local` at the start of a chunk would end with it. The session keeps what is declared, so the word is blanked out;
-- what follows stays in its column.
local function keep_locals(text)
  local lead, rest = text:match "^(%s*)local(%s+.*)$"
  if not rest then return text end
  local blank = lead .. "     "
  if rest:match "^%s+function%f[^%w_]" then return blank .. rest end
  local names, after = rest:match "^%s+([%a_][%w_]*[%w_%s,]*)(.*)$"
  if not names or names:match "%f[%w_]function%f[^%w_]" then return text end
  if after:match "^=[^=]" then return blank .. rest end
  if after == "" or after:match "^%-%-" then return (blank .. rest:gsub("%s+$", "")) .. " = nil" end
  return text
end

---@class lunette.repl.Compiled
---@field chunk? function
---@field is_expression? boolean it gives values to be shown
---@field message? string what is wrong
---@field is_unfinished? boolean more lines may make it right
---@field source string what was compiled

--- Compiles text as an expression, else as statements.
---@param text string
---@param env table
---@param name? string the chunk's name in messages
---@return lunette.repl.Compiled
function compile.text(text, env, name)
  local chunk_name = "=" .. (name or "stdin")
  text = text:gsub("^%s*=", "return ")
  local chunk, unfinished = load("return " .. text, chunk_name, "t", env)
  if chunk then return { chunk = chunk, is_expression = true, source = "return " .. text } end
  local kept = keep_locals(text)
  local message
  chunk, message = load(kept, chunk_name, "t", env)
  if not chunk and kept ~= text then chunk, message = load(text, chunk_name, "t", env) end
  if chunk then return { chunk = chunk, is_expression = text:match "^return%f[^%w_]" ~= nil, source = kept } end
  if unfinished:match "<eof>$" then message = unfinished end -- no statement begins like that: `1 +`
  return { message = message, is_unfinished = message:match "<eof>$" ~= nil, source = text }
end

--- The name that a line gives a value: "x" for `x = …` and `local x = …`; nil for any other.
---@param text string
---@return string?
function compile.assigned_name(text)
  local name = text:gsub("^%s*local%s+", ""):match "^%s*([%a_][%w_]*)%s*=%f[^=]"
  return name ~= "local" and name or nil
end

--- Whether a line goes on with the value of the line before: `:filter "port == 443"`.
---@param line string
---@return boolean
function compile.goes_on(line) return line:match "^%s*:[%a_]" ~= nil and not line:match "^%s*::" end

-- Where in a line the compiler stopped: the end of the shortest beginning that fails in the same way.
local function place_of(source, number, token, message)
  local before, line = {}, nil
  for each in (source .. "\n"):gmatch "(.-)\n" do
    if #before == number - 1 then line = each break end
    before[#before + 1] = each
  end
  if not line then return nil end
  local head, from = table.concat(before, "\n") .. (#before > 0 and "\n" or ""), 1
  while true do
    local first, last = line:find(token, from, true)
    if not first then return line end
    local _, found = load(head .. line:sub(1, last), "=stdin", "t")
    local is_same = found == message or found and found:match ": (.*)$" == message:match ": (.*)$"
    if is_same or message:find("unfinished string", 1, true) then return line, first, last end
    from = last + 1
  end
end

--- A compiler's message as people read it: the line and a caret under the mistake.
---@param compiled lunette.repl.Compiled
---@return string
function compile.explain(compiled)
  local message = compiled.message or ""
  local number, what = message:match "^[^\n]-:(%d+): (.*)$"
  local token = what and what:match "near '(.*)'$"
  if not number then return message end
  local line, first, last = nil, nil, nil
  if token then line, first, last = place_of(compiled.source, math.tointeger(number), token, message) end
  if not first then return what:gsub(" near <eof>$", "; the input ends before it is complete") end
  local column = utf8.len(line, 1, first - 1) or first - 1
  return ("%s\n  %s\n  %s%s"):format(what, line, (" "):rep(column), ("^"):rep(math.max(last - first + 1, 1)))
end

return compile
