/// @file test_match.c
/// Joins that match by order (asof, range, network) against loops over all pairs of rows.
#include <math.h>
#include <time.h>

#include "column/value_text.h"
#include "plans.h"

static lnt_engine *engines[3];

static const char *const left_names[] = {"i", "f", "t", "ip", "k", "s", "v"};
static const char *const right_names[] = {"lo", "hi", "rk", "rs", "v", "w"};

static const int64_t lengths[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {63, 64}, {64, 65}, {65, 63}, {300, 130}};
enum { N_LENGTHS = sizeof lengths / sizeof *lengths };

/// The left: a value column of every ordered type, keys, and something to carry along.
static sample left_side(int64_t n, int64_t distinct, int nulls, uint64_t seed) {
    model_kind kinds[] = {{LNT_INT, nulls, distinct}, {LNT_FLOAT, nulls, distinct}, {LNT_TIME, nulls, distinct},
                          {LNT_IP, nulls, distinct},  {LNT_INT, nulls, 4},          {LNT_STRING, nulls, 4},
                          {LNT_INT, nulls, 1000}};
    return sample_new(engines[0], left_names, kinds, 7, n, seed);
}

/// The right: two columns of `type`, keys, and something to carry along.
static sample right_side(lnt_type type, int64_t n, int64_t distinct, int nulls, uint64_t seed) {
    model_kind kinds[] = {{type, nulls, distinct}, {type, nulls, distinct},  {LNT_INT, nulls, 4},
                          {LNT_STRING, nulls, 4},  {LNT_INT, nulls, 100000}, {LNT_STRING, nulls, 30}};
    return sample_new(engines[0], right_names, kinds, 6, n, seed);
}

/// -1, 0, 1; only for values that are neither null nor NaN.
static int compare(lnt_value a, lnt_value b) {
    if (a.type == LNT_IP) return lnt_ip_compare(a.as.ip, b.as.ip);
    if (a.type == LNT_FLOAT) return a.as.f < b.as.f ? -1 : a.as.f > b.as.f;
    return a.as.i < b.as.i ? -1 : a.as.i > b.as.i;
}

static bool orders(lnt_value a) {
    return !a.is_null && !(a.type == LNT_FLOAT && isnan(a.as.f));
}

/// How far b is above a, for ints, times and floats that are small, and addresses by their last 64 bits' distance where
/// the first are equal.
static long double width(lnt_value a, lnt_value b) {
    if (a.type == LNT_FLOAT) return (long double)(b.as.f - a.as.f);
    if (a.type == LNT_IP)
        return ((long double)b.as.ip.hi - (long double)a.as.ip.hi) * 0x1p64L + (long double)b.as.ip.lo -
               (long double)a.as.ip.lo;
    return (long double)b.as.i - (long double)a.as.i;
}

/// Matches of the left's rows: list[starts[i] … starts[i + 1] - 1], rows of the right.
typedef struct matches {
    int64_t *starts, *list;
} matches;

static matches matches_new(int64_t n_left, int64_t n_right) {
    return (matches){calloc((size_t)n_left + 2, 8), malloc((size_t)((n_left + 1) * (n_right + 1)) * 8)};
}

static void matches_free(matches *m) {
    free(m->starts);
    free(m->list);
}

/// Holds the join's result against the matches.
static void check_result(const lnt_table *result, const lnt_table *left, const lnt_table *right, lnt_join_kind kind,
                         const int64_t *right_columns, int64_t n_right, const matches *m, const char *what) {
    int64_t at = 0, n_left = lnt_table_n_columns(left);
    bool only_left = kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    CHECK_INT(lnt_table_n_columns(result), n_left + (only_left ? 0 : n_right));
    for (int64_t i = 0; i < lnt_table_n_rows(left); i++) {
        int64_t n = m->starts[i + 1] - m->starts[i], rows = n;
        if (kind == LNT_JOIN_LEFT && n == 0) rows = 1;
        if (only_left) rows = (n > 0) == (kind == LNT_JOIN_SEMI);
        for (int64_t r = 0; r < rows; r++, at++) {
            if (at >= lnt_table_n_rows(result)) break;
            int64_t row = r < n ? m->list[m->starts[i] + r] : -1;
            bool same = true;
            for (int64_t c = 0; c < n_left; c++)
                same = same && plans_same_bits(lnt_column_get(lnt_table_column(result, c), at),
                                               lnt_column_get(lnt_table_column(left, c), i));
            for (int64_t c = 0; !only_left && c < n_right; c++) {
                const lnt_column *column = lnt_table_column(right, right_columns[c]);
                lnt_value got = lnt_column_get(lnt_table_column(result, n_left + c), at);
                same = same && (row < 0 ? got.is_null : plans_same_bits(got, lnt_column_get(column, row)));
            }
            CHECK_MSG(same, "%s: row %" PRId64 " (left %" PRId64 ", right %" PRId64 ")", what, at, i, row);
            if (!same) return;
        }
    }
    CHECK_MSG(at == lnt_table_n_rows(result), "%s: %" PRId64 " rows, not %" PRId64, what, lnt_table_n_rows(result), at);
}

