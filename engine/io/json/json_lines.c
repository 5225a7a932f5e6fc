// A pass over the blocks of JSON lines: see json_lines.h; turns as in chain.h.
#include <stdio.h>
#include <string.h>

#include "io/chain.h"
#include "io/json/json_lines.h"

struct lnt__json_pass {
    lnt_engine *engine;
    const lnt_input *input;
    const lnt__json_settings *settings;
    lnt__json_user user;
    int64_t origin;
    lnt__json_block *workers;
    int n_workers;
    _Atomic int64_t next_block, done_bytes;
    int64_t n_blocks; ///< no more than these
    lnt__chain chain;
    lnt__json_head head; ///< moved by whose turn it is
};

lnt_status lnt__json_pass_open(lnt_engine *engine, const lnt_input *input, const lnt__json_settings *settings,
                               int64_t origin, int64_t line, int64_t line_start, const lnt__json_user *user,
                               lnt__json_pass **out, lnt_error *err) {
    lnt__json_pass *pass = lnt_alloc_array(1, sizeof *pass, err);
    if (!pass) return LNT_NOMEM;
    pass->engine = engine;
    pass->input = input;
    pass->settings = settings;
    pass->user = *user;
    pass->origin = origin;
    pass->n_blocks = INT64_MAX;
    pass->head = (lnt__json_head){.offset = origin, .line = line, .line_start = line_start};
    lnt__chain_init(&pass->chain, engine);
    int n = lnt_engine_n_threads(engine);
    pass->workers = lnt_alloc_array(n, sizeof *pass->workers, err);
    if (!pass->workers) {
        lnt__json_pass_close(pass);
        return LNT_NOMEM;
    }
    for (; pass->n_workers < n; pass->n_workers++)
        lnt__json_block_init(&pass->workers[pass->n_workers], engine, input, settings);
    *out = pass;
    return LNT_OK;
}

void lnt__json_pass_close(lnt__json_pass *pass) {
    if (!pass) return;
    for (int i = 0; i < pass->n_workers; i++) lnt__json_block_clear(&pass->workers[i]);
    lnt_free(pass->workers);
    lnt__chain_clear(&pass->chain);
    lnt_free(pass);
}

void lnt__json_pass_limit(lnt__json_pass *pass, int64_t n_blocks) {
    pass->n_blocks = n_blocks;
}

void lnt__json_pass_claim(lnt__json_pass *pass, int64_t *block) {
    int64_t k = atomic_fetch_add_explicit(&pass->next_block, 1, memory_order_relaxed);
    *block = k < pass->n_blocks && pass->origin + k * pass->settings->block_bytes < lnt_input_size(pass->input) ? k : -1;
}

static void move_head(lnt__json_head *head, const lnt__json_block *block, int64_t n_rows) {
    head->offset = block->next;
    head->row += n_rows;
    head->record += block->n_records;
    head->line += block->n_newlines;
    if (block->last_line >= 0) head->line_start = block->last_line;
}

// ---- a block ----

/// Reads the block at `from` on, from text that may have to be loaded again for it.
static lnt_status read_from(lnt__json_pass *pass, int worker, int64_t from, int64_t stop, lnt_error *err) {
    lnt__json_block *text = &pass->workers[worker];
    if (from < text->base || from >= text->base + text->size)
        LNT_TRY(lnt__json_block_load(text, from, stop > from ? stop : from, err));
    return lnt__json_block_read(text, from, stop, &pass->user.sinks[worker], err);
}

/// Everything up to the point where the block is right and the head has moved over it.
static lnt_status settle(lnt__json_pass *pass, int worker, int64_t block, bool *empty, int64_t *row, lnt_error *err) {
    lnt__json_block *text = &pass->workers[worker];
    const int64_t block_bytes = pass->settings->block_bytes;
    int64_t start = pass->origin + block * block_bytes, stop = start + block_bytes, guess = -1, n_rows = 0;
    LNT_TRY(lnt_engine_check(pass->engine, err));
    LNT_TRY(lnt__json_block_load(text, block ? start - 1 : start, stop, err));
    if (!lnt__chain_is_turn(&pass->chain, block)) guess = lnt__json_block_guess(text, start, stop);
    if (guess >= 0) LNT_TRY(read_from(pass, worker, guess, stop, err));
    LNT_TRY(lnt__chain_await(&pass->chain, block, err));
    const lnt__json_head *head = &pass->head;
    *empty = head->offset >= stop;
    *row = head->row;
    if (!*empty && guess != head->offset) LNT_TRY(read_from(pass, worker, head->offset, stop, err));
    if (!*empty) {
        LNT_TRY(pass->user.settle(pass->user.context, worker, text, head, &n_rows, err));
        move_head(&pass->head, text, n_rows);
    }
    lnt__chain_move(&pass->chain);
    atomic_fetch_add_explicit(&pass->done_bytes, block_bytes, memory_order_relaxed);
    return LNT_OK;
}

lnt_status lnt__json_pass_read(lnt__json_pass *pass, int worker, int64_t block, void *context, lnt_error *err) {
    lnt_error local = {0};
    if (!err) err = &local;
    bool empty = true;
    int64_t row = 0;
    lnt_status status = settle(pass, worker, block, &empty, &row, err);
    if (status != LNT_OK) {
        if (err->code == LNT_OK) lnt_error_set(err, status, "%s", lnt_status_name(status));
        lnt__chain_fail(&pass->chain, block, status, err);
        return status;
    }
    if (empty || !pass->user.use) return LNT_OK;
    return pass->user.use(context ? context : pass->user.context, worker, &pass->workers[worker], row, err);
}

void lnt__json_pass_progress(const lnt__json_pass *pass, int64_t *done, int64_t *total) {
    *total = lnt_input_size(pass->input);
    *done = atomic_load_explicit(&pass->done_bytes, memory_order_relaxed);
    if (*done > *total) *done = *total;
}

lnt__json_head lnt__json_pass_head(const lnt__json_pass *pass) {
    return pass->head;
}

static void work(void *context, int worker) {
    lnt__json_pass *pass = context;
    lnt_status status = LNT_OK;
    while (status == LNT_OK) {
        int64_t block, done, total;
        lnt_error err = {0};
        lnt__json_pass_claim(pass, &block);
        if (block < 0) return;
        status = lnt__json_pass_read(pass, worker, block, NULL, &err);
        if (worker != 0) continue;
        lnt__json_pass_progress(pass, &done, &total);
        lnt_engine_progress(pass->engine, "reading", done, total);
    }
}

lnt_status lnt__json_pass_all(lnt__json_pass *pass, lnt_error *err) {
    lnt_engine_run(pass->engine, work, pass);
    if (pass->chain.failed == LNT_OK) return LNT_OK;
    if (err && err->code == LNT_OK) *err = pass->chain.error;
    return pass->chain.failed;
}
