/// @file explain.c
/// The optimised plan as text: an operator a line, its inputs indented below it.
#include <string.h>

#include "plan/plan.h"

/// Said of operators that go through temporary files where memory doesn't suffice.
static const char may_spill[] = " (may spill)";

static void explain_node(const lnt_plan *plan, int depth, lnt_text *text);

static void add_names(lnt_text *text, const lnt_schema *schema, const int64_t *columns, int64_t n) {
    for (int64_t i = 0; i < n; i++) lnt_text_addf(text, "%s%s", i ? ", " : "", lnt_schema_name(schema, columns[i]));
}

/// Lists given as parameters can be long: an expression is shown up to some size.
static void add_bound(lnt_text *text, const lnt_bound *bound) {
    enum { LNT_SHOWN_BYTES = 1000 };
    lnt_str s = lnt_bound_text(bound);
    int64_t size = s.size;
    if (size > LNT_SHOWN_BYTES)
        for (size = LNT_SHOWN_BYTES; size > 0 && ((unsigned char)s.data[size] & 0xc0) == 0x80;) size--;
    lnt_text_add(text, s.data, size);
    if (size < s.size) lnt_text_addf(text, " … (%lld more bytes)", (long long)(s.size - size));
}

static void add_conditions(lnt_text *text, const lnt_plan *plan) {
    for (int64_t i = 0; i < plan->n_exprs; i++) {
        if (i) lnt_text_add(text, " and ", -1);
        add_bound(text, plan->exprs[i]);
    }
}

static void indent(lnt_text *text, int depth) {
    for (int i = 0; i < depth; i++) lnt_text_add(text, "  ", -1);
}

/// What the scan itself says may have several lines; further ones are indented under the first.
static void add_description(lnt_text *text, const lnt_scan *scan, int depth) {
    lnt_text own = {0};
    scan->class_->describe(scan, &own);
    if (own.failed) text->failed = own.failed;
    for (int64_t start = 0; start < own.size;) {
        const char *end = memchr(own.data + start, '\n', (size_t)(own.size - start));
        int64_t size = end ? end - (own.data + start) : own.size - start;
        if (start > 0 && size > 0) {
            lnt_text_add_char(text, '\n');
            indent(text, depth + 2);
        }
        lnt_text_add(text, own.data + start, size);
        start += size + 1;
    }
    lnt_text_clear(&own);
}

static void explain_scan(const lnt_plan *plan, int depth, lnt_text *text) {
    int64_t n_all = lnt_schema_n_columns(plan->scan->schema);
    lnt_text_addf(text, "scan %s: ", plan->scan->class_->name);
    if (plan->scan->class_->describe) add_description(text, plan->scan, depth);
    lnt_text_add_char(text, '\n');
    indent(text, depth + 2);
    lnt_text_addf(text, "columns %lld of %lld", (long long)plan->n_columns, (long long)n_all);
    if (plan->n_columns > 0) lnt_text_add(text, ": ", -1);
    add_names(text, plan->scan->schema, plan->columns, plan->n_columns);
    if (plan->n_exprs == 0) return;
    lnt_text_add_char(text, '\n');
    indent(text, depth + 2);
    lnt_text_add(text, "filter ", -1);
    add_conditions(text, plan);
}

/// Column i of a projection, as a name or a definition.
static void add_item(lnt_text *text, const lnt_plan *plan, int64_t i) {
    const char *name = lnt_schema_name(plan->schema, i);
    int64_t column = lnt__bound_as_column(plan->exprs[i]);
    lnt_text_add(text, name, -1);
    if (column < 0) {
        lnt_text_add(text, " = ", -1);
        add_bound(text, plan->exprs[i]);
    } else if (strcmp(lnt_schema_name(plan->inputs[0]->schema, column), name) != 0) {
        lnt_text_addf(text, " = %s", lnt_schema_name(plan->inputs[0]->schema, column));
    }
}

