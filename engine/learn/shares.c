/// @file shares.c
/// Tables of probabilities, a column a class: made from pairs, mixed, decided by.
#include <math.h>
#include <string.h>

#include "column/value_text.h"
#include "learn/model.h"
#include "lunette/evidence.h"

/// Columns of doubles that become a table.
typedef struct shares {
    lnt_engine *engine;
    int64_t n, k;
    lnt_buffer **data; ///< by class
    char **names;
} shares;

static double *values_of(const shares *s, int64_t c) {
    return (double *)(void *)s->data[c]->data;
}

static lnt_status open_shares(shares *s, lnt_error *err) {
    if (!(s->data = lnt_alloc_array(s->k, sizeof *s->data, err))) return LNT_NOMEM;
    if (!s->names && !(s->names = lnt_alloc_array(s->k, sizeof *s->names, err))) return LNT_NOMEM;
    for (int64_t c = 0; c < s->k; c++) {
        LNT_TRY(lnt_buffer_new(lnt_engine_budget(s->engine), s->n * 8, "shares", &s->data[c], err));
        memset(s->data[c]->data, 0, (size_t)s->n * 8);
    }
    return LNT_OK;
}

static void clear(shares *s) {
    for (int64_t c = 0; c < s->k; c++) {
        if (s->data) lnt_buffer_unref(s->data[c]);
        if (s->names) lnt_free(s->names[c]);
    }
    lnt_free(s->data);
    lnt_free(s->names);
}

/// Scales each row to sum to 1; a row of zeros stays one.
static void scale_rows(const shares *s) {
    for (int64_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (int64_t c = 0; c < s->k; c++) sum += values_of(s, c)[i];
        for (int64_t c = 0; c < s->k && sum > 0; c++) values_of(s, c)[i] /= sum;
    }
}

static lnt_status make_table(shares *s, lnt_table **out, lnt_error *err) {
    lnt_column **columns = lnt_alloc_array(s->k, sizeof *columns, err);
    lnt_status status = columns ? LNT_OK : LNT_NOMEM;
    for (int64_t c = 0; c < s->k && status == LNT_OK; c++) {
        s->data[c]->size = s->n * 8;
        lnt_column parts = {.type = LNT_FLOAT, .layout = LNT_LAYOUT_PLAIN, .width = 8, .length = s->n, .data = s->data[c]};
        s->data[c] = NULL;
        status = lnt_column_make(parts, &columns[c], err);
    }
    if (status == LNT_OK) status = lnt_table_new((const char *const *)s->names, columns, s->k, s->n, out, err);
    for (int64_t c = 0; c < s->k && columns; c++) lnt_column_unref(columns[c]);
    lnt_free(columns);
    return status;
}

static char *name_of(const lnt_column *classes, int64_t c, lnt_error *err) {
    char text[LNT_FORMAT_BYTES];
    lnt_value value = lnt_column_get(classes, c);
    if (value.type != LNT_STRING) return lnt_strdup(text, lnt_format_value(value, text), err);
    return lnt_strdup(value.as.s.size ? value.as.s.data : "(empty)", value.as.s.size ? value.as.s.size : -1, err);
}

// ---- from pairs ----

static double number_at(const lnt_column *column, int64_t i) {
    lnt_value value = lnt_column_get(column, i);
    return value.is_null ? NAN : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
}

static lnt_status fill(shares *s, const lnt_column *rows, const uint32_t *labels, const lnt_column *p, lnt_error *err) {
    for (int64_t i = 0; i < rows->length; i++) {
        double row = number_at(rows, i), value = number_at(p, i);
        if (!(row >= 1 && row <= (double)s->n)) {
            return lnt_error_set(err, LNT_VALUE, "pair %lld is of row %g, but there are %lld", (long long)i + 1, row,
                                 (long long)s->n);
        }
        if (labels[i] != UINT32_MAX && value > 0) values_of(s, labels[i])[(int64_t)row - 1] = value;
    }
    scale_rows(s);
    return LNT_OK;
}

lnt_status lnt_evidence_shares(lnt_engine *engine, const lnt_table *pairs, const lnt_column *p, int64_t n_rows,
                               lnt_table **out, lnt_error *err) {
    const lnt_column *rows, *classes;
    LNT_TRY(lnt__learn_column(pairs, "(row)", "pairs", &rows, err));
    LNT_TRY(lnt__learn_column(pairs, "(class)", "pairs", &classes, err));
    if (rows->type != LNT_INT || p->type != LNT_FLOAT || p->length != rows->length || n_rows < 0)
        return lnt_error_set(err, LNT_TYPE, "pairs need \"(row)\" as int and a float for each");
    shares s = {.engine = engine, .n = n_rows};
    lnt_column *known = NULL;
    uint32_t *labels = NULL;
    lnt_status status = lnt__classes_of(engine, classes, &known, &labels, err);
    if (status == LNT_OK) {
        s.k = known->length;
        status = open_shares(&s, err);
    }
    for (int64_t c = 0; c < s.k && status == LNT_OK; c++) {
        if (!(s.names[c] = name_of(known, c, err))) status = LNT_NOMEM;
    }
    if (status == LNT_OK) status = fill(&s, rows, labels, p, err);
    if (status == LNT_OK) status = make_table(&s, out, err);
    clear(&s);
    lnt_column_unref(known);
    lnt_free(labels);
    return status;
}

