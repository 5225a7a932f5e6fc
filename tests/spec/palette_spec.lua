-- The colours of names: the page's and the terminal's are the same, and readers of every kind of colour vision tell any two
-- apart. Measured as CIEDE2000 between what an eye without one of the three kinds of cones sees (Machado et al. 2009).
local paint = require "lunette.terminal.paint"

local LEAST = 9 -- two colours side by side are told apart at a glance; 1 is what a trained eye just sees

local eyes = {
  usual = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
  protan = { { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 }, { -0.003882, -0.048116, 1.051998 } },
  deutan = { { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } },
  tritan = { { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 }, { 0.004733, 0.691367, 0.303900 } },
}

local function linear(byte)
  local c = byte / 255
  return c <= 0.04045 and c / 12.92 or ((c + 0.055) / 1.055) ^ 2.4
end

-- A colour as L*, a*, b* of what an eye sees.
local function seen(hex, eye)
  local rgb, out = {}, {}
  for i, digits in ipairs { hex:match "^#(%x%x)(%x%x)(%x%x)$" } do rgb[i] = linear(tonumber(digits, 16)) end
  for i, row in ipairs(eye) do
    out[i] = math.max(0, math.min(1, row[1] * rgb[1] + row[2] * rgb[2] + row[3] * rgb[3]))
  end
  local function f(t) return t > 0.008856 and t ^ (1 / 3) or 7.787 * t + 16 / 116 end
  local x = f((0.4124 * out[1] + 0.3576 * out[2] + 0.1805 * out[3]) / 0.95047)
  local y = f(0.2126 * out[1] + 0.7152 * out[2] + 0.0722 * out[3])
  local z = f((0.0193 * out[1] + 0.1192 * out[2] + 0.9505 * out[3]) / 1.08883)
  return { 116 * y - 16, 500 * (x - y), 200 * (y - z) }
end

local function root(mean) return math.sqrt(mean ^ 7 / (mean ^ 7 + 25 ^ 7)) end
local function hue(a, b) return math.deg(math.atan(b, a)) % 360 end
local function cosine(degrees) return math.cos(math.rad(degrees)) end

-- The difference of two colours by CIEDE2000.
local function difference(one, other)
  local chroma = (math.sqrt(one[2] ^ 2 + one[3] ^ 2) + math.sqrt(other[2] ^ 2 + other[3] ^ 2)) / 2
  local stretch = 1.5 - root(chroma) / 2
  local a1, a2 = one[2] * stretch, other[2] * stretch
  local c1, c2 = math.sqrt(a1 ^ 2 + one[3] ^ 2), math.sqrt(a2 ^ 2 + other[3] ^ 2)
  local h1, h2 = hue(a1, one[3]), hue(a2, other[3])
  local turn = (h2 - h1 + 180) % 360 - 180
  local mean_l, mean_c = (one[1] + other[1]) / 2, (c1 + c2) / 2
  local mean_h = (h1 + turn / 2) % 360
  local t = 1 - 0.17 * cosine(mean_h - 30) + 0.24 * cosine(2 * mean_h) + 0.32 * cosine(3 * mean_h + 6)
    - 0.2 * cosine(4 * mean_h - 63)
  local l = (other[1] - one[1]) / (1 + 0.015 * (mean_l - 50) ^ 2 / math.sqrt(20 + (mean_l - 50) ^ 2))
  local c = (c2 - c1) / (1 + 0.045 * mean_c)
  local h = 2 * math.sqrt(c1 * c2) * math.sin(math.rad(turn / 2)) / (1 + 0.015 * mean_c * t)
  local twist = -math.sin(math.rad(60 * math.exp(-((mean_h - 275) / 25) ^ 2))) * 2 * root(mean_c)
  return math.sqrt(l ^ 2 + c ^ 2 + h ^ 2 + twist * c * h)
end

-- The page's colours of a theme, that of what is folded last.
local function palette(theme)
  local file = assert(io.open "assets/report/theme.js")
  local text = file:read "a"
  file:close()
  local out = {}
  for hex in text:match("PALETTES = {.-" .. theme .. ": (%b[])"):gmatch "#%x+" do out[#out + 1] = hex end
  out[#out + 1] = text:match("SURFACES = {.-" .. theme .. ": .-rest: \"(#%x+)\"")
  return out
end

describe("the colours of names", function()
  it("are measured as the definition's own examples are", function()
    assert.near(2.0425, difference({ 50, 2.6772, -79.7751 }, { 50, 0, -82.7485 }), 1e-4)
    assert.near(31.9030, difference({ 50, 2.5, 0 }, { 56, -27, -3 }), 1e-4)
    assert.near(19.4535, difference({ 50, 2.5, 0 }, { 58, 24, 15 }), 1e-4)
  end)

  it("are told apart by readers of every kind of colour vision, light and dark", function()
    for _, theme in ipairs { "light", "dark" } do
      local colours = palette(theme)
      assert.equal(12, #colours)
      for name, eye in pairs(eyes) do
        for i = 2, #colours do
          for j = 1, i - 1 do
            local apart = difference(seen(colours[i], eye), seen(colours[j], eye))
            assert.is_true(apart >= LEAST, ("%s and %s for a %s eye, %s: %.1f"):format(colours[i], colours[j], name, theme, apart))
          end
        end
      end
    end
  end)

  it("are as many on terminals of 256 and of sixteen colours", function()
    for _, depth in ipairs { 256, 16 } do
      for _, is_dark in ipairs { false, true } do
        local terminal, found = paint.new { depth = depth, unicode = true, dark = is_dark }, {}
        for i = 1, 11 do
          local text = terminal:row():add("x", terminal:colour(i)):text()
          assert.is_nil(found[text], ("%d and %d of %d"):format(found[text] or 0, i, depth))
          found[text] = i
        end
      end
    end
  end)

  it("are the same on the terminal as on the page", function()
    for theme, is_dark in pairs { light = false, dark = true } do
      local colours, terminal = palette(theme), paint.new { depth = 24, unicode = true, dark = is_dark }
      for i = 1, #colours - 1 do
        local colour = terminal:colour(i)
        assert.equal(colours[i], ("#%02x%02x%02x"):format(colour.r, colour.g, colour.b))
      end
    end
  end)
end)
