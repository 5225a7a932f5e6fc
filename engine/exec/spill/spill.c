/// @file spill.c
/// When operators spill, and into what.
///
/// Operators look at the budget before they add rows to what they hold, never after a request was refused: a refusal
/// leaves half-grown columns behind.
#include "exec/spill/spill.h"

#include <stdio.h>
#include <string.h>

void lnt__spiller_init(lnt_spiller *spiller, lnt_engine *engine, const char *who) {
    *spiller = (lnt_spiller){.engine = engine, .who = who, .available = lnt_engine_memory_left(engine)};
    pthread_mutex_init(&spiller->lock, NULL);
}

void lnt__spiller_clear(lnt_spiller *spiller) {
    lnt_spill_unref(spiller->file);
    pthread_mutex_destroy(&spiller->lock);
    spiller->file = NULL;
}

lnt_spill *lnt__spiller_file(lnt_spiller *spiller) {
    pthread_mutex_lock(&spiller->lock);
    if (!spiller->file && !spiller->failed)
        spiller->failed = lnt_spill_new(spiller->engine, spiller->who, &spiller->file, &spiller->error) != LNT_OK;
    lnt_spill *file = spiller->file;
    pthread_mutex_unlock(&spiller->lock);
    return file;
}

lnt_status lnt__spiller_outcome(lnt_spiller *spiller, lnt_status status, lnt_error *err) {
    if (status != LNT_LIMIT || !spiller->failed || !err) return status;
    size_t size = strlen(err->message);
    snprintf(err->message + size, sizeof err->message - size, "; %s", spiller->error.message);
    return status;
}

bool lnt__spill_early(const lnt_spiller *spiller, int64_t bytes) {
    enum { SCARCE = 4, WORTH = 256 };
    if (spiller->available == INT64_MAX) return false;
    int64_t enough = spiller->available / SCARCE + bytes / 2; // they may grow by half at once
    return lnt_engine_memory_left(spiller->engine) < enough && bytes > spiller->available / WORTH;
}

bool lnt__spill_now(const lnt_spiller *spiller, int64_t bytes) {
    enum { OTHERS = 4, WORTH = 64 };
    if (spiller->available == INT64_MAX || bytes <= spiller->available / WORTH) return false;
    return lnt_engine_memory_left(spiller->engine) < bytes / 2 + spiller->available / OTHERS;
}