// ---- asof ----

/// Whether row j of the right is a better match than `best` (-1: none) for a value.
static bool is_better(const model *on, lnt_value value, int64_t j, int64_t best, const lnt_asof_options *options) {
    int side = compare(on->values[j], value); // -1: before
    if (options->strict && side == 0) return false;
    if (options->direction == LNT_ASOF_BACKWARD && side > 0) return false;
    if (options->direction == LNT_ASOF_FORWARD && side < 0) return false;
    long double scale = value.type == LNT_TIME ? 1e6L : 1;
    long double far = side < 0 ? width(on->values[j], value) : width(value, on->values[j]);
    if (options->has_tolerance && far > (long double)options->tolerance * scale) return false;
    if (best < 0) return true;
    int best_side = compare(on->values[best], value);
    long double best_far = best_side < 0 ? width(on->values[best], value) : width(value, on->values[best]);
    if (far < best_far || far > best_far) return far < best_far;
    if (side != best_side) return side < 0;               // equally near: the one before
    return options->direction == LNT_ASOF_FORWARD ? false // the first of equal ones
           : side > 0                             ? false
                                                  : true; // the last
}

static bool same_key(const sample *l, const sample *r, int64_t lc, int64_t rc, int64_t i, int64_t j) {
    lnt_value a = l->columns[lc].values[i], b = r->columns[rc].values[j];
    return !a.is_null && !b.is_null && model_same(a, b);
}

static matches asof_naively(const sample *l, const sample *r, int64_t on, int64_t n_by,
                            const lnt_asof_options *options) {
    matches m = matches_new(l->n_rows, r->n_rows);
    for (int64_t i = 0; i < l->n_rows; i++) {
        int64_t best = -1;
        lnt_value value = l->columns[on].values[i];
        for (int64_t j = 0; orders(value) && j < r->n_rows; j++) {
            if (!orders(r->columns[0].values[j])) continue;
            bool keys = (n_by < 1 || same_key(l, r, 4, 2, i, j)) && (n_by < 2 || same_key(l, r, 5, 3, i, j));
            if (keys && is_better(&r->columns[0], value, j, best, options)) best = j;
        }
        m.starts[i + 1] = m.starts[i];
        if (best >= 0) m.list[m.starts[i + 1]++] = best;
    }
    return m;
}

static void check_asof(const sample *l, const sample *r, int64_t on, int64_t n_by, lnt_join_kind kind,
                       const lnt_asof_options *options) {
    static const char *const left_by[] = {"k", "s"}, *const right_by[] = {"rk", "rs"};
    static const int64_t kept[3][6] = {{0, 1, 2, 3, 4, 5}, {0, 1, 3, 4, 5}, {0, 1, 4, 5}};
    char what[96];
    snprintf(what, sizeof what, "asof %s kind %d by %d direction %d strict %d tolerance %g", left_names[on], (int)kind,
             (int)n_by, (int)options->direction, options->strict, options->has_tolerance ? options->tolerance : -1);
    lnt_plan *plan = sample_plan(l), *right = sample_plan(r);
    PLANS_STEP(plan, lnt_plan_asof_join(plan, right, kind, left_names[on], "lo", left_by, right_by, n_by, options, NULL,
                                        out, err));
    lnt_table *result = plans_run(engines, plan, what);
    matches m = asof_naively(l, r, on, n_by, options);
    if (result) check_result(result, l->table, r->table, kind, kept[n_by], 6 - n_by, &m, what);
    matches_free(&m);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    lnt_plan_unref(right);
}

