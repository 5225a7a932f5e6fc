/// @file spill.h
/// What operators that spill share: when they do, and the file that is made when they first have to.
#ifndef LNT_EXEC_SPILL_H
#define LNT_EXEC_SPILL_H

#include <pthread.h>

#include "exec/spill/spill_merge.h"

/// One operator's spilling. Its file is made on first use, by any worker.
typedef struct lnt_spiller {
    lnt_engine *engine;
    const char *who;
    int64_t available;    ///< bytes that the operator may have, as it begins; INT64_MAX: no limit
    pthread_mutex_t lock; ///< of what follows
    lnt_spill *file;
    bool failed;     ///< no file can be made here: the operator goes on in memory while that lasts
    lnt_error error; ///< why
} lnt_spiller;

void lnt__spiller_init(lnt_spiller *spiller, lnt_engine *engine, const char *who);
void lnt__spiller_clear(lnt_spiller *spiller);
/// The file, borrowed; NULL where none can be made.
lnt_spill *lnt__spiller_file(lnt_spiller *spiller);
/// An operator's outcome: a LNT_LIMIT also says why rows weren't put aside, where they should have been.
lnt_status lnt__spiller_outcome(lnt_spiller *spiller, lnt_status status, lnt_error *err);

/// Whether rows of one morsel on its way, which take `bytes`, should leave memory: three quarters of it are in use, or would
/// be once they grow, and it is enough to be worth it.
bool lnt__spill_early(const lnt_spiller *spiller, int64_t bytes);
/// Whether what was gathered so far, which takes `bytes`, has to leave memory before more is added to it: it may grow
/// by half at once, and what other workers have in hand takes some too.
bool lnt__spill_now(const lnt_spiller *spiller, int64_t bytes);

#endif
