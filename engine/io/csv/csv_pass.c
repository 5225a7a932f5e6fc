// A pass over a file's blocks: workers claim them in order, tokenise on a guess, and take their turn in a chain.
//
// The chain's head knows where the next block's first record really starts, its row and its line. A worker waits for
// its turn, tokenises again if its guess was wrong, moves the head on, and only then is the block used; so what comes
// out is what one thread going from front to back would give, at any number of threads. The time under a wrong guess
// is serial, but guesses are wrong only inside quoted newlines that look like records.
#include <stdio.h>

#include "io/chain.h"
#include "io/csv/csv.h"

/// What is known at the front of the chain.
typedef struct chain_head {
    int64_t offset;    ///< where the next record starts
    int64_t row, line; ///< its number (0-based) and line (1-based)
    lnt_csv_dead dead;
    int64_t announced, footer_line; ///< the count that the last line so far announces; -1: none
    bool footer_rejected;
} chain_head;

struct lnt_csv_pass {
    lnt_csv_scan *scan;
    lnt_engine *engine;
    lnt_csv_source *source;
    lnt_csv_tokens *workers; ///< one each
    int n_workers;
    _Atomic int64_t next_block;
    int64_t n_blocks; ///< no more than these
    lnt__chain chain;
    chain_head head;                ///< moved by whose turn it is, like the rest
    int64_t n_rejects, max_rejects; ///< counted; kept at most
    lnt__rejects rejects;
};

lnt_status lnt_csv_pass_open(lnt_csv_scan *scan, lnt_engine *engine, int64_t max_rejects, lnt_csv_pass **out,
                             lnt_error *err) {
    lnt_csv_pass *pass = lnt_alloc_array(1, sizeof *pass, err);
    if (!pass) return LNT_NOMEM;
    *pass = (lnt_csv_pass){
        .scan = scan, .engine = engine, .n_workers = lnt_engine_n_threads(engine), .max_rejects = max_rejects};
    pass->n_blocks = INT64_MAX;
    pass->head = (chain_head){.offset = scan->origin, .line = scan->origin_line, .announced = -1};
    lnt__rejects_init(&pass->rejects, lnt_engine_budget(engine));
    lnt__chain_init(&pass->chain, engine);
    lnt_status status = lnt_csv_source_open(engine, scan->input, &pass->source, err);
    if (status == LNT_OK) {
        pass->workers = lnt_alloc_array(pass->n_workers, sizeof *pass->workers, err);
        if (!pass->workers) status = LNT_NOMEM;
    }
    for (int i = 0; i < pass->n_workers && status == LNT_OK; i++)
        lnt_csv_tokens_init(&pass->workers[i], engine, &scan->dialect, scan->kernels, pass->source);
    if (status == LNT_OK)
        *out = pass;
    else
        lnt_csv_pass_close(pass);
    return status;
}

void lnt_csv_pass_close(lnt_csv_pass *pass) {
    if (!pass) return;
    for (int i = 0; pass->workers && i < pass->n_workers; i++) lnt_csv_tokens_clear(&pass->workers[i]);
    lnt_free(pass->workers);
    lnt_csv_source_close(pass->source);
    lnt__rejects_clear(&pass->rejects);
    lnt__chain_clear(&pass->chain);
    lnt_free(pass);
}

void lnt_csv_pass_limit(lnt_csv_pass *pass, int64_t n_blocks) {
    pass->n_blocks = n_blocks;
}

lnt_status lnt_csv_pass_claim(lnt_csv_pass *pass, int64_t *block, lnt_error *err) {
    int64_t k = atomic_fetch_add(&pass->next_block, 1);
    bool there = false;
    if (k < pass->n_blocks)
        LNT_TRY(lnt_csv_source_reaches(pass->source, pass->scan->origin + k * pass->scan->block_bytes, &there, err));
    *block = there ? k : -1;
    return LNT_OK;
}

// ---- the head ----

