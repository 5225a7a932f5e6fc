---@meta lunette.core
-- What engine/lua gives to Lua, for the language server. Never run.

---@class lunette.Null userdata that stands for null; prints as "null"

---@class lunette.Time microseconds since 1970 in UTC
---@field us integer
---@field year integer
---@field month integer
---@field day integer
---@field hour integer
---@field minute integer
---@field second number with its fraction
---@field weekday integer 1 Monday … 7 Sunday
---@operator sub(lunette.Time): number
---@operator add(number): lunette.Time
local Time = {}

--- The time as text.
---@param format? string strftime's; ISO 8601 without it
---@return string
function Time:format(format) end

---@class lunette.Ip an IPv4 or IPv6 address
---@field version 4|6
local Ip = {}

--- Whether the address is in a network such as "10.0.0.0/8".
---@param cidr string
---@return boolean
function Ip:within(cidr) end

---@class lunette.Column
---@field type string
---@field layout string
---@field null_count integer
---@field [integer] any
---@operator len: integer
local Column = {}

--- The column's values, or `n` of them from `first` on, as an array; null as `lunette.null`.
---@param first? integer
---@param n? integer
---@return any[]
function Column:values(first, n) end

---@class lunette.Table an immutable table of the engine's
---@operator len: integer
local Table = {}

---@return { name: string, type: string }[]
function Table:schema() end
---@param name string|integer
---@return lunette.Column
function Table:column(name) end
---@param first integer
---@param n integer
---@return table[]
function Table:rows(first, n) end
---@param first integer
---@param n integer
---@return (string|false)[][] by column
function Table:texts(first, n) end
---@param first integer
---@param n integer
---@return string JSON arrays with commas between
function Table:json_rows(first, n) end
---@return lunette.Plan
function Table:plan() end

---@class lunette.Plan a tree of logical operators; each verb gives a new one
local Plan = {}

---@return { name: string, type: string }[]
function Plan:schema() end
---@param name string
---@return string? type, string? nearest
function Plan:find(name) end
---@param expression string
---@param params? table
---@return lunette.Plan
function Plan:filter(expression, params) end
---@param items string[]
---@param params? table
---@return lunette.Plan
function Plan:derive(items, params) end
---@param items string[]
---@param params? table
---@return lunette.Plan
function Plan:select(items, params) end
---@param keys string[]
---@param params? table
---@return lunette.Plan
function Plan:sort(keys, params) end
---@param names string[]
---@return lunette.Plan
function Plan:drop(names) end
---@param names string[]
---@return lunette.Plan
function Plan:distinct(names) end
---@param from string[]
---@param to string[]
---@return lunette.Plan
function Plan:rename(from, to) end
---@param keys string[]
---@param definitions string[]
---@param params? table
---@return lunette.Plan
function Plan:aggregate(keys, definitions, params) end
---@param offset integer from 0; negative: from the end
---@param n integer negative: all
---@return lunette.Plan
function Plan:slice(offset, n) end
---@param other lunette.Plan
---@param kind "inner"|"left"|"semi"|"anti"|"outer"
---@param left_keys string[]
---@param right_keys string[]
---@param suffix? string
---@return lunette.Plan
function Plan:join(other, kind, left_keys, right_keys, suffix) end
---@param other lunette.Plan
---@param kind "inner"|"left"|"semi"|"anti"
---@param left_on string
---@param right_on string
---@param left_by string[]
---@param right_by string[]
---@param options { direction?: "backward"|"forward"|"nearest", strict?: boolean, tolerance?: number }
---@param suffix? string
---@return lunette.Plan
function Plan:asof_join(other, kind, left_on, right_on, left_by, right_by, options, suffix) end
---@param other lunette.Plan
---@param kind "inner"|"left"|"semi"|"anti"
---@param value string
---@param first string
---@param last string
---@param options { narrowest?: boolean, half_open?: boolean }
---@param suffix? string
---@return lunette.Plan
function Plan:range_join(other, kind, value, first, last, options, suffix) end
---@param other lunette.Plan
---@param kind "inner"|"left"|"semi"|"anti"
---@param ip string
---@param network string
---@param options { narrowest?: boolean }
---@param suffix? string
---@return lunette.Plan
function Plan:cidr_join(other, kind, ip, network, options, suffix) end
---@param definitions string[]
---@param params? table
---@return lunette.Plan
function Plan:fill_null(definitions, params) end
---@param by string[]
---@param order string[]
---@param definitions string[]
---@param params? table
---@return lunette.Plan
function Plan:window(by, order, definitions, params) end
---@param n integer
---@param seed integer
---@return lunette.Plan
function Plan:sample(n, seed) end
---@param column string
---@param separator string
---@return lunette.Plan
function Plan:explode(column, separator) end
---@param name string
---@param type string
---@param driver fun(rows: lunette.Table): lunette.Column
---@return lunette.Plan
function Plan:map(name, type, driver) end
---@return lunette.Plan
function Plan:count() end
---@param unoptimised? boolean
---@return lunette.Table
function Plan:run(unoptimised) end
---@return string
function Plan:explain() end
---@return lunette.Table
function Plan:rejects() end
---@return integer? rows, integer? rejected
function Plan:counts() end

