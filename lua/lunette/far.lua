-- What a confined worker has in place of the library's own ways to files, databases and the user: each asks the parent,
-- which decides. Installed before the plugin's code is loaded.
local errors = require "lunette.errors"

-- ---- files: opened by the parent, read here ----

local function install_files(worker)
  local access, query = require "lunette.access", require "lunette.query"
  local opened, names, inputs = {}, {}, {}
  access.check = function() end -- the parent checks
  access.file = function(path)
    if not opened[path] then
      opened[path] = worker.ask("open", path)
      names[opened[path]:path()] = path
    end
    return opened[path]:path()
  end
  access.opened = function(input, _)
    inputs[#inputs + 1] = input
    return input
  end
  --- What could not be read of all that was opened so far, and how many rows could and couldn't.
  worker.rejected = function()
    local list, rows, rejected = {}, 0, 0
    for i, input in ipairs(inputs) do
      local read, refused = input:counts()
      list[i], rows, rejected = input:rejects(), rows + (read or 0), rejected + (refused or 0)
    end
    if #list == 0 then list[1] = require("lunette").table { { name = "line", type = "int", values = {} } } end
    return query.concat(list), rows, rejected
  end
  worker.real_names = function(text)
    return (text:gsub("/dev/fd/%d+", names))
  end
end

local function install_queries(worker)
  local query = require "lunette.query"
  function query.Query:write(path, options)
    worker.ask("write", path, worker.shared(self), options)
  end
  function query.Query:print(n) worker.send("out", self:text(n)) end
  function query.Query:enrich(name, options)
    return worker.adopted(worker.ask("enrich", worker.shared(self), name, options))
  end
end

-- ---- databases: the parent looks up ----

local function database(worker, kind, path)
  local about = worker.ask("database", kind, path)
  function about:add(input, column, fields)
    if type(column) ~= "string" then errors.raise("argument", "add takes the name of a column of addresses") end
    local addresses = input:select("ip = `" .. column:gsub("`", "") .. "`"):filter "not_null(ip)":distinct()
    local found = worker.adopted(worker.ask("lookup", kind, path, worker.shared(addresses), fields))
    local wanted = {}
    for i, field in ipairs(fields) do wanted[i] = { name = field.name } end
    return require("lunette.ipdb").make_room(input, wanted):join(found:rename { ip = column }, column, { kind = "left" })
  end
  return about
end

-- ---- analyses: the parent runs them, and the report comes as data ----

-- Parameters as they can be sent: queries in shared memory.
local function shared_params(worker, given)
  local query, out = require "lunette.query", {}
  for name, value in pairs(given or {}) do
    local list = query.is_query(value) and { value } or value
    if type(list) == "table" and query.is_query(list[1]) then
      local inputs = {}
      for i, each in ipairs(list) do inputs[i] = query.is_query(each) and worker.shared(each) or each end
      value = { inputs = inputs }
    end
    out[name] = value
  end
  return out
end

local function install_run(worker)
  local query, report = require "lunette.query", require "lunette.report"
  rawset(require "lunette", "run", function(name, input, given)
    local is_query = query.is_query(input)
    local about, items = worker.ask("run", name, is_query and worker.shared(input) or nil, not is_query and input or nil,
      shared_params(worker, given))
    local result = report.new(about)
    for key, value in pairs(about.input) do result.input[key] = value end
    for _, entry in ipairs(items) do
      local item = entry.item
      item.data, item.evidence = item.data and worker.adopted(item.data), item.evidence and worker.adopted(item.evidence)
      result:add_item(entry.kind, item)
    end
    return result
  end)
end

-- ---- charts: drawn here, saved by the parent ----

local function install_charts(worker)
  local class = require("lunette.chart").class
  function class:save(path)
    local given = {}
    for key, value in pairs(self.item) do given[key] = value end
    given.data = nil
    worker.ask("save_chart", path, given, worker.shared(self.item.data))
  end
end

local function install_output(worker)
  local out = {}
  function out:write(...)
    worker.send("out", table.concat { ... })
    return self
  end
  function out:flush() return self end
  rawset(io, "stdout", out)
end

---@param worker table lunette.worker
return function(worker)
  install_files(worker)
  install_queries(worker)
  install_run(worker)
  install_output(worker)
  local lunette = require "lunette"
  rawset(lunette, "read", function(paths, options) return worker.adopted(worker.ask("read", paths, options)) end)
  rawset(lunette, "ip_database", function(kind, path) return database(worker, kind, path) end)
  install_charts(worker)
end
