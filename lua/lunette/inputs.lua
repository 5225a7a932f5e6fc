-- What commands that run analyses have in common: opening the inputs, the address databases, and what a report says
-- about both.
local core = require "lunette.core"
local cli = require "lunette.cli"

local inputs = {}

--- Reads all inputs as one: the query, and what is to be said about each file.
---@param paths string[]
---@param options { source?: string, member?: string }
---@return lunette.Query, { path: string, source: string, query: lunette.Query }[]
function inputs.open(paths, options)
  local read, query, access = require "lunette.read", require "lunette.query", require "lunette.access"
  local queries, files = {}, {}
  access.on_open = require("lunette.rejects").remember -- what parameters name: other feeds, records
  access.on_note = require("lunette.rejects").note
  for i, input in ipairs(read.several(paths, { source = options.source, member = options.member })) do
    queries[i] = input.rows
    files[i] = { path = input.path, source = input.source.name, query = input.query }
    if cli.session.verbose then cli.say("%s is read by the source '%s'", input.path, input.source.name) end
  end
  return query.concat(queries), files
end

--- Takes the address databases that the command line gives.
---@param options table<string, any>
function inputs.choose_databases(options)
  if options["geo-db"] then require("lunette.ipdb").choose("geo", options["geo-db"]) end
  if options["asn-db"] then require("lunette.ipdb").choose("asn", options["asn-db"]) end
end

--- The address databases that were asked; says so where one can't know addresses that were, or has rows that nothing can be
--- made of.
---@return lunette.IpDatabase[]
function inputs.databases()
  if not package.loaded["lunette.ipdb"] then return {} end
  local list = require("lunette.ipdb").used()
  for _, db in ipairs(list) do
    if db.unsupported > 0 and not cli.session.quiet then
      cli.say("%s knows IPv4 only: %d IPv6 address%s without its columns", db.path, db.unsupported,
        db.unsupported == 1 and " stays" or "es stay")
    end
    if (db.left_out or 0) > 0 and not cli.session.quiet then
      cli.say("%s: %d row%s left out, which %s no range of addresses", db.path, db.left_out, db.left_out == 1 and " is" or "s are",
        db.left_out == 1 and "is" or "are")
    end
  end
  return list
end

--- Where a report's data came from. Digests, and counts that aren't known yet, cost a pass over the file: they come with
--- `full` only.
---@param input lunette.Query
---@param files { path: string, source: string, query: lunette.Query }[]
---@param full boolean
---@return table
function inputs.describe(input, files, full)
  local paths, sources = {}, {}
  for i, file in ipairs(files) do paths[i], sources[i] = file.path, file.source end
  local about = { path = table.concat(paths, ", "), paths = paths, source = table.concat(sources, ", ") }
  if not full then return about end
  about.rows, about.rejected = input:counts()
  if not about.rows then about.rows, about.rejected = #input, #input:rejects() end
  about.files = {}
  for i, file in ipairs(files) do
    local path = require("lunette.read").bundled(file.path) or file.path
    local entry = { path = file.path, source = file.source }
    entry.rows, entry.rejected = file.query:counts()
    if not entry.rows and #files == 1 then entry.rows, entry.rejected = about.rows, about.rejected end
    if path ~= "-" then entry.bytes, entry.sha256 = core.digest(path) end
    about.files[i] = entry
  end
  if #files == 1 then about.bytes, about.sha256 = about.files[1].bytes, about.files[1].sha256 end
  return about
end

--- Says on the standard error what the readers had to leave out.
---@param files { path: string, query: lunette.Query }[]
function inputs.report_rejects(files)
  local rejects = require "lunette.rejects"
  for _, file in ipairs(files) do rejects.report(file.query, file.path) end
  rejects.report_remembered()
end

--- What an analysis gets to say things with while it runs.
---@return { log: fun(text: string), progress: fun(what: string, done: integer, total: integer) }
function inputs.host()
  return {
    log = function(text)
      if not cli.session.quiet then cli.say("%s", text) end
    end,
    progress = function(what, done, total)
      if not cli.session.quiet and core.is_terminal(2) then require("lunette.progress").show(what, done, total) end
    end,
  }
end

return inputs
