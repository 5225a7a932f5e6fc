// Types over the whole file, in one parallel pass.
//
// The rule: over all values of a column that aren't null, it is bool if all of them are, else int, else float, else
// time, else ip, else string; without any value it is string. Integers beyond 64 bits, and numbers written with a
// leading zero or plus, aren't numbers here, so that nothing of their text is lost.
//
// Each worker keeps, for each column, which types are still possible and the first value that ruled each of the others
// out. The first over all workers is that of the file, whoever read it; it is what describe() shows.
#include <stdatomic.h>
#include <string.h>

#include "column/value_text.h"
#include "io/csv/csv.h"
#include "io/csv/csv_plain.h"

enum { N_CANDIDATES = 5, ALL = (1 << N_CANDIDATES) - 1, VALUE_BYTES = 43 };

static const lnt_type candidates[N_CANDIDATES] = {LNT_BOOL, LNT_INT, LNT_FLOAT, LNT_TIME, LNT_IP};

/// Where something was first seen, and the value there.
typedef struct witness {
    int64_t block, record; ///< block -1: never
    int64_t line;
    uint8_t size;
    char value[VALUE_BYTES];
} witness;

/// What one worker knows of one column.
typedef struct evidence {
    int possible;              ///< bit i: candidates[i]
    witness first;             ///< the first value of all
    witness out[N_CANDIDATES]; ///< the value that ruled a type out
} evidence;

typedef struct inference {
    lnt_csv_scan *scan;
    int64_t n_columns;
    evidence *evidence;       ///< [worker][column]
    _Atomic int64_t *decided; ///< per column: the lowest block by whose end it is known to be string
} inference;

// ---- what a value can be ----

static bool is_digits(const char *data, int64_t size) {
    for (int64_t i = 0; i < size; i++)
        if (data[i] < '0' || data[i] > '9') return false;
    return size > 0;
}

/// Nothing of its text is lost with the number.
bool lnt_csv_is_plain_number(const char *data, int64_t size) {
    int64_t at = data[0] == '-';
    if (data[0] == '+') return false;
    return !(size - at > 1 && data[at] == '0' && data[at + 1] >= '0' && data[at + 1] <= '9');
}

bool lnt_csv_is_inferred_float(const char *data, int64_t size) {
    int64_t value, sign = data[0] == '-';
    if (!lnt_csv_is_plain_number(data, size)) return false;
    return !is_digits(data + sign, size - sign) || lnt_parse_int(data, size, &value);
}

/// Which of the `possible` types the text is a value of.
static int types_of(int possible, const char *data, int64_t size) {
    int found = 0;
    bool b;
    int64_t i;
    double f;
    lnt_ip ip;
    if (possible & 1 && lnt_parse_bool(data, size, &b)) found |= 1;
    if (possible & 6 && lnt_csv_is_plain_number(data, size)) {
        bool is_int = lnt_parse_int(data, size, &i);
        if (is_int)
            found |= 6;
        else if (!is_digits(data + (data[0] == '-'), size - (data[0] == '-')) && lnt_parse_float(data, size, &f))
            found |= 4;
    }
    if (possible & 8 && lnt_parse_time(data, size, &i)) found |= 8;
    if (possible & 16 && lnt_parse_ip(data, size, &ip)) found |= 16;
    return found & possible;
}

// ---- a block ----

static void bear_witness(witness *w, const lnt_csv_tokens *tokens, int64_t block, int64_t record, int64_t line,
                         lnt_csv_cell cell) {
    int64_t size = cell.size;
    if (size > VALUE_BYTES) {
        size = VALUE_BYTES;
        while (size > 0 && (cell.data[size] & 0xc0) == 0x80) size--;
    }
    int64_t start = ((const uint32_t *)tokens->starts->data)[record];
    w->block = block;
    w->record = record;
    w->line = line + lnt_csv_count_lines(tokens, tokens->first - tokens->base, start);
    w->size = (uint8_t)size;
    memcpy(w->value, cell.data, (size_t)size);
}

/// Whether a field is so clearly a number that it rules nothing out that is still possible: the types are down to
/// `possible`, int and float or float alone, and a null there wouldn't matter either.
static inline bool is_clearly_number(const lnt_csv_plain *plain, int64_t record, int possible) {
    const uint8_t *text;
    int64_t size;
    uint32_t value;
    if (!lnt_csv_plain_text(plain, record, &text, &size)) return false;
    if (lnt_csv_plain_digits(text, size, &value)) return size == 1 || text[0] != '0';
    return possible == 4 && lnt_csv_plain_decimal(text, size);
}

