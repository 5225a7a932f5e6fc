"""The main tables of the four bundled analyses, as a pandas user would compute them."""
import sys

import pandas

MIN_COUNT, TOP = 100, 10

with open(sys.argv[1], encoding="utf-8") as file:  # the banner's last line names the columns
    banner = [line for line in (next(file) for _ in range(20)) if line.startswith("#")]
iocs = pandas.read_csv(sys.argv[1], skiprows=len(banner), comment="#", header=None, skipinitialspace=True,
                       names=banner[-1].strip('# \n"').split('","'),
                       usecols=["first_seen_utc", "ioc_value", "threat_type", "malware_printable"])
iocs = iocs[iocs.threat_type == "botnet_cc"].rename(columns={"malware_printable": "family"})
parts = iocs.ioc_value.str.rsplit(":", n=1, expand=True)
iocs["ip"], iocs["port"] = parts[0].str.strip("[]"), parts[1].astype(int)
iocs["day"] = pandas.to_datetime(iocs.first_seen_utc).dt.floor("D")

counts = iocs.family.value_counts()
print("family\tcount")
for family, n in counts[counts >= MIN_COUNT].items():
    print(f"{family}\t{n}")
if (counts < MIN_COUNT).any():
    print(f"other\t{counts[counts < MIN_COUNT].sum()}")

order = counts.rename_axis("family").reset_index(name="n").sort_values(["n", "family"], ascending=[False, True])
named = set(order.family[:TOP])
label = iocs.family.where(iocs.family.isin(named), "other")
daily = iocs.groupby([iocs.day, label]).size().unstack(fill_value=0)
daily = daily.reindex(pandas.date_range(iocs.day.min(), iocs.day.max(), freq="D"), fill_value=0)
print("day\tfamily\tcount")
for (day, family), n in daily.stack().items():
    print(f"{day:%Y-%m-%dT%H:%M:%SZ}\t{family}\t{n}")

print("port\tfamily\tcount")
for (port, family), n in iocs.groupby(["port", "family"]).size().items():
    print(f"{port}\t{family}\t{n}")

hosts = iocs.groupby("ip").family.agg(["nunique", "size", lambda families: ", ".join(sorted(set(families)))])
print("ip\tfamilies\tnames\tiocs")
for ip, families, n, names in hosts[hosts["size"] > 1].itertuples():
    print(f"{ip}\t{families}\t{names}\t{n}")
