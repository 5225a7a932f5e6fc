// A block's records: the fast path as far as it goes, one record the slow way where it stops, and reading on past the
// block's end until its last record is whole.
//
// Invariants: `ends` is a matrix without holes, n_columns a record; offsets are into `bytes`, so growing them moves
// nothing. What comes out depends only on the bytes, where it starts, and the dead stretch it is given.
#include <string.h>

#include "io/csv/csv.h"

enum {
    READ_AHEAD = 16 << 10, ///< loaded with a block, for its last record
    READ_MORE = 64 << 10,  ///< at least so much is read on
    MAX_GUESS = 1 << 20,   ///< a guess isn't worth reading further than this
    GUESS_TRIES = 16,
    KEEP_BYTES = 4 << 20 ///< larger buffers aren't kept for the next block
};

void lnt_csv_tokens_init(lnt_csv_tokens *tokens, lnt_engine *engine, const lnt_csv_dialect *dialect,
                         const lnt_csv_kernels *kernels, lnt_csv_source *source) {
    *tokens = (lnt_csv_tokens){.dialect = dialect, .kernels = kernels, .source = source, .footer = -1, .announced = -1,
                                .other_header = -1};
    lnt_arena_init(&tokens->scratch, lnt_engine_budget(engine), "csv");
    lnt_arena_init(&tokens->values, lnt_engine_budget(engine), "csv");
}

void lnt_csv_tokens_clear(lnt_csv_tokens *tokens) {
    lnt_buffer_unref(tokens->bytes);
    lnt_buffer_unref(tokens->ends);
    lnt_buffer_unref(tokens->starts);
    lnt_free(tokens->rejects);
    lnt_arena_clear(&tokens->scratch);
    lnt_arena_clear(&tokens->values);
}

/// Makes `*buffer` empty and at least `capacity` large, and lets go of one that grew out of hand.
static lnt_status ready_buffer(lnt_buffer **buffer, lnt_engine *engine, int64_t capacity, lnt_error *err) {
    if (*buffer &&
        ((*buffer)->capacity < capacity || ((*buffer)->capacity > KEEP_BYTES && (*buffer)->capacity > 2 * capacity))) {
        lnt_buffer_unref(*buffer);
        *buffer = NULL;
    }
    if (!*buffer) LNT_TRY(lnt_buffer_new(lnt_engine_budget(engine), capacity, "csv", buffer, err));
    (*buffer)->size = 0;
    return LNT_OK;
}

lnt_status lnt_csv_tokens_load(lnt_csv_tokens *tokens, lnt_engine *engine, int64_t base, int64_t size, lnt_error *err) {
    int64_t want = size + READ_AHEAD;
    LNT_TRY(ready_buffer(&tokens->bytes, engine, want, err));
    LNT_TRY(ready_buffer(&tokens->ends, engine, size / 2 + 65536, err));
    LNT_TRY(ready_buffer(&tokens->starts, engine, size / 16 + 4096, err));
    tokens->base = base;
    tokens->eof = false;
    LNT_TRY(lnt_csv_source_read(tokens->source, base, tokens->bytes->data, want, &tokens->bytes->size, err));
    tokens->eof = tokens->bytes->size < want;
    tokens->passed = tokens->bytes->size < 0;
    if (tokens->passed) tokens->bytes->size = 0;
    return LNT_OK;
}

/// Reads more of the record that starts at offset `record`, at least doubling what there is of it.
static lnt_status read_on(lnt_csv_tokens *tokens, int64_t record, lnt_error *err) {
    lnt_buffer *bytes = tokens->bytes;
    int64_t more = bytes->size - record > READ_MORE ? bytes->size - record : READ_MORE, got;
    if (bytes->size + more > UINT32_MAX / 2)
        return lnt_error_set(err, LNT_LIMIT, "csv: a record takes more than 2 GiB; set max_record_bytes");
    if (bytes->capacity < bytes->size + more) LNT_TRY(lnt_buffer_reserve(bytes, bytes->size + more, "csv", err));
    LNT_TRY(
        lnt_csv_source_read(tokens->source, tokens->base + bytes->size, bytes->data + bytes->size, more, &got, err));
    tokens->undecided = got < 0; // a guess at bytes that the true reading has passed already
    if (got < 0) return LNT_OK;
    bytes->size += got;
    tokens->eof = got < more;
    return LNT_OK;
}