/// Records that are looked at column after column, while their bytes are near.
enum { NEAR = 512 };

static lnt_status look_at_column(const inference *inf, evidence *e, const lnt_csv_tokens *tokens, int64_t column,
                                 int64_t first, int64_t last, int64_t block, int64_t line, lnt_arena *scratch,
                                 lnt_error *err) {
    const lnt_csv_nulls *nulls = &inf->scan->nulls;
    lnt_csv_plain plain = lnt_csv_plain_init(tokens, column);
    for (int64_t i = first; i < last && e->possible; i++) {
        if (!(e->possible & ~6) && plain.usable && is_clearly_number(&plain, i, e->possible)) continue;
        lnt_csv_cell cell = lnt_csv_cell_at(tokens, i, column, scratch, err);
        if (!cell.data) return err ? err->code : LNT_NOMEM;
        if (lnt_csv_is_null(nulls, cell, false)) continue;
        if (e->first.block < 0) bear_witness(&e->first, tokens, block, i, line, cell);
        int still = types_of(e->possible, cell.data, cell.size);
        for (int c = 0; c < N_CANDIDATES && still != e->possible; c++)
            if ((e->possible & ~still) >> c & 1) bear_witness(&e->out[c], tokens, block, i, line, cell);
        e->possible = still;
    }
    lnt_arena_reset(scratch);
    return LNT_OK;
}

/// Whether nothing can come of looking at the column in this block.
static bool is_settled(const inference *inf, const evidence *e, int64_t column, int64_t block) {
    return inf->scan->columns[column].declared || !e->possible ||
           atomic_load_explicit(&inf->decided[column], memory_order_relaxed) < block;
}

/// The column can only be string from this block on.
static void settle(inference *inf, int64_t column, int64_t block) {
    int64_t decided = atomic_load(&inf->decided[column]);
    while (block < decided && !atomic_compare_exchange_weak(&inf->decided[column], &decided, block)) continue;
}

static lnt_status look_at_block(void *context, int worker, const lnt_csv_tokens *tokens, int64_t block, int64_t row,
                                int64_t line, lnt_error *err) {
    (void)row;
    inference *inf = context;
    evidence *mine = inf->evidence + worker * inf->n_columns;
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(inf->scan->engine), "csv");
    lnt_status status = LNT_OK;
    for (int64_t first = 0; first < tokens->n_records; first += NEAR) {
        int64_t last = first + NEAR < tokens->n_records ? first + NEAR : tokens->n_records;
        for (int64_t c = 0; c < inf->n_columns && status == LNT_OK; c++) {
            if (is_settled(inf, &mine[c], c, block)) continue;
            status = look_at_column(inf, &mine[c], tokens, c, first, last, block, line, &scratch, err);
            if (!mine[c].possible) settle(inf, c, block);
        }
    }
    lnt_arena_clear(&scratch);
    return status;
}

// ---- the verdict ----

static bool earlier(const witness *a, const witness *b) {
    if (b->block < 0 || a->block < 0) return a->block >= 0 && b->block < 0;
    return a->block != b->block ? a->block < b->block : a->record < b->record;
}

/// Brings one column's evidence together in that of worker 0.
static void merge(inference *inf, int n_workers, int64_t column) {
    evidence *all = inf->evidence + column;
    for (int w = 1; w < n_workers; w++) {
        const evidence *e = inf->evidence + w * inf->n_columns + column;
        if (earlier(&e->first, &all->first)) all->first = e->first;
        for (int c = 0; c < N_CANDIDATES; c++)
            if (earlier(&e->out[c], &all->out[c])) all->out[c] = e->out[c];
    }
}

/// The type, and the value that decided it: the one that ruled out the last of the types before it.
static lnt_status decide(lnt_csv_column *column, const evidence *e, lnt_error *err) {
    column->type = LNT_STRING;
    column->empty = e->first.block < 0;
    lnt_free(column->value);
    column->value = NULL;
    column->line = 0;
    if (column->empty) return LNT_OK;
    const witness *decisive = &e->first;
    int c = 0;
    for (; c < N_CANDIDATES && e->out[c].block >= 0; c++)
        if (earlier(decisive, &e->out[c])) decisive = &e->out[c];
    if (c < N_CANDIDATES) column->type = candidates[c];
    column->line = decisive->line;
    column->value = lnt_strdup(decisive->value, decisive->size, err);
    return column->value ? LNT_OK : LNT_NOMEM;
}

