/// @file load.h
/// Scans as tables, and plans over them, in one pass over the input where that may do.
#ifndef LNT_EXEC_LOAD_H
#define LNT_EXEC_LOAD_H

#include "column/scan.h"
#include "lunette/plan.h"

/// All rows of a scan as a table, as running its plan gives them. A scan whose types are guessed is settled afterwards,
/// unless this fails.
LNT_MUST_USE lnt_status lnt__scan_load(lnt_engine *engine, lnt_scan *scan, lnt_table **out, lnt_error *err);

/// Runs a plan over `scan`, whose types are guessed, and over nothing else. `*out` stays NULL where the guess didn't hold
/// or wasn't held against all rows, or where anything else went wrong: settled and planned anew it is to be run again.
/// Fails with LNT_CANCELLED only.
LNT_MUST_USE lnt_status lnt__run_on_guess(lnt_engine *engine, const lnt_plan *plan, const lnt_scan *scan, lnt_table **out,
                                          lnt_error *err);

#endif