TEST(asof_joins_of_every_direction_type_and_kind_agree_with_loops) {
    for (int l = 0; l < N_LENGTHS; l++) {
        sample left = left_side(lengths[l][0], 60, 10, 1);
        for (int64_t on = 0; on < 3; on++) {
            lnt_type type = left.columns[on].kind.type;
            sample right = right_side(type, lengths[l][1], 60, 10, 2);
            for (int way = 0; way < 12; way++) {
                lnt_asof_options options = {(lnt_asof_direction)(way % 3), way / 3 % 2, way / 6 % 2,
                                            type == LNT_INT ? 9 : 3.0};
                for (int64_t n_by = 0; n_by <= 2; n_by++)
                    check_asof(&left, &right, on, n_by, (lnt_join_kind)((way + n_by) % 4), &options);
            }
            sample_free(&right);
        }
        sample_free(&left);
    }
}

TEST(asof_joins_of_many_rows_are_the_same_on_any_number_of_threads) {
    sample left = left_side(150000, 100000, 2, 3), right = right_side(LNT_TIME, 40000, 100000, 2, 4);
    lnt_plan *plan = sample_plan(&left), *other = sample_plan(&right);
    const char *by = "k", *right_by = "rk";
    PLANS_STEP(plan,
               lnt_plan_asof_join(plan, other, LNT_JOIN_LEFT, "t", "lo", &by, &right_by, 1, NULL, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "asof of many rows");
    CHECK_INT(lnt_table_n_rows(result), 150000);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    lnt_plan_unref(other);
    sample_free(&left);
    sample_free(&right);
}

// ---- ranges ----

/// All ranges first[j] … last[j] that hold each value, or only the narrowest; networks only those of the same version.
static matches ranges_naively(const lnt_value *values, int64_t n, const lnt_value *first, const lnt_value *last,
                              int64_t n_ranges, const lnt_range_options *options, bool networks) {
    matches m = matches_new(n, n_ranges);
    for (int64_t i = 0; i < n; i++) {
        m.starts[i + 1] = m.starts[i];
        for (int64_t j = 0; orders(values[i]) && j < n_ranges; j++) {
            if (!orders(first[j]) || !orders(last[j])) continue;
            if (networks && lnt_ip_is_v4(values[i].as.ip) != lnt_ip_is_v4(first[j].as.ip)) continue;
            int above = compare(values[i], last[j]);
            if (compare(values[i], first[j]) < 0 || above > 0 || (above == 0 && options->half_open)) continue;
            if (options->narrowest && m.starts[i + 1] > m.starts[i]) {
                int64_t *best = &m.list[m.starts[i]];
                if (width(first[j], last[j]) < width(first[*best], last[*best])) *best = j;
            } else {
                m.list[m.starts[i + 1]++] = j;
            }
        }
    }
    return m;
}

static void check_range(const sample *l, const sample *r, int64_t value, lnt_join_kind kind,
                        const lnt_range_options *options) {
    static const int64_t kept[] = {0, 1, 2, 3, 4, 5};
    char what[96];
    snprintf(what, sizeof what, "range %s kind %d narrowest %d half open %d, %" PRId64 " x %" PRId64, left_names[value],
             (int)kind, options->narrowest, options->half_open, l->n_rows, r->n_rows);
    lnt_plan *plan = sample_plan(l), *right = sample_plan(r);
    PLANS_STEP(plan, lnt_plan_range_join(plan, right, kind, left_names[value], "lo", "hi", options, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, what);
    matches m = ranges_naively(l->columns[value].values, l->n_rows, r->columns[0].values, r->columns[1].values,
                               r->n_rows, options, false);
    if (result) check_result(result, l->table, r->table, kind, kept, 6, &m, what);
    matches_free(&m);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    lnt_plan_unref(right);
}

TEST(range_joins_of_every_type_and_kind_agree_with_loops) {
    for (int l = 0; l < N_LENGTHS; l++) {
        sample left = left_side(lengths[l][0], 60, 10, 5);
        for (int64_t value = 0; value < 4; value++) {
            lnt_type type = left.columns[value].kind.type;
            sample right = right_side(type, lengths[l][1], type == LNT_IP ? 90 : 60, 10, 6);
            for (int kind = 0; kind <= LNT_JOIN_ANTI; kind++)
                for (int way = 0; way < 4; way++) {
                    lnt_range_options options = {.narrowest = way & 1, .half_open = way >> 1};
                    check_range(&left, &right, value, (lnt_join_kind)kind, &options);
                }
            sample_free(&right);
        }
        sample_free(&left);
    }
}

/// `n` ranges that don't overlap, in a shuffled order, with gaps; every value between -5 and 3 n is asked for.
TEST(ranges_that_do_not_overlap_are_found_whatever_their_order) {
    static const int64_t counts[] = {0, 1, 2, 63, 64, 65, 5000};
    for (int c = 0; c < 7; c++) {
        int64_t n = counts[c], n_left = 3 * n + 10;
        sample l = {.n_columns = 1, .n_rows = n_left}, r = {.n_columns = 2, .n_rows = n};
        l.columns[0] = model_new((model_kind){LNT_INT, 0, 1}, n_left, 1);
        for (int64_t i = 0; i < n_left; i++) l.columns[0].values[i].as.i = i - 5;
        for (int64_t b = 0; b < 2; b++) {
            r.columns[b] = model_new((model_kind){LNT_INT, 0, 1}, n, 1);
            for (int64_t j = 0; j < n; j++) r.columns[b].values[j].as.i = (j * 7919 % n) * 3 + b;
        }
        lnt_error failure = {0};
        lnt_column *value = model_column(engines[0], &l.columns[0]);
        lnt_column *ends[] = {model_column(engines[0], &r.columns[0]), model_column(engines[0], &r.columns[1])};
        CHECK_OK(lnt_table_new(left_names, &value, 1, n_left, &l.table, &failure), &failure);
        CHECK_OK(lnt_table_new(right_names, ends, 2, n, &r.table, &failure), &failure);
        static const int64_t kept[] = {0, 1};
        lnt_range_options options = {0};
        matches m = ranges_naively(l.columns[0].values, n_left, r.columns[0].values, r.columns[1].values, n, &options, false);
        lnt_plan *plan = sample_plan(&l), *right = sample_plan(&r);
        PLANS_STEP(plan, lnt_plan_range_join(plan, right, LNT_JOIN_LEFT, "i", "lo", "hi", NULL, NULL, out, err));
        lnt_table *result = plans_run(engines, plan, "disjoint ranges");
        check_result(result, l.table, r.table, LNT_JOIN_LEFT, kept, 2, &m, "disjoint ranges");
        matches_free(&m);
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        lnt_plan_unref(right);
        lnt_column_unref(value);
        lnt_column_unref(ends[0]);
        lnt_column_unref(ends[1]);
        sample_free(&l);
        sample_free(&r);
    }
}

// ---- networks ----

static const char *const networks[] = {
    "10.0.0.0/8",  "10.1.0.0/16",   "10.1.2.0/24", "10.1.2.3",     "10.1.2.3/32",       "0.0.0.0/0",
    "::/0",        "2001:db8::/32", "2001:db8::1", "192.0.2.0/24", "2001:db8:0:1::/64", "255.255.255.255",
    "10.1.0.0/16", "fe80::/10",     "10.200.7.9/9"};
static const char *const addresses[] = {"10.1.2.3",        "10.1.2.4",   "10.1.9.9",   "10.9.9.9",        "192.0.2.255",
                                        "2001:db8::1",     "2001:db9::", "::",         "255.255.255.255", "0.0.0.0",
                                        "2001:db8:0:1::5", "fe80::1",    "10.200.1.1", "::ffff:10.1.2.3", "ffff::"};

/// A column of `n` of the texts, every eighth null; as addresses or as texts.
static lnt_column *texts_column(const char *const *texts, int64_t n_texts, int64_t n, bool as_ip, lnt_value *values,
                                uint64_t seed) {
    lnt_error failure = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engines[0], as_ip ? LNT_IP : LNT_STRING, &builder, &failure), &failure);
    for (int64_t i = 0; i < n; i++) {
        const char *text = texts[model_random(&seed) % (uint64_t)n_texts];
        values[i] = (lnt_value){.type = as_ip ? LNT_IP : LNT_STRING, .is_null = model_random(&seed) % 8 == 0};
        if (as_ip) {
            CHECK(lnt_parse_ip(text, (int64_t)strlen(text), &values[i].as.ip));
        } else {
            values[i].as.s = (lnt_str){text, (int64_t)strlen(text)};
        }
        CHECK_OK(lnt_column_builder_append(builder, values[i], &failure), &failure);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &failure), &failure);
    lnt_column_builder_free(builder);
    return column;
}

