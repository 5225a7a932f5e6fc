/// @file dictionary_cache.c
/// Functions of dictionary columns, once per distinct value.
///
/// Workload: a few hundred to a million distinct values, met in batches of a few thousand rows; most dictionaries are
/// shared by very many batches. Results of fixed size are computed for the values that occur, when they first do, so
/// this is never more work than row by row. Text results need all values at once, because they become a dictionary of
/// their own: that waits until as many rows have come as the dictionary has values.
/// A value on which the function fails ends the caching for this dictionary: the ordinary way names the row.
#include "expr/dictionary_cache.h"

#include <string.h>

#include "base/engine.h"
#include "base/hash.h"
#include "expr/evaluator.h"

enum { UNKNOWN = 0, VALID, IS_NULL, PENDING };

struct lnt_dictionary_cache {
    lnt_column *dictionary; ///< whose values these are results for; a reference, so that its address stays its own
    lnt_column *texts;      ///< text results: the distinct ones, once computed
    lnt_arena arena;        ///< the arrays below
    uint8_t *state;         ///< by code
    uint8_t *results;       ///< by code: elements of the result's type; text results: uint32_t code in `texts`
    int64_t rows_seen;
    int64_t n_known; ///< values with a result
    bool any_null;   ///< one of the results is null
    bool failed;
};

static void forget(lnt_dictionary_cache *cache) {
    lnt_column_unref(cache->dictionary);
    lnt_column_unref(cache->texts);
    lnt_arena_clear(&cache->arena);
    cache->dictionary = cache->texts = NULL;
    cache->state = cache->results = NULL;
    cache->rows_seen = cache->n_known = 0;
    cache->failed = cache->any_null = false;
}

void lnt_dictionary_cache_free(lnt_dictionary_cache *cache) {
    if (!cache) return;
    forget(cache);
    lnt_free(cache);
}

/// The cache for this dictionary, empty if it was another's.
static lnt_status open_cache(lnt_engine *engine, lnt_dictionary_cache **cache, const lnt_column *dictionary,
                             lnt_error *err) {
    if (!*cache) {
        *cache = lnt_alloc_array(1, sizeof **cache, err);
        if (!*cache) return LNT_NOMEM;
        lnt_arena_init(&(*cache)->arena, engine ? lnt_engine_budget(engine) : NULL, "expression");
    }
    if ((*cache)->dictionary == dictionary) return LNT_OK;
    forget(*cache);
    (*cache)->dictionary = lnt_column_ref(dictionary);
    return LNT_OK;
}

static lnt_status make_room(lnt_dictionary_cache *cache, int64_t element_bytes, lnt_error *err) {
    if (cache->state) return LNT_OK;
    int64_t n = cache->dictionary->length + 1; // rows of nulls have code 0, also where there is no value
    uint8_t *state = lnt_arena_alloc(&cache->arena, n, err);
    uint8_t *results = state ? lnt_arena_alloc(&cache->arena, n * element_bytes, err) : NULL;
    if (!results) return LNT_NOMEM;
    memset(state, UNKNOWN, (size_t)n);
    memset(results, 0, (size_t)(n * element_bytes));
    cache->state = state;
    cache->results = results;
    return LNT_OK;
}

/// Notes that the value has a result.
static void set_state(lnt_dictionary_cache *cache, int64_t code, bool valid) {
    cache->state[code] = valid ? VALID : IS_NULL;
    cache->any_null |= !valid;
    cache->n_known++;
}

/// What to compute, for a run of values.
typedef struct value_run {
    const lnt_typed *call;
    const lnt_vec *args;
    int64_t arg; ///< the argument that the values take the place of
    lnt_arena *arena;
} value_run;