// ---- mixing ----

enum { MOST_TABLES = 64 };
static const double LEAST = 1e-3;

/// Adds the names of a table's columns that aren't there yet. `s->names` has room for all.
static lnt_status add_names(shares *s, const lnt_table *table, lnt_error *err) {
    const lnt_schema *schema = lnt_table_schema(table);
    for (int64_t i = 0; i < lnt_table_n_columns(table); i++) {
        const char *name = lnt_schema_name(schema, i);
        bool known = false;
        for (int64_t c = 0; c < s->k && !known; c++) known = strcmp(s->names[c], name) == 0;
        if (lnt_column_type(lnt_table_column(table, i)) != LNT_FLOAT)
            return lnt_error_set(err, LNT_TYPE, "the probabilities in '%s' are not float", name);
        if (!known && !(s->names[s->k++] = lnt_strdup(name, -1, err))) return LNT_NOMEM;
    }
    return LNT_OK;
}

static void mix_class(shares *s, int64_t c, const lnt_table *const *tables, const double *weights, int64_t n_tables,
                      double sharpness) {
    double *to = values_of(s, c), total = 0;
    for (int64_t t = 0; t < n_tables; t++) total += weights[t];
    for (int64_t t = 0; t < n_tables; t++) {
        int64_t at = lnt_schema_find(lnt_table_schema(tables[t]), s->names[c], -1);
        const lnt_column *from = at >= 0 ? lnt_table_column(tables[t], at) : NULL;
        for (int64_t i = 0; i < s->n; i++) {
            double p = from ? number_at(from, i) : 0;
            to[i] += weights[t] / total * log(p > LEAST ? p : LEAST);
        }
    }
    for (int64_t i = 0; i < s->n; i++) to[i] = exp(sharpness * to[i]);
}

lnt_status lnt_shares_mix(lnt_engine *engine, const lnt_table *const *tables, const double *weights, int64_t n_tables,
                          double sharpness, lnt_table **out, lnt_error *err) {
    if (n_tables < 1 || n_tables > MOST_TABLES) return lnt_error_set(err, LNT_ARGUMENT, "1 to 64 tables can be mixed");
    shares s = {.engine = engine, .n = lnt_table_n_rows(tables[0])};
    int64_t most = 0;
    for (int64_t t = 0; t < n_tables; t++) {
        most += lnt_table_n_columns(tables[t]);
        if (lnt_table_n_rows(tables[t]) != s.n) return lnt_error_set(err, LNT_SHAPE, "tables of probabilities differ in rows");
        if (!(weights[t] > 0)) return lnt_error_set(err, LNT_ARGUMENT, "weights must be above 0");
    }
    if (!(sharpness > 0)) return lnt_error_set(err, LNT_ARGUMENT, "sharpness must be above 0");
    lnt_status status = (s.names = lnt_alloc_array(most, sizeof *s.names, err)) ? LNT_OK : LNT_NOMEM;
    for (int64_t t = 0; t < n_tables && status == LNT_OK; t++) status = add_names(&s, tables[t], err);
    if (status == LNT_OK) status = open_shares(&s, err);
    for (int64_t c = 0; c < s.k && status == LNT_OK; c++) mix_class(&s, c, tables, weights, n_tables, sharpness);
    if (status == LNT_OK) {
        scale_rows(&s);
        status = make_table(&s, out, err);
    }
    clear(&s);
    return status;
}

// ---- deciding ----

lnt_status lnt_shares_decide(lnt_engine *engine, const lnt_table *table, lnt_column **classes, lnt_column **probabilities,
                             lnt_error *err) {
    int64_t n = lnt_table_n_rows(table), k = lnt_table_n_columns(table);
    lnt_column_builder *names = NULL, *values = NULL;
    lnt_column *found = NULL;
    lnt_status status = lnt_column_builder_new(engine, LNT_STRING, &names, err);
    if (status == LNT_OK) status = lnt_column_builder_new(engine, LNT_FLOAT, &values, err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        int64_t best = -1;
        double most = 0;
        for (int64_t c = 0; c < k; c++) {
            double p = number_at(lnt_table_column(table, c), i);
            if (p > most) most = p, best = c;
        }
        lnt_value name = {.type = LNT_STRING, .is_null = best < 0};
        if (best >= 0) name.as.s = lnt_str_from(lnt_schema_name(lnt_table_schema(table), best));
        status = lnt_column_builder_append(names, name, err);
        if (status == LNT_OK) status = lnt_column_builder_append(values, (lnt_value){.type = LNT_FLOAT, .as.f = most}, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(names, &found, err);
    if (status == LNT_OK) status = lnt_column_builder_finish(values, probabilities, err);
    if (status == LNT_OK) *classes = found;
    else lnt_column_unref(found);
    lnt_column_builder_free(names);
    lnt_column_builder_free(values);
    return status;
}
