-- lunette doctor: how this installation stands. Ends with 1 if something is broken.
local core = require "lunette.core"
local cli = require "lunette.cli"
local lunette = require "lunette"
local plugins = require "lunette.plugin"
local width = require "lunette.width"

local doctor = {
  usage = "doctor",
  doc = "Says how this installation stands: versions, folders, plugins, threads and memory, compressed inputs, address databases.",
}

local function line(name, format, ...)
  io.stdout:write(cli.in_locale(width.safe(("%-12s %s"):format(name, format:format(...)))), "\n")
end

-- Reads one compressed byte through the archive module, which is loaded on first use.
local function archives_work()
  local gzip = "\31\139\8\0\0\0\0\0\0\3\75\4\0\67\190\183\232\1\0\0\0" -- "a"
  local made, place = pcall(require("lunette.temporary").file)
  if not made then return nil, require("lunette.errors").text(place) end
  local packed <close> = place
  local file <close> = assert(io.open(packed.path, "wb"))
  file:write(gzip)
  file:flush()
  local ok, head = pcall(core.peek, packed.path)
  if ok and head == "a" then return true end
  return nil, ok and "a compressed file came out wrong" or tostring(head)
end

-- What a database is and how it was found; or why it can't be used.
local function show_database(kind, path, from)
  local ok, db = pcall(require("lunette.ipdb").ip_database, kind)
  if not ok then return line(kind .. " db", "%s (by %s)", require("lunette.errors").text(db), from) end
  local built = db.build_time and (", built %s"):format(db.build_time:format "%Y-%m-%d") or ""
  line(kind .. " db", "%s: %s%s%s (by %s)", path, db.type, built, db.ip_version == 4 and ", IPv4 only" or "", from)
end

-- Where the address databases are, or how to get there.
local function show_databases()
  local ipdb = require "lunette.ipdb"
  for _, kind in ipairs { "geo", "asn" } do
    local ok, path, from = pcall(ipdb.find, kind)
    if not ok then
      line(kind .. " db", "%s", tostring(path))
    elseif path then
      show_database(kind, path, from)
    else
      line(kind .. " db", "none: lunette fetch geoip gets one (or fetch geoip maxmind, with a key; or fetch geoip npm), or give "
        .. "one with --%s-db FILE, or put a .mmdb file into %s", kind, ipdb.folders()[1])
    end
  end
end

-- What holds for plugins from outside on this system.
local function show_boxes()
  local ok, holds = pcall(require("lunette.box").holds)
  if not ok then return line("confinement", "plugins from outside can't run: %s", tostring(holds)) end
  local kept = { "a process of their own", "time and memory" }
  kept[#kept + 1] = holds.files and "no files (Landlock)" or nil
  kept[#kept + 1] = holds.calls and "few system calls (seccomp)" or nil
  line("confinement", "of plugins from outside: %s", table.concat(kept, ", "))
end

-- Whether the network can be asked, which feeds are kept, and whether the keys can be read. Says nothing of a key but its name.
local function show_network()
  local ok, answer, message = pcall(require("lunette.http").request, { url = "http://127.0.0.1:1/", retries = -1 })
  local works = ok and not (message or ""):find("lunette-http.so", 1, true) -- nobody need answer
  line("network", "%s", works and "HTTP and HTTPS can be spoken" or tostring(message or answer))
  local archive = require "lunette.feed_archive"
  local names = archive.names()
  line("feeds", "%s", #names > 0 and ("%s in %s (lunette fetch --status)"):format(table.concat(names, ", "), archive.root())
    or "none is kept: lunette fetch threatfox begins")
  local secrets = require "lunette.secrets"
  local readable, found = pcall(secrets.names)
  line("secrets", "%s", not readable and require("lunette.errors").text(found)
    or #found > 0 and ("%s in %s"):format(table.concat(found, ", "), secrets.path()) or ("none in " .. secrets.path()))
  return works and readable
end

---@return integer status
---@param _ table<string, any>
---@param words string[]
function doctor.run(_, words)
  if words[1] then require("lunette.args").usage "doctor takes nothing but options" end
  local status = 0
  line("lunette", "%s, %s", core.version, _VERSION)
  line("home", "%s", lunette.home)
  local engine = core.engine()
  line("threads", "%d", engine.threads)
  line("memory", "%.1f GiB at most", engine.memory_limit / (1 << 30))
  local works, why = archives_work()
  line("archives", "%s", works and "gz, xz, zst, bz2, lz4 and zip can be read" or why)
  if not works then status = 1 end
  line("sample", "%s", core.stat(require("lunette.read").sample_path()) and "there" or "missing")
  show_databases()
  show_boxes()
  if not show_network() then status = 1 end
  for _, root in ipairs(plugins.roots()) do
    line("plugins", "%s%s", root, core.stat(root) and "" or " (not there)")
  end
  local by_kind, broken = require("lunette.commands.list").load_all()
  line("", "%d analyses, %d sources, %d enrichments", #by_kind.analysis, #by_kind.source, #by_kind.enrich)
  for _, file in ipairs(broken) do
    status = 1
    cli.say("%s is broken: %s", file.path, file.problems[1])
  end
  return status
end

return doctor
