/// @file encode.c
/// Strings that repeat, but not at once: a finished column of plain text becomes codes where that pays.
///
/// While rows are collected, a piece of ten thousand rows looks as if its strings never repeated when there are a hundred
/// thousand different ones; only the whole shows that there are a hundred rows of each. Grouping, joining, sorting and
/// conditions are then quicker by far on codes, and the column is smaller.
///
/// A column that is collected from very many rows is looked at while they come already, and coded from then on: its text
/// is never all in memory. The outcome is the same: in the end it is judged like any other, and where it wouldn't be coded,
/// or that isn't sure, it becomes text again.
///
/// Workload: columns of a quarter million rows and more. A sample estimates how many strings there are. Then pieces of
/// the rows get dictionaries of their own, on all workers, which are joined in order, so that the codes don't depend on
/// the number of threads. A piece with too many different strings stops it all: the column stays what it is.
#include <string.h>

#include "base/parallel.h"
#include "column/collector.h"
#include "column/width.h"
#include "exec/room.h"
#include "exec/stream.h"

static const char who[] = "collect";

enum {
    LNT_ENCODE_ROWS = 262144,   ///< the fewest rows worth it
    LNT_ENCODE_SAMPLE = 32768,  ///< rows looked at first
    LNT_ENCODE_REPEATS = 8,     ///< a string must come so often on average
    LNT_ENCODE_EARLY = 4,       ///< or so often among the first rows
    LNT_ENCODE_MOST = LNT_STRINGS_MOST, ///< strings of a dictionary
    LNT_ENCODE_PIECE = 1 << 21, ///< rows of a piece
    LNT_ENCODE_PIECES = 16
};

typedef struct lnt_encoding {
    lnt_engine *engine;
    const lnt_column *in;
    lnt_intern *sets; ///< by piece
    lnt_room *maps;   ///< by piece: uint32_t codes in the whole
    int64_t n_pieces, piece_rows;
    uint32_t *codes;     ///< by row
    bool every;          ///< there are few rows: also strings that don't repeat
    _Atomic bool gives_up; ///< too many different strings
} lnt_encoding;

// ---- whether ----

/// Strings of a column of plain text, or on their way to become one.
typedef struct lnt_source_texts {
    const lnt_column *column;       ///< NULL: `collector`
    const lnt_collector *collector;
    const lnt_buffer *validity;     ///< NULL: no nulls
    int64_t length, null_count;
} lnt_source_texts;

static lnt_source_texts texts_of(const lnt_collector *c) {
    return (lnt_source_texts){NULL, c, c->validity, c->length, c->null_count};
}

static lnt_str text_at(const lnt_source_texts *texts, int64_t row) {
    return texts->column ? lnt_column_str(texts->column, row) : lnt__collector_str(texts->collector, row);
}

/// What a sample showed.
typedef struct lnt_sampled {
    lnt_intern set;
    uint8_t *times; ///< by code: how often, at most 3
    int64_t n;      ///< rows that aren't null
} lnt_sampled;

/// How many different strings there are: those that were seen, and as many more as their being seen once or twice lets
/// expect (Chao's estimate). Many that came once and few that came twice mean that most haven't been seen yet.
static double estimate_distinct(const lnt_sampled *sampled) {
    double once = 0, twice = 0;
    for (int64_t code = 0; code < sampled->set.n; code++) {
        once += sampled->times[code] == 1;
        twice += sampled->times[code] == 2;
    }
    return (double)sampled->set.n + once * once / (2 * (twice + 1));
}

static lnt_status take_sample(const lnt_source_texts *texts, lnt_sampled *sampled, lnt_error *err) {
    const uint64_t *valid = texts->validity ? (const uint64_t *)(const void *)texts->validity->data : NULL;
    int64_t step = texts->length / LNT_ENCODE_SAMPLE;
    for (int64_t row = 0; row < texts->length; row += step) {
        uint32_t code;
        if (!lnt_bitmap_valid(valid, row)) continue;
        LNT_TRY(lnt_intern_add(&sampled->set, text_at(texts, row), &code, err));
        if (sampled->times[code] < 3) sampled->times[code]++;
        sampled->n++;
        if (sampled->n == LNT_ENCODE_SAMPLE / 2 && 100 * sampled->set.n > 99 * sampled->n) break; // hardly any comes twice
    }
    return LNT_OK;
}

