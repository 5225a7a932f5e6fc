/// @file keys.c
/// A key's values as bytes, numbered in the order of their first appearance.
#include "learn/keys.h"

#include <string.h>

#include "column/intern.h"
#include "column/value_text.h"
#include "learn/model.h"

enum { MAX_KEY_COLUMNS = 8 };

/// A part of a key: a column, and for addresses how many bits of it count ("ip/24").
typedef struct key_part {
    const lnt_column *column;
    int bits;
} key_part;

static lnt_status find_part(const lnt_table *table, const char *name, key_part *out, lnt_error *err) {
    const char *slash = strrchr(name, '/');
    int64_t bits = 0;
    *out = (key_part){.bits = -1};
    if (lnt_schema_find(lnt_table_schema(table), name, -1) >= 0 || !slash ||
        !lnt_parse_int(slash + 1, (int64_t)strlen(slash + 1), &bits)) {
        return lnt__learn_column(table, name, "history", &out->column, err);
    }
    char *column = lnt_strdup(name, slash - name, err);
    if (!column) return LNT_NOMEM;
    lnt_status status = lnt__learn_column(table, column, "history", &out->column, err);
    lnt_free(column);
    LNT_TRY(status);
    out->bits = (int)bits;
    if (out->column->type == LNT_IP && bits >= 1 && bits <= 128) return LNT_OK;
    return lnt_error_set(err, LNT_ARGUMENT, "'%s': a network needs an address column and 1 to 128 bits", name);
}

/// The network of an address: of IPv4 its first `bits` of 32, of IPv6 as many of the first half and more as there are.
static lnt_ip network(lnt_ip ip, int bits) {
    if (lnt_ip_is_v4(ip)) {
        uint32_t v4 = (uint32_t)ip.lo;
        return lnt_ip_from_v4(bits >= 32 ? v4 : v4 & ~(UINT32_MAX >> bits));
    }
    if (bits >= 128) return ip;
    if (bits > 64) return (lnt_ip){ip.hi, ip.lo & ~(UINT64_MAX >> (bits - 64))};
    return (lnt_ip){bits == 64 ? ip.hi : ip.hi & ~(UINT64_MAX >> bits), 0};
}

/// Adds the bytes of one part's value to a key; false for null.
static bool add_part(lnt_text *key, const key_part *part, int64_t row) {
    lnt_value value = lnt_column_get(part->column, row);
    if (value.is_null) return false;
    int64_t size = value.type == LNT_STRING ? value.as.s.size : 16;
    if (value.type == LNT_IP && part->bits > 0) value.as.ip = network(value.as.ip, part->bits);
    lnt_text_add(key, (const char *)&size, sizeof size); // so that ("a", "bc") isn't ("ab", "c")
    if (value.type == LNT_STRING) lnt_text_add(key, value.as.s.data, size);
    else if (value.type == LNT_IP) lnt_text_add(key, (const char *)&value.as.ip, 16);
    else if (value.type == LNT_BOOL) lnt_text_add_char(key, (char)value.as.b);
    else lnt_text_add(key, (const char *)&value.as.i, 8);
    return true;
}

static lnt_status number(lnt_engine *engine, const key_part *parts, int64_t n_parts, int64_t n, uint32_t *ids,
                         int64_t *n_places, lnt_error *err) {
    lnt_intern set = {.budget = lnt_engine_budget(engine), .who = "history"};
    lnt_text text = {0};
    lnt_status status = LNT_OK;
    for (int64_t row = 0; row < n && status == LNT_OK; row++) {
        bool whole = true;
        text.size = 0;
        for (int64_t p = 0; p < n_parts && whole; p++) whole = add_part(&text, &parts[p], row);
        ids[row] = UINT32_MAX;
        status = lnt_text_check(&text, err);
        if (status == LNT_OK && whole) status = lnt_intern_add(&set, (lnt_str){text.data, text.size}, &ids[row], err);
    }
    *n_places = set.n;
    lnt_text_clear(&text);
    lnt_intern_clear(&set);
    return status;
}

lnt_status lnt__number_rows(lnt_engine *engine, const lnt_table *table, const lnt_history_key *key, uint32_t *ids,
                            int64_t *n_places, lnt_error *err) {
    key_part parts[MAX_KEY_COLUMNS];
    if (key->n_columns < 1 || key->n_columns > MAX_KEY_COLUMNS)
        return lnt_error_set(err, LNT_ARGUMENT, "the history key '%s' needs 1 to 8 columns", key->name);
    for (int64_t p = 0; p < key->n_columns; p++) LNT_TRY(find_part(table, key->columns[p], &parts[p], err));
    return number(engine, parts, key->n_columns, lnt_table_n_rows(table), ids, n_places, err);
}
