/// @file test_cohosting.c
/// The permutation test of groups that share hosts, against cases whose answer is known.
#include "check.h"

#include <math.h>

#include "base/memory.h"
#include "lunette/cohosting.h"

static lnt_engine *engine;
static lnt_error err;

TEST(two_cards_of_two_groups_on_one_host_always_meet) {
    const int32_t links[] = {1, 1}, sizes[] = {2}, a[] = {0}, b[] = {1}, hosts[] = {1};
    lnt_cohosting data = {links, 2, sizes, 1, a, b, hosts, 1};
    double mean;
    int64_t reached;
    CHECK_OK(lnt_cohosting_test(engine, &data, 50, 1, &mean, &reached, &err), &err);
    CHECK(mean == 1.0);
    CHECK_INT(reached, 50);
}

TEST(the_mean_is_the_one_that_the_hypergeometric_distribution_gives) {
    // Three groups of 10, 20 and 70 links, one host with two cards: different by redrawing, so each pair's chance is
    // P(first is a) P(second is b | not a) and the other way round.
    const int32_t links[] = {10, 20, 70}, sizes[] = {2}, a[] = {0, 1, 0}, b[] = {1, 2, 2}, hosts[] = {1, 1, 1};
    lnt_cohosting data = {links, 3, sizes, 1, a, b, hosts, 3};
    const double expected[] = {0.1 * 20 / 90 + 0.2 * 10 / 80, 0.2 * 70 / 80 + 0.7 * 20 / 30,
                               0.1 * 70 / 90 + 0.7 * 10 / 30};
    double mean[3];
    int64_t reached[3];
    CHECK_OK(lnt_cohosting_test(engine, &data, 100000, 7, mean, reached, &err), &err);
    // A host of group 2 redraws at most eight times, which a second card of 69 in 99 outlasts about once in twenty.
    for (int i = 0; i < 3; i++)
        CHECK_MSG(fabs(mean[i] - expected[i]) < 0.03, "pair %d: %f, not %f", i, mean[i], expected[i]);
    for (int i = 0; i < 3; i++) CHECK(fabs((double)reached[i] / 100000 - mean[i]) < 1e-12);
}

TEST(the_same_seed_gives_the_same_numbers_and_another_others) {
    int32_t links[30], sizes[200], a[29], b[29], hosts[29];
    for (int i = 0; i < 30; i++) links[i] = 5 + i;
    for (int i = 0; i < 200; i++) sizes[i] = 2 + i % 2;
    for (int i = 0; i < 29; i++) a[i] = i, b[i] = i + 1, hosts[i] = 1;
    lnt_cohosting data = {links, 30, sizes, 200, a, b, hosts, 29};
    double first[29], again[29], other[29];
    int64_t reached[29];
    CHECK_OK(lnt_cohosting_test(engine, &data, 40, 3, first, reached, &err), &err);
    CHECK_OK(lnt_cohosting_test(engine, &data, 40, 3, again, reached, &err), &err);
    CHECK_OK(lnt_cohosting_test(engine, &data, 40, 4, other, reached, &err), &err);
    CHECK(memcmp(first, again, sizeof first) == 0);
    CHECK(memcmp(first, other, sizeof first) != 0);
}

TEST(data_that_can_not_be_dealt_is_refused) {
    const int32_t links[] = {1, 1}, sizes[] = {2, 2}, a[] = {0}, b[] = {1}, same[] = {0}, hosts[] = {1};
    double mean;
    int64_t reached;
    lnt_cohosting too_few = {links, 2, sizes, 2, a, b, hosts, 1};
    CHECK_INT(lnt_cohosting_test(engine, &too_few, 1, 1, &mean, &reached, NULL), LNT_ARGUMENT);
    lnt_cohosting one_group = {links, 2, sizes, 1, a, same, hosts, 1};
    CHECK_INT(lnt_cohosting_test(engine, &one_group, 1, 1, &mean, &reached, NULL), LNT_ARGUMENT);
    lnt_cohosting fine = {links, 2, sizes, 1, a, b, hosts, 1};
    CHECK_INT(lnt_cohosting_test(engine, &fine, 0, 1, &mean, &reached, NULL), LNT_ARGUMENT);
}

TEST(nothing_to_deal_is_fine) {
    lnt_cohosting nothing = {0};
    CHECK_OK(lnt_cohosting_test(engine, &nothing, 5, 1, NULL, NULL, &err), &err);
}

TEST(an_allocation_that_fails_is_an_error_and_leaks_nothing) {
    const int32_t links[] = {3, 3}, sizes[] = {2}, a[] = {0}, b[] = {1}, hosts[] = {1};
    lnt_cohosting data = {links, 2, sizes, 1, a, b, hosts, 1};
    double mean;
    int64_t reached;
    lnt_status status = LNT_NOMEM;
    int64_t n = 0;
    for (; status != LNT_OK && n < 100; n++) {
        lnt_alloc_fail_after(n);
        status = lnt_cohosting_test(engine, &data, 2, 1, &mean, &reached, NULL);
        lnt_alloc_fail_after(-1);
        CHECK(status == LNT_OK || status == LNT_NOMEM);
    }
    CHECK(status == LNT_OK);
    CHECK(n > 1);
}

int main(int argc, char **argv) {
    if (lnt_engine_new(NULL, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    lnt_engine_free(engine);
    return status;
}
