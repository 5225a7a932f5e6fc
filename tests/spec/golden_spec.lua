-- What the analyses say of the sample stays what it was, byte for byte, with 1, 2 and 7 threads.
describe("the analyses of the sample", function()
  for name in io.popen("ls tests/golden"):lines() do
    it("say what they said: " .. name, function()
      local pipe = assert(io.popen("scripts/golden " .. name .. " 2>&1"))
      local said = pipe:read "a"
      assert.is_true(pipe:close() == true, said)
    end)
  end
end)