/// Whether each string comes `repeats` times, as far as a sample tells.
static lnt_status is_worth_it(lnt_engine *engine, const lnt_source_texts *texts, int repeats, bool *worth_it, lnt_error *err) {
    *worth_it = false;
    if (texts->length < LNT_ENCODE_ROWS) return LNT_OK;
    lnt_sampled sampled = {.set = {.budget = lnt_engine_budget(engine), .who = who}};
    sampled.times = lnt_alloc_array(2 * LNT_ENCODE_SAMPLE, sizeof *sampled.times, err);
    lnt_status status = sampled.times ? take_sample(texts, &sampled, err) : LNT_NOMEM;
    double distinct = status == LNT_OK ? estimate_distinct(&sampled) : 0;
    int64_t rows = texts->length - texts->null_count;
    *worth_it = status == LNT_OK && sampled.n >= LNT_ENCODE_SAMPLE / 8 &&
                distinct * repeats < (double)rows && distinct < LNT_ENCODE_MOST;
    lnt_intern_clear(&sampled.set);
    lnt_free(sampled.times);
    return status;
}

// ---- pieces ----

static int64_t pieces_of(int64_t n_rows) {
    int64_t n = n_rows / LNT_ENCODE_PIECE;
    return n < 1 ? 1 : n > LNT_ENCODE_PIECES ? LNT_ENCODE_PIECES : n;
}

/// The rows of piece `item`.
static void rows_of(const lnt_encoding *all, int64_t item, int64_t *start, int64_t *end) {
    *start = item * all->piece_rows;
    *end = item == all->n_pieces - 1 ? all->in->length : *start + all->piece_rows;
}

/// Gives the strings of a piece codes of its own dictionary.
static lnt_status number_piece(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    enum { BLOCK = 1024 };
    lnt_encoding *all = context;
    lnt_intern *set = &all->sets[item];
    const lnt_column *in = all->in;
    const uint64_t *valid = in->validity ? (const uint64_t *)(const void *)in->validity->data : NULL;
    int64_t start, end;
    rows_of(all, item, &start, &end);
    for (int64_t at = start; at < end && !atomic_load(&all->gives_up); at += BLOCK) {
        lnt_str texts[BLOCK];
        int64_t n = end - at < BLOCK ? end - at : BLOCK;
        for (int64_t i = 0; i < n; i++) {
            int64_t first = lnt_offset_at(in->data->data, in->width, at + i);
            int64_t last = lnt_offset_at(in->data->data, in->width, at + i + 1);
            bool there = lnt_bitmap_valid(valid, at + i);
            texts[i] = (lnt_str){(const char *)in->bytes->data + first, there ? last - first : -1};
        }
        LNT_TRY(lnt_intern_add_block(set, texts, n, all->codes + at, err));
        int64_t done = at + n - start;
        bool few = all->every || (set->n <= LNT_ENCODE_MOST && (2 * done < end - start || 10 * set->n <= 3 * done));
        if (!few) atomic_store(&all->gives_up, true); // after half of the piece more than the sample promised
        if ((at / BLOCK & 63) == 0) LNT_TRY(lnt_engine_check(all->engine, err));
    }
    return LNT_OK;
}

