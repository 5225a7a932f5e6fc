/// @file test_memory.c
/// The door for memory, budgets, buffers and arenas.
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/engine.h"
#include "base/pages.h"
#include "base/spare.h"
#include "check.h"

static lnt_error err;

TEST(no_size_is_too_odd_to_be_asked_for) {
    lnt_error e = {0};
    void *empty = lnt_alloc(0, &err), *none = lnt_alloc_array(0, 8, &err);
    CHECK(empty && none);
    lnt_free(empty);
    lnt_free(none);
    CHECK(!lnt_alloc(-1, &e));
    CHECK_INT(e.code, LNT_NOMEM);
    CHECK(!lnt_alloc_array(INT64_MAX / 4, 8, NULL));
    CHECK(!lnt_alloc_aligned(INT64_MAX, NULL));
    CHECK(!lnt_realloc(NULL, -5, NULL));
}

TEST(the_door_closes_after_as_many_allocations_as_told) {
    lnt_alloc_fail_after(2);
    void *a = lnt_alloc(8, NULL), *b = lnt_alloc_array(2, 8, NULL), *c = lnt_alloc_aligned(100, NULL);
    CHECK(a && b && !c);
    CHECK_INT(lnt_alloc_count(), 3);
    lnt_alloc_fail_after(-1);
    c = lnt_realloc(NULL, 10, NULL);
    CHECK(c != NULL);
    lnt_free(a);
    lnt_free(b);
    lnt_free(c);
}

TEST(aligned_memory_keeps_its_bytes_when_it_grows_and_shrinks) {
    static const int64_t sizes[] = {0, 1, 64, 1000, 5 << 20, 9 << 20, 4 << 20, 100, 6 << 20, 0};
    uint8_t *memory = NULL;
    int64_t old = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t size = sizes[i], kept = old < size ? old : size;
        memory = lnt_realloc_aligned(memory, old, size, kept, &err);
        CHECK(memory && (uintptr_t)memory % 64 == 0);
        for (int64_t k = 0; k < kept; k += 97) CHECK_INT(memory[k], (uint8_t)(k * 31));
        for (int64_t k = 0; k < size; k++) memory[k] = (uint8_t)(k * 31);
        old = size;
    }
    lnt_free_aligned(memory, old, NULL);
}

