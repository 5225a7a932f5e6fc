/// @file chain.h
/// Blocks of a file that are read by many threads and take effect one after the other.
///
/// A reader guesses where its block's first record starts, waits for its turn, reads again if the guess was wrong, does
/// what depends on the blocks before, and lets the next one have its turn. What is known at the front (the head) is the
/// user's own; between lnt__chain_await and lnt__chain_move it belongs to whose turn it is.
#ifndef LNT_IO_CHAIN_H
#define LNT_IO_CHAIN_H

#include <pthread.h>

#include "base/engine.h"

typedef struct lnt__chain {
    lnt_engine *engine;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int64_t n_blocks;  ///< how many are done; guarded by `lock`, like the rest
    lnt_status failed; ///< a block that failed stops those behind it
    int64_t failed_block;
    lnt_error error;
} lnt__chain;

void lnt__chain_init(lnt__chain *chain, lnt_engine *engine);
void lnt__chain_clear(lnt__chain *chain);
/// Waits until all blocks before `block` are done. If one of them failed, its status and error come back; also if the
/// engine was stopped.
LNT_MUST_USE lnt_status lnt__chain_await(lnt__chain *chain, int64_t block, lnt_error *err);
/// Whether all blocks before `block` are done already.
bool lnt__chain_is_turn(lnt__chain *chain, int64_t block);
/// The block whose turn it is is done.
void lnt__chain_move(lnt__chain *chain);
/// The block failed: those behind it, which would wait for ever, get its error.
void lnt__chain_fail(lnt__chain *chain, int64_t block, lnt_status status, const lnt_error *err);

#endif
