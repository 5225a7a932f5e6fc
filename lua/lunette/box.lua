-- Boxes: confined processes in which code from outside runs (worker.lua is their inside). A box gets the text of one
-- file and does what it is asked; what comes back is data, which is checked like any stranger's. Nothing that a box does
-- can go on for ever, take all memory, or end this process: it has limits of its own, and its parent a clock and a kill.
local core = require "lunette.core"
local errors = require "lunette.errors"
local wire = require "lunette.wire"
local lunette = require "lunette"

local box = {}

--- What a box may take; the command line sets it.
box.limits = { seconds = 60, memory = 1 << 30 }

-- Beyond a plugin's own memory: the engine's threads, Lua's libraries, buffers in flight.
local slack_bytes, start_seconds, look_seconds = 256 << 20, 30, 0.1
local max_messages, max_shown = 200000, 2000
local served_share = 10 -- how many times its own time a box may have this process work for it
local codes = {}
for code in ("argument syntax name type value overflow shape io format limit unsupported"):gmatch "%a+" do codes[code] = true end

---@class lunette.Box
---@field path string
---@field worker lunette.Worker
---@field spent number seconds that its code has run
---@field served number seconds that this process has worked for it
---@field confined table<string, boolean> what the system holds it to
local Box = {}
Box.__index = Box

--- Ends the box's process. Runs also where a box's variable ends (<close>).
function Box:close()
  self.worker:close()
end
Box.__close = Box.close

--- The executable that can be a worker: this one, or the one that the library's folder belongs to.
---@return string
function box.program()
  local cli = package.loaded["lunette.cli"]
  if cli and cli.session.host then return "/proc/self/exe" end
  for _, path in ipairs { "../../lunette", "../../bin/lunette" } do
    if core.stat(lunette.home .. path) == "file" then return lunette.home .. path end
  end
  errors.raise("unsupported", "plugins from outside run in a process of their own, for which the executable lunette "
    .. "is needed; it isn't in %s../../", lunette.home)
end

local noted = false

-- Says once what this system can't hold back. Not of a build with sanitizers, which holds back nothing and is no user's;
-- it is known by its memory, which only such a build can't limit.
local function note_gaps(holds)
  if noted or not holds.memory or holds.calls and holds.files then return end
  noted = true
  local missing = not holds.calls and "system calls (seccomp)" or "opening files (Landlock)"
  require("lunette.cli").say("note: this system can't confine %s; plugins from outside run with limits and without files "
    .. "all the same", missing)
end

-- What a box is told of the place where its output will be shown.
local function display()
  local out = { COLUMNS = tostring(core.terminal_width(1) or os.getenv "COLUMNS" or "") }
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do out[name] = os.getenv(name) end
  return out
end

--- Starts a box for the file `path` with this text.
---@param path string
---@param text string
---@param options? { archives?: boolean, input_bytes?: integer, seconds?: number, is_script?: boolean }
---@return lunette.Box
function box.open(path, text, options)
  options = options or {}
  local limits = box.limits
  local worker, message = core.start_worker(box.program(), (lunette.home:gsub("/$", "")), limits.memory)
  if not worker then errors.raise("io", "%s", message) end
  local self = setmetatable({ path = path, worker = worker, spent = 0, memory = limits.memory,
    seconds = math.min(limits.seconds, options.seconds or math.huge), input_bytes = options.input_bytes or 0,
    is_script = options.is_script }, Box)
  self:send(start_seconds, "start", { path = path, text = text, memory = limits.memory, slack = slack_bytes,
    threads = limits.threads, cpu_seconds = math.ceil(limits.seconds) * 64 + 5, input_bytes = self.input_bytes,
    file_bytes = limits.memory + self.input_bytes, archives = options.archives, display = display() })
  local ready = self:receive(start_seconds)
  if ready[1] ~= "ready" or ready[2] ~= core.version then
    self:close()
    errors.raise("unsupported", "the executable of the process for plugins from outside is of another version: %s",
      tostring(ready[2]))
  end
  note_gaps(ready[3])
  self.confined = ready[3]
  return self
end

--- What this system holds a box to besides time and memory: { files =, calls =, memory = }.
---@return table<string, boolean>
function box.holds()
  local one <close> = box.open("nothing", "")
  return one.confined
end

local function mib(bytes) return ("%d MiB"):format(bytes >> 20) end

-- Ends the box and says why.
local function stop(self, code, format, ...)
  self:close()
  errors.raise_at(self.path, code, format, ...)
end

local function stop_for_time(self)
  stop(self, "limit", "stopped: it ran for the %g s that code from outside may run; --plugin-time %g gives it more",
    self.seconds, self.seconds * 5)
end

local function stop_for_service(self)
  stop(self, "limit", "stopped: what it asked for took more than %g s; --plugin-time %g gives it more",
    self.seconds * served_share, self.seconds * 5)
