-- Progress on the standard error: only on a terminal, only for what takes longer than half a second, one line that
-- clears itself.
local core = require "lunette.core"
local cli = require "lunette.cli"
local width = require "lunette.width"

local progress = {}

local patience_s, started = 0.5, core.seconds()

--- Shows how far something is; total 0: unknown. Without `what` it has ended: its line goes, before results come.
---@param what string?
---@param done integer
---@param total integer
function progress.show(what, done, total)
  if not what then return progress.clear() end
  if core.seconds() - started < patience_s then return end
  local far = total > 0 and ("%3d %%"):format(math.min(done * 100 // total, 100)) or ("%d"):format(done)
  io.stderr:write("\r\27[K", (width.cut(width.cell(what .. "  " .. far), 78)))
  cli.session.progress_shown = true
end

--- Takes the line away.
function progress.clear()
  if not cli.session.progress_shown then return end
  io.stderr:write "\r\27[K"
  cli.session.progress_shown = false
end

--- Begins to watch the engine, where there is a terminal to show it on.
function progress.start()
  started = core.seconds()
  if cli.session.quiet or not core.is_terminal(2) then return end
  core.on_progress(progress.show, 100)
end

return progress