/// The content offset after the first newline at or after `at`, for lines longer than what is loaded.
static lnt_status pass_line(const lnt_csv_tokens *tokens, int64_t at, int64_t *next, lnt_error *err) {
    lnt_buffer *piece;
    LNT_TRY(lnt_buffer_new(NULL, READ_MORE, "csv", &piece, err));
    lnt_status status = LNT_OK;
    for (*next = -1; *next < 0;) {
        int64_t size;
        lnt_csv_source_release(tokens->source, at);
        status = lnt_csv_source_read(tokens->source, at, piece->data, READ_MORE, &size, err);
        if (status != LNT_OK) break;
        const uint8_t *hit = size ? memchr(piece->data, tokens->dialect->newline, (size_t)size) : NULL;
        if (hit)
            *next = at + (hit - piece->data) + 1;
        else if (size < READ_MORE)
            *next = at + size;
        at += size;
    }
    lnt_buffer_unref(piece);
    return status;
}

lnt_status lnt_csv_tokens_reject(lnt_csv_tokens *tokens, lnt_csv_reject reject, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&tokens->rejects, &tokens->rejects_capacity, tokens->n_rejects + 1,
                     sizeof *tokens->rejects, err));
    if (reject.size < 0) reject.size = 0;
    tokens->rejects[tokens->n_rejects++] = reject;
    return LNT_OK;
}

static lnt_csv_fault fault_of(lnt_csv_outcome outcome) {
    switch (outcome) {
    case LNT_CSV_COUNT:
        return LNT_CSV_FAULT_COUNT;
    case LNT_CSV_JUNK:
        return LNT_CSV_FAULT_JUNK;
    case LNT_CSV_OPEN:
        return LNT_CSV_FAULT_OPEN;
    case LNT_CSV_INNER:
        return LNT_CSV_FAULT_INNER;
    default:
        return LNT_CSV_FAULT_LONG;
    }
}

/// Room for at least one more record and one more stretch of masks.
static lnt_status make_room(lnt_csv_tokens *tokens, int64_t n_ends, lnt_error *err) {
    int64_t slack = LNT_CSV_MASKED_CHUNKS * 64 + 64, more = tokens->dialect->n_columns + slack;
    int64_t ends = (n_ends + more) * 4, starts = (tokens->n_records + slack) * 4;
    tokens->ends->size = n_ends * 4; // what growing keeps
    tokens->starts->size = tokens->n_records * 4;
    if (tokens->ends->capacity < ends) LNT_TRY(lnt_buffer_reserve(tokens->ends, ends, "csv", err));
    if (tokens->starts->capacity < starts) LNT_TRY(lnt_buffer_reserve(tokens->starts, starts, "csv", err));
    return LNT_OK;
}

/// One pass of the fast path from `*record`.
static lnt_csv_walked walk_on(lnt_csv_tokens *tokens, int64_t *record, int64_t stop, int *window) {
    lnt_csv_walk walk = {.dialect = tokens->dialect,
                         .bytes = tokens->bytes->data,
                         .size = tokens->bytes->size,
                         .stop = stop,
                         .record = *record,
                         .ends = (uint32_t *)tokens->ends->data,
                         .starts = (uint32_t *)tokens->starts->data,
                         .n_ends = tokens->n_records * tokens->dialect->n_columns,
                         .n_starts = tokens->n_records,
                         .window = *window};
    int64_t room = tokens->starts->capacity / 4 * tokens->dialect->n_columns;
    walk.ends_capacity = tokens->ends->capacity / 4 < room ? tokens->ends->capacity / 4 : room;
    lnt_csv_walked walked = tokens->kernels->walk(&walk);
    tokens->n_records = walk.n_starts;
    tokens->escapes |= walk.escapes;
    tokens->quotes |= walk.quotes;
    *record = walk.record;
    *window = walked == LNT_CSV_WALK_SLOW ? 2 : walk.window;
    return walked;
}

/// Whether a comment states the columns' names, and states others than the dialect's header.
static bool names_other_columns(const lnt_csv_dialect *dialect, const char *line, int64_t size) {
    if (!dialect->header || size < dialect->header_word) return false;
    if (memcmp(line, dialect->header, (size_t)dialect->header_word) != 0) return false;
    return size != dialect->header_size || memcmp(line, dialect->header, (size_t)size) != 0;
}

