"""Rows per family among the C2 records."""
import sys

import pandas

NAMES = ("first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable,"
         "last_seen_utc,confidence_level,reference,tags,anonymous,reporter").split(",")

iocs = pandas.read_csv(sys.argv[1], skiprows=6, header=None, names=NAMES, skipinitialspace=True, engine="c",
                       usecols=["threat_type", "malware_printable"], dtype="category")
counts = iocs[iocs.threat_type == "botnet_cc"].malware_printable.value_counts()
for family, n in counts[counts > 0].items():
    print(f"{family}\t{n}")
