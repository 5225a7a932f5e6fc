-- Says on the standard error what the readers had to leave out.
local cli = require "lunette.cli"

local rejects = {}

local reasons_shown = 3

--- Reports the rejected rows of one input, if any; how many there were.
---@param input lunette.Query
---@param path string
---@return integer
function rejects.report(input, path)
  local rejected = input:rejects()
  local n = #rejected
  if n == 0 or cli.session.quiet then return n end
  cli.say("%d of %d rows of %s rejected:", n, n + #input, path)
  for row in rejected:head(reasons_shown):rows() do
    cli.say("  line %s: %s%s", row.line or "?", row.column and row.column ~= "" and row.column .. ": " or "",
      row.reason or "")
  end
  if n > reasons_shown then
    cli.say("  and %d more; lunette -e 'print(t:rejects())' %s shows them", n - reasons_shown, path)
  end
  return n
end

--- The same for every input that was opened by hand, if anything was run on it.
function rejects.report_opened()
  for _, opened in ipairs(require("lunette.read").opened) do rejects.report(opened.query, opened.path) end
end

return rejects
