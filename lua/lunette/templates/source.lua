-- my_hunt: reads a list of addresses of our own.
--
--   lunette check my_hunt.lua           says what is wrong, and where
--   lunette test my_hunt.lua            runs its example
--   lunette run families list.txt --source ./my_hunt.lua
--
-- When it is good, put it at ~/.config/lunette/plugins/sources/my_hunt.lua: then such files are known when they are met.
local lunette = require "lunette"

return {
  api = 1,                -- the version of what the fields of this table mean
  kind = "source",        -- a source teaches Lunette a file format
  name = "my_hunt",       -- the file's name without .lua
  version = "0.1.0",
  summary = "Our own list of addresses",
  description = "Semicolon-separated, with the columns seen, address and kind.",
  categories = { "ioc" },
  author = "you",
  license = "MIT",
  permissions = {},

  -- How sure we are that a file with this beginning is ours, from 0 to 1; nil: it isn't.
  detect = function(head)
    return head:find "^seen;address;kind" and 0.9 or nil
  end,

  -- Maps the file's columns to the common ones, against which every analysis is written: first_seen, ioc, ip, port, host,
  -- family, threat_type, confidence, tags, reference, …. Columns of your own may follow.
  read = function(path)
    return lunette.csv(path, { delimiter = ";", types = { seen = "time" } })
      :select("first_seen = seen", "ioc = address", "ip = try_ip(host_of(address))", "port = address:port_of()",
        "family = kind", "threat_type = 'botnet_cc'")
  end,

  -- Run by `lunette check` and `lunette test`: a file with this text must be known, and read like this.
  example = {
    file = "list.txt",
    text = "seen;address;kind\n2021-09-01 10:00;198.18.4.1:443;Cobalt Strike\n2021-09-02 11:30;198.18.4.2:995;QakBot\n",
    expect = {
      rows = 2,
      columns = { first_seen = "time", ip = "ip", port = "int", family = "string" },
      first = { family = "Cobalt Strike", ip = "198.18.4.1", port = 443 },
    },
  },
}
