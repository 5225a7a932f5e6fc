/// @file load.h
/// A scan as a table, in one pass over its input where that may do.
#ifndef LNT_EXEC_LOAD_H
#define LNT_EXEC_LOAD_H

#include "column/scan.h"

/// All rows of a scan as a table, as running its plan gives them. A scan whose types are guessed is settled afterwards,
/// unless this fails.
LNT_MUST_USE lnt_status lnt__scan_load(lnt_engine *engine, lnt_scan *scan, lnt_table **out, lnt_error *err);

#endif
