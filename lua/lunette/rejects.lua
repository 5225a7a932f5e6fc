-- Says on the standard error what the readers had to leave out: rows, and columns of Arrow files; and which columns became
-- text because their values don't agree.
local cli = require "lunette.cli"
local width = require "lunette.width"

local rejects = {}

local reasons_shown, columns_shown, most_remembered = 3, 3, 16

-- What the reader says of its columns in what `explain` shows of it: those of Arrow files that it leaves out, as their types
-- aren't read; those of JSON that are text although some records have numbers or truths in them. That some texts are times
-- or addresses is nobody's worry.
local function report_columns(input, path)
  local described, said = input:explain(), {}
  if described:find("scan json:", 1, true) then
    for column, why in described:gmatch "\n%s+([^\n]-): string %((record [^\n]+)%)" do
      if why:find " an int" or why:find " a float" or why:find " a bool" then
        said[#said + 1] = ("column '%s' is text: %s"):format(width.safe(column), why)
      end
    end
  elseif described:find("scan arrow:", 1, true) then
    for column, what in described:gmatch "\n%s+([^\n]-): left out %(([^\n]+)%)" do
      said[#said + 1] = ("column '%s' is left out: values of the type %s aren't read"):format(width.safe(column), what)
    end
  end
  for i = 1, math.min(#said, columns_shown) do cli.say("%s: %s", path, said[i]) end
  if #said > columns_shown then
    cli.say("%s: so are %d more columns; lunette -e 'print(t:explain())' tells why", path, #said - columns_shown)
  end
end

--- Reports the rejected rows of one input, if any. Where no pass over the input has finished, nothing is known, and
--- nothing said.
---@param input lunette.Query
---@param path string
function rejects.report(input, path)
  if cli.session.quiet then return end
  report_columns(input, path)
  local rows, n = input:counts()
  if not rows or n == 0 then return end
  cli.say("%d of %d rows of %s rejected:", n, rows + n, path)
  for row in input:rejects():head(reasons_shown):rows() do
    local column = row.column and row.column ~= "" and row.column .. ": " or ""
    cli.say("  line %s: %s%s", row.line or "?", column, row.reason or "")
  end
  if n > reasons_shown then
    local word = path:find "[^%w%./_-]" and "'" .. path:gsub("'", "'\\''") .. "'" or path
    cli.say("  and %d more; lunette -e 'print(t:rejects())' %s shows them", n - reasons_shown, word)
  end
end

--- Says a sentence about inputs, unless nothing is to be said.
---@param text string
function rejects.note(text)
  if not cli.session.quiet then cli.say("%s", width.safe(text)) end
end

local remembered = {}

--- Remembers an input for report_remembered. The oldest of many is reported at once, so that none is kept for long.
---@param input lunette.Query
---@param path string
function rejects.remember(input, path)
  remembered[#remembered + 1] = { input = input, path = path }
  if #remembered <= most_remembered then return end
  local oldest = table.remove(remembered, 1)
  rejects.report(oldest.input, oldest.path)
end

--- Reports the inputs that were remembered.
function rejects.report_remembered()
  for _, each in ipairs(remembered) do rejects.report(each.input, each.path) end
  remembered = {}
end

return rejects
