---@meta lunette
-- The module `lunette` for the language server: what is loaded on first use, too. Made by scripts/reference. Never run.

---@class lunette
---@field version string
---@field null lunette.Null stands for null where nil can't: in columns and parameters
local lunette = {}

--- Reads an Arrow IPC file or stream (also called Feather), which is mapped into memory: a query reads only the columns
--- that it needs. Options: columns (the names of those to have; the others may then be of any type), list_separator (between
--- the elements of lists, which become text: ","), member (of an archive).
---@param path string
---@param options? { columns?: string[], list_separator?: string, member?: string }
---@return lunette.Query
function lunette.arrow(path, options) end

--- A chart of a query: { kind =, data =, x =, y =, color =, … }, as for `ctx:chart`; runs the query.
--- Kinds: bar, line, area, scatter, histogram, box, heatmap (x, y, size), map (lat, lon), network and sankey (source, target).
---@param given lunette.ChartFields
---@return lunette.Chart
function lunette.chart(given) end

--- Which groups share hosts more often than chance: deals all links anew `shuffles` times, by `seed`, so that every host
--- keeps its number of groups and every group its number of hosts. `data` holds arrays: links_of (hosts per group),
--- sizes (groups per host that has at least two), a, b (the pairs to watch, groups from 1), hosts (that have both).
---@param data { links_of: integer[], sizes: integer[], a: integer[], b: integer[], hosts: integer[] }
---@param shuffles integer
---@param seed integer
---@return number[] means how many hosts a pair shared on average
---@return integer[] reached in how many shuffles it shared at least as many as in the data
function lunette.cohosting(data, shuffles, seed) end

--- The rows of all queries, one after the other.
---@param queries lunette.Query[]
---@return lunette.Query
function lunette.concat(queries) end

