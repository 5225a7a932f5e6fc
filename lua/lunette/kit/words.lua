-- Numbers and small phrases in sentences that people read: reports, findings, messages. English, no locale.

local words = {}

---12345 as "12,345".
---@param n integer
---@return string
function words.number(n)
  local digits = ("%d"):format(n)
  local sign, rest = digits:match "^(-?)(%d+)$"
  local grouped = rest:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return sign .. grouped
end

---"1 family", "12 families".
---@param n integer
---@param one string
---@param many? string default: `one` with an s
---@return string
function words.count(n, one, many)
  return words.number(n) .. " " .. (n == 1 and one or many or one .. "s")
end

---A share as percent, with one decimal where it is small.
---@param share number 0 to 1
---@return string
function words.percent(share)
  local percent = share * 100
  if percent > 0 and percent < 0.1 then return "under 0.1 %" end
  if percent > 99.9 and percent < 100 then return "over 99.9 %" end
  local text = ("%.1f"):format(percent):gsub("%.0$", "")
  return text .. " %"
end

---A factor: "3.4 times", "12 times".
---@param factor number
---@return string
function words.times(factor)
  return (factor < 10 and "%.1f times" or "%.0f times"):format(factor)
end

---What a figure counts, out of how many, and why not the rest: "3 of 210 pairs; left out: 200 that are rare, 7 without a
---time". Reasons for leaving out nothing aren't named.
---@param n integer
---@param of integer
---@param one string
---@param left_out? { [1]: integer, [2]: string }[] numbers and reasons
---@param many? string
---@return string
function words.part(n, of, one, left_out, many)
  local reasons = {}
  for _, each in ipairs(left_out or {}) do
    if each[1] > 0 then reasons[#reasons + 1] = words.number(each[1]) .. " " .. each[2] end
  end
  if n == of and #reasons == 0 then return "all " .. words.count(of, one, many) end
  local text = ("%s of %s"):format(words.number(n), words.count(of, one, many))
  return #reasons > 0 and ("%s; left out: %s"):format(text, table.concat(reasons, ", ")) or text
end

---{"a", "b", "c"} as "a, b and c"; past `most` items it says how many more there are.
---@param items string[]
---@param most? integer default 5
---@return string
function words.list(items, most)
  most = most or 5
  local shown = table.move(items, 1, math.min(#items, most), 1, {})
  if #items > most then return table.concat(shown, ", ") .. (" and %d more"):format(#items - most) end
  if #shown < 2 then return shown[1] or "" end
  local last = table.remove(shown)
  return table.concat(shown, ", ") .. " and " .. last
end

return words
