---@meta
-- What a plugin's functions get, for the language server and the reference. Never run.

--- What an analysis' `run` gets. Functions can be called with a dot or a colon where they take text.
---@class lunette.Context
---@field input lunette.Query the query to analyse; it has the columns that the manifest's `input` names
---@field params table<string, any> the parameters, checked, defaults filled in; of those of type `input` a list of queries
---@field plugin string the plugin's name
local Context = {}

--- Says something on the standard error; the first argument is string.format's.
---@param format string
function Context.log(format, ...) end

--- Says how far a long run is.
---@param done integer
---@param total integer 0: not known
function Context:progress(done, total) end

--- Adds a figure that sums something up.
---@param given { name: string, value: any, title?: string, note?: string, unit?: string }
function Context:metric(given) end

--- Adds a table: the query's rows. The first is what `--format csv` writes.
---@param data lunette.Query
---@param given { name: string, title?: string, note?: string }
function Context:table(data, given) end

--- Adds a chart, as data: kind bar, line, area, scatter, map, heatmap, network, sankey, histogram or box, and the columns
--- that it draws (x, y, color, size, label, lat, lon, source, target). The terminal, pages and JSON each draw it their way.
---@param given { name: string, kind: string, data: lunette.Query, title?: string, note?: string, x?: string, y?: string, color?: string, size?: string, label?: string, lat?: string, lon?: string, source?: string, target?: string, stacked?: boolean, log?: boolean }
function Context:chart(given) end

--- Adds what a person should look at, with the rows that show it. Severity is info, low, medium or high.
---@param given { severity: string, title: string, text?: string, evidence?: lunette.Query, chart?: string }
function Context:finding(given) end

--- Runs another analysis, by its name, and takes over what it reports; where a name is taken, the other's comes in front.
--- Gives the other's report.
---@param name string
---@param data? lunette.Query what it is run on (the plugin's own input)
---@param params? table<string, any>
---@return lunette.Report
function Context:run(name, data, params) end

--- Adds a paragraph of Markdown.
---@param markdown string
function Context:text(markdown) end