/// Brings the pieces' dictionaries together in the first one.
static lnt_status join_sets(lnt_encoding *all, lnt_error *err) {
    for (int64_t p = 1; p < all->n_pieces; p++) {
        lnt_intern *from = &all->sets[p];
        LNT_TRY(lnt__room_grow(&all->maps[p], lnt_engine_budget(all->engine), from->n, sizeof(uint32_t), who, err));
        uint32_t *map = lnt__room_data(&all->maps[p]);
        for (int64_t code = 0; code < from->n; code++) {
            if ((code & 4095) == 0) LNT_TRY(lnt_engine_check(all->engine, err));
            LNT_TRY(lnt_intern_add(&all->sets[0], lnt_intern_get(from, code), &map[code], err));
        }
        lnt_intern_clear(from);
        LNT_TRY(lnt_engine_check(all->engine, err));
    }
    return LNT_OK;
}

/// A piece's codes, which are its own dictionary's, in terms of the whole's; nulls stay 0.
static lnt_status move_codes(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker, (void)err;
    lnt_encoding *all = context;
    const uint32_t *map = lnt__room_data(&all->maps[item]);
    int64_t start, end;
    rows_of(all, item, &start, &end);
    for (int64_t row = start; map && row < end; row++) all->codes[row] = map[all->codes[row]];
    if (!map) return LNT_OK;
    const lnt_column *in = all->in;
    const uint64_t *valid = in->validity ? (const uint64_t *)(const void *)in->validity->data : NULL;
    for (int64_t row = start; valid && row < end; row++)
        if (!lnt_bitmap_get(valid, row)) all->codes[row] = 0;
    return LNT_OK;
}

// ---- the column ----

/// Codes of fewer bytes, in place: what is written lies before what is still to be read.
static void narrow(lnt_buffer *codes, int64_t n, int width) {
    enum { BLOCK = 1024 };
    for (int64_t at = 0; width < 4 && at < n; at += BLOCK) {
        int64_t count = n - at < BLOCK ? n - at : BLOCK;
        uint32_t block[BLOCK];
        memcpy(block, codes->data + at * 4, (size_t)count * 4);
        lnt_codes_store(block, count, width, codes->data + at * width);
    }
    codes->size = n * width;
    lnt_buffer_trim(codes);
}

static lnt_status run(lnt_encoding *all, lnt_buffer *codes, lnt_column **out, lnt_error *err) {
    LNT_TRY(lnt__parallel(all->engine, all->n_pieces, number_piece, all, err));
    if (all->gives_up) return LNT_OK;
    LNT_TRY(join_sets(all, err));
    if (all->sets[0].n > LNT_ENCODE_MOST) return LNT_OK;
    LNT_TRY(lnt__parallel(all->engine, all->n_pieces, move_codes, all, err));
    int width = lnt_width_of_codes(all->sets[0].n);
    lnt_column parts = {.type = LNT_STRING,
                        .layout = LNT_LAYOUT_DICTIONARY,
                        .width = width,
                        .length = all->in->length,
                        .null_count = all->in->null_count};
    LNT_TRY(lnt_intern_finish(&all->sets[0], &parts.dictionary, err));
    narrow(codes, all->in->length, width);
    parts.data = lnt_buffer_ref(codes);
    parts.validity = all->in->validity ? lnt_buffer_ref(all->in->validity) : NULL;
    return lnt_column_make(parts, out, err);
}

static lnt_status encode(lnt_engine *engine, const lnt_column *column, lnt_column **out, lnt_error *err) {
    lnt_encoding all = {.engine = engine, .in = column};
    lnt_buffer *codes = NULL;
    all.n_pieces = pieces_of(column->length);
    all.piece_rows = column->length / all.n_pieces;
    all.sets = lnt_alloc_array(all.n_pieces, sizeof *all.sets, err);
    all.maps = lnt_alloc_array(all.n_pieces, sizeof *all.maps, err);
    lnt_status status = all.sets && all.maps ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) status = lnt_buffer_new(lnt_engine_budget(engine), column->length * 4, who, &codes, err);
    if (status == LNT_OK) {
        for (int64_t p = 0; p < all.n_pieces; p++)
            all.sets[p] = (lnt_intern){.budget = lnt_engine_budget(engine), .who = who};
        all.codes = (uint32_t *)(void *)codes->data;
        status = run(&all, codes, out, err);
    }
    for (int64_t p = 0; p < all.n_pieces; p++) {
        if (all.sets) lnt_intern_clear(&all.sets[p]);
        if (all.maps) lnt__room_clear(&all.maps[p]);
    }
    lnt_buffer_unref(codes);
    lnt_free(all.sets);
    lnt_free(all.maps);
    return status;
}

