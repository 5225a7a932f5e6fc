/// @file test_bitmap.c
/// Runs of bits against loops over single bits, and the hash of bytes.
#include "base/bitmap.h"
#include "base/hash.h"
#include "check.h"

enum { WORDS = 5, BITS = WORDS * 64 };

static const int64_t lengths[] = {0, 1, 7, 63, 64, 65, 127, 128, 129, 190};
static const int64_t starts[] = {0, 1, 31, 63, 64, 65, 100};
enum { N_LENGTHS = sizeof lengths / sizeof *lengths, N_STARTS = sizeof starts / sizeof *starts };

static void pattern(uint64_t *bits, uint64_t seed) {
    for (int i = 0; i < WORDS; i++) bits[i] = lnt_hash_u64(seed + (uint64_t)i);
}

TEST(counting_looks_at_no_bit_past_the_end) {
    uint64_t bits[WORDS];
    pattern(bits, 1);
    for (int64_t n = 0; n <= BITS; n++) {
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++) count += lnt_bitmap_get(bits, i);
        CHECK_INT(lnt_bitmap_count(bits, n), count);
    }
}

TEST(filling_touches_its_range_only) {
    for (int s = 0; s < N_STARTS; s++) {
        for (int l = 0; l < N_LENGTHS; l++) {
            for (int value = 0; value < 2; value++) {
                uint64_t bits[WORDS], before[WORDS];
                pattern(bits, 2);
                memcpy(before, bits, sizeof bits);
                lnt_bitmap_fill(bits, starts[s], lengths[l], value);
                for (int64_t i = 0; i < BITS; i++) {
                    bool in = i >= starts[s] && i < starts[s] + lengths[l];
                    CHECK_INT(lnt_bitmap_get(bits, i), in ? value : lnt_bitmap_get(before, i));
                }
            }
        }
    }
}

static void copy_and_check(int64_t to_start, int64_t from_start, int64_t n) {
    // The source ends with the last bit's word, so that a sanitizer sees a read past it.
    size_t words = (size_t)lnt_bitmap_words(from_start + n);
    uint64_t from[WORDS], to[WORDS], before[WORDS], *exact = malloc(words * 8 + 1);
    pattern(from, 3);
    pattern(to, 4);
    memcpy(before, to, sizeof to);
    memcpy(exact, from, words * 8);
    lnt_bitmap_copy(to, to_start, exact, from_start, n);
    for (int64_t i = 0; i < BITS; i++) {
        bool in = i >= to_start && i < to_start + n;
        CHECK_INT(lnt_bitmap_get(to, i),
                  in ? lnt_bitmap_get(from, from_start + i - to_start) : lnt_bitmap_get(before, i));
    }
    free(exact);
}

TEST(copying_moves_bits_from_any_place_to_any_place) {
    for (int a = 0; a < N_STARTS; a++) {
        for (int b = 0; b < N_STARTS; b++) {
            for (int l = 0; l < N_LENGTHS; l++) copy_and_check(starts[a], starts[b], lengths[l]);
        }
    }
}

TEST(the_hash_of_bytes_depends_on_every_byte_and_on_the_size) {
    enum { N = 200 };
    char text[N + 1];
    uint64_t hashes[N];
    for (int i = 0; i < N; i++) text[i] = (char)('a' + i % 7);
    for (int64_t n = 0; n < N; n++) {
        hashes[n] = lnt_hash_bytes(text, n);
        for (int64_t k = 0; k < n; k++) {
            CHECK(hashes[k] != hashes[n]);
            text[k] ^= 1;
            CHECK(lnt_hash_bytes(text, n) != hashes[n]);
            text[k] ^= 1;
        }
    }
    memset(text, 0, sizeof text);
    for (int64_t n = 1; n < N; n++) CHECK(lnt_hash_bytes(text, n) != lnt_hash_bytes(text, n - 1));
}

TEST(the_hash_spreads_short_names_over_all_bits) {
    enum { N = 65536 };
    static uint8_t low[1 << 16], high[1 << 16];
    int64_t low_used = 0, high_used = 0;
    for (int i = 0; i < N; i++) {
        char name[16];
        uint64_t hash = lnt_hash_bytes(name, snprintf(name, sizeof name, "c%d", i));
        low_used += !low[hash & 0xffff]++;
        high_used += !high[hash >> 48]++;
    }
    // N balls in N bins leave 1/e of them empty.
    CHECK_MSG(llabs(low_used - 41427) < 500, "%" PRId64, low_used);
    CHECK_MSG(llabs(high_used - 41427) < 500, "%" PRId64, high_used);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
