// The metadata of Arrow files that are written: schemas, record batches, footers as FlatBuffers.
#include <string.h>

#include "io/arrow/arrow_writer.h"

enum {
    VERSION_5 = 4,
    HEADER_SCHEMA = 1,
    HEADER_DICTIONARY = 2,
    HEADER_BATCH = 3,
    TYPE_INT = 2,
    TYPE_FLOAT = 3,
    TYPE_UTF8 = 5,
    TYPE_BOOL = 6,
    TYPE_TIMESTAMP = 10,
    DOUBLE = 2,
    MICROSECONDS = 2
};

#define SLOTS(...)                                                                                                     \
    (const lnt__fb_slot[]){__VA_ARGS__}, (int)(sizeof((lnt__fb_slot[]){__VA_ARGS__}) / sizeof(lnt__fb_slot))

/// Puts a child behind and lets `place` point at it.
static void point_at_string(lnt_text *out, int64_t place, const char *text) {
    lnt__fb_point(out, place, lnt__fb_put_string(out, text, (int64_t)strlen(text)));
}

static int64_t put_int_type(lnt_text *out, int width) {
    return lnt__fb_put_table(out, SLOTS({0, 4, 8 * width}, {1, 1, 1}), NULL);
}

static int type_number(lnt_type type) {
    static const int numbers[] = {[LNT_BOOL] = TYPE_BOOL,   [LNT_INT] = TYPE_INT,        [LNT_FLOAT] = TYPE_FLOAT,
                                  [LNT_STRING] = TYPE_UTF8, [LNT_TIME] = TYPE_TIMESTAMP, [LNT_IP] = TYPE_UTF8};
    return numbers[type];
}

static int64_t put_type(const lnt__arrow_out *column, lnt_text *out) {
    int64_t places[2];
    switch (column->type) {
    case LNT_INT:
        return put_int_type(out, column->width);
    case LNT_FLOAT:
        return lnt__fb_put_table(out, SLOTS({0, 2, DOUBLE}), NULL);
    case LNT_TIME: {
        int64_t table = lnt__fb_put_table(out, SLOTS({0, 2, MICROSECONDS}, {1, 4, 0}), places);
        point_at_string(out, places[1], "UTC");
        return table;
    }
    default:
        return lnt__fb_put_table(out, NULL, 0, NULL);
    }
}

/// The field's metadata: what it is here.
static int64_t put_ip_metadata(lnt_text *out) {
    int64_t places[2], vector = lnt__fb_put_vector(out, NULL, 1, 4);
    lnt__fb_point(out, lnt__fb_item_place(vector, 0), lnt__fb_put_table(out, SLOTS({0, 4, 0}, {1, 4, 0}), places));
    point_at_string(out, places[0], "lunette.type");
    point_at_string(out, places[1], "ip");
    return vector;
}

static int64_t put_dictionary(const lnt__arrow_out *column, int64_t id, lnt_text *out) {
    int64_t places[2], table = lnt__fb_put_table(out, SLOTS({0, 8, id}, {1, 4, 0}), places);
    lnt__fb_point(out, places[1], put_int_type(out, column->width));
    return table;
}

static int64_t put_field(const lnt__arrow_out *column, const char *name, int64_t id, lnt_text *out) {
    lnt__fb_slot slots[7] = {{0, 4, 0}, {1, 1, 1}, {2, 1, type_number(column->type)}, {3, 4, 0}};
    int n = 4, dictionary = 0, metadata = 0;
    int64_t places[7];
    if (column->has_dictionary) slots[dictionary = n++] = (lnt__fb_slot){4, 4, 0};
    int children = n++;
    slots[children] = (lnt__fb_slot){5, 4, 0}; // none, but some readers want the vector
    if (column->type == LNT_IP) slots[metadata = n++] = (lnt__fb_slot){6, 4, 0};
    int64_t table = lnt__fb_put_table(out, slots, n, places);
    point_at_string(out, places[0], name);
    lnt__fb_point(out, places[3], put_type(column, out));
    if (dictionary) lnt__fb_point(out, places[dictionary], put_dictionary(column, id, out));
    lnt__fb_point(out, places[children], lnt__fb_put_vector(out, NULL, 0, 4));
    if (metadata) lnt__fb_point(out, places[metadata], put_ip_metadata(out));
    return table;
}

