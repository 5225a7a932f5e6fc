-- Services under whose domains anybody can have a name: dynamic DNS, and tunnels to a machine behind a firewall. A name
-- below one of them says nothing about who owns the address.
local lunette = require "lunette"

local services = {}

services.dynamic_dns = {
  "3utilities.com", "access.ly", "accesscam.org", "afraid.org", "blogsyte.com", "bounceme.net", "camdvr.org", "cf-ddns.com",
  "chickenkiller.com", "con-ip.com", "crabdance.com", "dattolocal.net", "ddns.me", "ddns.mobi", "ddns.ms", "ddns.net",
  "ddns.us", "ddnsfree.com", "ddnsgeek.com", "ddnsking.com", "ddnss.de", "dedyn.io", "dns-dns.com", "dns04.com", "dns05.com",
  "dns1.us", "dnsabr.com", "dnsalias.com", "dnsdojo.com", "dnsdynamic.org", "dnset.com", "dnsrd.com", "dns.army", "dns.navy",
  "duckdns.org", "dumb1.com", "dvrcam.info", "dyn-ip24.de", "dynalias.com", "dynamic-dns.net", "dynamicdns.biz", "dyndns.biz",
  "dyndns.info", "dyndns.org", "dyndns.tv", "dynu.com", "dynu.net", "dynuddns.com", "dynuddns.net", "dynv6.net", "ezua.com",
  "findhere.org", "freeddns.org", "freedynamicdns.org", "ftp.sh", "giize.com", "gleeze.com", "gotdns.org", "hldns.ru",
  "homeip.net", "homelinux.com", "homelinux.net", "hopto.me", "hopto.org", "ignorelist.com", "ikwb.com", "itemdb.com",
  "jumpingcrab.com", "kozow.com", "loseyourip.com", "mooo.com", "mrbonus.com", "my-firewall.org", "myddns.me", "myddns.rocks",
  "mydissent.net", "myftp.biz", "myftp.org", "myq-see.com", "mysynology.net", "myvnc.com", "mywire.org", "no-ip.biz",
  "no-ip.ca", "no-ip.co.uk", "no-ip.info", "no-ip.net", "no-ip.org", "noip.me", "noip.us", "now-dns.net", "nsupdate.info",
  "ooguy.com", "redirectme.net", "serveblog.net", "servebeer.com", "servecounterstrike.com", "serveftp.com", "serveftp.net",
  "servegame.com", "servehalflife.com", "servehttp.com", "serveirc.com", "serveminecraft.net", "servemp3.com", "servepics.com",
  "servequake.com", "spdns.de", "strangled.net", "sytes.net", "theworkpc.com", "toythieves.com", "twilightparadox.com",
  "webhop.me", "webredirect.org", "zapto.org", "zyns.com",
}

services.tunnel = {
  "bore.pub", "cfargotunnel.com", "devtunnels.ms", "hoppy.run", "localhost.run", "localtonet.com", "loca.lt", "localtunnel.me",
  "localxpose.io", "loclx.io", "lhr.life", "lhr.rocks", "lhrtunnel.link", "ngrok-free.app", "ngrok-free.dev", "ngrok.app", "ngrok.com",
  "ngrok.dev", "ngrok.io", "ngrok.pro", "packetriot.net", "pagekite.me", "pinggy.io", "pinggy.link", "playit.gg", "ply.gg",
  "portmap.host", "portmap.io", "remote.moe", "serveo.net", "serveousercontent.com", "ssh.run", "trycloudflare.com", "tunnelin.com",
  "tunnelto.dev", "telebit.io",
}

---The services as a table: domain, and what kind of service it is.
---@return table
function services.table()
  local domains, kinds = {}, {}
  for kind, list in pairs { ["dynamic DNS"] = services.dynamic_dns, tunnel = services.tunnel } do
    for _, domain in ipairs(list) do domains[#domains + 1], kinds[#kinds + 1] = domain, kind end
  end
  return lunette.table { { name = "domain", values = domains }, { name = "service", values = kinds } }:sort "domain"
end

return services
