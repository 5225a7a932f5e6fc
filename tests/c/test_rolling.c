/// @file test_rolling.c
/// Thresholds that are chosen anew for each day: against looking at every score anew, and odd inputs.
#include "learn_tables.h"
#include "lunette/evidence.h"

enum { ROWS = 600, BEFORE = 150, LABELS = 4, RECENT = 120, FEWEST = 5 };

static const double DAY = 86400000000.0, STRENGTH = 3, CAUTION = 0.3, BULK = 0.5;

typedef struct predictions {
    char family[ROWS + 1], predicted[ROWS + 1];
    double probability[ROWS];
    int64_t day[ROWS];
    double weight[ROWS];
} predictions;

static lnt_column *times(lnt_engine *engine, const int64_t *days, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_TIME, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = {.type = LNT_TIME, .as.i = days[i] * (int64_t)DAY + i % 7};
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

static lnt_table *table_of_predictions(lnt_engine *engine, const predictions *p, int64_t n) {
    static const char *const names[] = {"first_seen", "family", "predicted", "probability"};
    lnt_column *columns[] = {times(engine, p->day, n), letters(engine, p->family, n), letters(engine, p->predicted, n),
                             floats(engine, p->probability, n)};
    return table_of(names, columns, 4);
}

static void make_predictions(predictions *p, uint64_t seed) {
    memset(p, 0, sizeof *p);
    int64_t day = -20; // also from before 1970
    for (int i = 0; i < ROWS; i++) {
        uint64_t r = next_random(&seed);
        day += r % 9 == 0;
        p->day[i] = day;
        p->probability[i] = (double)(r >> 20 & 63) / 64; // some are equal
        p->predicted[i] = r % 37 == 0 ? '-' : (char)('a' + (r >> 8) % LABELS);
        bool right = (double)(r >> 32 & 255) / 256 < p->probability[i] + (p->predicted[i] == 'a' ? 0.3 : 0);
        p->family[i] = right && p->predicted[i] != '-' ? p->predicted[i] : 'z';
    }
    for (int i = 0; i < ROWS; i++) {
        double same = 0;
        for (int j = 0; j < ROWS; j++) same += p->day[j] == p->day[i];
        p->weight[i] = pow(same, BULK - 1);
    }
}

static bool is_right(const predictions *p, int i) {
    return p->family[i] == p->predicted[i];
}

/// A prediction's score in steps by rows [from, end).
static double naive_score(const predictions *p, int from, int end, int row) {
    double hits = 0, sum = 0, all_hits = 0, all_sum = 0;
    for (int i = from; i < end; i++) {
        bool same = p->predicted[i] == p->predicted[row];
        double right = is_right(p, i) ? p->weight[i] : 0, said = p->weight[i] * p->probability[i];
        hits += same ? right : 0;
        sum += same ? said : 0;
        all_hits += right;
        all_sum += said;
    }
    double all = all_sum > 0 ? all_hits / all_sum : 1;
    double factor = hits > 0 || sum > 0 ? (hits + STRENGTH * all) / (sum + STRENGTH) : all;
    return floor(p->probability[row] * factor * 0x1p32);
}

static double naive_lower(double hits, double n, double z) {
    double share = hits / n;
    return (share + z * z / (2 * n) - z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n);
}

/// The least score with which rows [from, end) are right as often; how many rows and hits that takes in.
static double naive_threshold(const double *scores, const predictions *p, int from, int end, double wanted, double *rows,
                              double *hits) {
    double least = -1;
    for (int i = from; i < end; i++) {
        double some = 0, right = 0;
        for (int j = from; j < end; j++) {
            some += scores[j] >= scores[i] ? p->weight[j] : 0;
            right += scores[j] >= scores[i] && is_right(p, j) ? p->weight[j] : 0;
        }
        if (some < FEWEST || naive_lower(right, some, CAUTION) < wanted || (least >= 0 && scores[i] >= least)) continue;
        least = scores[i];
        *rows = some;
        *hits = right;
    }
    return least;
}

static lnt_rolling_sums naive(const predictions *p, double wanted) {
    static double scores[ROWS];
    lnt_rolling_sums sums = {0};
    bool seen[256] = {0};
    for (int first = BEFORE, end; first < ROWS; first = end) {
        for (end = first; end < ROWS && p->day[end] == p->day[first];) end++;
        int from = first > RECENT ? first - RECENT : 0;
        double rows = 0, hits = 0, known = 0;
        for (int i = from; i < first; i++) known += p->weight[i];
        for (int i = from; i < end; i++) scores[i] = naive_score(p, from, first, i);
        double least = naive_threshold(scores, p, from, first, wanted, &rows, &hits);
        if (least < 0) continue;
        sums.promised += rows / known * (end - first);
        sums.sure += hits / known * (end - first);
        for (int i = first; i < end; i++) {
            if (scores[i] < least) continue;
            sums.accepted++;
            sums.hits += is_right(p, i);
            sums.families += !seen[(uint8_t)p->predicted[i]];
            seen[(uint8_t)p->predicted[i]] = true;
        }
    }
    return sums;
}

TEST(thresholds_are_those_of_looking_at_every_score) {
    static const double wanted[] = {0.5, 0.75, 0.9, 1};
    static predictions p;
    lnt_engine *engine = engine_of(1);
    lnt_rolling_options options = {.wanted = wanted, .n_wanted = 4, .recent = RECENT, .fewest = FEWEST, .caution = CAUTION,
                                   .strength = STRENGTH, .bulk = BULK};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        lnt_rolling_sums sums[4];
        make_predictions(&p, seed);
        lnt_table *table = table_of_predictions(engine, &p, ROWS);
        CHECK_OK(lnt_rolling_thresholds(engine, table, BEFORE, &options, sums, &err), &err);
        for (int w = 0; w < 4; w++) {
            lnt_rolling_sums other = naive(&p, wanted[w]);
            CHECK_INT(sums[w].accepted, other.accepted);
            CHECK_INT(sums[w].hits, other.hits);
            CHECK_INT(sums[w].families, other.families);
            CHECK(fabs(sums[w].promised - other.promised) < 1e-9 && fabs(sums[w].sure - other.sure) < 1e-9);
        }
        CHECK(sums[0].accepted > 100 && sums[2].accepted < sums[0].accepted);
        lnt_table_unref(table);
    }
    lnt_engine_free(engine);
}