static void check_networks(int64_t n_left, int64_t n_right, lnt_join_kind kind, bool longest, uint64_t seed) {
    enum { MOST = 400, N_NETWORKS = sizeof networks / sizeof *networks, N_IPS = sizeof addresses / sizeof *addresses };
    static lnt_value ips[MOST], texts[MOST], first[MOST], last[MOST];
    static const int64_t kept[] = {0};
    const char *ip = "ip", *network = "network";
    lnt_error failure = {0};
    lnt_table *left = NULL, *right = NULL;
    lnt_column *a = texts_column(addresses, N_IPS, n_left, true, ips, seed);
    lnt_column *b = texts_column(networks, N_NETWORKS, n_right, false, texts, seed + 1);
    CHECK_OK(lnt_table_new(&ip, &a, 1, n_left, &left, &failure), &failure);
    CHECK_OK(lnt_table_new(&network, &b, 1, n_right, &right, &failure), &failure);
    for (int64_t j = 0; j < n_right; j++) {
        int bits;
        first[j] = last[j] = (lnt_value){.type = LNT_IP, .is_null = texts[j].is_null};
        CHECK(lnt_parse_cidr(texts[j].as.s.data, texts[j].as.s.size, &first[j].as.ip, &last[j].as.ip, &bits));
    }
    lnt_range_options options = {.narrowest = longest};
    matches m = ranges_naively(ips, n_left, first, last, n_right, &options, true);
    lnt_plan *plan = NULL, *other = NULL;
    CHECK_OK(lnt_plan_table(left, &plan, &failure), &failure);
    CHECK_OK(lnt_plan_table(right, &other, &failure), &failure);
    PLANS_STEP(plan, lnt_plan_cidr_join(plan, other, kind, "ip", "network", &options, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "networks");
    if (result) check_result(result, left, right, kind, kept, 1, &m, longest ? "longest prefix" : "all networks");
    matches_free(&m);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    lnt_plan_unref(other);
    lnt_table_unref(left);
    lnt_table_unref(right);
    lnt_column_unref(a);
    lnt_column_unref(b);
}

TEST(network_joins_find_the_longest_prefix_or_all_networks) {
    for (int l = 0; l < N_LENGTHS; l++)
        for (int kind = 0; kind <= LNT_JOIN_ANTI; kind++)
            for (int longest = 0; longest < 2; longest++)
                for (uint64_t seed = 1; seed <= 5; seed++)
                    check_networks(lengths[l][0], lengths[l][1], (lnt_join_kind)kind, longest, seed * 31);
}

// ---- what is refused, what is pushed, what fails ----

/// The message of a join that can't be built.
static void check_refused(lnt_status status, lnt_error *failure, const char *message) {
    CHECK(status != LNT_OK);
    CHECK_STR(failure->message, message);
    *failure = (lnt_error){0};
}

TEST(mistakes_are_refused_when_the_join_is_built) {
    sample left = left_side(5, 5, 0, 7), right = right_side(LNT_FLOAT, 5, 5, 0, 8);
    lnt_plan *l = sample_plan(&left), *r = sample_plan(&right), *made = NULL;
    lnt_error failure = {0};
    lnt_asof_options negative = {.has_tolerance = true, .tolerance = -1};
    check_refused(lnt_plan_asof_join(l, r, LNT_JOIN_LEFT, "s", "rs", NULL, NULL, 0, NULL, NULL, &made, &failure),
                  &failure, "asof_join orders int, float or time, but 's' is string");
    check_refused(
        lnt_plan_asof_join(l, r, LNT_JOIN_LEFT, "t", "lo", NULL, NULL, 0, NULL, NULL, &made, &failure), &failure,
        "asof_join compares 't' (time) with 'lo' (float): they must be of one type (derive \"lo = time(…)\")");
    check_refused(lnt_plan_asof_join(l, r, LNT_JOIN_LEFT, "f", "lo", NULL, NULL, 0, &negative, NULL, &made, &failure),
                  &failure, "the tolerance of asof_join is 0 or more, not -1");
    check_refused(lnt_plan_range_join(l, r, LNT_JOIN_OUTER, "f", "lo", "hi", NULL, NULL, &made, &failure), &failure,
                  "range_join is inner, left, semi or anti, not outer");
    check_refused(lnt_plan_range_join(l, r, LNT_JOIN_INNER, "f", "lo", "hii", NULL, NULL, &made, &failure), &failure,
                  "no column 'hii' (did you mean 'hi'?)");
    check_refused(lnt_plan_cidr_join(l, r, LNT_JOIN_INNER, "s", "rs", NULL, NULL, &made, &failure), &failure,
                  "cidr_join looks up addresses, but 's' is string (derive \"s = ip(…)\")");
    check_refused(lnt_plan_cidr_join(l, r, LNT_JOIN_INNER, "ip", "lo", NULL, NULL, &made, &failure), &failure,
                  "cidr_join needs networks as text such as '10.0.0.0/8', but 'lo' is float");
    CHECK_OK(lnt_plan_cidr_join(l, r, LNT_JOIN_INNER, "ip", "w", NULL, NULL, &made, &failure), &failure);
    lnt_table *result = NULL;
    CHECK_INT(lnt_plan_run(engines[0], made, &result, &failure), LNT_VALUE);
    CHECK(strstr(failure.message, "in row 1 of 'w' is no network"));
    lnt_plan_unref(made);
    lnt_plan_unref(l);
    lnt_plan_unref(r);
    sample_free(&left);
    sample_free(&right);
}

/// How often the scans of the explained plan have a filter.
static int pushed(const lnt_plan *plan) {
    char *text = NULL;
    lnt_error failure = {0};
    int n = 0;
    CHECK_OK(lnt_plan_explain(engines[0], plan, &text, &failure), &failure);
    for (const char *at = text; (at = strstr(at, "      filter ")); at++) n++;
    lnt_text_free(text);
    return n;
}

TEST(conditions_go_to_the_right_only_where_they_cannot_change_which_row_matches) {
    sample left = left_side(200, 40, 10, 9), right = right_side(LNT_INT, 100, 40, 10, 10);
    for (int way = 0; way < 3; way++) {
        lnt_plan *plan = sample_plan(&left), *other = sample_plan(&right);
        lnt_range_options options = {.narrowest = way == 1};
        if (way < 2)
            PLANS_STEP(plan,
                       lnt_plan_range_join(plan, other, LNT_JOIN_INNER, "i", "lo", "hi", &options, NULL, out, err));
        else
            PLANS_STEP(plan,
                       lnt_plan_asof_join(plan, other, LNT_JOIN_INNER, "i", "lo", NULL, NULL, 0, NULL, NULL, out, err));
        PLANS_STEP(plan, lnt_plan_filter(plan, "k > 1 and rk == 2", NULL, out, err));
        CHECK_INT(pushed(plan), way == 0 ? 2 : 1);
        lnt_table_unref(plans_run(engines, plan, "conditions over a match"));
        lnt_plan_unref(plan);
        lnt_plan_unref(other);
    }
    sample_free(&left);
    sample_free(&right);
}

/// `n` rows of value 5 joined with `n` ranges from 0 to 10.
static lnt_plan *everything_matches(lnt_engine *engine, int64_t n) {
    lnt_value five = {.type = LNT_INT, .as.i = 5}, nought = {.type = LNT_INT}, ten = {.type = LNT_INT, .as.i = 10};
    lnt_column *columns[3] = {NULL};
    lnt_table *left = NULL, *right = NULL;
    lnt_plan *plan = NULL, *other = NULL;
    lnt_error failure = {0};
    const char *value = "i", *ends[] = {"lo", "hi"};
    CHECK_OK(lnt_column_constant(engine, LNT_INT, five, n, &columns[0], &failure), &failure);
    CHECK_OK(lnt_column_constant(engine, LNT_INT, nought, n, &columns[1], &failure), &failure);
    CHECK_OK(lnt_column_constant(engine, LNT_INT, ten, n, &columns[2], &failure), &failure);
    CHECK_OK(lnt_table_new(&value, columns, 1, n, &left, &failure), &failure);
    CHECK_OK(lnt_table_new(ends, columns + 1, 2, n, &right, &failure), &failure);
    CHECK_OK(lnt_plan_table(left, &plan, &failure), &failure);
    CHECK_OK(lnt_plan_table(right, &other, &failure), &failure);
    PLANS_STEP(plan, lnt_plan_range_join(plan, other, LNT_JOIN_INNER, "i", "lo", "hi", NULL, NULL, out, err));
    lnt_plan_unref(other);
    lnt_table_unref(left);
    lnt_table_unref(right);
    for (int c = 0; c < 3; c++) lnt_column_unref(columns[c]);
    return plan;
}

TEST(a_join_whose_every_row_matches_every_range_can_be_stopped) {
    lnt_engine *engine = plans_engine(2);
    lnt_plan *plan = everything_matches(engine, 30000), *counted = NULL;
    lnt_error failure = {0};
    lnt_table *result = NULL;
    struct timespec now;
    CHECK_OK(lnt_plan_count(plan, &counted, &failure), &failure);
    clock_gettime(CLOCK_MONOTONIC, &now);
    lnt_engine_set_deadline(engine, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 20);
    CHECK_INT(lnt_plan_run(engine, counted, &result, &failure), LNT_CANCELLED);
    lnt_plan_unref(counted);
    lnt_plan_unref(plan);
    lnt_engine_free(engine);
}

TEST(memory_is_charged_to_the_join_that_asks_for_it) {
    lnt_engine *engine = NULL;
    lnt_error failure = {0};
    lnt_engine_options options = {.n_threads = 2, .memory_limit_bytes = 1 << 20};
    setenv("LUNETTE_TMPDIR", "/no/such/folder", 1); // else it goes through files
    CHECK_OK(lnt_engine_new(&options, &engine, &failure), &failure);
    lnt_plan *plan = everything_matches(engine, 100000);
    lnt_table *result = NULL;
    CHECK_INT(lnt_plan_run(engine, plan, &result, &failure), LNT_LIMIT);
    CHECK_MSG(strstr(failure.message, "range_join"), "%s", failure.message);
    unsetenv("LUNETTE_TMPDIR");
    lnt_plan_unref(plan);
    lnt_engine_free(engine);
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample left = left_side(100, 30, 10, 11), right = right_side(LNT_INT, 60, 30, 10, 12);
    const char *by = "s", *right_by = "rs";
    for (int way = 0; way < 4; way++) {
        lnt_plan *plan = sample_plan(&left), *other = sample_plan(&right);
        lnt_range_options options = {.narrowest = way == 1};
        if (way < 2)
            PLANS_STEP(plan,
                       lnt_plan_range_join(plan, other, LNT_JOIN_LEFT, "i", "lo", "hi", &options, NULL, out, err));
        else
            PLANS_STEP(plan, lnt_plan_asof_join(plan, other, LNT_JOIN_LEFT, "i", "lo", &by, &right_by, way - 2, NULL,
                                                NULL, out, err));
        plans_check_nomem(engines[0], plan, way < 2 ? "range join" : "asof join");
        lnt_plan_unref(plan);
        lnt_plan_unref(other);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(no_allocation_that_fails_while_networks_are_read_is_forgotten) {
    static lnt_value values[64];
    lnt_error failure = {0};
    lnt_table *left = NULL, *right = NULL;
    const char *ip = "ip", *network = "network";
    lnt_column *a = texts_column(addresses, 15, 64, true, values, 1);
    lnt_column *b = texts_column(networks, 15, 40, false, values, 2);
    CHECK_OK(lnt_table_new(&ip, &a, 1, 64, &left, &failure), &failure);
    CHECK_OK(lnt_table_new(&network, &b, 1, 40, &right, &failure), &failure);
    for (int longest = 0; longest < 2; longest++) {
        lnt_plan *plan = NULL, *other = NULL;
        lnt_range_options options = {.narrowest = longest};
        CHECK_OK(lnt_plan_table(left, &plan, &failure), &failure);
        CHECK_OK(lnt_plan_table(right, &other, &failure), &failure);
        PLANS_STEP(plan, lnt_plan_cidr_join(plan, other, LNT_JOIN_LEFT, "ip", "network", &options, NULL, out, err));
        plans_check_nomem(engines[0], plan, "cidr join");
        lnt_plan_unref(plan);
        lnt_plan_unref(other);
    }
    lnt_table_unref(left);
    lnt_table_unref(right);
    lnt_column_unref(a);
    lnt_column_unref(b);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