/// Evaluates the call for `n` ≤ LNT_BATCH_ROWS values of the dictionary.
static lnt_status eval_values(const value_run *what, const lnt_column *dictionary, const uint32_t *codes, int64_t n,
                              lnt_vec *out, lnt_error *err) {
    lnt_str *values = lnt_eval_room(what->arena, LNT_STRING, n, err);
    lnt_vec *args = lnt_arena_alloc(what->arena, what->call->n_used * (int64_t)sizeof *args, err);
    if (!values || !args) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) values[i] = lnt_column_str(dictionary, codes[i]);
    memcpy(args, what->args, (size_t)what->call->n_used * sizeof *args);
    args[what->arg] = (lnt_vec){.type = LNT_STRING, .form = LNT_FORM_FLAT, .data = values};
    lnt_rows rows = {.n_rows = n, .n = n, .first_row = -1};
    return lnt_eval_strict(what->arena, what->call, args, &rows, out, err);
}

/// The codes of selected rows that have no result yet, each once.
static int64_t pending_codes(lnt_dictionary_cache *cache, const lnt_vec *vec, const lnt_rows *rows, uint32_t *codes) {
    const uint32_t *all = vec->data;
    int64_t n = 0;
    for (int64_t k = 0; k < rows->n; k++) {
        int64_t row = rows->sel ? rows->sel[k] : k;
        if (!lnt_bitmap_valid(vec->valid, row) || cache->state[all[row]] != UNKNOWN) continue;
        cache->state[all[row]] = PENDING;
        codes[n++] = all[row];
    }
    return n;
}

static lnt_status fill_results(lnt_dictionary_cache *cache, const value_run *what, const lnt_rows *rows,
                               lnt_error *err) {
    const lnt_vec *vec = &what->args[what->arg];
    int64_t bytes = lnt_vec_value_bytes(what->call->type);
    if (cache->n_known == cache->dictionary->length) return LNT_OK;
    uint32_t *codes = lnt_eval_sel(what->arena, rows->n, err);
    if (!codes) return LNT_NOMEM;
    int64_t n = pending_codes(cache, vec, rows, codes);
    if (n == 0) return LNT_OK;
    lnt_vec values;
    LNT_TRY(eval_values(what, cache->dictionary, codes, n, &values, err));
    bool constant = values.form == LNT_FORM_CONSTANT;
    for (int64_t i = 0; i < n; i++) {
        set_state(cache, codes[i], lnt_vec_is_valid(&values, i));
        memcpy(cache->results + codes[i] * bytes, (const uint8_t *)values.data + (constant ? 0 : i * bytes),
               (size_t)bytes);
    }
    return LNT_OK;
}

// ---- text results: a dictionary of their own ----

/// Distinct texts while they are collected.
typedef struct text_set {
    lnt_str *texts;
    int64_t n;
    uint32_t *slots; ///< index + 1, 0: free
    int64_t mask;
} text_set;

static uint32_t text_code(text_set *set, lnt_str text) {
    int64_t slot = (int64_t)lnt_hash_bytes(text.data, text.size) & set->mask;
    for (; set->slots[slot]; slot = (slot + 1) & set->mask)
        if (lnt_str_equal(set->texts[set->slots[slot] - 1], text)) return set->slots[slot] - 1;
    set->texts[set->n++] = text;
    set->slots[slot] = (uint32_t)set->n;
    return (uint32_t)set->n - 1;
}

/// A PLAIN column of `n` texts.
static lnt_status texts_column(lnt_engine *engine, const lnt_str *texts, int64_t n, lnt_column **out, lnt_error *err) {
    lnt_budget *budget = engine ? lnt_engine_budget(engine) : NULL;
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++) total += texts[i].size;
    struct lnt_column parts = {.type = LNT_STRING, .layout = LNT_LAYOUT_PLAIN, .width = 8, .length = n};
    lnt_status status = lnt_buffer_new(budget, (n + 1) * 8, "expression", &parts.data, err);
    if (status == LNT_OK) status = lnt_buffer_new(budget, total, "expression", &parts.bytes, err);
    if (status != LNT_OK) {
        lnt_buffer_unref(parts.data);
        return status;
    }
    int64_t *offsets = (int64_t *)(void *)parts.data->data, at = 0;
    for (int64_t i = 0; i < n; at += texts[i].size, i++) {
        offsets[i] = at;
        if (texts[i].size) memcpy(parts.bytes->data + at, texts[i].data, (size_t)texts[i].size);
    }
    offsets[n] = at;
    parts.data->size = (n + 1) * 8;
    parts.bytes->size = total;
    return lnt_column_make(parts, out, err);
}