TEST(odd_predictions_and_options) {
    static predictions p;
    static const double wanted[] = {0.9};
    lnt_engine *engine = engine_of(1);
    lnt_rolling_options options = {.wanted = wanted, .n_wanted = 1, .recent = 10, .fewest = 1, .strength = 1, .bulk = 1};
    lnt_rolling_sums sums[1];
    make_predictions(&p, 4);
    lnt_table *table = table_of_predictions(engine, &p, 20), *none = table_of_predictions(engine, &p, 0);
    CHECK_OK(lnt_rolling_thresholds(engine, none, 0, &options, sums, &err), &err);
    CHECK_INT(sums[0].accepted, 0);
    CHECK_OK(lnt_rolling_thresholds(engine, table, 20, &options, sums, &err), &err); // all are only known
    CHECK_INT(sums[0].accepted, 0);
    CHECK_INT(lnt_rolling_thresholds(engine, table, 21, &options, sums, &err), LNT_ARGUMENT);
    lnt_error_init(&err);
    options.recent = 0;
    CHECK_INT(lnt_rolling_thresholds(engine, table, 0, &options, sums, &err), LNT_ARGUMENT);
    lnt_error_init(&err);
    options.recent = 10;
    options.bulk = 2;
    CHECK_INT(lnt_rolling_thresholds(engine, table, 0, &options, sums, &err), LNT_ARGUMENT);
    lnt_error_init(&err);
    options.bulk = 1;
    const double x[] = {1, 2};
    lnt_column *columns[] = {floats(engine, x, 2), letters(engine, "ab", 2), letters(engine, "ab", 2)};
    lnt_table *other = table_of(x_c_y, columns, 3);
    CHECK_INT(lnt_rolling_thresholds(engine, other, 0, &options, sums, &err), LNT_NAME);
    lnt_error_init(&err);
    lnt_table_unref(other);
    lnt_table_unref(none);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