--- A table over an embedding program's columns; takes over what the two structs hold.
---@param schema lightuserdata an ArrowSchema
---@param array lightuserdata an ArrowArray
---@return lunette.Table
function core.from_arrow(schema, array) end

--- Fills an embedding program's structs, which it has to release before the Lua state ends.
---@param table lunette.Table
---@param schema lightuserdata an ArrowSchema
---@param array lightuserdata an ArrowArray
function core.to_arrow(table, schema, array) end

---@class lunette.core.IpDb: userdata an address database
local IpDb = {}

---@return { path: string, type: string, description: string, build_time: lunette.Time, ip_version: integer }
function IpDb:info() end
---@param addresses lunette.Column
---@param fields { type: string, paths: string[] }[]
---@return lunette.Column[], { found: integer, missing: integer, null: integer, unsupported: integer }
function IpDb:lookup(addresses, fields) end

---@class lunette.Descriptor: userdata an open file or piece of shared memory; closed when nobody holds it
local Descriptor = {}

function Descriptor:close() end
---@return string path under which readers find it without opening anything
function Descriptor:path() end
---@return integer bytes
function Descriptor:size() end

---@class lunette.Worker: userdata one end of the socket between this process and a confined one
local Worker = {}

---@param bytes string
---@param descriptors? lunette.Descriptor[]
---@param seconds? number
---@return true?, "closed"|"time"|nil
function Worker:send(bytes, descriptors, seconds) end
---@param seconds? number
---@return string? bytes, lunette.Descriptor[]|"closed"|"time"|"signal"|"broken"|"memory"
function Worker:receive(seconds) end
---@return "exit"|"signal" how, integer number
function Worker:ended() end
---@return integer? bytes of private memory
function Worker:memory() end
function Worker:close() end

---@class lunette.core.Confinement
---@field start_worker fun(program: string, home: string, memory_bytes: integer): lunette.Worker?, string?
---@field channel fun(): lunette.Worker the worker's own end
---@field confine fun(limits: { memory: integer, seconds: integer, file: integer }): { files: boolean, calls: boolean, memory: boolean }
---@field open_descriptor fun(path: string): lunette.Descriptor?, string? a regular file, for reading
---@field share fun(table: lunette.Table): lunette.Descriptor
---@field adopt fun(descriptor: lunette.Descriptor, most_bytes?: integer): lunette.Table
---@field read_elsewhere fun(rows: lunette.Table, rejects: lunette.Table, n_read: integer, n_rejected: integer): lunette.Plan
---@field load_archives fun() what reads compressed files, before files can't be opened any more
---@field real_path fun(path: string): string?, string? from the root on and without links; nil where nothing is there
---@field is_system_file fun(path: string): boolean installed by the system, and nobody else's to write
---@field check_stop fun() raises if the engine was asked to stop