--- Reads a CSV, TSV or otherwise delimited file ("-": the standard input), plain or compressed, without a source plugin.
--- Options: delimiter, quote, comment, header, header_comment (the comment that names the columns: another of its kind with
--- other names is an error), record_pattern (a regular expression: a record that it doesn't match is rejected), names,
--- types = { column = type }, nulls = { "", "None" }, all_strings, member (of an archive), max_record_bytes,
--- nested_quotes, allow_short.
---@param path string
---@param options? table
---@return lunette.Query
function lunette.csv(path, options) end

--- What runs queries: { threads, memory_used, memory_peak, memory_limit, spilled_files, spilled_bytes }, the last two since
--- the start: temporary files written because a query reached the memory limit.
---@return table
function lunette.engine() end

--- A query over a program's own columns, without copying them: `schema` and `array` are light userdata that point to an
--- `ArrowSchema` and an `ArrowArray` (a struct array whose children are the columns). Both are taken over; what they hold
--- is released when the table and all that was made of it are gone. See lunette/arrow.h.
---@param schema lightuserdata
---@param array lightuserdata
---@return lunette.Query
function lunette.from_arrow(schema, array) end

--- The functions of the expression language: { name, signature, summary, category }.
---@return table[]
function lunette.functions() end

lunette.http = {}

--- Sends a request: the answer, whatever its status; or nil, message, code when there is none. Secrets that were used so
--- far stand neither in the answer nor in the message.
---@param request lunette.HttpRequest
---@return lunette.HttpResponse?, string?, string?
function lunette.http.request(request) end

--- An IPv4 or IPv6 address. `address:within "10.0.0.0/8"`, `address.version`, `<`, `==`.
---@param text string
---@return lunette.Ip
function lunette.ip(text) end

--- The address database at `path`; without a path the one of that kind that is found (or the sample's, for a query
--- over the sample).
---@param kind "geo"|"asn"
---@param path? string
---@param input? lunette.Query what will be looked up
---@return lunette.IpDatabase
function lunette.ip_database(kind, path, input) end

--- Whether `x` is a query (or a collected table) that this file made: what only looks like one doesn't count, nor does
--- one whose plan or table somebody replaced.
---@param x any
---@return boolean
function lunette.is_query(x) end

--- Reads a JSON document or JSON lines without a source plugin. Options: records, key_column, types, nulls,
--- list_separator (between the elements of lists, which become text: ","), list_items (how many elements of each list are
--- columns besides: `names.0`, `answers.0.rdata`), member, all_strings.
---@param path string
---@param options? table
---@return lunette.Query
function lunette.json(path, options) end

lunette.learn = {}

--- Gradient boosting: each round grows a tree for each class (one for two classes, and for numbers) on what the rounds
--- before got wrong. `n_trees` is the number of rounds.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function lunette.learn.boosting(given) end

--- The rows with two columns more: `predicted`, the class that has the greatest probability, and `probability`.
---@param data lunette.Query
---@param proba lunette.Query
---@return lunette.Query
function lunette.learn.decide(data, proba) end

--- A model of what evidence of the past is worth, fitted to the rows of a query. Raises a "value" error when nothing that
--- was known before the rows says anything of them.
---@param data lunette.Query
---@param given { target: string, time: string }
---@param options lunette.EvidenceOptions
---@return lunette.EvidenceModel
function lunette.learn.evidence(data, given, options) end

--- Extremely randomised trees.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function lunette.learn.extra_trees(given) end

--- A random forest.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function lunette.learn.forest(given) end

--- Adds what was known before each row: for every key the columns NAME_top (the class that earlier rows of the same
--- key had most), NAME_share, NAME_weight, NAME_age (days since the last), and for every class "blend CLASS", its
--- probability by all keys together. A row sees strictly earlier rows; with `step` (days) only those from before its
--- step began; from `cut` on, only those from before the cut.
---@param data lunette.Query
---@param options lunette.HistoryOptions
---@return lunette.Query
function lunette.learn.history(data, options) end

--- Loads a model that was saved.
---@param path string
---@return lunette.Model
function lunette.learn.load(path) end

--- Mixes probabilities: for each class the weighted geometric mean, to the power of `sharpness`, scaled to sum to 1.
---@param list { [1]: lunette.Query, [2]: number }[] tables of probabilities and their weights
---@param sharpness? number 1
---@return lunette.Query
function lunette.learn.mix(list, sharpness) end

--- Deals the rows out at random: about `share` of them into the first query, the others into the second, both in order.
---@param data lunette.Query
---@param share number
---@param seed? integer
---@return lunette.Query, lunette.Query
function lunette.learn.random_split(data, share, seed) end

--- What comes of abstaining with thresholds that are chosen anew for each day (UTC), on the last `recent` predictions from
--- before it: from which score on they were right as often as wanted. A prediction's score is its probability times a
--- factor of its predicted class, by how much that was right more often than its probabilities said, drawn to that of all
--- as if by `strength` rows more; a day's n rows weigh n ^ bulk there (each the same). `predictions` has columns
--- first_seen, family, predicted, probability in the order of time; the first `before` rows are only known. Gives for each
--- of `wanted` how many of the other rows were to be accepted (`promised`) and to be right (`sure`), how many were
--- (`accepted`, `hits`), and how many predicted classes are among them.
---@param predictions lunette.Query
---@param options lunette.RollingOptions
---@return { promised: number, sure: number, accepted: integer, hits: integer, families: integer }[]
function lunette.learn.rolling_thresholds(predictions, options) end

--- How good predictions are. `data` has the truth and the predictions as columns. Of a float truth: { rows, rmse, mae, r2 }.
---@param data lunette.Query
---@param options { truth: string, predicted?: string, confidence?: string, proba?: lunette.Query }
---@return { rows: integer, accuracy: number, macro_f1: number, report: lunette.Query, confusion: lunette.Query }
function lunette.learn.score(data, options) end

--- One decision tree.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function lunette.learn.tree(given) end

--- The time it is now.
---@return lunette.Time
function lunette.now() end

--- The beginning of a file's content, decompressed: what a source plugin looks at to see what it has.
---@param path string
---@param member? string of an archive
---@return string
function lunette.peek(path, member) end

--- Reads a file, or several as one (their rows one after the other, with a column `source`), by the source plugin that
--- knows them. "sample" is the bundled feed, "sample-log" and "sample-dns" the bundled logs, "-" the standard input. Options: source (the
--- plugin's name); the rest
--- goes to the plugin.
---@param paths string|string[]
---@param options? table
---@return lunette.Query
function lunette.read(paths, options) end

--- Runs a session until its input ends or `.quit` is typed: on a terminal with a prompt, editing, history and completion,
--- else line by line. Ctrl-C stops what runs, not the program, while it lasts. Gives how many lines failed.
---@param options? lunette.repl.Options
---@return integer failures
function lunette.repl(options) end

--- Runs the analysis that a name or path stands for on a query, or on files: lunette.run("ports", "feed.csv",
--- { min_count = 10 }).
---@param name string
---@param input lunette.Query|string|string[]
---@param given? table<string, any>
---@return lunette.Report
function lunette.run(name, input, given) end

--- A table of arrays: `{ family = { … }, port = { … } }` (columns in the order of their names), or, in the order given,
--- `{ { name = "family", type = "string", values = { … } }, … }`. Null is nil or `lunette.null`; shorter columns end
--- with nulls. Types come from the values unless given: text becomes a time or an address where the type says so.
---@param spec table
---@return lunette.Query
function lunette.table(spec) end

--- A time, from text ("2021-11-15", "2021-11-15 12:30:00", ISO 8601) or microseconds since 1970 in UTC.
--- Fields us, year, month, day, hour, minute, second, weekday; `t:format "%d.%m.%Y"`; `<`, `==`, `a - b` in seconds.
---@param value string|integer
---@return lunette.Time
function lunette.time(value) end

--- Runs a query and gives its table to the program: fills the `ArrowSchema` and the `ArrowArray` that the light userdata
--- point to. The program releases both, before it closes the Lua state.
---@param q lunette.Query
---@param schema lightuserdata
---@param array lightuserdata
function lunette.to_arrow(q, schema, array) end

return lunette
