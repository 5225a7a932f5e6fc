local lunette = require "lunette"
local feed = require "lunette.kit.feed"

-- A line of the common or combined format, with or without the server's name in front; more may follow. The client may be
-- several with commas between them, as proxies pass them on.
local LINE = [==[^(?:([\w.-]+:\d+) )?((?:[^\s,]++, ?)*+[^\s,]++) (\S+) (.*?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)]==]
  .. [==[(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"(?=$| )|(?=$)| (?!"))]==]
local REQUEST = [[^([A-Z]+) (.*?)(?: (HTTP/[\d.]+))?$]]

local WHOLE_LINES = "\1" -- a delimiter that text has none of

-- Quotes and backslashes as they were; bytes that stand as \xNN stay so.
local UNESCAPED = [[replace(replace(%s, '\\"', '"'), '\\\\', '\\')]]

-- How the columns are taken from a line; `$line` is the pattern.
local COLUMNS = {
  "time = coalesce(try_parse_time(extract(line, $line, 5), '%d/%b/%Y:%H:%M:%S %z'), "
    .. "try_parse_time(extract(line, $line, 5), '%d/%b/%Y:%H:%M:%S.%f %z'), try_time(extract(line, $line, 5)))",
  "src_ip = try_ip(trim(split_part(extract(line, $line, 2), ',', 1), '[]'))",
  "client = extract(line, $line, 2)",
  "user = null_if(extract(line, $line, 4), '-')",
  "request = " .. UNESCAPED:format "extract(line, $line, 6)",
  "method = extract(request, $request, 1)",
  "path = extract(request, $request, 2)",
  "protocol = extract(request, $request, 3)",
  "status = try_int(extract(line, $line, 7))",
  "bytes = try_int(extract(line, $line, 8))",
  "referer = null_if(extract(line, $line, 9), '-')",
  "user_agent = " .. UNESCAPED:format "null_if(extract(line, $line, 10), '-')",
  "vhost = extract(line, $line, 1)",
}

-- Whether a line looks like one of these logs.
local function is_entry(line)
  return line:find '^%S+ %S+ .-%[%d%d/%a%a%a/%d%d%d%d:%d%d:%d%d:%d%d[.%d]* [+-]%d%d%d%d%] "' ~= nil
    or line:find '^%S+ %S+ .-%[%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[^%]]*%] "' ~= nil
end

return {
  api = 1,
  kind = "source",
  name = "weblog",
  version = "1.0.0",
  summary = "Access logs of web servers: Apache's and nginx's common and combined formats",
  description = [[
Reads access logs as Apache and nginx write them, line by line, quotes in user agents and requests included.

Gives `time src_ip client user request method path protocol status bytes referer user_agent vhost`: `client` is the address
or name as it stands in the log (`src_ip` the first of several that proxies passed on), `request` the line that the client
sent, `method path protocol` its parts if it is HTTP. `-` is null. Times may have fractions of a second, or be ISO 8601.
Lines of another form are rejects.]],
  categories = { "log", "web" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://httpd.apache.org/docs/current/logs.html" },
  permissions = {},

  detect = function(head)
    local lines = feed.lines(head)
    local n_entries = 0
    local n_filled = 0
    for _, line in ipairs(lines) do
      n_entries = n_entries + (is_entry(line) and 1 or 0)
      n_filled = n_filled + (line ~= "" and 1 or 0)
    end
    return n_entries > 0 and 2 * n_entries > n_filled and 0.9 or nil
  end,

  read = function(path, opts)
    local query = lunette.csv(path, feed.options({
      delimiter = WHOLE_LINES, quote = false, comment = false, header = false, names = { "line" }, all_strings = true,
      record_pattern = LINE,
    }, opts))
    local items = table.move(COLUMNS, 1, #COLUMNS, 1, {})
    items[#items + 1] = { line = LINE, request = REQUEST }
    return query:derive(table.unpack(items)):drop "line"
  end,
}
