-- What `require "lunette"` finds in a stock Lua: goes on to the library's own folder of the same installation.
local prefix = debug.getinfo(1, "S").source:match "^@(.*)share/lua/5%.4/lunette%.lua$"
if not prefix then error "lunette.lua isn't where it was installed: share/lua/5.4/lunette.lua of a prefix" end
local folder = prefix .. "share/lunette/lua/"
package.path = folder .. "?.lua;" .. folder .. "?/init.lua;" .. package.path
package.cpath = prefix .. "lib/lua/5.4/?.so;" .. package.cpath
local lunette = assert(loadfile(folder .. "lunette/init.lua"))("lunette", folder .. "lunette/init.lua")
package.loaded.lunette = lunette
return lunette