/// What the slow path made of a record: kept, skipped or rejected; `*record` moves on. `*cut`: more bytes are needed.
static lnt_status take_record(lnt_csv_tokens *tokens, int64_t *record, bool guess, bool *cut, lnt_error *err) {
    const int64_t n_columns = tokens->dialect->n_columns, start = *record;
    lnt_csv_record got;
    LNT_TRY(make_room(tokens, tokens->n_records * n_columns, err));
    lnt_csv_outcome outcome = lnt_csv_read_record(
        tokens->dialect, tokens->bytes->data, tokens->bytes->size, tokens->eof, start, tokens->base, &tokens->dead,
        (uint32_t *)tokens->ends->data + tokens->n_records * n_columns, n_columns, &got);
    *cut = outcome == LNT_CSV_CUT;
    if (*cut) return LNT_OK;
    int64_t next = got.next;
    if (next < 0) { // the line goes on past all that is loaded
        tokens->undecided = guess;
        if (guess) return LNT_OK;
        LNT_TRY(pass_line(tokens, tokens->base + tokens->bytes->size, &next, err));
        next -= tokens->base;
    }
    if (outcome == LNT_CSV_RECORD) {
        ((uint32_t *)tokens->starts->data)[tokens->n_records++] = (uint32_t)start;
        tokens->escapes |= got.escapes || tokens->dialect->nested_quotes;
        tokens->quotes = true; // perhaps: such records are few
    } else if (outcome != LNT_CSV_SKIPPED) {
        lnt_csv_reject reject = {.start = start,
                                 .size = got.end - start,
                                 .column = -1,
                                 .n_fields = got.n_fields,
                                 .fault = fault_of(outcome)};
        LNT_TRY(lnt_csv_tokens_reject(tokens, reject, err));
    } else if (got.comment) {
        tokens->footer = start;
        const char *line = (const char *)tokens->bytes->data + start;
        if (tokens->other_header < 0 && names_other_columns(tokens->dialect, line, got.end - start))
            tokens->other_header = start;
    }
    *record = next;
    return LNT_OK;
}

static lnt_status tokenise_block(lnt_csv_tokens *tokens, int64_t *record, int64_t stop, bool guess, lnt_error *err) {
    int window = 8;
    while (*record < stop && !tokens->undecided) {
        bool fast = !tokens->dialect->nested_quotes && tokens->base + *record >= tokens->dead.high, cut = false;
        LNT_TRY(make_room(tokens, tokens->n_records * tokens->dialect->n_columns, err));
        lnt_csv_walked walked = LNT_CSV_WALK_SLOW;
        if (*record >= tokens->bytes->size)
            cut = true;
        else if (fast) {
            int64_t before = tokens->n_records;
            walked = walk_on(tokens, record, stop, &window);
            if (walked == LNT_CSV_WALK_DONE) return LNT_OK;
            if (walked == LNT_CSV_WALK_MORE && tokens->n_records > before) continue; // ran out of room or of bytes
        }
        if (!cut) LNT_TRY(take_record(tokens, record, guess, &cut, err));
        if (!cut) continue;
        if (tokens->eof) break;
        tokens->undecided = guess && tokens->bytes->size - stop > MAX_GUESS;
        if (!tokens->undecided) LNT_TRY(read_on(tokens, *record, err));
    }
    return LNT_OK;
}

lnt_status lnt_csv_tokenise(lnt_csv_tokens *tokens, int64_t from, int64_t stop, lnt_csv_dead dead, bool guess,
                            lnt_error *err) {
    lnt_arena_reset(&tokens->values);
    tokens->n_records = tokens->n_rejects = 0;
    tokens->escapes = tokens->quotes = tokens->undecided = tokens->footer_rejected = false;
    tokens->footer = tokens->announced = tokens->other_header = -1;
    tokens->dead = dead;
    tokens->first = from;
    int64_t record = from - tokens->base;
    LNT_TRY(tokenise_block(tokens, &record, stop - tokens->base, guess, err));
    tokens->next = tokens->base + record;
    return LNT_OK;
}

int64_t lnt_csv_guess_start(lnt_csv_tokens *tokens, int64_t at, int64_t stop) {
    const lnt_csv_dialect *dialect = tokens->dialect;
    const uint8_t *bytes = tokens->bytes->data;
    int64_t from = at - tokens->base, end = stop - tokens->base, first = -1;
    if (end > tokens->bytes->size) end = tokens->bytes->size;
    for (int tries = 0; tries < GUESS_TRIES && from - 1 < end; tries++) {
        const uint8_t *hit = memchr(bytes + from - 1, dialect->newline, (size_t)(end - from + 1));
        if (!hit) break;
        from = hit - bytes + 1;
        if (from >= end) break;
        if (first < 0) first = from;
        lnt_csv_dead dead = {0, 0, false};
        lnt_csv_record got;
        lnt_csv_outcome outcome = lnt_csv_read_record(dialect, bytes, tokens->bytes->size, tokens->eof, from,
                                                      tokens->base, &dead, NULL, 0, &got);
        if (outcome == LNT_CSV_RECORD || outcome == LNT_CSV_SKIPPED) return tokens->base + from;
        from++;
    }
    return first < 0 ? -1 : tokens->base + first;
}
