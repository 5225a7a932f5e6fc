"""City, country and AS of a million addresses by MaxMind's reader for Python (its C extension, memory-mapped)."""
import os
import pathlib
import sys
import time

import maxminddb

home = pathlib.Path(__file__).resolve().parents[4]
geo, asn = os.environ.get("LUNETTE_GEO_DB"), os.environ.get("LUNETTE_ASN_DB")
real = geo is not None and asn is not None
if not real:
    geo, asn = (str(home / "build" / "scripts" / "sample" / f"sample-{kind}.mmdb") for kind in ("city", "asn"))

addresses, state = [], 12345
for _ in range(1000000):
    state = (state * 1103515245 + 12345) & 0x7fffffff
    high = state >> 8
    state = (state * 1103515245 + 12345) & 0x7fffffff
    low = state >> 8 & 0xffff
    first, second = (1 + high % 223, high >> 8 & 0xff) if real else (198, 18 + high % 2)
    addresses.append(f"{first}.{second}.{low >> 8}.{low & 0xff}")


def country_of(record):
    return record.get("country_code") or record.get("country", {}).get("iso_code") or record.get("registered_country", {}).get(
        "iso_code")


def city_of(record):
    city = record.get("city")
    return city.get("names", {}).get("en") if isinstance(city, dict) else city


cities, networks = (maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT) for path in (geo, asn))
started = time.monotonic()
found = [(cities.get(address) or {}, networks.get(address) or {}) for address in addresses]
print(f"time lookup {(time.monotonic() - started) * 1000:.1f}", file=sys.stderr)

with_city, with_as, countries = 0, 0, {}
for place, network in found:
    number = network.get("autonomous_system_number", network.get("asn"))
    with_city += city_of(place) is not None
    with_as += number is not None
    entry = countries.setdefault(country_of(place) or "none", [0, 0])
    entry[0] += 1
    entry[1] += number or 0
print("with a city", with_city, sep="\t")
print("with an AS", with_as, sep="\t")
for country, (n, numbers) in countries.items():
    print(country, n, numbers, sep="\t")