/// Room in `arena` for the distinct texts among `n`.
static lnt_status text_set_init(text_set *set, lnt_arena *arena, int64_t n, lnt_error *err) {
    int64_t slots = 16;
    while (slots < n * 2) slots *= 2;
    *set = (text_set){.mask = slots - 1};
    set->texts = lnt_eval_room(arena, LNT_STRING, n, err);
    set->slots = lnt_arena_alloc(arena, slots * (int64_t)sizeof *set->slots, err);
    if (!set->texts || !set->slots) return LNT_NOMEM;
    memset(set->slots, 0, (size_t)slots * sizeof *set->slots);
    return LNT_OK;
}

/// Computes the call for all values; `scratch` holds the texts until they are a column.
static lnt_status fill_texts(lnt_engine *engine, lnt_dictionary_cache *cache, value_run *what, lnt_error *err) {
    int64_t n = cache->dictionary->length;
    uint32_t *to = (uint32_t *)(void *)cache->results, *codes = lnt_eval_sel(what->arena, LNT_BATCH_ROWS, err);
    text_set set;
    if (!codes) return LNT_NOMEM;
    LNT_TRY(text_set_init(&set, what->arena, n, err));
    for (int64_t start = 0; start < n; start += LNT_BATCH_ROWS) {
        int64_t m = n - start < LNT_BATCH_ROWS ? n - start : LNT_BATCH_ROWS;
        lnt_vec values;
        for (int64_t i = 0; i < m; i++) codes[i] = (uint32_t)(start + i);
        LNT_TRY(eval_values(what, cache->dictionary, codes, m, &values, err));
        for (int64_t i = 0; i < m; i++) {
            bool valid = lnt_vec_is_valid(&values, i);
            set_state(cache, start + i, valid);
            to[start + i] = valid ? text_code(&set, lnt_vec_str(&values, i)) : 0;
        }
    }
    return texts_column(engine, set.texts, set.n, &cache->texts, err);
}

static lnt_status compute_texts(lnt_engine *engine, lnt_dictionary_cache *cache, const value_run *what,
                                lnt_error *err) {
    lnt_arena scratch;
    lnt_arena_init(&scratch, engine ? lnt_engine_budget(engine) : NULL, "expression");
    value_run into_scratch = *what;
    into_scratch.arena = &scratch;
    lnt_status status = fill_texts(engine, cache, &into_scratch, err);
    lnt_arena_clear(&scratch);
    return status;
}

// ---- results by row ----

/// Copies the results of the rows' codes; inlined with `bytes` known, so that each copy is one move.
static inline __attribute__((always_inline)) void gather_bytes(const uint8_t *results, const uint32_t *codes,
                                                               const lnt_rows *rows, size_t bytes, uint8_t *out) {
    if (!rows->sel) {
        for (int64_t row = 0; row < rows->n; row++)
            memcpy(out + (size_t)row * bytes, results + (size_t)codes[row] * bytes, bytes);
        return;
    }
    for (int64_t k = 0; k < rows->n; k++) {
        size_t row = rows->sel[k];
        memcpy(out + row * bytes, results + (size_t)codes[row] * bytes, bytes);
    }
}

static void gather_fixed(const uint8_t *results, const uint32_t *codes, const lnt_rows *rows, int64_t bytes,
                         uint8_t *out) {
    if (bytes == 1)
        gather_bytes(results, codes, rows, 1, out);
    else if (bytes == 4)
        gather_bytes(results, codes, rows, 4, out);
    else if (bytes == 8)
        gather_bytes(results, codes, rows, 8, out);
    else
        gather_bytes(results, codes, rows, 16, out);
}