/// Counts a reject and keeps it, unless there are too many already.
static lnt_status keep_reject(lnt_csv_pass *pass, const lnt_csv_tokens *tokens, const lnt_csv_reject *reject,
                              lnt_error *err) {
    if (pass->n_rejects++ >= pass->max_rejects) return LNT_OK;
    char reason[LNT_CSV_REASON];
    lnt_csv_explain(pass->scan, reject, reason);
    lnt__reject kept = {.line = pass->head.line + reject->line, .reason = lnt_str_from(reason)};
    kept.text = (lnt_str){(const char *)tokens->bytes->data + reject->start, reject->size};
    if (reject->column >= 0) kept.column = lnt_str_from(lnt_schema_name(pass->scan->head.schema, reject->column));
    return lnt__rejects_add(&pass->rejects, kept, err);
}

/// Moves the head over a block that is right.
static lnt_status move_head(lnt_csv_pass *pass, const lnt_csv_tokens *tokens, lnt_error *err) {
    chain_head *head = &pass->head;
    for (int64_t i = 0; i < tokens->n_rejects; i++) LNT_TRY(keep_reject(pass, tokens, &tokens->rejects[i], err));
    bool anything = tokens->n_records || tokens->n_rejects;
    if (tokens->announced >= 0 || anything) {
        head->announced = tokens->announced;
        head->footer_line = head->line + tokens->footer_line;
        head->footer_rejected = tokens->footer_rejected;
    }
    head->offset = tokens->next;
    head->row += tokens->n_records;
    head->line += tokens->survey.n_newlines + (tokens->next > tokens->base + tokens->bytes->size);
    head->dead = tokens->dead;
    return LNT_OK;
}

// ---- a block ----

static lnt_status tokenise(const lnt_csv_pass *pass, lnt_csv_tokens *tokens, int64_t from, int64_t stop,
                           lnt_csv_dead dead, bool guess, lnt_error *err) {
    LNT_TRY(lnt_csv_tokenise(tokens, from, stop, dead, guess, err));
    return tokens->undecided ? LNT_OK : lnt_csv_check(pass->scan, tokens, err);
}

/// Tokenises ahead of the block's turn. `*from` is the guess that the tokens hold for; -1: there is none.
static lnt_status speculate(const lnt_csv_pass *pass, lnt_csv_tokens *tokens, int64_t start, int64_t stop,
                            int64_t *from, lnt_error *err) {
    *from = tokens->passed ? -1 : lnt_csv_guess_start(tokens, start, stop);
    if (*from < 0) return LNT_OK;
    LNT_TRY(tokenise(pass, tokens, *from, stop, (lnt_csv_dead){0, 0, false}, true, err));
    if (tokens->undecided) *from = -1;
    return LNT_OK;
}

/// The block holds a comment that names other columns than the header does.
static lnt_status other_header(const lnt_csv_pass *pass, const lnt_csv_tokens *tokens, int64_t first_line,
                               lnt_error *err) {
    const lnt_csv_scan *scan = pass->scan;
    int64_t line = first_line + lnt_csv_count_lines(tokens, tokens->first - tokens->base, tokens->other_header);
    return lnt_error_set(err, LNT_FORMAT, "%s: line %lld names other columns than the header; split the file before it",
                         lnt_input_name(scan->input), (long long)line);
}

/// Everything up to the point where the block is right and the head has moved over it.
static lnt_status settle_block(lnt_csv_pass *pass, lnt_csv_tokens *tokens, int64_t block, int64_t *row, int64_t *line,
                               lnt_error *err) {
    const int64_t block_bytes = pass->scan->block_bytes;
    int64_t start = pass->scan->origin + block * block_bytes, stop = start + block_bytes, from = -1;
    int64_t base = block ? start - 1 : start; // the byte before tells whether a record starts right here
    LNT_TRY(lnt_engine_check(pass->engine, err));
    LNT_TRY(lnt_csv_tokens_load(tokens, pass->engine, base, stop - base, err));
    if (!lnt__chain_is_turn(&pass->chain, block)) LNT_TRY(speculate(pass, tokens, start, stop, &from, err));
    LNT_TRY(lnt__chain_await(&pass->chain, block, err));
    const chain_head *head = &pass->head;
    bool empty = head->offset >= stop;
    *row = head->row;
    *line = head->line;
    if (empty) {
        tokens->n_records = tokens->n_rejects = 0;
    } else {
        if (from != head->offset || head->dead.high > head->offset)
            LNT_TRY(tokenise(pass, tokens, head->offset, stop, head->dead, false, err));
        if (tokens->other_header >= 0) return other_header(pass, tokens, head->line, err);
        LNT_TRY(move_head(pass, tokens, err));
    }
    lnt__chain_move(&pass->chain);
    lnt_csv_source_release(pass->source, stop - 1);
    return LNT_OK;
}

