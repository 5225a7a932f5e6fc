// Columns as Arrow buffers. Expected: 131,072 rows at a time, copied once into the record batch's body.
#include <string.h>

#include "column/value_text.h"
#include "column/width.h"
#include "io/arrow/arrow_writer.h"

enum { ALIGNMENT = 64 };

/// A column's rows on their way into the body.
typedef struct encoding {
    lnt__arrow_writer *w;
    const lnt__arrow_out *out;
    const lnt_column *column;
    int64_t start, n;
    int64_t text_bytes;
} encoding;

/// `size` more bytes of the body.
static lnt_status extend(lnt__arrow_writer *w, int64_t size, uint8_t **to, lnt_error *err) {
    LNT_TRY(lnt_buffer_reserve(w->body, w->body->size + size, "writing an Arrow file", err));
    *to = w->body->data + w->body->size;
    w->body->size += size;
    return LNT_OK;
}

static void begin_place(lnt__arrow_writer *w) {
    w->places[w->n_places] = (lnt__arrow_place){w->body->size, 0};
}

/// Ends a buffer: its length is known, and the next starts aligned.
static lnt_status end_place(lnt__arrow_writer *w, lnt_error *err) {
    lnt__arrow_place *place = &w->places[w->n_places++];
    place->length = w->body->size - place->offset;
    int64_t padding = -w->body->size & (ALIGNMENT - 1);
    uint8_t *to;
    LNT_TRY(extend(w, padding, &to, err));
    memset(to, 0, (size_t)padding);
    return LNT_OK;
}

typedef lnt_status (*piece_fn)(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err);

/// Calls `fn` for each piece of the rows, with `item_bytes` bytes of the body for each of them (0: none).
static lnt_status each_piece(encoding *e, int64_t item_bytes, piece_fn fn, lnt_error *err) {
    for (int64_t at = 0; at < e->n; at += LNT_BATCH_ROWS) {
        int64_t n = e->n - at < LNT_BATCH_ROWS ? e->n - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        uint8_t *to;
        lnt_arena_reset(&e->w->scratch);
        LNT_TRY(lnt_vec_from_column(e->column, e->start + at, n, &e->w->scratch, &vec, err));
        LNT_TRY(extend(e->w, n * item_bytes, &to, err));
        LNT_TRY(fn(e, &vec, n, to, err));
    }
    return LNT_OK;
}

// ---- values of fixed size ----

static int64_t at_row(const lnt_vec *vec, int64_t i) {
    return vec->form == LNT_FORM_CONSTANT ? 0 : i;
}

static lnt_status put_ints(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)err;
    int width = e->out->type == LNT_INT ? e->out->width : 8;
    if (vec->form == LNT_FORM_CONSTANT)
        for (int64_t i = 0; i < n; i++) lnt_ints_store(vec->data, 1, width, to + i * width);
    else
        lnt_ints_store(vec->data, n, width, to);
    return LNT_OK;
}

static lnt_status put_bools(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)e;
    (void)err;
    for (int64_t i = 0; i < n; i++) to[i] = ((const uint8_t *)vec->data)[at_row(vec, i)] != 0;
    return LNT_OK;
}

/// Bytes of 0 and 1 at the body's end become bits.
static void pack_bits(lnt__arrow_writer *w, int64_t n) {
    uint8_t *bytes = w->body->data + w->body->size - n;
    for (int64_t i = 0; i < n; i += 8) {
        unsigned bits = 0;
        for (int64_t k = 0; k < 8 && i + k < n; k++) bits |= (unsigned)bytes[i + k] << k;
        bytes[i / 8] = (uint8_t)bits;
    }
    w->body->size -= n - (n + 7) / 8;
}

static lnt_status put_validity(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)e;
    (void)err;
    for (int64_t i = 0; i < n; i++) to[i] = lnt_vec_is_valid(vec, i);
    return LNT_OK;
}

