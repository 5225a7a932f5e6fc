/// @file deferred.h
/// Opening files without reading them whole: scans whose types may be guessed (lnt_scan.guessed).
///
/// For those who settle the scan (lnt__scan_settle) before they use it, or only load it (exec/load.h). Small files,
/// compressed ones and whatever else the reader must see whole are opened as ever.
#ifndef LNT_IO_DEFERRED_H
#define LNT_IO_DEFERRED_H

#include "column/scan.h"
#include "lunette/io.h"

enum {
    LNT__DEFER_BYTES = 32 << 20 ///< files from here on
};

/// As lnt_csv_open.
LNT_MUST_USE lnt_status lnt__csv_open_deferred(lnt_engine *engine, const char *path, const lnt_csv_options *options,
                                               lnt_scan **out, lnt_error *err);
/// As lnt_json_open.
LNT_MUST_USE lnt_status lnt__json_open_deferred(lnt_engine *engine, const char *path, const lnt_json_options *options,
                                                lnt_scan **out, lnt_error *err);

#endif