/// Whether the projection keeps all of the input's columns where they are, but for those it computes.
static bool is_derive(const lnt_plan *plan) {
    int64_t n = lnt_schema_n_columns(plan->inputs[0]->schema);
    if (plan->n_exprs < n) return false;
    for (int64_t i = 0; i < n; i++) {
        if (strcmp(lnt_schema_name(plan->schema, i), lnt_schema_name(plan->inputs[0]->schema, i)) != 0) return false;
        int64_t column = lnt__bound_as_column(plan->exprs[i]);
        if (column >= 0 && column != i) return false;
    }
    return true;
}

static void explain_project(const lnt_plan *plan, lnt_text *text) {
    bool derive = is_derive(plan), first = true;
    lnt_text_add(text, derive ? "derive " : "select ", -1);
    for (int64_t i = 0; i < plan->n_exprs; i++) {
        if (derive && lnt__bound_as_column(plan->exprs[i]) == i) continue;
        if (!first) lnt_text_add(text, ", ", -1);
        add_item(text, plan, i);
        first = false;
    }
}

static void add_call(lnt_text *text, const lnt_plan *plan, int64_t i) {
    const lnt_agg_call *call = &plan->calls[i];
    const char *name = lnt_schema_name(plan->schema, plan->n_keys + i);
    if (name[0] != '\x01') lnt_text_addf(text, "%s = ", name);
    lnt_text_addf(text, "%s(", call->function->name);
    for (int a = 0; a < 2 && call->args[a]; a++) {
        if (a) lnt_text_add(text, ", ", -1);
        add_bound(text, call->args[a]);
    }
    lnt_text_add_char(text, ')');
    if (!call->where) return;
    lnt_text_add(text, " where ", -1);
    add_bound(text, call->where);
}

static void explain_aggregate(const lnt_plan *plan, lnt_text *text) {
    lnt_text_add(text, "aggregate ", -1);
    for (int64_t i = 0; i < plan->n_calls; i++) {
        if (i) lnt_text_add(text, ", ", -1);
        add_call(text, plan, i);
    }
    if (plan->n_keys == 0) return;
    lnt_text_add(text, plan->n_calls ? " by " : "by ", -1);
    add_names(text, plan->inputs[0]->schema, plan->keys, plan->n_keys);
    lnt_text_add(text, may_spill, -1);
}

static void explain_sort(const lnt_plan *plan, lnt_text *text) {
    if (plan->count >= 0) {
        lnt_text_addf(text, "top %lld by ", (long long)plan->count);
    } else {
        lnt_text_add(text, "sort by ", -1);
    }
    for (int64_t i = 0; i < plan->n_exprs; i++) {
        if (i) lnt_text_add(text, ", ", -1);
        add_bound(text, plan->exprs[i]);
        if (plan->descending[i]) lnt_text_add(text, " descending", -1);
    }
    if (plan->count < 0) lnt_text_add(text, may_spill, -1);
}

static void explain_slice(const lnt_plan *plan, lnt_text *text) {
    long long offset = plan->offset, count = plan->count;
    if (count == 0) {
        lnt_text_add(text, "nothing", -1);
    } else if (offset == 0) {
        lnt_text_addf(text, count < 0 ? "slice all" : "head %lld", count);
    } else if (offset < 0 && (count < 0 || count == -offset)) {
        lnt_text_addf(text, "tail %lld", -offset);
    } else if (count < 0) {
        lnt_text_addf(text, "slice from %lld", offset);
    } else {
        lnt_text_addf(text, "slice from %lld, %lld rows", offset, count);
    }
}

