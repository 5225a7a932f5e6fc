-- What enrichments have in common that look rows up by several columns: the distinct keys of the input, collected once,
-- and the way back from what was found for them to the rows.

local enrichment = {}

-- The columns that a row may be known by, and what stands for null in a key: null keys join nothing.
local KEYS = {
  { column = "ip", type = "ip", key = "key_ip", value = "coalesce(ip, ip('::'))", of = "null_if(key_ip, ip('::'))" },
  { column = "host", type = "string", key = "key_host", value = "coalesce(lower(trim(host, '.')), '')", of = "null_if(key_host, '')" },
  { column = "ioc", type = "string", key = "key_ioc", value = "coalesce(ioc, '')", of = "null_if(key_ioc, '')" },
}

---What a query's rows are known by: `names` of the key columns, and the distinct `rows` of them with the columns ip, host
---and ioc (null where the query lacks them).
---@param query table
---@return { names: string[], definitions: string[], rows: table }
function enrichment.keys(query)
  local keys, back = { names = {}, definitions = {} }, {}
  for _, known in ipairs(KEYS) do
    local has = query:has(known.column, known.type)
    if has then
      keys.names[#keys.names + 1] = known.key
      keys.definitions[#keys.definitions + 1] = ("%s = %s"):format(known.key, known.value)
    end
    back[#back + 1] = ("%s = %s"):format(known.column, has and known.of or known.type .. "(null)")
  end
  if #keys.names == 0 then error("the input has none of the columns ip, host and ioc", 0) end
  keys.rows = query:select(table.unpack(keys.definitions)):distinct():derive(table.unpack(back)):collect()
  return keys
end

---Columns that are there already keep their values under the name `<name>_given`.
---@param query table
---@param names string[]
---@return table
function enrichment.make_room(query, names)
  for _, name in ipairs(names) do
    if query:has(name) then
      local kept = name .. "_given"
      if query:has(kept) then query = query:drop(kept) end
      query = query:rename { [name] = kept }
    end
  end
  return query
end

---The query with the columns `names` of `found`, which has a row for each key that something is known of.
---@param query table
---@param keys table what enrichment.keys gave
---@param found table
---@param names string[]
---@return table
function enrichment.attach(query, keys, found, names)
  local wanted = table.move(names, 1, #names, #keys.names + 1, { table.unpack(keys.names) })
  return enrichment.make_room(query, names):derive(table.unpack(keys.definitions))
    :join(found:select(table.unpack(wanted)), keys.names, { kind = "left" }):drop(table.unpack(keys.names))
end

local MAX_LEVELS = 8 -- labels that a name may have above the domain it lies below

---The rows of `keys` whose host is one of the domains in the column `domain` of `domains`, or lies below one.
---@param rows table with the column host
---@param domains table
---@return table rows with the other columns of `domains`
function enrichment.below(rows, domains)
  local level = rows:filter "not_null(host)":derive "domain = host"
  local levels = { level }
  for i = 1, MAX_LEVELS do
    level = level:derive "domain = extract(domain, '^[^.]+[.](.+)$')":filter "not_null(domain)"
    levels[i + 1] = level
  end
  local names = {}
  for _, column in ipairs(level:schema()) do names[#names + 1] = column.name end
  local all = levels[1]:concat(table.unpack(levels, 2)):select(table.unpack(names)):collect()
  return all:join(domains, "domain")
end

return enrichment
