-- SHA-256 of a text in memory, as base64: what a page's content security policy names its scripts and styles by. Made for
-- some ten kilobytes; files are digested in C.
local sha256 = {}

local MASK = 0xffffffff

-- The first 32 bits of the fractional parts of the cube roots (square roots) of the first primes.
local function fractions(n, exponent)
  local out, candidate = {}, 2
  while #out < n do
    local is_prime = true
    for divisor = 2, math.floor(candidate ^ 0.5) do
      if candidate % divisor == 0 then is_prime = false break end
    end
    if is_prime then out[#out + 1] = math.floor((candidate ^ exponent % 1) * 2 ^ 32) end
    candidate = candidate + 1
  end
  return out
end

local constants = fractions(64, 1 / 3)
local start = fractions(8, 1 / 2)

-- One block of 64 bytes at `at` into the state.
local function block(state, w, text, at)
  local parts = { (">" .. ("I4"):rep(16)):unpack(text, at) }
  for i = 1, 16 do w[i] = parts[i] | parts[i] << 32 end -- doubled, so that a shift is a rotation
  for i = 17, 64 do
    local a, b = w[i - 15], w[i - 2]
    local x = (a >> 7 ~ a >> 18 ~ (a & MASK) >> 3) + (b >> 17 ~ b >> 19 ~ (b & MASK) >> 10) + w[i - 16] + w[i - 7] & MASK
    w[i] = x | x << 32
  end
  local a, b, c, d, e, f, g, h = table.unpack(state, 1, 8)
  for i = 1, 64 do
    local ee, aa = e | e << 32, a | a << 32
    local one = h + (ee >> 6 ~ ee >> 11 ~ ee >> 25) + (e & f ~ ~e & g) + constants[i] + w[i] & MASK
    local two = (aa >> 2 ~ aa >> 13 ~ aa >> 22) + (a & b ~ a & c ~ b & c)
    h, g, f, e, d, c, b, a = g, f, e, d + one & MASK, c, b, a, one + two & MASK
  end
  local sums = { a, b, c, d, e, f, g, h }
  for i = 1, 8 do state[i] = state[i] + sums[i] & MASK end
end

local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(bytes)
  return (bytes:gsub("..?.?", function(group)
    local a, b, c = group:byte(1, 3)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    local out = {}
    for i = 0, 3 do
      local at = bits >> 18 - 6 * i & 63
      out[i + 1] = i <= #group and letters:sub(at + 1, at + 1) or "="
    end
    return table.concat(out)
  end))
end

--- The digest's 32 bytes.
---@param text string
---@return string
function sha256.digest(text)
  local padded = text .. "\x80" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(#text * 8)
  local state, w = table.move(start, 1, 8, 1, {}), {}
  for at = 1, #padded, 64 do block(state, w, padded, at) end
  return (">" .. ("I4"):rep(8)):pack(table.unpack(state))
end

--- The digest as base64.
---@param text string
---@return string
function sha256.base64(text) return base64(sha256.digest(text)) end

--- The digest in hexadecimal.
---@param text string
---@return string
function sha256.hex(text)
  return (sha256.digest(text):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return sha256