end

local function stop_for_memory(self)
  stop(self, "limit", "stopped: it needed more than the %s that code from outside may take; --plugin-memory %dM gives it "
    .. "more", mib(self.memory), (self.memory >> 20) * 4)
end

local signals = { [6] = "aborted", [9] = "was killed by the system (out of memory?)", [11] = "crashed",
  [24] = "used up its processor time", [25] = "wrote too large a file", [31] = "called what it may not" }

-- The process ended, or closed its socket.
local function stop_for_end(self)
  local how, number = self.worker:ended()
  if how == "signal" and number == 24 then stop_for_time(self) end
  stop(self, "limit", "stopped: its process %s", how == "signal" and (signals[number] or ("ended by signal %d"):format(number))
    or ("ended without an answer (status %d)"):format(number))
end

function Box:send(seconds, ...)
  local bytes, descriptors = wire.pack(table.pack(...))
  local ok, why = self.worker:send(bytes, descriptors, seconds)
  if ok then return end
  if why == "time" then stop_for_time(self) end
  stop_for_end(self)
end

-- The next message, within `seconds` of the box's time.
function Box:receive(seconds)
  local started = core.seconds()
  while true do
    local left = seconds - (core.seconds() - started)
    if left <= 0 then stop_for_time(self) end
    local bytes, descriptors = self.worker:receive(math.min(left, look_seconds))
    if bytes then
      self.spent = self.spent + core.seconds() - started
      local ok, message = pcall(wire.unpack, bytes, descriptors)
      if not ok or type(message) ~= "table" then stop(self, "format", "stopped: it sent %s", tostring(message)) end
      return message
    end
    if descriptors == "closed" then stop_for_end(self) end
    if descriptors == "memory" then stop(self, "nomem", "no memory for what it sent") end
    if descriptors == "broken" then stop(self, "format", "stopped: it sent what is no message") end
    if (self.worker:memory() or 0) > self.memory + self.input_bytes + 2 * slack_bytes then stop_for_memory(self) end
    core.check_stop()
  end
end

-- How many values a message has: what it says, if that can be.
local function count(message)
  local n = math.tointeger(message.n)
  return n and n >= 0 and n <= 32 and n or #message
end

local function failed(self, code, text)
  if code == "limit" and tostring(text):find("^more memory was needed") then stop_for_memory(self) end
  text = tostring(text)
  if text:sub(1, #self.path + 1) == self.path .. ":" then errors.raise(codes[code] and code or "value", "%s", text) end
  errors.raise_at(self.path, codes[code] and code or "value", "%s", text)
end

-- Does what the box asks for, and answers. The time that it takes isn't the box's own, but has an end, too.
local function serve(self, broker, message)
  if self.served > self.seconds * served_share then stop_for_service(self) end
  local started = core.seconds()
  local service = type(message[2]) == "string" and rawget(broker, message[2])
  local results
  if type(service) == "function" then
    results = table.pack(pcall(service, table.unpack(message, 3, count(message))))
  else
    results = { false, core.error("argument", "no such service") }
  end
  self.served = self.served + core.seconds() - started
  if results[1] then return self:send(self.seconds, "answer", table.unpack(results, 2, results.n)) end
  local e = results[2]
  if core.is_error(e) and e.code == "cancelled" or type(e) == "string" and e:match "interrupted$" then error(e, 0) end
  self:send(self.seconds, "refused", core.is_error(e) and e.code or "value", errors.text(e))
end

--- Has the box do something and gives what comes of it. `broker` holds the services that it may ask for while it does,
--- and `told`, what to do with what it says: told(kind, …) for "log", "print", "progress", and "out", a script's output.
---@param broker table<string, function>
---@param told fun(kind: string, ...)
---@param op string
---@return any
function Box:call(broker, told, op, ...)
  self.spent, self.served = 0, 0
  self:send(self.seconds, op, ...)
  local shown = 0
  local counted = 0
  while counted <= max_messages do
    local message = self:receive(self.seconds - self.spent)
    local kind = message[1]
    local is_output = kind == "out" and self.is_script -- as much as a script likes to print
    if not is_output then counted = counted + 1 end
    if kind == "done" then return table.unpack(message, 2, count(message)) end
    if kind == "failed" then failed(self, message[2], message[3]) end
    if kind == "ask" then
      serve(self, broker, message)
    elseif is_output then
      told(kind, message[2])
    elseif kind == "out" or kind == "log" or kind == "print" or kind == "progress" then
      shown = shown + 1
      if shown <= max_shown then told(kind, table.unpack(message, 2, 4)) end
      if shown == max_shown + 1 then told("log", ("more than %d messages: the rest isn't shown"):format(max_shown)) end
    else
      stop(self, "format", "stopped: it sent a message of no kind")
    end
  end
  stop(self, "limit", "stopped: it sent more than %d messages", max_messages)
end

return box