static lnt_status prepare(inference *inf, int n_workers, lnt_error *err) {
    inf->evidence = lnt_alloc_array(n_workers * inf->n_columns, sizeof *inf->evidence, err);
    inf->decided = lnt_alloc_array(inf->n_columns, sizeof *inf->decided, err);
    if (!inf->evidence || !inf->decided) return LNT_NOMEM;
    for (int64_t i = 0; i < n_workers * inf->n_columns; i++) {
        inf->evidence[i].possible = ALL;
        inf->evidence[i].first.block = -1;
        for (int c = 0; c < N_CANDIDATES; c++) inf->evidence[i].out[c].block = -1;
    }
    for (int64_t i = 0; i < inf->n_columns; i++) atomic_init(&inf->decided[i], INT64_MAX);
    return LNT_OK;
}

// ---- a guess ----

/// Which of the candidates a column is of, as a bit; 0: none.
static int candidate_of(lnt_type type) {
    for (int c = 0; c < N_CANDIDATES; c++)
        if (candidates[c] == type) return 1 << c;
    return 0;
}

/// Whether the values of records [first, last) leave the column's type what it is.
static lnt_status hold_column(const lnt_csv_scan *scan, const lnt_csv_tokens *tokens, int64_t column, int64_t first,
                              int64_t last, lnt_arena *scratch, lnt_error *err) {
    const lnt_csv_column *guess = &scan->columns[column];
    const int possible = guess->empty ? 0 : candidate_of(guess->type);
    lnt_csv_plain plain = lnt_csv_plain_init(tokens, column);
    const bool numbers = possible && !(possible & ~6) && plain.usable;
    for (int64_t i = first; i < last; i++) {
        if (numbers && is_clearly_number(&plain, i, possible)) continue;
        lnt_csv_cell cell = lnt_csv_cell_at(tokens, i, column, scratch, err);
        if (!cell.data) return lnt_no_memory(err);
        if (lnt_csv_is_null(&scan->nulls, cell, false) || types_of(possible, cell.data, cell.size)) continue;
        return lnt_error_set(err, LNT_IO, "column '%s' isn't what its beginning was", lnt_schema_name(scan->head.schema, column));
    }
    lnt_arena_reset(scratch);
    return LNT_OK;
}

lnt_status lnt_csv_hold(const lnt_csv_scan *scan, const lnt_csv_tokens *tokens, const int64_t *columns, int64_t n_columns,
                        lnt_error *err) {
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(scan->engine), "csv");
    lnt_status status = LNT_OK;
    for (int64_t first = 0; first < tokens->n_records && status == LNT_OK; first += NEAR) {
        int64_t last = first + NEAR < tokens->n_records ? first + NEAR : tokens->n_records;
        for (int64_t k = 0; k < n_columns && status == LNT_OK; k++)
            status = hold_column(scan, tokens, columns[k], first, last, &scratch, err);
    }
    lnt_arena_clear(&scratch);
    return status;
}

// ---- the whole ----

lnt_status lnt_csv_infer(lnt_csv_scan *scan, int64_t n_blocks, lnt_error *err) {
    int n_workers = lnt_engine_n_threads(scan->engine);
    inference inf = {.scan = scan, .n_columns = scan->dialect.n_columns};
    lnt_csv_pass *pass = NULL;
    lnt_status status = prepare(&inf, n_workers, err);
    if (status == LNT_OK) status = lnt_csv_pass_open(scan, scan->engine, scan->max_rejects, &pass, err);
    if (status == LNT_OK) lnt_csv_pass_limit(pass, n_blocks);
    if (status == LNT_OK) status = lnt_csv_pass_all(pass, look_at_block, &inf, "types", err);
    lnt_csv_pass_close(pass);
    for (int64_t c = 0; c < inf.n_columns && status == LNT_OK; c++) {
        if (scan->columns[c].declared) continue;
        merge(&inf, n_workers, c);
        status = decide(&scan->columns[c], inf.evidence + c, err);
    }
    lnt_free(inf.evidence);
    lnt_free(inf.decided);
    return status;
}
