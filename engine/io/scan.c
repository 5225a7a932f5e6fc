/// @file scan.c
/// Scans as the public interface knows them: opened by a reader, owned by counting references.
#include "column/scan.h"
#include "lunette/io.h"

lnt_scan *lnt_scan_retain(lnt_scan *scan) {
    return lnt_scan_ref(scan);
}

void lnt_scan_release(lnt_scan *scan) {
    lnt_scan_unref(scan);
}
