-- What the bundled analyses find in the sample, in the words that people read.
local lunette = require "lunette"

for _, name in ipairs { "families", "timeline", "ports", "overlap" } do
  local report = lunette.run(name, "sample")
  print("# " .. name)
  for _, item in ipairs(report.metrics) do print(("%s: %s"):format(item.title, item.value)) end
  for _, item in ipairs(report.texts) do print(item.text) end
  for _, item in ipairs(report.findings) do print(("[%s] %s"):format(item.severity, item.title)) end
end