static lnt_status encode_validity(encoding *e, lnt_error *err) {
    lnt__arrow_writer *w = e->w;
    begin_place(w);
    int64_t n_null = 0;
    if (e->column->validity) {
        LNT_TRY(each_piece(e, 1, put_validity, err));
        const uint8_t *bytes = w->body->data + w->body->size - e->n;
        for (int64_t i = 0; i < e->n; i++) n_null += !bytes[i];
        pack_bits(w, e->n);
        if (n_null == 0) w->body->size = w->places[w->n_places].offset; // nulls elsewhere
    }
    w->nodes[w->n_nodes++] = (lnt__arrow_node){e->n, n_null};
    return end_place(w, err);
}

// ---- codes ----

static lnt_status put_codes(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)err;
    int width = e->out->width;
    if (vec->form == LNT_FORM_DICTIONARY)
        lnt_codes_store(vec->data, n, width, to);
    else
        memset(to, 0, (size_t)(n * width)); // a constant: the dictionary's only string
    return LNT_OK;
}

// ---- text ----

static lnt_status put_lengths(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)err;
    char text[LNT_FORMAT_BYTES];
    for (int64_t i = 0; i < n; i++) {
        if (lnt_vec_is_valid(vec, i))
            e->text_bytes += vec->type == LNT_STRING ? lnt_vec_str(vec, i).size
                                                     : lnt_format_ip(((const lnt_ip *)vec->data)[at_row(vec, i)], text);
        if (e->text_bytes > INT32_MAX) return LNT_OK; // noticed by the caller
        int32_t end = (int32_t)e->text_bytes;
        memcpy(to + 4 * i, &end, 4);
    }
    return LNT_OK;
}

static lnt_status put_text(encoding *e, const lnt_vec *vec, int64_t n, uint8_t *to, lnt_error *err) {
    (void)to;
    for (int64_t i = 0; i < n; i++) {
        if (!lnt_vec_is_valid(vec, i)) continue;
        char buffer[LNT_FORMAT_BYTES];
        lnt_str text = {buffer, 0};
        if (vec->type == LNT_STRING)
            text = lnt_vec_str(vec, i);
        else
            text.size = lnt_format_ip(((const lnt_ip *)vec->data)[at_row(vec, i)], buffer);
        uint8_t *at;
        LNT_TRY(extend(e->w, text.size, &at, err));
        if (text.size) memcpy(at, text.data, (size_t)text.size);
    }
    return LNT_OK;
}

static lnt_status encode_text(encoding *e, bool *too_long, lnt_error *err) {
    uint8_t *first;
    begin_place(e->w);
    LNT_TRY(extend(e->w, 4, &first, err));
    memset(first, 0, 4);
    LNT_TRY(each_piece(e, 4, put_lengths, err));
    *too_long = e->text_bytes > INT32_MAX;
    if (*too_long) return LNT_OK;
    LNT_TRY(end_place(e->w, err));
    begin_place(e->w);
    LNT_TRY(lnt_buffer_reserve(e->w->body, e->w->body->size + e->text_bytes, "writing an Arrow file", err));
    LNT_TRY(each_piece(e, 0, put_text, err));
    return end_place(e->w, err);
}

lnt_status lnt__arrow_encode(lnt__arrow_writer *w, const lnt__arrow_out *out, const lnt_column *column, int64_t start,
                             int64_t n, bool *too_long, lnt_error *err) {
    encoding e = {.w = w, .out = out, .column = column, .start = start, .n = n};
    *too_long = false;
    LNT_TRY(encode_validity(&e, err));
    if ((out->type == LNT_STRING && !out->has_dictionary) || out->type == LNT_IP) return encode_text(&e, too_long, err);
    begin_place(w);
    if (out->type == LNT_STRING)
        LNT_TRY(each_piece(&e, out->width, put_codes, err));
    else if (out->type == LNT_BOOL)
        LNT_TRY(each_piece(&e, 1, put_bools, err));
    else
        LNT_TRY(
            each_piece(&e, out->type == LNT_INT ? out->width : 8, put_ints, err)); // a double is 64 bits as they are
    if (out->type == LNT_BOOL) pack_bits(w, n);
    return end_place(w, err);
}