static uint8_t *pages(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

TEST(pages_that_are_freed_are_kept_for_those_who_ask_next) {
    enum { MIB = 1 << 20 };
    lnt__spare_release(NULL);
    CHECK(!lnt__spare_take(MIB));
    uint8_t *large = pages(8 * MIB), *small = pages(MIB);
    large[0] = 1;
    CHECK(lnt__spare_keep(large, 8 * MIB, 16 * MIB));
    CHECK(lnt__spare_keep(small, MIB, 16 * MIB));
    CHECK(lnt__spare_take(MIB) == small); // the smallest that suffices
    CHECK(lnt__spare_take(3 * MIB) == large);
    CHECK(lnt__spare_take(5 * MIB) == large + 3 * MIB); // what was left of it
    CHECK(lnt__spare_keep(small, MIB, 16 * MIB));
    uint8_t *grown = lnt__spare_take(4 * MIB); // grows where none suffices
    CHECK(grown != NULL);
    memset(grown, 2, 4 * MIB);
    CHECK(!lnt__spare_keep(grown, 4 * MIB, 4 * MIB - 1)); // more than may be kept
    CHECK(lnt__spare_keep(large, 8 * MIB, 8 * MIB));
    CHECK(lnt__spare_keep(grown, 4 * MIB, 8 * MIB)); // the older one goes for it
    CHECK(lnt__spare_take(4 * MIB) == grown);
    CHECK(!lnt__spare_take(MIB));
    CHECK(lnt__spare_keep(grown, 4 * MIB, 8 * MIB));
    lnt__spare_release(NULL);
    CHECK(!lnt__spare_take(MIB));
}

TEST(pages_that_nobody_asked_for_in_a_second_go_back) {
    lnt__spare_release(NULL);
    void *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(lnt__spare_keep(pages, 1 << 20, 16 << 20));
    lnt__spare_release_old(); // too early
    CHECK(lnt__spare_take(1 << 20) == pages);
    CHECK(lnt__spare_keep(pages, 1 << 20, 16 << 20));
    usleep(2100000);
    lnt__spare_release_old();
    CHECK(lnt__spare_take(1 << 20) == NULL);
}

TEST(any_number_of_pieces_can_be_kept) {
    enum { PIECES = 200, PIECE = 64 << 10 };
    for (int i = 0; i < PIECES; i++) CHECK(lnt__spare_keep(pages(PIECE), PIECE, PIECES * PIECE));
    int n = 0;
    for (uint8_t *memory; (memory = lnt__spare_take(PIECE)) != NULL; n++) munmap(memory, PIECE);
    CHECK(n > 0 && n <= PIECES);
}

enum { MANY = 101 << 20, FEW = 1 << 20, PAGE = 4096 };

static int64_t n_resident(uint8_t *at, size_t size) {
    static unsigned char in[MANY / PAGE];
    int64_t n = 0;
    CHECK(mincore(at, size, in) == 0);
    for (size_t i = 0; i < size / PAGE; i++) n += in[i] & 1;
    return n;
}

static void count_worker(void *context, int worker) {
    (void)worker;
    atomic_fetch_add((_Atomic int *)context, 1);
}

typedef struct within {
    struct lnt_pool *pool;
    void *memory;
} within;

static void empty_within(void *context, int worker) {
    const within *w = context;
    if (worker == 0) CHECK(!lnt__pages_empty(w->memory, MANY, w->pool)); // its threads are at work
}

TEST(large_pages_are_given_back_by_all_threads_that_are_idle) {
    lnt_engine *engine = NULL;
    lnt_engine_options options = {.n_threads = 4};
    _Atomic int n = 0;
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    struct lnt_pool *pool = lnt_engine_budget(engine)->pool;
    uint8_t *first = pages(MANY + PAGE), *memory = first + PAGE; // pieces are aligned, memory isn't
    memset(first, 1, MANY + PAGE);
    CHECK(!lnt__pages_empty(memory, MANY, pool)); // no thread was started yet
    lnt_engine_run(engine, count_worker, &n);
    CHECK_INT(n, 4);
    lnt_engine_run(engine, empty_within, &(within){pool, memory});
    CHECK(!lnt__pages_empty(memory, FEW, pool));
    CHECK_INT(n_resident(memory, MANY), MANY / PAGE);
    CHECK(lnt__pages_empty(memory, MANY, pool));
    CHECK_INT(n_resident(memory, MANY), 0);
    CHECK_INT(first[0], 1); // what lies before stays
    CHECK_INT(memory[0] + memory[MANY - 1], 0);
    memset(first, 2, MANY + PAGE);
    lnt__pages_give_back(memory, MANY, pool);
    CHECK_INT(first[PAGE - 1], 2);
    lnt__pages_give_back(first, PAGE, NULL);
    lnt_engine_free(engine);
}

TEST(nothing_is_kept_of_what_is_freed_after_a_stop) {
    lnt_budget budget = {.stopped = true};
    lnt__spare_release(NULL);
    for (int stopped = 1; stopped >= 0; stopped--) {
        atomic_store(&budget.stopped, stopped == 1);
        void *memory = lnt_alloc_aligned(MANY, &err);
        CHECK(memory != NULL);
        lnt_free_aligned(memory, MANY, &budget);
        void *kept = lnt__spare_take(MANY);
        CHECK((kept != NULL) == (stopped == 0 && lnt_is_paged(MANY)));
        if (kept) munmap(kept, MANY);
    }
}

TEST(an_array_grows_to_what_is_needed_or_stays) {
    int64_t *items = NULL, capacity = 0;
    for (int64_t n = 1; n < 1000; n++) {
        CHECK_OK(lnt_grow((void **)&items, &capacity, n, sizeof *items, &err), &err);
        CHECK(capacity >= n);
        items[n - 1] = n;
    }
    int64_t before = capacity;
    CHECK_INT(lnt_grow((void **)&items, &capacity, INT64_MAX, sizeof *items, NULL), LNT_NOMEM);
    CHECK_INT(capacity, before);
    for (int64_t n = 1; n < 1000; n++) CHECK_INT(items[n - 1], n);
    lnt_free(items);
}

TEST(a_budget_counts_its_peak_and_refuses_what_does_not_fit) {
    lnt_budget budget = {.limit = 1000};
    lnt_error e = {0};
    CHECK_OK(lnt_budget_take(&budget, 900, "a", &err), &err);
    CHECK_INT(lnt_budget_take(&budget, 101, "group_by", &e), LNT_LIMIT);
    CHECK_STR(e.message,
              "group_by asks for 101 bytes more, but 900 bytes of the memory limit of 1000 bytes are in use; "
              "raise the limit, or keep fewer rows or columns");
    CHECK_OK(lnt_budget_take(&budget, 100, "a", &err), &err);
    CHECK_INT(lnt_budget_take(&budget, INT64_MAX, "a", NULL), LNT_LIMIT);
    lnt_budget_give(&budget, 1000);
    CHECK_INT(budget.used, 0);
    CHECK_INT(budget.peak, 1000);
}

TEST(a_buffer_grows_and_is_charged_until_its_last_owner_leaves) {
    lnt_budget budget = {0};
    lnt_buffer *buffer = NULL;
    CHECK_OK(lnt_buffer_new(&budget, 0, "test", &buffer, &err), &err);
    for (int i = 0; i < 100000; i++) CHECK_OK(lnt_buffer_append(buffer, &i, sizeof i, "test", &err), &err);
    CHECK_INT(buffer->size, 400000);
    for (int i = 0; i < 100000; i++) CHECK_INT(((int *)buffer->data)[i], i);
    for (int i = 0; i < 64; i++) CHECK_INT(buffer->data[buffer->capacity + i], 0);
    CHECK(budget.used >= 400000);
    lnt_buffer_trim(buffer);
    CHECK_INT(((int *)buffer->data)[99999], 99999);
    CHECK(budget.used < 600000);
    lnt_buffer *other = lnt_buffer_ref(buffer);
    lnt_buffer_unref(buffer);
    CHECK_INT(other->size, 400000);
    lnt_buffer_unref(other);
    CHECK_INT(budget.used, 0);
}

TEST(a_buffer_that_cannot_grow_stays_as_it_was) {
    lnt_budget budget = {.limit = 2000};
    lnt_buffer *buffer = NULL;
    CHECK_OK(lnt_buffer_new(&budget, 100, "test", &buffer, &err), &err);
    CHECK_OK(lnt_buffer_append(buffer, "abc", 3, "test", &err), &err);
    CHECK_INT(lnt_buffer_reserve(buffer, 5000, "test", NULL), LNT_LIMIT);
    int64_t used = budget.used;
    lnt_alloc_fail_after(0);
    CHECK_INT(lnt_buffer_reserve(buffer, 500, "test", NULL), LNT_NOMEM);
    lnt_alloc_fail_after(-1);
    CHECK_INT(budget.used, used);
    CHECK(memcmp(buffer->data, "abc", 3) == 0);
    lnt_buffer_unref(buffer);
}

static int released;
static void release(lnt_buffer *buffer) {
    released++;
    free(buffer->owner);
}

static void count_look(void *context) {
    ++*(int *)context;
}

TEST(a_large_buffer_asks_whether_to_go_on_while_its_pages_come) {
    enum { SIZE = 64 << 20, BETWEEN = 4 << 20 };
    lnt_budget budget = {0};
    lnt_buffer *buffer;
    int n = 0;
    CHECK_OK(lnt_buffer_new(&budget, 0, "a test", &buffer, &err), &err);
    lnt_check_watch(count_look, &n);
    CHECK_OK(lnt_buffer_reserve(buffer, SIZE, "a test", &err), &err);
    CHECK(!lnt_is_paged(SIZE) || n >= SIZE / BETWEEN - 1);
    atomic_store(&budget.stopped, true);
    lnt_status status = lnt_buffer_reserve(buffer, 2 * SIZE, "a test", &err);
    lnt_check_watch(NULL, NULL);
    CHECK_INT(status, lnt_is_paged(SIZE) ? LNT_CANCELLED : LNT_OK);
    CHECK_INT(buffer->size, 0);
    lnt_error_init(&err);
    lnt_buffer_unref(buffer);
    CHECK_INT(budget.used, 0);
}

TEST(foreign_memory_is_released_once) {
    void *memory = malloc(10);
    lnt_buffer *buffer = NULL;
    CHECK_OK(lnt_buffer_wrap(memory, 10, release, memory, &buffer, &err), &err);
    lnt_buffer_unref(lnt_buffer_ref(buffer));
    CHECK_INT(released, 0);
    lnt_buffer_unref(buffer);
    CHECK_INT(released, 1);
}

TEST(an_arena_gives_aligned_pieces_that_do_not_overlap) {
    lnt_budget budget = {0};
    lnt_arena arena;
    lnt_arena_init(&arena, &budget, "test");
    uint8_t *pieces[2000];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            int64_t size = i % 300 + (i == 1000 ? 1 << 20 : 0);
            pieces[i] = lnt_arena_alloc(&arena, size, &err);
            CHECK((uintptr_t)pieces[i] % (size >= 64 ? 64 : 16) == 0);
            memset(pieces[i], i & 0xff, (size_t)size);
        }
        for (int i = 0; i < 2000; i++) {
            for (int k = 0; k < i % 300; k += 7) CHECK_INT(pieces[i][k], i & 0xff);
        }
        lnt_arena_reset(&arena);
        CHECK(budget.used > 0);
    }
    lnt_str copy = lnt_arena_copy(&arena, (lnt_str){"abc", 3}, &err);
    CHECK(copy.size == 3 && memcmp(copy.data, "abc", 3) == 0);
    lnt_arena_clear(&arena);
    CHECK_INT(budget.used, 0);
}

TEST(an_arena_that_is_reset_each_round_comes_to_need_no_new_memory) {
    lnt_arena arena = {0};
    int64_t last = -1;
    lnt_alloc_fail_after(-1);
    for (int round = 0; round < 12; round++) {
        int64_t before = lnt_alloc_count();
        for (int i = 0; i < 40; i++) CHECK(lnt_arena_alloc(&arena, 16 * 4096, &err) != NULL);
        last = lnt_alloc_count() - before;
        lnt_arena_reset(&arena);
    }
    CHECK_INT(last, 0);
    lnt_arena_clear(&arena);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