static void explain_window(const lnt_plan *plan, lnt_text *text) {
    const lnt_schema *input = plan->inputs[0]->schema;
    lnt_text_add(text, "window ", -1);
    for (int64_t i = 0; i < plan->n_windows; i++) {
        const lnt_window_call *call = &plan->windows[i];
        lnt_text_addf(text, "%s%s(", i ? ", " : "", call->name);
        if (call->arg >= 0) lnt_text_addf(text, "%s", lnt_schema_name(input, call->arg));
        if (call->span_us > 0)
            lnt_text_addf(text, ", '%gs'", (double)call->span_us / 1e6);
        else if (call->kind == LNT_WINDOW_LAG || call->kind == LNT_WINDOW_LEAD ||
                 (call->kind >= LNT_WINDOW_ROLLING_MEAN && call->kind <= LNT_WINDOW_ROLLING_MAX))
            lnt_text_addf(text, ", %lld", (long long)call->n);
        lnt_text_add_char(text, ')');
    }
    if (plan->n_keys > 0) lnt_text_add(text, " by ", -1);
    add_names(text, input, plan->keys, plan->n_keys);
    for (int64_t i = 0; i < plan->n_exprs; i++) {
        lnt_text_add(text, i ? ", " : " order ", -1);
        add_bound(text, plan->exprs[i]);
        if (plan->descending[i]) lnt_text_add(text, " descending", -1);
    }
    if (plan->count >= 0) lnt_text_addf(text, ", the first %lld", (long long)plan->count);
    if (plan->n_keys > 0) lnt_text_add(text, may_spill, -1);
}

static void explain_operator(const lnt_plan *plan, int depth, lnt_text *text) {
    switch (plan->kind) {
    case LNT_PLAN_SCAN:
        explain_scan(plan, depth, text);
        break;
    case LNT_PLAN_FILTER:
        lnt_text_add(text, "filter ", -1);
        add_conditions(text, plan);
        break;
    case LNT_PLAN_PROJECT:
        explain_project(plan, text);
        break;
    case LNT_PLAN_AGGREGATE:
        explain_aggregate(plan, text);
        break;
    case LNT_PLAN_DISTINCT:
        lnt_text_add(text, "distinct ", -1);
        add_names(text, plan->schema, plan->keys, plan->n_keys);
        lnt_text_add(text, may_spill, -1);
        break;
    case LNT_PLAN_SORT:
        explain_sort(plan, text);
        break;
    case LNT_PLAN_SLICE:
        explain_slice(plan, text);
        break;
    case LNT_PLAN_JOIN:
        lnt__explain_join(plan, text);
        lnt_text_add(text, may_spill, -1);
        break;
    case LNT_PLAN_CONCAT:
        lnt_text_add(text, "concat", -1);
        break;
    case LNT_PLAN_COUNT:
        lnt_text_add(text, "count", -1);
        break;
    case LNT_PLAN_SAMPLE:
        lnt_text_addf(text, "sample %lld, seed %lld", (long long)plan->count, (long long)plan->offset);
        break;
    case LNT_PLAN_WINDOW:
        explain_window(plan, text);
        break;
    case LNT_PLAN_MAP:
        lnt_text_addf(text, "map %s (%s) %s", lnt_schema_name(plan->schema, plan->offset),
                      lnt_type_name(lnt_schema_type(plan->schema, plan->offset)), plan->map->map.what);
        break;
    case LNT_PLAN_EXPLODE:
        lnt_text_addf(text, "explode %s at '%s'", lnt_schema_name(plan->schema, plan->keys[0]), plan->text);
        break;
    }
}

static void explain_node(const lnt_plan *plan, int depth, lnt_text *text) {
    indent(text, depth);
    explain_operator(plan, depth, text);
    lnt_text_add_char(text, '\n');
    for (int64_t i = 0; i < plan->n_inputs; i++) explain_node(plan->inputs[i], depth + 1, text);
}

lnt_status lnt_plan_explain(lnt_engine *engine, const lnt_plan *plan, char **out, lnt_error *err) {
    (void)engine;
    lnt_plan *optimised = NULL;
    LNT_TRY(lnt__plan_optimise(plan, &optimised, err));
    lnt_text text = {0};
    explain_node(optimised, 0, &text);
    lnt_plan_unref(optimised);
    lnt_status status = lnt_text_check(&text, err);
    if (status != LNT_OK) {
        lnt_text_clear(&text);
        return status;
    }
    *out = text.data;
    return LNT_OK;
}

void lnt_text_free(char *text) {
    lnt_free(text);
}