lnt_status lnt_csv_pass_read(lnt_csv_pass *pass, int worker, int64_t block, lnt_csv_block_fn fn, void *context,
                             lnt_error *err) {
    lnt_csv_tokens *tokens = &pass->workers[worker];
    int64_t row = 0, line = 0;
    lnt_error local = {0};
    if (!err) err = &local;
    lnt_status status = settle_block(pass, tokens, block, &row, &line, err);
    if (status != LNT_OK) {
        lnt__chain_fail(&pass->chain, block, status, err);
        return status;
    }
    if (tokens->n_records == 0) return LNT_OK;
    return fn(context, worker, tokens, block, row, line, err);
}

void lnt_csv_pass_progress(const lnt_csv_pass *pass, int64_t *done, int64_t *total) {
    lnt_csv_source_progress(pass->source, done, total);
}

// ---- the end ----

/// A footer that announces another number of entries than there are is told as a reject of its own.
static lnt_status check_announced(lnt_csv_pass *pass, lnt_error *err) {
    const chain_head *head = &pass->head;
    int64_t n_rejects = pass->n_rejects - head->footer_rejected;
    if (head->announced < 0 || head->announced == head->row + n_rejects) return LNT_OK;
    char reason[LNT_CSV_REASON], rejected[64] = "";
    if (n_rejects) snprintf(rejected, sizeof rejected, " and %lld rejected", (long long)n_rejects);
    snprintf(reason, sizeof reason, "the file announces %lld entries, %lld were read%s", (long long)head->announced,
             (long long)head->row, rejected);
    if (pass->n_rejects++ >= pass->max_rejects) return LNT_OK;
    lnt__reject reject = {.line = head->footer_line, .reason = lnt_str_from(reason)};
    return lnt__rejects_add(&pass->rejects, reject, err);
}

lnt_status lnt_csv_pass_finish(lnt_csv_pass *pass, lnt_error *err) {
    if (pass->n_blocks < INT64_MAX) return LNT_OK;
    LNT_TRY(check_announced(pass, err));
    lnt_csv_scan *scan = pass->scan;
    pthread_mutex_lock(&scan->lock);
    lnt__rejects_clear(&scan->rejects);
    scan->rejects = pass->rejects;
    lnt__rejects_init(&pass->rejects, NULL);
    scan->counts = (lnt_csv_counts){pass->head.row, pass->n_rejects};
    pthread_mutex_unlock(&scan->lock);
    return LNT_OK;
}

/// What the workers of lnt_csv_pass_all share.
typedef struct all_work {
    lnt_csv_pass *pass;
    lnt_csv_block_fn fn;
    void *context;
    const char *what;
} all_work;

static void work(void *context, int worker) {
    all_work *all = context;
    lnt_csv_pass *pass = all->pass;
    lnt_status status = LNT_OK;
    int64_t block = 0;
    lnt_error err = {0};
    while (status == LNT_OK) {
        status = lnt_csv_pass_claim(pass, &block, &err);
        if (status != LNT_OK || block < 0) break;
        status = lnt_csv_pass_read(pass, worker, block, all->fn, all->context, &err);
        if (worker != 0) continue;
        int64_t done, total;
        lnt_csv_pass_progress(pass, &done, &total);
        lnt_engine_progress(pass->engine, all->what, done, total);
    }
    if (status != LNT_OK) lnt__chain_fail(&pass->chain, block, status, &err);
}

lnt_status lnt_csv_pass_all(lnt_csv_pass *pass, lnt_csv_block_fn fn, void *context, const char *what, lnt_error *err) {
    all_work all = {.pass = pass, .fn = fn, .context = context, .what = what};
    lnt_engine_run(pass->engine, work, &all);
    if (pass->chain.failed == LNT_OK) return lnt_csv_pass_finish(pass, err);
    if (err && err->code == LNT_OK) *err = pass->chain.error;
    return pass->chain.failed;
}
