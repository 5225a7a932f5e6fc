-- The specs' web server (server.py), and certificates for it. It ends by itself after two minutes, or when it is stopped.
local server = {}

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

local function content(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

--- Why there can be no server here; nil where there can.
---@return string?
function server.obstacle()
  if not os.execute "command -v python3 > /dev/null 2>&1" then return "python3 isn't installed" end
end

--- Starts a server for a folder: { url, folder, process }. `certificate` and `key` make it speak TLS.
---@param folder string
---@param certificate? string
---@param key? string
function server.start(folder, certificate, key)
  os.remove(folder .. "/port")
  local words = { "python3", "tests/spec/support/server.py", quote(folder), "120" }
  if certificate then words[5], words[6] = quote(certificate), quote(key) end
  local pipe = assert(io.popen(("%s > /dev/null 2> %s/log & echo $!"):format(table.concat(words, " "), quote(folder))))
  local process = pipe:read "l"
  pipe:close()
  local port
  for _ = 1, 200 do
    port = content(folder .. "/port")
    if port then break end
    os.execute "sleep 0.05"
  end
  assert(port, "the server didn't start: " .. (content(folder .. "/log") or ""))
  return { process = process, folder = folder, port = port,
    url = ("%s://127.0.0.1:%s"):format(certificate and "https" or "http", port) }
end

--- Starts a server for a new folder; `server.close` stops it and removes the folder.
---@return string folder, table one
function server.open()
  local folder = os.tmpname()
  os.remove(folder)
  os.execute(("mkdir -p %s"):format(quote(folder)))
  return folder, server.start(folder)
end

function server.close(one)
  server.stop(one)
  if one then os.execute(("rm -rf %s"):format(quote(one.folder))) end
end

function server.stop(one)
  if one then os.execute(("kill %s 2> /dev/null"):format(one.process)) end
end

--- What the server was asked so far: tables of method, path, body, headers, at.
---@return table[]
function server.requests(one)
  local out, decode = {}, require("dkjson").decode
  for line in (content(one.folder .. "/requests") or ""):gmatch "[^\n]+" do out[#out + 1] = decode(line) end
  return out
end

function server.forget(one) os.remove(one.folder .. "/requests") end

--- Makes an authority and two certificates for 127.0.0.1 in the folder, one of them expired: ca.pem, good.pem, old.pem and
--- their .key. Returns false where openssl isn't there.
---@param folder string
---@return boolean
function server.certificates(folder)
  local script = [[
cd %s && exec 2> openssl.log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=TestAuthority
printf 'subjectAltName=IP:127.0.0.1\n' > names
for name in good old; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=127.0.0.1
done
openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out good.pem -days 10 -extfile names
mkdir -p issued && : > index.txt && echo 01 > serial
cat > ca.conf << EOF
[ca]
default_ca=d
[d]
new_certs_dir=issued
database=index.txt
serial=serial
default_md=sha256
policy=p
[p]
commonName=supplied
EOF
openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in old.csr -out old.pem -notext \
  -startdate 20200101000000Z -enddate 20200201000000Z -extfile names
]]
  return os.execute(script:format(quote(folder))) == true
end

return server
