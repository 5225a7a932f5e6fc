-- A hunt's questions. The file is loaded as what it is; address and port are then made columns, which isn't timed.
local bench = require "bench"
local lunette = require "lunette"

local iocs = bench.timed("load", function() return lunette.csv(arg[1]):collect() end)
  :derive("at = if_else(ioc_type == 'ip:port', ioc_value, null)")
  :derive("ip = try_ip(host_of(at))", "port = port_of(at)")
  :drop("at")
  :rename { malware_printable = "family" }
  :collect()

bench.ask("contains", { "n" }, function()
  return iocs:filter("contains(ioc_value, 'host-7')"):group_by():agg("n = count()")
end)
bench.ask("match", { "n" }, function()
  return iocs:filter("matches(ioc_value, '[0-9a-f]{5}[13579]\\\\.(c2\\\\.)?example')"):group_by():agg("n = count()")
end)
bench.ask("ports", { "port", "n" }, function()
  return iocs:filter("not is_null(port)"):group_by("family", "port"):agg("n = count()")
end)
bench.ask("days", { "n" }, function()
  return iocs:derive("day = first_seen_utc:trunc('day')"):group_by("family", "day"):agg("n = count()")
end)
bench.ask("overlap", { "families", "n" }, function()
  return iocs:filter("not is_null(ip)"):group_by("ip"):agg("families = count_distinct(family)", "n = count()")
    :filter("families >= 2")
end)
bench.ask("tags", { "n" }, function()
  return iocs:filter("tags ~= ''"):select("tags"):explode("tags", ","):group_by("tags"):agg("n = count()")
end)
