-- Which square degrees are land, for the map of the terminal. Made by scripts/lib/land.mjs from Natural Earth's outlines,
-- which are in the public domain.
local land = {}

land.NORTH, land.SOUTH = 84, -58

-- A line for each degree from the north; in it how long water, land, water, … are: a character from "0" on is a length from
-- 0 to 69, "~" stands for 70 of a length that goes on, "!" for a backslash.
local packed = [[
~~38
~MC@11E
~CI5X1125u1
~>7111A2co36221O5
~>F9^N41316s7
~64322B3cQ:~85
o132G:8bR433~83
j311223241322A:`~@4O<
o;53222516EX~75KHG8
j172H151HU~63LH11
h8924334241313ES~53HJ1;54=2
g@133522391113DQ~53=421221`;6
02f33>51233BA11O~44<4191^321@
D821Q=653D?M12]7U61~@
AH411=3?4115626:=21KY@K5261~I27
02<c21527226245127?H[G62621=14221~P
05;~6164229:E`J322I1~T
09612~99<9C`D163~r
21145~:12:722:=@:J:3:5~~0
61<~3244319=;C8I:3;2~~2
C~052<7>:E2J<2~~A
?~2924183@8`<3~~@11
>~2@6G7_<4~r3229
?=132cA8H3`=451~i7612
B822;!A851u>621~c1553
G3A!?:14j29326511~_B3
F221A[@?h4>511311~^A6
D2G_;@g3;3235~_B7
B1Ka7Bg3:4117~]D6
b`3Ea323:16~cC5
_12`3G^4337~p11=4
c_3G^4262~u=3
d`1Gd52~t11>1
dt31c25~u12
el3242h~~022
g11k55b~~421
hk93b~~231
hl31jV2<3~?41
holO322;4~?
hh22o=3>994~?61
hfn339342<<83~>64
hen<834:=75~89112
hen<:33944585~6:1
hbq:725315221E3t17;2
hbq98261333G4r2223<2
i`r9E33F5p73<1
j^s8>2624G4q1252:2
j^~016:B1222~?5375
k]~014<I~>6348
l[~0AJ~>;6
nW~1CH~@94
oU~1H53<~@92
o21Q~1J47412~B81
p12P~1M1~O
q11B4262~1j2~2
r11@=2~0l2~0
q31>>3s_2=3u
s21=?2r`2>7o
t12<@1qb2?7l
t22:~=b2?23:c31
~0129~<d3D9a32
~48>113ne3E9]61
~588282lf2D;A5@12
~496493ke3B?>6>
H1b954>3fe4A?<9<32
~6925?4ef3@@;:<31;1
~9=~2g3=B:;==2
~;;~1h4:D9<21;<2
~A9si39F6B;;2
~B9rj26I6B;;2
~D7rk14L5B;>1
~G3slP5C127?1
~H2;121ek71I4C136=121
~H38921`k16I4B154?1
~J221341:_qI3C161A1
~K31C_oK121A2G3
~M12C^oN2A1F113
~PD_lO2B2>262
~QH[:5!^143=3
~QI!1=12W`233:4
~QJmUb222:4
~PKmTd22277
~OMlSf31159
~NNlQh46924
~NOjQj459>1
~MTfQk45723:2
~MVeOl63723:225
~NYbMn482311141312;
~M[bKp3@1=971
~M^_Kq2P842
~N]_Ks2O971
~N]`Jt7H9
~O!`J~551241=332
~PZaK~9141F2
~PZbJ
~QXcK~C1;1
~QWcL81~;651
~RUdL72~:662
~RUcM72~622663
~STcM54~5;54
~URcL46~4>35
~WPcJ66~2H
~XNdI75~3H
~XNeF95~2K
~XNeF95uO
~XMgE85sR@1
~XLhF75rU
~WJkF84rU
~WHnD93rW
~WGoB<1tW
~WFpB~;W
~WGoB~;W
~WFq@~<X
~WEs>~>V
~VEt>~>V
~VD~0<~@U
~VD~0;~A:8B
~VC~19~B9;21=
~V>13~32~I3@11>
~U@~~h;G1
~U@~~i:
~TA~~i:I1
~T@~~m112L3
~U;~~~J3
~T<~~~K2
~T9~~~03H2
~T:~~u3G3
~U8~~~11G3
~U8~~~G3
~T7~~~H4
~S8~~~I2
~T8
~S8
~S7
~S6
~T592
~T5
~U212
~V6



]]

local rows

local function unpack_rows()
  rows = {}
  for line in packed:gmatch "([^\n]*)\n" do
    local row, at, is_land, n = {}, 0, false, 0
    for i = 1, #line do
      local byte = line:byte(i)
      if byte == 126 then
        n = n + 70
      else
        n = n + (byte == 33 and 92 or byte) - 48
        if is_land then
          for square = at, at + n - 1 do row[square] = true end
        end
        at, is_land, n = at + n, not is_land, 0
      end
    end
    rows[#rows + 1] = row
  end
end

--- Whether a place is on land. East and west go on around the globe.
---@param lon number
---@param lat number
---@return boolean
function land.at(lon, lat)
  if not rows then unpack_rows() end
  local row = rows[math.floor(land.NORTH - lat) + 1]
  return row ~= nil and row[math.floor(lon + 180) % 360] == true
end

return land
