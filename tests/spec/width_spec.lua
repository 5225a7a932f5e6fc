local width = require "lunette.width"

describe("text for a terminal", function()
  it("is left as it is when it is printable", function()
    for _, text in ipairs { "", "plain", "Grüße", "日本語", "naïve e\u{301}", "😀" } do
      assert.equal(text, width.cell(text))
    end
  end)

  it("has its control bytes, escape sequences and line ends made visible", function()
    assert.equal("a\\e[31mb", width.cell "a\27[31mb")
    assert.equal("\\x00\\x07\\x7f\\t\\n\\r", width.cell "\0\7\127\t\n\r")
    assert.equal("\\x9b2J", width.cell "\u{9b}2J")
  end)

  it("has direction controls and invisible characters made visible", function()
    assert.equal("\\u{202e}txt.exe", width.cell "\u{202e}txt.exe")
    assert.equal("pay\\u{200b}pal", width.cell "pay\u{200b}pal")
    assert.equal("\\u{feff}a\\u{2066}", width.cell "\u{feff}a\u{2066}")
    assert.equal("\\u{e0041}", width.cell "\u{e0041}")
  end)

  it("shows bytes that are no UTF-8", function()
    assert.equal("\\xff", width.cell "\255")
    assert.equal("a\\xc3(", width.cell "a\195(")
    assert.equal("ü\\xfeü\\xe2\\x82", width.cell "ü\254ü\226\130")
  end)

  it("keeps line ends in messages only", function()
    assert.equal("a\n\\eb", width.safe "a\n\27b")
  end)

  it("never lets a control byte through, whatever the bytes", function()
    math.randomseed(7)
    for _ = 1, 2000 do
      local bytes = {}
      for i = 1, math.random(0, 12) do bytes[i] = string.char(math.random(0, 255)) end
      local text = width.cell(table.concat(bytes))
      assert.is_nil(text:find "[%z\1-\31\127]")
      assert.is_number(utf8.len(text))
    end
  end)
end)

describe("the width of text", function()
  it("counts wide characters twice and combining ones not at all", function()
    assert.equal(5, width.of "plain")
    assert.equal(6, width.of "日本語")
    assert.equal(1, width.of "e\u{301}")
    assert.equal(2, width.of "😀")
    assert.equal(4, width.of "ＡＢ")
    assert.equal(5, width.of "Grüße")
  end)

  it("is kept when text is cut", function()
    assert.same({ "日本…", 5 }, { width.cut("日本語文字", 5) })
    assert.same({ "日…", 3 }, { width.cut("日本語文字", 4) })
    assert.same({ "abc", 3 }, { width.cut("abc", 3) })
    assert.same({ "ab…", 3 }, { width.cut("abcd", 3) })
    assert.same({ "…", 1 }, { width.cut("abcd", 1) })
  end)

  it("is reached by padding on either side", function()
    assert.equal("日 ", width.pad("日", 3))
    assert.equal("  7", width.pad("7", 3, true))
  end)
end)