lnt_status lnt__encode_few(lnt_engine *engine, lnt_column **column, lnt_error *err) {
    const lnt_column *in = *column;
    lnt_column *encoded = NULL;
    if (in->type != LNT_STRING || in->layout != LNT_LAYOUT_PLAIN || in->length == 0) return LNT_OK;
    lnt_intern set = {.budget = lnt_engine_budget(engine), .who = who};
    lnt_room map = {0};
    lnt_buffer *codes = NULL;
    lnt_encoding all = {.engine = engine, .in = in, .sets = &set, .maps = &map, .n_pieces = 1};
    lnt_status status = lnt_buffer_new(lnt_engine_budget(engine), in->length * 4, who, &codes, err);
    if (status == LNT_OK) {
        all.codes = (uint32_t *)(void *)codes->data;
        all.every = true;
        status = run(&all, codes, &encoded, err);
    }
    lnt_intern_clear(&set);
    lnt__room_clear(&map);
    lnt_buffer_unref(codes);
    LNT_TRY(status);
    lnt_column_unref(*column);
    *column = encoded;
    return LNT_OK;
}

lnt_status lnt__encode_strings(lnt_engine *engine, lnt_column **column, lnt_error *err) {
    const lnt_column *in = *column;
    if (in->type != LNT_STRING || in->layout != LNT_LAYOUT_PLAIN) return LNT_OK;
    lnt_source_texts texts = {in, NULL, in->validity, in->length, in->null_count};
    bool worth_it;
    lnt_column *encoded = NULL;
    lnt_error own = {0};
    lnt_status status = is_worth_it(engine, &texts, LNT_ENCODE_REPEATS, &worth_it, &own);
    if (status == LNT_OK && worth_it) status = encode(engine, *column, &encoded, &own);
    if (status != LNT_OK && status != LNT_LIMIT) { // where memory is scarce, the text is good enough
        if (err) *err = own;
        return status;
    }
    if (!encoded) return LNT_OK;
    lnt_column_unref(*column);
    *column = encoded;
    return LNT_OK;
}

// ---- while rows are collected ----

lnt_status lnt__encode_early(lnt_engine *engine, lnt_collector *c, lnt_error *err) {
    if (c->type != LNT_STRING || c->mode != LNT_STRINGS_PLAIN) return LNT_OK;
    lnt_source_texts texts = texts_of(c);
    lnt_error ignored = {0};
    bool worth_it;
    lnt_status status = is_worth_it(engine, &texts, LNT_ENCODE_EARLY, &worth_it, &ignored); // else it is looked at in the end
    return status == LNT_OK && worth_it ? lnt__collector_code(c, err) : LNT_OK;
}

/// Whether coding the rows now, piece by piece, could not but come to these codes.
static bool would_be_coded(lnt_engine *engine, const lnt_collector *c) {
    lnt_source_texts texts = texts_of(c);
    lnt_error ignored = {0};
    bool worth_it;
    if (is_worth_it(engine, &texts, LNT_ENCODE_REPEATS, &worth_it, &ignored) != LNT_OK || !worth_it) return false;
    return 10 * c->intern.n <= 3 * (c->length / pieces_of(c->length) / 2) && c->intern.n <= LNT_ENCODE_MOST;
}

lnt_status lnt__encode_review(lnt_engine *engine, lnt_collector *c, lnt_error *err) {
    if (!c->coded || would_be_coded(engine, c)) return LNT_OK;
    return lnt__collector_make_plain(c, err);
}