static int64_t put_schema(const lnt__arrow_writer *w, lnt_text *out) {
    int64_t places[2], n = lnt_schema_n_columns(w->schema);
    int64_t table = lnt__fb_put_table(out, SLOTS({0, 2, 0}, {1, 4, 0}), places);
    int64_t fields = lnt__fb_put_vector(out, NULL, n, 4);
    lnt__fb_point(out, places[1], fields);
    for (int64_t i = 0; i < n; i++)
        lnt__fb_point(out, lnt__fb_item_place(fields, i),
                      put_field(&w->columns[i], lnt_schema_name(w->schema, i), i, out));
    return table;
}

/// Begins a message; its header is to be put where `*header` says.
static void begin_message(lnt_text *out, int kind, int64_t body_bytes, const lnt_text *ranges, int64_t *header) {
    int64_t places[5];
    const lnt__fb_slot slots[] = {{0, 2, VERSION_5}, {1, 1, kind}, {2, 4, 0}, {3, 8, body_bytes}, {4, 4, 0}};
    bool noted = ranges && ranges->size > 0;
    lnt__fb_begin(out);
    lnt__fb_point(out, 0, lnt__fb_put_table(out, slots, noted ? 5 : 4, places));
    if (noted) lnt__fb_point(out, places[4], lnt__arrow_put_ranges(out, ranges));
    *header = places[2];
}

void lnt__arrow_schema_message(const lnt__arrow_writer *w, lnt_text *out) {
    int64_t header;
    begin_message(out, HEADER_SCHEMA, 0, NULL, &header);
    lnt__fb_point(out, header, put_schema(w, out));
}

static int64_t put_batch(const lnt__arrow_writer *w, int64_t n_rows, lnt_text *out) {
    int64_t places[3], table = lnt__fb_put_table(out, SLOTS({0, 8, n_rows}, {1, 4, 0}, {2, 4, 0}), places);
    lnt__fb_point(out, places[1], lnt__fb_put_vector(out, w->nodes, w->n_nodes, sizeof *w->nodes));
    lnt__fb_point(out, places[2], lnt__fb_put_vector(out, w->places, w->n_places, sizeof *w->places));
    return table;
}

void lnt__arrow_batch_message(const lnt__arrow_writer *w, int64_t n_rows, int64_t dictionary, const lnt_text *ranges,
                              lnt_text *out) {
    int64_t header, places[2];
    begin_message(out, dictionary < 0 ? HEADER_BATCH : HEADER_DICTIONARY, w->body->size, ranges, &header);
    if (dictionary < 0) {
        lnt__fb_point(out, header, put_batch(w, n_rows, out));
        return;
    }
    lnt__fb_point(out, header, lnt__fb_put_table(out, SLOTS({0, 8, dictionary}, {1, 4, 0}), places));
    lnt__fb_point(out, places[1], put_batch(w, n_rows, out));
}

void lnt__arrow_footer(const lnt__arrow_writer *w, lnt_text *out) {
    int64_t places[4];
    lnt__fb_begin(out);
    lnt__fb_point(out, 0, lnt__fb_put_table(out, SLOTS({0, 2, VERSION_5}, {1, 4, 0}, {2, 4, 0}, {3, 4, 0}), places));
    lnt__fb_point(out, places[1], put_schema(w, out));
    lnt__fb_point(out, places[2], lnt__fb_put_vector(out, w->dictionaries, w->n_dictionaries, sizeof *w->dictionaries));
    lnt__fb_point(out, places[3], lnt__fb_put_vector(out, w->batches, w->n_batches, sizeof *w->batches));
}
