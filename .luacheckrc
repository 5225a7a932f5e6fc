-- luacheck's settings: stock Lua 5.4, no globals of our own.
std = "lua54"
max_line_length = 140
cache = false
ignore = { "212/self" } -- methods that need nothing of their object keep its shape
files["tests/spec"] = { std = "lua54+busted" }
files["lua/lunette/_meta"] = { ignore = { "1", "2", "3", "6" } } -- declarations for the language server, never run
exclude_files = { "build*", "scripts/benchmarks/node_modules" }
