-- Tables to and from the memory of a program that embeds Lua, by the Arrow C data interface. Not for plugins: what
-- takes pointers trusts its caller.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local memory = {}

--- A query over a program's own columns, without copying them: `schema` and `array` are light userdata that point to an
--- `ArrowSchema` and an `ArrowArray` (a struct array whose children are the columns). Both are taken over; what they hold
--- is released when the table and all that was made of it are gone. See lunette/arrow.h.
---@param schema lightuserdata
---@param array lightuserdata
---@return lunette.Query
function memory.from_arrow(schema, array) return query.of_table(core.from_arrow(schema, array)) end

--- Runs a query and gives its table to the program: fills the `ArrowSchema` and the `ArrowArray` that the light userdata
--- point to. The program releases both, before it closes the Lua state.
---@param q lunette.Query
---@param schema lightuserdata
---@param array lightuserdata
function memory.to_arrow(q, schema, array)
  if not query.is_query(q) then errors.raise("argument", "to_arrow needs a query, not a %s", type(q)) end
  core.to_arrow(q:handle(), schema, array)
end

return memory
