/// @file chain.c
/// Turns of a file's blocks: see chain.h.
#include "io/chain.h"

#include <time.h>

enum { WAIT_NS = 50000000 };

void lnt__chain_init(lnt__chain *chain, lnt_engine *engine) {
    *chain = (lnt__chain){.engine = engine};
    pthread_mutex_init(&chain->lock, NULL);
    pthread_cond_init(&chain->moved, NULL);
}

void lnt__chain_clear(lnt__chain *chain) {
    pthread_mutex_destroy(&chain->lock);
    pthread_cond_destroy(&chain->moved);
}

lnt_status lnt__chain_await(lnt__chain *chain, int64_t block, lnt_error *err) {
    lnt_status status = LNT_OK;
    pthread_mutex_lock(&chain->lock);
    while (status == LNT_OK && chain->n_blocks < block && (chain->failed == LNT_OK || chain->failed_block > block)) {
        struct timespec until; // a query that was cancelled may never read a block before this one
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WAIT_NS;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_cond_timedwait(&chain->moved, &chain->lock, &until);
        status = lnt_engine_check(chain->engine, err);
    }
    if (status == LNT_OK && chain->n_blocks < block) status = chain->failed;
    if (status != LNT_OK && err->code == LNT_OK) *err = chain->error;
    pthread_mutex_unlock(&chain->lock);
    return status;
}

bool lnt__chain_is_turn(lnt__chain *chain, int64_t block) {
    pthread_mutex_lock(&chain->lock);
    bool turn = chain->n_blocks == block;
    pthread_mutex_unlock(&chain->lock);
    return turn;
}

void lnt__chain_move(lnt__chain *chain) {
    pthread_mutex_lock(&chain->lock);
    chain->n_blocks++;
    pthread_cond_broadcast(&chain->moved);
    pthread_mutex_unlock(&chain->lock);
}

void lnt__chain_fail(lnt__chain *chain, int64_t block, lnt_status status, const lnt_error *err) {
    pthread_mutex_lock(&chain->lock);
    if (chain->failed == LNT_OK || block < chain->failed_block) {
        chain->failed = status;
        chain->failed_block = block;
        chain->error = *err;
        pthread_cond_broadcast(&chain->moved);
    }
    pthread_mutex_unlock(&chain->lock);
}
