/// @file split_category.c
/// Splits by sets of levels: levels in the order of the first principal component of their classes' shares, swept like
/// bins. With two classes the share of one of them is that order, and the split is the best of all.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/split.h"

enum { ROUNDS = 12, ROUNDS_OF_FEW_ROWS = 4, MANY_ROWS = 512, FEW = 24 };

/// Scales `axis` to length 1; false if it has none.
static bool normalise(double *axis, int64_t k) {
    double length = 0;
    for (int64_t c = 0; c < k; c++) length += axis[c] * axis[c];
    length = sqrt(length);
    if (!(length > 1e-150)) return false;
    for (int64_t c = 0; c < k; c++) axis[c] /= length;
    return true;
}

/// Where each group lies along the axis, less where the whole node does.
static void project(lnt_splitter *s, const lnt_node_view *node) {
    double middle = 0;
    for (int64_t c = 0; c < node->k; c++) middle += node->totals[c] * s->axis[c];
    middle /= node->weight;
    for (int64_t g = 0; g < s->n_groups; g++) {
        lnt_group *group = &s->groups[g];
        const lnt_entry *entries = s->entries + group->first;
        double sum = 0;
        for (int64_t i = 0; i < group->n_entries; i++) sum += entries[i].weight * s->axis[entries[i].label];
        group->place = group->weight > 0 ? sum / group->weight - middle : 0;
    }
}

/// One round of power iteration on the groups' weighted covariance, which is never made: its product with the axis is
/// a sum over entries. Returns how much the axis stayed what it was (1: entirely), or 0 when there is no variance.
static double turn_axis(lnt_splitter *s, const lnt_node_view *node) {
    memset(s->next_axis, 0, (size_t)node->k * 8);
    for (int64_t g = 0; g < s->n_groups; g++) {
        const lnt_group *group = &s->groups[g];
        const lnt_entry *entries = s->entries + group->first;
        for (int64_t i = 0; i < group->n_entries; i++) {
            s->next_axis[entries[i].label] += group->place * entries[i].weight;
        }
    }
    if (!normalise(s->next_axis, node->k)) return 0;
    double same = 0;
    for (int64_t c = 0; c < node->k; c++) same += s->axis[c] * s->next_axis[c];
    memcpy(s->axis, s->next_axis, (size_t)node->k * 8);
    return fabs(same);
}

static void find_places(lnt_splitter *s, const lnt_node_view *node) {
    lnt_prng prng = {7}; // a start that no sensible data is at right angles to
    for (int64_t c = 0; c < node->k; c++) {
        s->axis[c] = node->k == 2 ? (double)c : (double)(lnt_prng_next(&prng) >> 40) - 0x1p23;
    }
    if (node->k > 2) normalise(s->axis, node->k);
    project(s, node);
    int rounds = node->n < MANY_ROWS ? ROUNDS_OF_FEW_ROWS : ROUNDS;
    for (int round = 0; round < rounds && node->k > 2 && s->n_groups > 2; round++) {
        double same = turn_axis(s, node);
        if (same == 0 || lnt__splitter_look(s)) return;
        project(s, node);
        if (same > 0.999) return;
    }
}

static int compare_groups(const void *a, const void *b) {
    const lnt_group *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

static void sort_groups(lnt_group *groups, int64_t n) {
    if (n > FEW) {
        qsort(groups, (size_t)n, sizeof *groups, compare_groups);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        lnt_group group = groups[i];
        int64_t at = i;
        for (; at > 0 && compare_groups(&groups[at - 1], &group) > 0; at--) groups[at] = groups[at - 1];
        groups[at] = group;
    }
}

static int compare_codes(const void *a, const void *b) {
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/// Notes the levels of the lighter side of the best split, which is after group `cut`.
static void keep_members(lnt_splitter *s, int64_t cut, bool left_is_lighter) {
    int64_t from = left_is_lighter ? 0 : cut + 1, to = left_is_lighter ? cut + 1 : s->n_groups;
    for (int64_t g = from; g < to; g++) s->members[g - from] = (uint16_t)s->groups[g].code;
    if (to - from > 1) qsort(s->members, (size_t)(to - from), sizeof *s->members, compare_codes);
    s->best.members_left = left_is_lighter;
    s->best.n_members = to - from;
}

void lnt__split_category(lnt_splitter *s, const lnt_node_view *node, int64_t feature) {
    find_places(s, node);
    sort_groups(s->groups, s->n_groups);
    int64_t cut = -1;
    bool left_is_lighter = false;
    lnt_sweep sweep;
    lnt__sweep_start(s, node, &sweep);
    for (int64_t at = 0; at + 1 < s->n_groups && !lnt__splitter_ends(s, &s->groups[at]); at++) {
        lnt__sweep_move(s, &s->groups[at], &sweep);
        if (sweep.left_rows < s->min_leaf || sweep.right_rows < s->min_leaf) continue;
        if (!(sweep.left_weight > 0) || !(sweep.right_weight > 0)) continue;
        double gain = lnt__sweep_gain(s, node, &sweep);
        if (!lnt__split_is_better(s, gain)) continue;
        s->best = (lnt_split){.gain = gain, .feature = feature};
        cut = at;
        left_is_lighter = sweep.left_weight <= sweep.right_weight;
    }
    if (cut >= 0) keep_members(s, cut, left_is_lighter);
}
