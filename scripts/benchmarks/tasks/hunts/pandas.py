"""A hunt's questions; the texts of few values are categories."""
import sys
import time

sys.path.insert(0, sys.argv[2])
import pandas  # noqa: E402
from bench import ask, loading  # noqa: E402

NAMES = ("first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable,"
         "last_seen_utc,confidence_level,reference,tags,anonymous,reporter").split(",")
FEW = ["ioc_type", "threat_type", "fk_malware", "malware_alias", "malware_printable", "reporter"]

start = time.perf_counter()
iocs = pandas.read_csv(sys.argv[1], skiprows=6, header=None, names=NAMES, skipinitialspace=True, engine="c",
                       dtype={name: "category" for name in FEW}, na_values=["None"],
                       parse_dates=["first_seen_utc", "last_seen_utc"], infer_datetime_format=True)
loading.append(time.perf_counter() - start)
parts = iocs.ioc_value.where(iocs.ioc_type == "ip:port").str.split(":", n=1, expand=True)
iocs["family"], iocs["ip"], iocs["port"] = iocs.malware_printable, parts[0], parts[1].astype("float64")


def counted(mask):
    return pandas.DataFrame({"n": [int(mask.sum())]})


def groups(table, *by):
    return table.groupby(list(by), as_index=False, sort=False, observed=True, dropna=False)


def overlap():
    found = groups(iocs[iocs.ip.notna()], "ip").agg(families=("family", "nunique"), n=("family", "size"))
    return found[found.families >= 2]


ask("contains", ["n"], lambda: counted(iocs.ioc_value.str.contains("host-7", regex=False)))
ask("match", ["n"], lambda: counted(iocs.ioc_value.str.contains(r"[0-9a-f]{5}[13579]\.(?:c2\.)?example")))
ask("ports", ["port", "n"], lambda: groups(iocs[iocs.port.notna()], "family", "port").agg(n=("ioc_id", "size")))
ask("days", ["n"], lambda: groups(iocs.assign(day=iocs.first_seen_utc.dt.floor("D")), "family", "day").agg(n=("ioc_id", "size")))
ask("overlap", ["families", "n"], overlap)
ask("tags", ["n"], lambda: iocs.tags[iocs.tags.notna()].str.split(",").explode().value_counts()
    .rename_axis("tag").reset_index(name="n"))
