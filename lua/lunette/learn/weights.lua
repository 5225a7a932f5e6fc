-- Weights of classes: each row's weight times its class's.
local errors = require "lunette.errors"
local query = require "lunette.query"

local weights = {}

-- A class as its column's type has it: numbers of an int column are whole.
local function as_class(class, type_name)
  return type_name == "int" and math.type(class) and math.tointeger(class) or class
end

local function check(given, type_name)
  local what = "fit: class_weights"
  if given.regression then errors.raise("argument", "%s: a regression has no classes", what) end
  if type_name ~= "string" and type_name ~= "int" and type_name ~= "bool" then
    errors.raise("type", "%s: the target '%s' is %s; classes that are weighed are string, int or bool", what, given.target,
      type_name)
  end
  for class, weight in pairs(given.class_weights) do
    if type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
      errors.raise("argument", "%s: the weight of '%s' is %s, not a number from 0 on", what, tostring(class), tostring(weight))
    end
  end
end

-- Raises for weights of classes that the data doesn't have.
local function check_classes(wanted, present)
  local known, names = {}, {}
  for i, class in ipairs(present) do known[class], names[i] = true, tostring(class) end
  for class in pairs(wanted) do
    if not known[class] then
      errors.raise("name", "fit: class_weights: no row is of the class '%s'%s", tostring(class),
        errors.meant(tostring(class), names))
    end
  end
end

--- The rows with a column of weights that counts the classes' weights in, and that column's name. A class without a weight
--- has 1.
---@param data lunette.Query
---@param given lunette.FitOptions
---@return lunette.Query, string
function weights.of_classes(data, given)
  local target, type_name = ("`%s`"):format(given.target), nil
  local present = data:filter("not is_null(" .. target .. ")"):distinct(given.target):column(given.target):values()
  for _, field in ipairs(data:schema()) do type_name = field.name == given.target and field.type or type_name end
  check(given, type_name)
  local wanted, values, factors = {}, {}, {}
  for class, weight in pairs(given.class_weights) do wanted[as_class(class, type_name)] = weight end
  check_classes(wanted, present)
  for _, class in ipairs(present) do
    values[#values + 1], factors[#factors + 1] = class, (wanted[class] or 1) + 0.0
  end
  local table_of = require("lunette").table
  local by_class = table_of { { name = given.target, type = type_name, values = values },
    { name = "(class's weight)", type = "float", values = factors } }
  local own = given.weights and ("`%s`"):format(given.weights) or "1.0"
  return query.copy(data):join(by_class, given.target, { kind = "left" })
    :derive("`(weight)` = `(class's weight)` * " .. own), "(weight)"
end

return weights
