// FlatBuffers, read with every offset checked, and written forwards.
//
// Expected: metadata of some hundred bytes to some hundred KiB. A number is read once, checked, then used, so that even
// bytes that somebody changes meanwhile can't lead outside.
#include "io/arrow/flatbuffer.h"

#include <string.h>

// ---- reading ----

/// A little-endian number at `at`, which the caller has checked.
static int64_t read_int(const uint8_t *at, int width) {
    switch (width) {
    case 1:
        return (int8_t)at[0];
    case 2: {
        int16_t value;
        memcpy(&value, at, 2);
        return value;
    }
    case 4: {
        int32_t value;
        memcpy(&value, at, 4);
        return value;
    }
    default: {
        int64_t value;
        memcpy(&value, at, 8);
        return value;
    }
    }
}

static bool inside(lnt__fb *fb, int64_t at, int64_t size) {
    if (at >= 0 && size >= 0 && at <= fb->size && size <= fb->size - at) return true;
    fb->bad = true;
    return false;
}

/// What the unsigned offset at `at` points at, or -1.
static int64_t follow(lnt__fb *fb, int64_t at) {
    if (!inside(fb, at, 4)) return -1;
    int64_t target = at + (int64_t)(uint32_t)read_int(fb->data + at, 4);
    return target > at && inside(fb, target, 4) ? target : (fb->bad = true, -1);
}

static lnt__fb_table table_at(lnt__fb *fb, int64_t at) {
    lnt__fb_table none = {fb, -1, 0, 0};
    if (at < 0 || !inside(fb, at, 4)) return none;
    int64_t vtable = at - read_int(fb->data + at, 4);
    if (!inside(fb, vtable, 4)) return none;
    int64_t bytes = (uint16_t)read_int(fb->data + vtable, 2);
    if (bytes < 4 || !inside(fb, vtable, bytes)) {
        fb->bad = true;
        return none;
    }
    return (lnt__fb_table){fb, at, vtable, bytes};
}

lnt__fb_table lnt__fb_root(lnt__fb *fb) {
    return table_at(fb, follow(fb, 0));
}

/// Where field `id` is, `width` bytes of it being there; -1 when it is absent.
static int64_t field_at(const lnt__fb_table *table, int id, int width) {
    int64_t entry = 4 + 2 * (int64_t)id;
    if (!table->fb || table->at < 0 || entry + 2 > table->vtable_bytes) return -1;
    int64_t offset = (uint16_t)read_int(table->fb->data + table->vtable + entry, 2);
    if (offset == 0) return -1;
    return inside(table->fb, table->at + offset, width) ? table->at + offset : -1;
}

int64_t lnt__fb_int(const lnt__fb_table *table, int id, int width, int64_t absent) {
    int64_t at = field_at(table, id, width);
    return at < 0 ? absent : read_int(table->fb->data + at, width);
}

lnt__fb_table lnt__fb_child(const lnt__fb_table *table, int id) {
    int64_t at = field_at(table, id, 4);
    if (at < 0) return (lnt__fb_table){table->fb, -1, 0, 0};
    return table_at(table->fb, follow(table->fb, at));
}

lnt__fb_vector lnt__fb_items(const lnt__fb_table *table, int id, int item_bytes) {
    lnt__fb_vector none = {table->fb, 0, 0};
    int64_t field = field_at(table, id, 4), at = field < 0 ? -1 : follow(table->fb, field);
    if (at < 0) return none;
    int64_t n = (uint32_t)read_int(table->fb->data + at, 4);
    return inside(table->fb, at + 4, n * item_bytes) ? (lnt__fb_vector){table->fb, at + 4, n} : none;
}

lnt_str lnt__fb_string(const lnt__fb_table *table, int id) {
    lnt__fb_vector bytes = lnt__fb_items(table, id, 1);
    if (bytes.at == 0) return (lnt_str){NULL, 0};
    return (lnt_str){(const char *)bytes.fb->data + bytes.at, bytes.n};
}

lnt__fb_table lnt__fb_item_table(const lnt__fb_vector *vector, int64_t i) {
    return table_at(vector->fb, follow(vector->fb, vector->at + 4 * i));
}

int64_t lnt__fb_item_int(const lnt__fb_vector *vector, int64_t i, int item_bytes, int offset, int width) {
    return read_int(vector->fb->data + vector->at + i * item_bytes + offset, width);
}

// ---- writing ----

static void add_zeros(lnt_text *out, int64_t n) {
    char *to = lnt_text_reserve(out, n);
    if (!to) return;
    memset(to, 0, (size_t)n);
    out->size += n;
}

/// Fills up until `offset` bytes further on lie at a multiple of `alignment`.
static void align(lnt_text *out, int64_t alignment, int64_t offset) {
    int64_t past = (out->size + offset) % alignment;
    if (past) add_zeros(out, alignment - past);
}

static void put(lnt_text *out, int64_t at, int64_t value, int width) {
    if (out->failed == LNT_OK) memcpy(out->data + at, &value, (size_t)width); // little-endian machines only
}

void lnt__fb_begin(lnt_text *out) {
    add_zeros(out, 4);
}

int64_t lnt__fb_put_table(lnt_text *out, const lnt__fb_slot *slots, int n, int64_t *places) {
    int n_ids = n ? slots[n - 1].id + 1 : 0;
    int64_t vtable_bytes = 4 + 2 * (int64_t)n_ids;
    align(out, 2, 0);
    int64_t vtable = out->size;
    add_zeros(out, vtable_bytes);
    align(out, 8, 0);
    int64_t table = out->size;
    add_zeros(out, 4);
    put(out, table, table - vtable, 4);
    for (int i = 0; i < n; i++) {
        align(out, slots[i].width, 0);
        int64_t at = out->size;
        add_zeros(out, slots[i].width);
        put(out, at, slots[i].value, slots[i].width);
        put(out, vtable + 4 + 2 * (int64_t)slots[i].id, at - table, 2);
        if (places) places[i] = at;
    }
    put(out, vtable, vtable_bytes, 2);
    put(out, vtable + 2, out->size - table, 2);
    return table;
}

int64_t lnt__fb_put_vector(lnt_text *out, const void *items, int64_t n, int item_bytes) {
    align(out, item_bytes >= 8 ? 8 : 4, 4);
    int64_t at = out->size;
    add_zeros(out, 4 + n * item_bytes);
    put(out, at, n, 4);
    if (items && out->failed == LNT_OK) memcpy(out->data + at + 4, items, (size_t)(n * item_bytes));
    return at;
}

int64_t lnt__fb_put_string(lnt_text *out, const char *text, int64_t size) {
    int64_t at = lnt__fb_put_vector(out, NULL, size, 1);
    add_zeros(out, 1);
    if (out->failed == LNT_OK && size) memcpy(out->data + at + 4, text, (size_t)size);
    return at;
}

void lnt__fb_point(lnt_text *out, int64_t place, int64_t target) {
    put(out, place, target - place, 4);
}
