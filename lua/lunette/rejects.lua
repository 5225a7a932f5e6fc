-- Says on the standard error what the readers had to leave out.
local cli = require "lunette.cli"

local rejects = {}

local reasons_shown = 3

--- Reports the rejected rows of one input, if any. Where no pass over the input has finished, nothing is known, and
--- nothing said.
---@param input lunette.Query
---@param path string
function rejects.report(input, path)
  local rows, n = input:counts()
  if not rows or n == 0 or cli.session.quiet then return end
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

--- The same for every input that was opened by name.
function rejects.report_opened()
  for _, opened in ipairs(require("lunette.read").opened) do rejects.report(opened.query, opened.path) end
end

return rejects
