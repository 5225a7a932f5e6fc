/// @file join_explain.c
/// Joins as a line of explain: how rows match, on which columns, which rows stay.
#include "plan/plan.h"

static const char *left_name(const lnt_plan *join, int64_t k) {
    return lnt_schema_name(join->inputs[0]->schema, join->keys[k]);
}

static const char *right_name(const lnt_plan *join, int64_t k) {
    return lnt_schema_name(join->inputs[1]->schema, join->right_keys[k]);
}

static void add_pairs(const lnt_plan *join, int64_t from, int64_t to, lnt_text *text) {
    for (int64_t k = from; k < to; k++)
        lnt_text_addf(text, "%s%s = %s", k > from ? ", " : "", left_name(join, k), right_name(join, k));
}

static void explain_nearest(const lnt_plan *join, lnt_text *text) {
    static const char *const directions[] = {"backward", "forward", "nearest"};
    const lnt_asof_options *asof = &join->match.asof;
    lnt_text_add(text, "on ", -1);
    add_pairs(join, 0, 1, text);
    if (join->n_keys > 1) lnt_text_add(text, " by ", -1);
    add_pairs(join, 1, join->n_keys, text);
    lnt_text_addf(text, ", %s", directions[asof->direction]);
    if (asof->strict) lnt_text_add(text, ", strictly", -1);
    if (asof->has_tolerance) lnt_text_addf(text, ", within %g", asof->tolerance);
}

void lnt__explain_join(const lnt_plan *join, lnt_text *text) {
    static const char *const kinds[] = {"", "left ", "semi ", "anti ", "outer "};
    static const char *const matches[] = {"join ", "asof join ", "range join ", "cidr join "};
    const lnt_range_options *range = &join->match.range;
    lnt_text_addf(text, "%s%s", kinds[join->join], matches[join->match.kind]);
    switch (join->match.kind) {
    case LNT_MATCH_EQUAL:
        lnt_text_add(text, "on ", -1);
        add_pairs(join, 0, join->n_keys, text);
        break;
    case LNT_MATCH_NEAREST:
        explain_nearest(join, text);
        break;
    case LNT_MATCH_RANGE:
        lnt_text_addf(text, "%s between %s and %s%s, %s", left_name(join, 0), right_name(join, 0), right_name(join, 1),
                      range->half_open ? " (exclusive)" : "", range->narrowest ? "the narrowest range" : "all ranges");
        break;
    case LNT_MATCH_NETWORK:
        lnt_text_addf(text, "%s in %s, %s", left_name(join, 0), right_name(join, 0),
                      range->narrowest ? "the longest prefix" : "all networks");
        break;
    }
}
