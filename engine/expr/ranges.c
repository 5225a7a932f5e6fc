/// @file ranges.c
/// Ranges that conditions imply: `port == 443`, `first_seen >= '2024-01-01'`, `ip < …`, each a column against a
/// constant.
///
/// Invariant: a condition that may fail on a row ends the search. Rows that are left out because of a later one would
/// not have met it, and its error would be lost.
#include "expr/function.h"

#include <math.h>
#include <string.h>

/// The comparison as seen from the other side.
static const char *flipped(const char *name) {
    static const char *const pairs[][2] = {{"<", ">"}, {">", "<"}, {"<=", ">="}, {">=", "<="}, {"==", "=="}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(name, pairs[i][0]) == 0) return pairs[i][1];
    return "";
}

static bool is_orderly(const lnt_value *value) {
    if (value->is_null) return false;
    if (value->type == LNT_FLOAT) return !isnan(value->as.f);
    return value->type == LNT_INT || value->type == LNT_TIME || value->type == LNT_IP;
}

/// `a < b` with a column and a constant; the range includes the constant all the same, which is only less sharp.
static bool range_of(const lnt_typed *root, lnt_range *out) {
    if (root->kind != LNT_TYPED_CALL || root->n_args != 2) return false;
    const lnt_typed *column = root->args[0], *constant = root->args[1];
    const char *name = root->function->info.name;
    if (column->kind != LNT_TYPED_COLUMN) {
        column = root->args[1];
        constant = root->args[0];
        name = flipped(name);
    }
    if (column->kind != LNT_TYPED_COLUMN || constant->kind != LNT_TYPED_CONSTANT) return false;
    if (column->type != constant->type || !is_orderly(&constant->value)) return false;
    bool equal = strcmp(name, "==") == 0;
    *out = (lnt_range){.column = column->column, .low = constant->value, .high = constant->value};
    out->has_low = equal || name[0] == '>';
    out->has_high = equal || name[0] == '<';
    return flipped(name)[0] != 0;
}

int64_t lnt_bound_ranges(lnt_bound *const *conditions, int64_t n, lnt_range ranges[LNT_MAX_RANGES]) {
    int64_t n_ranges = 0;
    for (int64_t i = 0; i < n && n_ranges < LNT_MAX_RANGES && !lnt_bound_can_fail(conditions[i]); i++)
        n_ranges += range_of(lnt_bound_root(conditions[i]), &ranges[n_ranges]);
    return n_ranges;
}