/// The input's nulls and those of the results; `*out` stays NULL when there are none.
static lnt_status gather_validity(const lnt_dictionary_cache *cache, const lnt_vec *vec, const lnt_rows *rows,
                                  lnt_arena *arena, const uint64_t **out, lnt_error *err) {
    const uint32_t *codes = vec->data;
    uint64_t *made = NULL;
    *out = vec->valid;
    if (!cache->any_null) return LNT_OK;
    for (int64_t k = 0; k < rows->n; k++) {
        int64_t row = rows->sel ? rows->sel[k] : k;
        if (cache->state[codes[row]] != IS_NULL) continue;
        if (!made) {
            made = lnt_eval_bits(arena, rows->n_rows, true, err);
            if (!made) return LNT_NOMEM;
            if (vec->valid) memcpy(made, vec->valid, (size_t)lnt_bitmap_words(rows->n_rows) * sizeof *made);
            *out = made;
        }
        lnt_bitmap_unset(made, row);
    }
    return LNT_OK;
}

static lnt_status gather(const lnt_dictionary_cache *cache, const value_run *what, const lnt_rows *rows, lnt_vec *out,
                         lnt_error *err) {
    const lnt_vec *vec = &what->args[what->arg];
    lnt_type type = what->call->type;
    int64_t bytes = type == LNT_STRING ? 4 : lnt_vec_value_bytes(type);
    uint8_t *data = lnt_arena_alloc(what->arena, rows->n_rows * bytes, err);
    if (!data) return LNT_NOMEM;
    gather_fixed(cache->results, vec->data, rows, bytes, data);
    *out = (lnt_vec){.type = type,
                     .form = type == LNT_STRING ? LNT_FORM_DICTIONARY : LNT_FORM_FLAT,
                     .data = data,
                     .dictionary = cache->texts};
    return gather_validity(cache, vec, rows, what->arena, &out->valid, err);
}

static bool any_null_constant(const lnt_typed *call, const lnt_vec *args, int64_t arg) {
    for (int64_t a = 0; a < call->n_used; a++)
        if (a != arg && !lnt_vec_is_valid(&args[a], 0)) return true;
    return false;
}

/// Makes sure that the results for these rows are there.
static lnt_status compute(lnt_engine *engine, lnt_dictionary_cache *cache, const value_run *what, const lnt_rows *rows,
                          lnt_error *err) {
    bool text = what->call->type == LNT_STRING;
    LNT_TRY(make_room(cache, text ? 4 : lnt_vec_value_bytes(what->call->type), err));
    if (!text) return fill_results(cache, what, rows, err);
    return cache->texts ? LNT_OK : compute_texts(engine, cache, what, err);
}

lnt_status lnt_dictionary_eval(lnt_engine *engine, lnt_dictionary_cache **cache, const lnt_typed *call,
                               const lnt_vec *args, int64_t arg, const lnt_rows *rows, lnt_arena *arena, lnt_vec *out,
                               bool *done, lnt_error *err) {
    *done = false;
    if (call->overload->flags & LNT_SEES_NULLS || any_null_constant(call, args, arg)) return LNT_OK;
    LNT_TRY(open_cache(engine, cache, args[arg].dictionary, err));
    lnt_dictionary_cache *own = *cache;
    own->rows_seen += rows->n;
    int64_t patience = call->type == LNT_STRING ? 1 : 16; // values that a row is worth preparing for
    if (own->failed || own->dictionary->length / patience > own->rows_seen) return LNT_OK;
    value_run what = {call, args, arg, arena};
    lnt_status status = compute(engine, own, &what, rows, NULL);
    if (status == LNT_NOMEM) return lnt_error_set(err, LNT_NOMEM, "out of memory");
    own->failed = status != LNT_OK;
    if (own->failed) return LNT_OK;
    *done = true;
    return gather(own, &what, rows, out, err);
}
